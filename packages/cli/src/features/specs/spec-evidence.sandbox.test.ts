import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { runProgram } from '../../program.ts'
import { closeAll, scratchFolder, testHost, type Ran } from '../../test-host.ts'

afterEach(closeAll)

async function run(argv: readonly string[], cwd: string): Promise<Ran> {
  const host = { ...testHost(), cwd }
  return { ...host, code: await runProgram(argv, host) }
}

const TASKS = [
  '- [x] T001 Create `src/a.ts` with `go()` (FR-001)',
  '- [x] T002 Create `src/never.ts` <b>now</b> | @all',
  '- [x] T003 Update `src/old.ts`',
  '- [x] T004 Write `tests/a.test.ts` for FR-001',
  '- [x] T005 Talk to people',
  '- [ ] T006 Create `src/early.ts`',
]

function checkout(): string {
  const root = scratchFolder()
  const env = { PATH: process.env['PATH'] ?? '', HOME: root, GIT_CONFIG_NOSYSTEM: '1' }
  const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org']
  const git = (...args: string[]) => execFileSync('git', [...who, ...args], { cwd: root, env, stdio: 'pipe' })
  const commit = (message: string, files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    git('add', '-A')
    git('commit', '-q', '-m', message)
  }
  const tasks = (lines: readonly string[]) => `# Tasks: Login\n\n## Phase 1: Setup\n\n${lines.join('\n')}\n`
  git('init', '-q', '-b', 'main')
  commit('plan', {
    'specs/001-login/spec.md':
      '# Feature Specification: Login\n\n## Requirements\n\n### Functional Requirements\n\n- **FR-001**: The system MUST go\n',
    'specs/001-login/tasks.md': tasks(TASKS.map((line) => line.replace('[x]', '[ ]'))),
    'src/old.ts': 'export const old = 1\n',
  })
  commit('work', {
    'src/a.ts': 'export function go() {\n  return 1\n}\n',
    'src/early.ts': 'export const early = 1\n',
    'tests/a.test.ts': "test('goes', () => expect(go()).toBe(1))\n",
  })
  commit('tick', { 'specs/001-login/tasks.md': tasks(TASKS) })
  writeFileSync(
    join(root, 'failed.xml'),
    '<testsuite name="tests/a.test.ts"><testcase classname="tests/a.test.ts" name="goes"><failure message="no"/></testcase></testsuite>',
  )
  return root
}

test('phantom completions come first, with what was looked for, and end with status 4', async () => {
  const ran = await run(['spec', 'evidence'], checkout())
  expect(ran.code).toBe(4)
  const text = ran.stdout()
  expect(text).toContain('1 contradicted, 1 unshown, 1 partly, 1 shown, 1 name nothing to look for')
  expect(text.indexOf('T002')).toBeLessThan(text.indexOf('T003'))
  expect(text.indexOf('T003')).toBeLessThan(text.indexOf('T004'))
  expect(text).toContain('! src/never.ts was to be created, is not there, and no commit has it')
  expect(text).toContain('name nothing to look for: T005')
  expect(text).not.toContain('T001 Create')
})

test('--fail-on chooses the verdict that fails, and a test that fails contradicts', async () => {
  const cwd = checkout()
  const code = async (...args: string[]) => (await run(['spec', 'evidence', ...args], cwd)).code
  expect([
    await code('--fail-on', 'never'),
    await code('--fail-on', 'partly'),
    await code('--fail-on', 'shown'),
  ]).toEqual([0, 4, 2])
  const ran = await run(['spec', 'evidence', '--json', '--junit', 'failed.xml'], cwd)
  const document = JSON.parse(ran.stdout()) as {
    counts: object
    features: { tasks: { id: string; verdict: string }[] }[]
  }
  expect(document.counts).toMatchObject({ ticked: 5, contradicted: 2, shown: 1 })
  expect(document.features[0]?.tasks.find((task) => task.id === 'T004')?.verdict).toBe('contradicted')
})

test('--all lists open tasks that look done, and Markdown gives the words of others no power', async () => {
  const cwd = checkout()
  expect((await run(['spec', 'evidence', '--all'], cwd)).stdout()).toContain('open, and looks done')
  const page = (await run(['spec', 'evidence', '--format', 'markdown'], cwd)).stdout()
  expect(page).not.toContain('<b>')
  expect(page).not.toContain('@all')
  expect(page).toContain('| contradicted |')
})

test('a folder that is not there, and a report that cannot be read, are named', async () => {
  const cwd = checkout()
  for (const args of [['no/such'], ['--junit', 'none.xml'], ['--junit', 'specs/001-login/spec.md']]) {
    const ran = await run(['spec', 'evidence', ...args], cwd)
    expect([ran.code, ran.stderr().includes(args.at(-1) ?? '')]).toEqual([2, true])
  }
})

test('trace follows a requirement, and says what nothing knows', async () => {
  const cwd = checkout()
  const ran = await run(['spec', 'trace', 'FR-001'], cwd)
  expect(ran.code).toBe(0)
  for (const word of ['T001', 'T004', 'src/a.ts', 'tests/a.test.ts', 'work']) expect(ran.stdout()).toContain(word)
  expect((await run(['spec', 'trace', 'FR-404'], cwd)).code).toBe(5)
})

test('coverage prints a line for each feature and writes the page', async () => {
  const cwd = checkout()
  const ran = await run(['spec', 'coverage', '--html', 'out/coverage.html'], cwd)
  expect([ran.code, ran.stdout().includes('specs/001-login')]).toEqual([0, true])
  expect(readFileSync(join(cwd, 'out/coverage.html'), 'utf8')).toContain('FR-001')
})

const JUNIT = '<testsuite name="tests/a.test.ts"><testcase classname="tests/a.test.ts" name="goes"/></testsuite>'
const WRITE = `mkdir -p out && printf '%s' '${JUNIT}' >out/r.xml`
const RECIPE = (run: string) =>
  `version: 1\nvalidations:\n  - name: unit\n    commands: [{ name: test, run: [sh, -c, ${JSON.stringify(run)}] }]\n    reports: [{ format: junit, path: out/r.xml }]\n`

function committed(cwd: string, path: string, text: string): void {
  mkdirSync(dirname(join(cwd, path)), { recursive: true })
  writeFileSync(join(cwd, path), text)
  const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org']
  for (const args of [
    ['add', path],
    ['commit', '-q', '-m', path],
  ])
    execFileSync('git', [...who, ...args], { cwd, stdio: 'pipe' })
}

interface RunDocument {
  readonly run: { readonly isolation: string; readonly reports: string[]; readonly problems: string[] } | null
  readonly features: { readonly tasks: { readonly id: string; readonly verdict: string }[] }[]
}

test('--run judges by the report that the recipe of HEAD makes, and says what ran and how isolated', async () => {
  const cwd = checkout()
  committed(cwd, '.gatehouse/recipe.yaml', RECIPE(WRITE))
  const json = await run(['spec', 'evidence', '--run', '--isolation', 'none', '--json', '--fail-on', 'never'], cwd)
  const document = JSON.parse(json.stdout()) as RunDocument
  expect([json.code, document.run?.reports, document.run?.problems]).toEqual([0, ['out/r.xml'], []])
  expect(document.features[0]?.tasks.find(({ id }) => id === 'T004')?.verdict).toBe('shown')
  const text = await run(['spec', 'evidence', '--all', '--run', '--isolation', 'none'], cwd)
  expect(text.stdout()).toContain(document.run?.isolation === 'none' ? 'NOT isolated' : 'no network')
  expect(text.stdout()).toContain('written by the code under test')
  expect(text.stderr()).toContain('running unit on')
})

test('--run takes a command and patterns, for coverage and trace too; a run without a report ends with status 4', async () => {
  const cwd = checkout()
  const args = ['--run', WRITE, '--report', 'out/*.xml', '--isolation', 'none', '--timeout', '60']
  const trace = await run(['spec', 'trace', 'FR-001', ...args], cwd)
  expect([trace.code, trace.stdout().includes('T004  shown')]).toEqual([0, true])
  expect((await run(['spec', 'coverage', ...args], cwd)).stdout()).toContain('tests ran on')
  const none = await run(
    [
      'spec',
      'evidence',
      '--run',
      'echo why it broke',
      '--report',
      'r.xml',
      '--isolation',
      'none',
      '--fail-on',
      'never',
    ],
    cwd,
  )
  expect([
    none.code,
    none.stdout().includes('no report matches r.xml'),
    none.stdout().includes('| why it broke'),
  ]).toEqual([4, true, true])
})

test('what is wrong with --run is said before anything runs', async () => {
  const cwd = checkout()
  const told = async (...args: string[]) => {
    const ran = await run(['spec', 'evidence', ...args], cwd)
    return [ran.code, ran.stderr()]
  }
  expect(await told('--run')).toEqual([2, expect.stringContaining('recipe-missing')])
  expect(await told('--run', 'specs/001-login')).toEqual([2, expect.stringContaining('write it before --run')])
  expect(await told('--report', 'a.xml')).toEqual([2, expect.stringContaining('give --run too')])
  expect(await told('--run', 'true', '--report', '../a.xml')).toEqual([2, expect.stringContaining('without ".."')])
  committed(cwd, '.gatehouse/recipe.yaml', RECIPE('true').replace('reports', 'report'))
  expect(await told('--run')).toEqual([2, expect.stringContaining('recipe-invalid')])
  committed(cwd, '.gatehouse/recipe.yaml', RECIPE('true').replace(/ {4}reports.*\n/, ''))
  expect(await told('--run')).toEqual([2, expect.stringContaining('no validation has a report')])
})

test('on a terminal one line tells the step that is at work and goes away; without one, or with --json, nothing is told', async () => {
  const root = checkout()
  const told = async (tty: boolean, ...argv: string[]) => {
    const host = { ...testHost({ tty, env: { NO_COLOR: '1' } }), cwd: root }
    expect(await runProgram(['spec', 'evidence', '--fail-on', 'never', ...argv], host)).toBe(0)
    return host.stderr()
  }
  const lines = (await told(true)).split('\r\u001b[K')
  expect(lines[1]).toBe('reading the history (1 of 6)')
  expect([lines.at(-2), lines.at(-1)]).toEqual(['judging the tasks (6 of 6)', ''])
  expect([await told(false), await told(true, '--json')]).toEqual(['', ''])
})

test('a list of tasks can be named alone, one without a task is refused, and coverage takes folders only', async () => {
  const root = checkout()
  const one = await run(['spec', 'evidence', 'specs/001-login/tasks.md', '--json', '--fail-on', 'never'], root)
  const whole = await run(['spec', 'evidence', '--json', '--fail-on', 'never'], root)
  expect(JSON.parse(one.stdout())).toMatchObject({ counts: (JSON.parse(whole.stdout()) as { counts: object }).counts })
  const none = await run(['spec', 'evidence', 'specs/001-login/spec.md'], root)
  expect([none.code, none.stderr()]).toEqual([5, expect.stringContaining('holds no task')])
  const coverage = await run(['spec', 'coverage', 'specs/001-login/tasks.md'], root)
  expect([coverage.code, coverage.stderr()]).toEqual([2, expect.stringContaining('is no folder')])
  expect((await run(['spec', 'evidence', '--help'], root)).stdout()).not.toContain('default: []')
})
