import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { projectEvidence, type TaskEvidence } from './project-evidence.ts'
import { readReports, type TestResults } from './test-results.ts'
import { closeRepositories, testRepository, type TestRepository } from './test-repository.ts'

afterEach(closeRepositories)

const PATH = 'specs/001-login/tasks.md'
const tasks = (...lines: string[]) => `# Tasks: Login\n\n## Phase 1: Setup\n\n${lines.join('\n')}\n`
const open = (...lines: string[]) => tasks(...lines.map((line) => `- [ ] ${line}`))
const done = (...lines: string[]) => tasks(...lines.map((line) => `- [x] ${line}`))

function reports(...xml: string[]): TestResults {
  const read = readReports(xml.map((text, i) => ({ name: `r${i}.xml`, bytes: Buffer.from(text) })))
  if (!read.ok) throw new Error(read.detail)
  return read.results
}

async function judged(repo: TestRepository | string, results = reports()): Promise<TaskEvidence[]> {
  const evidence = await projectEvidence(typeof repo === 'string' ? repo : repo.root, results)
  return evidence.features.flatMap((feature) => [...feature.tasks])
}

async function verdicts(repo: TestRepository | string, results = reports()): Promise<string[]> {
  return (await judged(repo, results)).map((task) => `${task.id} ${task.verdict}`)
}

test('work that was done after the task was written is shown', async () => {
  const repo = testRepository()
  const lines = [
    'T001 Create `src/login.ts` with `signIn()`',
    'T002 Update `src/app.py` to call `sign_in`',
    'T003 Write `cmd/main.go` with `Run()`',
  ]
  repo.commit('before', { 'src/app.py': 'x = 1\n' })
  repo.commit('plan', { [PATH]: open(...lines) })
  repo.commit('work', {
    'src/login.ts': 'export function signIn() { return 1 }\n',
    'src/app.py': 'x = 1\nsign_in()\n',
    'cmd/main.go': 'package main\nfunc Run() { work() }\n',
  })
  repo.commit('tick', { [PATH]: done(...lines) })
  expect(await verdicts(repo)).toEqual(['T001 shown', 'T002 shown', 'T003 shown'])
})

const ATTACKS: readonly (readonly [string, string, Readonly<Record<string, string | null>>, string])[] = [
  ['a ticked box alone', 'T001 Create `src/a.ts`', {}, 'contradicted'],
  ['a commit that says so', 'T001 Update `src/old.ts`', { 'README.md': 'T001' }, 'unshown'],
  ['an empty file', 'T001 Create `src/a.ts`', { 'src/a.ts': '\n\n' }, 'unshown'],
  ['a file of comments', 'T001 Create `src/a.ts` with `signIn()`', { 'src/a.ts': '// signIn() is done\n' }, 'unshown'],
  [
    'a symbol in a comment',
    'T001 Create `src/a.ts` with `signIn()`',
    { 'src/a.ts': '// signIn\nexport const b = 1\n' },
    'partly',
  ],
  [
    'a symbol in a string',
    'T001 Create `src/a.ts` with `signIn()`',
    { 'src/a.ts': 'export const b = "signIn"\n' },
    'partly',
  ],
  [
    'a symbol in a docstring',
    'T001 Create `src/a.py` with `sign_in()`',
    { 'src/a.py': '"""sign_in"""\nx = 1\n' },
    'partly',
  ],
  ['a folder with an empty file', 'T001 Create `src/auth/`', { 'src/auth/a.ts': '' }, 'unshown'],
  ['blanks in an old file', 'T001 Update `src/old.ts`', { 'src/old.ts': 'export  const   old = 1;\n\n' }, 'unshown'],
  [
    'a comment in an old file',
    'T001 Update `src/old.ts`',
    { 'src/old.ts': '// T001 done\nexport const old = 1\n' },
    'unshown',
  ],
  [
    'tests that are switched off',
    'T001 Write `tests/a.test.ts`',
    { 'tests/a.test.ts': "test.skip('a', () => check())\n" },
    'partly',
  ],
  [
    'tests that nobody ran',
    'T001 Write `tests/a.test.ts`',
    { 'tests/a.test.ts': "test('a', () => check())\n" },
    'partly',
  ],
  ['a file to delete that stays', 'T001 Delete `src/old.ts`', {}, 'contradicted'],
  ['a file that was deleted', 'T001 Delete `src/old.ts`', { 'src/old.ts': null }, 'shown'],
  [
    'a file that another task names',
    'T001 Update `src/old.ts` per `docs/design.ts`',
    { 'docs/design.ts': 'export const d = 1' },
    'unshown',
  ],
  ['one file of two', 'T001 Create `src/a.ts` and `src/b.ts`', { 'src/a.ts': 'export const a = 1\n' }, 'partly'],
]

for (const [name, line, work, verdict] of ATTACKS)
  test(`${name}: ${verdict}`, async () => {
    const repo = testRepository()
    repo.commit('before', { 'src/old.ts': 'export const old = 1\n' })
    repo.commit('plan', { [PATH]: open(line) })
    repo.commit('T001 done: finished 001-login T001', { ...work, [PATH]: done(line) })
    expect(await verdicts(repo)).toEqual([`T001 ${verdict}`])
  })

test('a test that fails contradicts, one that passes completes, one that was skipped shows nothing', async () => {
  const repo = testRepository()
  const lines = [
    'T001 Write `tests/a.test.ts`',
    'T002 Write `tests/test_b.py`',
    'T003 Write `tests/test_c.py`',
    'T004 Write `src/test/java/x/DTest.java`',
  ]
  repo.commit('plan', { [PATH]: open(...lines) })
  repo.commit('work', {
    'tests/a.test.ts': "test('a', () => check())\n",
    'tests/test_b.py': 'def test_b(): assert go()\n',
    'tests/test_c.py': 'def test_c(): assert go()\n',
    'src/test/java/x/DTest.java': 'class DTest {}\n',
    [PATH]: done(...lines),
  })
  const xml = (body: string) => `<testsuites>${body}</testsuites>`
  const results = reports(
    xml('<testsuite name="tests/a.test.ts"><testcase classname="tests/a.test.ts" name="a"/></testsuite>'),
    xml(
      '<testsuite name="pytest"><testcase classname="tests.test_b" name="test_b"><failure message="no"/></testcase><testcase classname="tests.test_c" name="test_c"><skipped/></testcase></testsuite>',
    ),
    xml('<testsuite name="x.DTest"><testcase classname="x.DTest" name="works"/></testsuite>'),
  )
  expect(await verdicts(repo, results)).toEqual(['T001 shown', 'T002 contradicted', 'T003 partly', 'T004 shown'])
})

test('a file that was deleted later is told with the commit that did it', async () => {
  const repo = testRepository()
  repo.commit('plan', { [PATH]: open('T001 Create `src/a.ts`') })
  repo.commit('work', { 'src/a.ts': 'export const a = 1\n' })
  repo.commit('tick', { [PATH]: done('T001 Create `src/a.ts`') })
  const gone = repo.commit('clean up', { 'src/a.ts': null })
  const [task] = await judged(repo)
  expect(task?.verdict).toBe('partly')
  expect(task?.evidence[0]).toMatchObject({ where: gone, text: expect.stringContaining('was deleted after the tick') })
})

test('a file that was moved, unchanged, is found at its new place', async () => {
  const repo = testRepository()
  repo.commit('plan', { [PATH]: open('T001 Create `src/a.ts`') })
  repo.commit('work', { 'src/a.ts': 'export const a = 1\n', [PATH]: done('T001 Create `src/a.ts`') })
  repo.commit('move', { 'src/a.ts': null, 'lib/a.ts': 'export const a = 1\n' })
  const [task] = await judged(repo)
  expect(task?.evidence[0]?.text).toContain('lib/a.ts')
  expect(task?.caveats.join()).toContain('by its name only')
})

test('a path that is nowhere is told as the task writes it', async () => {
  const repo = testRepository()
  const path = `.claude/${PATH}`
  repo.commit('plan', { [path]: done('T001 Update `src/setup.ts`') })
  expect((await judged(repo))[0]?.evidence[0]?.text).toMatch(/^src\/setup\.ts is not there/)
})

test("a commit in another feature's folder is not of this feature, though only this one has the id", async () => {
  const repo = testRepository()
  const other = 'specs/002-logout/tasks.md'
  repo.commit('plan', { [PATH]: open('T001 Make it work'), [other]: open('T900 Make it stop') })
  repo.commit('T001', { 'specs/002-logout/notes.md': 'x', 'src/x.ts': 'export const x = 1\n' })
  repo.commit('tick', { [PATH]: done('T001 Make it work') })
  expect((await verdicts(repo))[0]).toBe('T001 unshown')
})

test("a template's tasks are nobody's, and a file that is too large is named", async () => {
  const repo = testRepository()
  repo.commit('plan', {
    '.specify/templates/tasks-template.md': done('T001 Create `src/a.ts`'),
    'docs/large.md': 'x'.repeat(2 * 1024 * 1024 + 1),
  })
  const evidence = await projectEvidence(repo.root, reports())
  expect(evidence.features).toEqual([])
  expect(evidence.notes.join()).toContain('docs/large.md is larger than')
})

test('a bare name that two folders have is not guessed', async () => {
  const repo = testRepository()
  repo.commit('plan', { [PATH]: open('T001 Update `login.ts`') })
  repo.commit('work', { 'a/login.ts': 'export const a = 1\n', 'b/login.ts': 'export const b = 1\n' })
  repo.commit('tick', { [PATH]: done('T001 Update `login.ts`') })
  const [task] = await judged(repo)
  expect([task?.verdict, task?.caveats[0]]).toEqual(['unshown', 'a file of this name is at a/login.ts, b/login.ts'])
})

test('what is not committed is told from what is', async () => {
  const repo = testRepository()
  repo.commit('plan', {
    [PATH]: open('T001 Create `src/a.ts`', 'T002 Update `src/b.ts`'),
    'src/b.ts': 'export const b = 1\n',
  })
  repo.write({
    'src/a.ts': 'export const a = 1\n',
    'src/b.ts': 'export const b = 2\n',
    [PATH]: done('T001 Create `src/a.ts`', 'T002 Update `src/b.ts`'),
  })
  const found = await judged(repo)
  expect(found.map((task) => task.verdict)).toEqual(['partly', 'partly'])
  expect(found.map((task) => task.evidence[0]?.text)).toEqual([
    'src/a.ts is there, not committed',
    'src/b.ts is changed, not committed',
  ])
  expect(found[0]?.caveats.join()).toContain('no commit shows the tick')
})

test('an id that two features have counts only in the commit of its own feature', async () => {
  const repo = testRepository()
  const other = 'specs/002-logout/tasks.md'
  repo.commit('plan', { [PATH]: open('T001 Make it work'), [other]: open('T001 Make it stop') })
  repo.commit('T001 for 002-logout', { 'src/x.ts': 'export const x = 1\n' })
  repo.commit('T001', { 'src/y.ts': 'export const y = 1\n' })
  repo.commit('tick', { [PATH]: done('T001 Make it work'), [other]: done('T001 Make it stop') })
  const found = await judged(repo)
  expect(found.map((task) => [task.path.split('/')[1], task.verdict, task.lookable])).toEqual([
    ['001-login', 'unshown', false],
    ['002-logout', 'partly', false],
  ])
  expect(found[0]?.caveats.join()).toContain('does not say which')
})

test('a folder that is no repository is judged by its files, and never above partly', async () => {
  const repo = testRepository()
  repo.write({
    [PATH]: done('T001 Create `src/a.ts` with `go()`', 'T002 Create `src/b.ts`'),
    'src/a.ts': 'export function go() {\n  return 1\n}\n',
  })
  rmSync(join(repo.root, '.git'), { recursive: true })
  const evidence = await projectEvidence(repo.root, reports())
  expect(evidence.repository).toBeNull()
  expect(evidence.notes.join()).toContain('no git repository')
  expect(evidence.features[0]?.tasks.map((task) => task.verdict)).toEqual(['partly', 'unshown'])
})

test('a repository without a commit is judged, too', async () => {
  const repo = testRepository()
  repo.write({ [PATH]: done('T001 Create `src/a.ts`') })
  expect(await verdicts(repo)).toEqual(['T001 contradicted'])
})

test('a shallow clone contradicts nothing that only older history could show', async () => {
  const repo = testRepository()
  repo.commit('plan', { [PATH]: open('T001 Create `src/a.ts`', 'T002 Create `src/b.ts`') })
  repo.commit('work', {
    'src/a.ts': 'export const a = 1\n',
    [PATH]: done('T001 Create `src/a.ts`', 'T002 Create `src/b.ts`'),
  })
  const clone = mkdtempSync(join(tmpdir(), 'gatehouse-evidence-'))
  try {
    execFileSync('git', ['clone', '-q', '--depth', '1', `file://${repo.root}`, clone], { stdio: 'pipe' })
    expect(await verdicts(clone)).toEqual(['T001 partly', 'T002 unshown'])
  } finally {
    rmSync(clone, { recursive: true })
  }
})

test('a folder inside of a repository is judged with the history of the whole', async () => {
  const repo = testRepository()
  repo.commit('plan', { [`sub/${PATH}`]: open('T001 Create `src/a.ts`', 'T002 Create `sub/src/b.ts`') })
  repo.commit('work', { 'sub/src/a.ts': 'export const a = 1\n', 'sub/src/b.ts': 'export const b = 1\n' })
  repo.commit('tick', { [`sub/${PATH}`]: done('T001 Create `src/a.ts`', 'T002 Create `sub/src/b.ts`') })
  expect(await verdicts(join(repo.root, 'sub'))).toEqual(['T001 shown', 'T002 shown'])
  expect(await verdicts(repo.root)).toEqual(['T001 shown', 'T002 shown'])
})

test('a link out of the folder shows nothing of what it leads to', async () => {
  const repo = testRepository()
  const outside = mkdtempSync(join(tmpdir(), 'gatehouse-evidence-'))
  try {
    repo.commit('plan', { [PATH]: done('T001 Create `out/secret.ts`', 'T002 Create `../../../etc/passwd.conf`') })
    cpSync(join(repo.root, PATH), join(outside, 'secret.ts'))
    execFileSync('ln', ['-s', outside, join(repo.root, 'out')])
    const [first, second] = await judged(repo)
    expect([first?.verdict, second?.verdict]).toEqual(['contradicted', 'unshown'])
  } finally {
    rmSync(outside, { recursive: true })
  }
})
