import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { runProgram } from '../../program.ts'
import { closeAll, run, testApi, testHost, type TestApi, type TestHost } from '../../test-host.ts'
import { TIME } from '../../test-samples.ts'

afterEach(closeAll)

const settings = { environment: 'sandbox', isolation: 'required', recipe: null, approval_days: 7 }
const repository = {
  id: 'rep_1',
  name: 'ledger',
  forge: 'embedded',
  default_branch: 'main',
  source: '/src/ledger',
  settings,
  version: 4,
  head_commit: 'b'.repeat(40),
  clone_url: 'http://x/git/ledger.git',
  recipe_source: 'missing',
  recipe_detail: 'no recipe',
  created_at: TIME,
}

async function begin(): Promise<{ api: TestApi; host: TestHost }> {
  const api = await testApi({
    repositoryAdd: () => ({ status: 201, json: repository }),
    repositoryShow: () => ({ json: repository }),
    repositoryConfigure: () => ({ json: repository }),
  })
  return { api, host: testHost({ env: { GATEHOUSE_URL: api.url, GATEHOUSE_TOKEN: 'x' } }) }
}

test('a folder becomes its whole path, an address stays as it is', async () => {
  const { api, host } = await begin()
  mkdirSync(join(host.cwd, 'app'))
  expect(await runProgram(['repo', 'add', 'app', '--name', 'a', '--isolation', 'none'], host)).toBe(0)
  expect(await runProgram(['repo', 'add', 'https://git.example.com/x.git'], host)).toBe(0)
  expect(api.calls.map((c) => c.body)).toEqual([
    { source: join(host.cwd, 'app'), name: 'a', settings: { isolation: 'none' } },
    { source: 'https://git.example.com/x.git' },
  ])
  expect(host.stdout()).toContain('gatehouse repo set ledger --test')
})

test('set changes what is given and leaves the rest, bound to the version that was read', async () => {
  const { api, host } = await begin()
  expect(
    await runProgram(['repo', 'set', 'ledger', '--test', 'npm test', '--junit', 'r.xml', '--approval-days', '3'], host),
  ).toBe(0)
  expect(api.calls.at(-1)).toMatchObject({
    id: 'rep_1',
    body: {
      version: 4,
      settings: {
        environment: 'sandbox',
        isolation: 'required',
        approval_days: 3,
        recipe: {
          version: 1,
          validations: [
            { commands: [{ run: ['sh', '-c', 'npm test'] }], reports: [{ format: 'junit', path: 'r.xml' }] },
          ],
        },
      },
    },
  })
})

test('a recipe is read from YAML, and refused here with its field', async () => {
  const { api, host } = await begin()
  const recipe = 'version: 1\nvalidations:\n  - name: all\n    commands: [{ name: t, run: [make, test] }]\n'
  writeFileSync(join(host.cwd, 'r.yaml'), recipe)
  expect(await runProgram(['repo', 'set', 'ledger', '--recipe', 'r.yaml'], host)).toBe(0)
  expect(api.calls.at(-1)).toMatchObject({ body: { settings: { recipe: { validations: [{ name: 'all' }] } } } })
  writeFileSync(join(host.cwd, 'r.yaml'), 'version: 2\n')
  expect(await runProgram(['repo', 'set', 'ledger', '--recipe', 'r.yaml'], host)).toBe(2)
  expect(host.stderr()).toContain('(recipe-invalid)')
  expect(host.stderr()).toContain('validations:')
})

test('policy settings are read from YAML, and refused here with their field', async () => {
  const { api, host } = await begin()
  writeFileSync(
    join(host.cwd, 'p.yaml'),
    'code_owners:\n  - { pattern: src/, roles: [maintainer], persons: [], count: 1 }\n',
  )
  expect(await runProgram(['repo', 'set', 'ledger', '--policy', 'p.yaml'], host)).toBe(0)
  expect(api.calls.at(-1)).toMatchObject({ body: { settings: { policy: { code_owners: [{ pattern: 'src/' }] } } } })
  writeFileSync(join(host.cwd, 'p.yaml'), 'allow_all: true\n')
  expect(await runProgram(['repo', 'set', 'ledger', '--policy', 'p.yaml'], host)).toBe(2)
  expect(host.stderr()).toContain('allow_all')
})

test('a recipe of the settings can be taken away', async () => {
  const { api, host } = await begin()
  expect(await runProgram(['repo', 'set', 'ledger', '--no-recipe'], host)).toBe(0)
  expect(api.calls.at(-1)).toMatchObject({ body: { settings: { recipe: null } } })
})

test.each([
  [['repo', 'set', 'ledger'], 'nothing to set'],
  [['repo', 'set', 'ledger', '--test', 'a', '--recipe', 'b'], 'not both'],
  [['repo', 'set', 'ledger', '--junit', 'a'], '--junit belongs to --test'],
  [['repo', 'set', 'ledger', '--recipe', 'none.yaml'], 'none.yaml'],
  [['repo', 'set', 'ledger', '--isolation', 'maybe'], 'Allowed choices'],
  [['repo', 'add', 'x', '--approval-days', '91'], 'from 1 to 90'],
])('%j is a usage problem', async (argv, said) => {
  const { api } = await begin()
  const { code, stderr } = await run(argv, api)
  expect(code).toBe(2)
  expect(stderr()).toContain(said)
  expect(api.calls).toEqual([])
})

test('a folder that is not there is said here, and an absolute path is left to the server', async () => {
  const { api, host } = await begin()
  expect(await runProgram(['repo', 'add', 'nowhere'], host)).toBe(2)
  expect(host.stderr()).toContain(`there is no folder ${join(host.cwd, 'nowhere')}`)
  expect(await runProgram(['repo', 'add', '/srv/only/on/the/server'], host)).toBe(0)
  expect(await runProgram(['repo', 'add', 'git@git.example.com:team/app.git'], host)).toBe(0)
  expect(api.calls).toHaveLength(2)
})

test.each([
  ['', undefined],
  ['npm test', '../outside.xml'],
])('--test "%s" --junit %s is refused as a recipe that cannot be read', async (line, junit) => {
  const { api, host } = await begin()
  const more = junit === undefined ? [] : ['--junit', junit]
  expect(await runProgram(['repo', 'set', 'ledger', '--test', line, ...more], host)).toBe(2)
  expect(host.stderr()).toContain('(recipe-invalid)\n  --test: ')
  expect(api.calls.map((c) => c.operation)).not.toContain('repositoryConfigure')
})

test('a recipe that was never tried says so, after add and in show, with the command that tries it', async () => {
  const answer = { ...repository, recipe_source: 'settings', recipe_detail: 'npm test', recipe_tried: null }
  const api = await testApi({
    repositoryAdd: () => ({ status: 201, json: answer }),
    repositoryShow: () => ({ json: answer }),
  })
  for (const argv of [
    ['repo', 'add', 'https://git.example.com/x.git'],
    ['repo', 'show', 'ledger'],
  ]) {
    const { stdout } = await run(argv, api)
    expect(stdout()).toMatch(/tried +not yet/)
    expect(stdout()).toContain('The recipe was not tried yet')
    expect(stdout()).toContain('git diff | gatehouse proposal submit - --repo ledger --wait')
  }
})

test('a recipe that ran says when, and says it when it does not pass on the base itself', async () => {
  const shown = async (passed_on_base: boolean) => {
    const recipe_tried = { at: TIME, validation_id: 'val_1', passed_on_base }
    const json = { ...repository, recipe_source: 'base', recipe_detail: 'npm test', recipe_tried }
    return (await run(['repo', 'show', 'ledger'], await testApi({ repositoryShow: () => ({ json }) }))).stdout()
  }
  expect(await shown(true)).toMatch(/tried +2026-11-21 15:04:05Z, it passes on the base/)
  expect(await shown(true)).not.toContain('not tried yet')
  expect(await shown(false)).toContain('does NOT pass on the base itself: gatehouse validation show val_1')
})
