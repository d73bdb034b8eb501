import { execFile, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, expect, test } from 'vitest'
import { closeAll, scratchFolder } from '../../../test-host.ts'
import { PROJECT, TASKS, writeFiles } from './test-editor.ts'

afterEach(closeAll)

const LAUNCHER = fileURLToPath(new URL('../../../../bin/gatehouse.js', import.meta.url))
const SETTINGS = fileURLToPath(new URL('../../../../../../deploy/editors/neovim/gatehouse.lua', import.meta.url))

/** What somebody does in the editor; it writes what was seen. */
const script = (out: string) => `
local seen = {}
local function wait(name, what)
  seen[name] = vim.wait(120000, what, 50)
end
local function finish()
  local file = io.open(${JSON.stringify(out)}, 'w')
  file:write(vim.json and vim.json.encode(seen) or vim.fn.json_encode(seen))
  file:close()
  vim.cmd('qall!')
end
local ok, err = pcall(function()
  vim.cmd('edit specs/001-login/tasks.md')
  wait('attached', function() return #vim.lsp.buf_get_clients(0) > 0 end)
  wait('told', function() return #vim.diagnostic.get(0) > 0 end)
  seen.diagnostics = vim.tbl_map(function(d)
    return { line = d.lnum, column = d.col, last = d.end_col, severity = d.severity, source = d.source, code = d.code or d.user_data and d.user_data.lsp.code }
  end, vim.diagnostic.get(0))
  -- From a task to its requirement.
  vim.fn.cursor(5, vim.fn.getline(5):find('FR%-001') + 1)
  vim.lsp.buf.definition()
  wait('jumped', function() return vim.fn.expand('%:t') == 'spec.md' end)
  seen.requirement = { vim.fn.expand('%:t'), vim.fn.getline('.'), vim.fn.col('.') }
  -- From the requirement to all that names it.
  vim.lsp.buf.references()
  wait('listed', function() return #vim.fn.getqflist() > 0 end)
  seen.references = vim.tbl_map(function(item) return vim.fn.fnamemodify(vim.fn.bufname(item.bufnr), ':t') .. ':' .. item.lnum end, vim.fn.getqflist())
  vim.cmd('cclose')
  -- From a comment of code, with a change that was not saved.
  vim.cmd('edit src/login.ts')
  vim.fn.setline(1, '// 👩 名前 FR-002')
  wait('attached_code', function() return #vim.lsp.buf_get_clients(0) > 0 end)
  vim.fn.cursor(1, vim.fn.getline(1):find('FR%-002') + 1)
  vim.lsp.buf.definition()
  wait('jumped_from_code', function() return vim.fn.getline('.'):find('FR%-002') ~= nil and vim.fn.expand('%:t') == 'spec.md' end)
end)
if not ok then seen.error = tostring(err) end
finish()
`

test('Neovim starts the server by our settings, shows findings, jumps to a requirement and lists what names it', async (ctx) => {
  const { error } = spawnSync('nvim', ['--version'])
  ctx.skip(error !== undefined, 'nvim is not installed')
  const folder = scratchFolder()
  const bad = '- [ ] T004 [US1] 👩 Add src/more.ts per FR-009'
  writeFiles(folder, { ...PROJECT, 'specs/001-login/tasks.md': `${TASKS}${bad}\n` })
  const home = scratchFolder()
  const out = join(home, 'seen.json')
  writeFileSync(
    join(home, 'init.lua'),
    `vim.o.swapfile = false\nvim.o.hidden = true\nvim.cmd('filetype on')\nlocal gatehouse = dofile(${JSON.stringify(SETTINGS)})\ngatehouse.setup({ cmd = { ${JSON.stringify(process.execPath)}, ${JSON.stringify(LAUNCHER)}, 'spec', 'language-server', '--stdio' } })\n`,
  )
  writeFileSync(join(home, 'act.lua'), script(out))
  const { stderr } = await promisify(execFile)(
    'nvim',
    ['--headless', '-n', '-u', join(home, 'init.lua'), '-c', `luafile ${join(home, 'act.lua')}`],
    {
      cwd: folder,
      timeout: 170_000,
      killSignal: 'SIGKILL',
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        XDG_CONFIG_HOME: home,
        XDG_DATA_HOME: home,
        XDG_STATE_HOME: home,
        XDG_CACHE_HOME: home,
        LANG: 'C.UTF-8',
      },
    },
  )
  const seen = JSON.parse(readFileSync(out, 'utf8')) as {
    error?: string
    diagnostics: object[]
    requirement: unknown[]
    references: string[]
  }
  expect([seen.error, stderr]).toEqual([undefined, expect.any(String)])
  expect(seen).toMatchObject({ attached: true, told: true, jumped: true, listed: true, jumped_from_code: true })
  const from = Buffer.byteLength(bad.slice(0, bad.indexOf('FR-009')))
  expect(seen.diagnostics).toContainEqual(
    expect.objectContaining({
      line: TASKS.split('\n').length - 1,
      column: from,
      last: from + 6,
      severity: 1,
      source: 'gatehouse',
    }),
  )
  expect(seen.requirement).toEqual([
    'spec.md',
    '- **FR-001**: System MUST accept a password of 12 to 128 characters',
    5,
  ])
  expect(seen.references).toEqual(expect.arrayContaining(['tasks.md:5', 'tasks.md:7', 'plan.md:5', 'login.ts:1']))
})
