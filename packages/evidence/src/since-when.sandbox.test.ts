/** What was there before a task, or came for something else, is no work for it: symbols without a file, and files that changed at another time. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { projectEvidence, type TaskEvidence } from './project-evidence.ts'
import { closeRepositories, testRepository, type TestRepository } from './test-repository.ts'
import { readReports } from './test-results.ts'

afterEach(closeRepositories)

const PATH = 'specs/001-login/tasks.md'
const list = (box: string, lines: readonly string[]) =>
  `# Tasks: Login\n\n## Phase 1: Setup\n\n${lines.map((line) => `- [${box}] ${line}`).join('\n')}\n`

async function judged(repo: TestRepository, xml: string | null = null): Promise<TaskEvidence[]> {
  const read = readReports(xml === null ? [] : [{ name: 'r.xml', bytes: Buffer.from(xml) }])
  if (!read.ok) throw new Error(read.detail)
  const { features } = await projectEvidence(repo.root, read.results)
  return features.flatMap(({ tasks }) => [...tasks])
}

const told = (tasks: readonly TaskEvidence[]) => tasks.map(({ id, verdict }) => `${id} ${verdict}`)

function worked(lines: readonly string[]): TestRepository {
  const repo = testRepository()
  repo.commit('before', {
    'src/still.ts': 'export function untouched(): number {\n  return 1\n}\n',
    'src/old.ts': 'export function older(): number {\n  return 1\n}\n',
  })
  repo.commit('plan', { [PATH]: list(' ', lines) })
  repo.commit('work', {
    'src/old.ts': 'export function older(): number {\n  return 2\n}\nexport const added = (): number => 3\n',
    'src/fresh.ts': 'export function fresher(): number {\n  return older() + untouched()\n}\n',
  })
  repo.commit('tick', { [PATH]: list('x', lines) })
  return repo
}

test('a symbol without a file shows its task only where it came since the task was written', async () => {
  const tasks = await judged(
    worked([
      'T001 Add `fresher()`',
      'T002 Make `older()` better',
      'T003 Add `added()` to the rest',
      'T004 Add `neverMade()`',
    ]),
  )
  expect(told(tasks)).toEqual(['T001 shown', 'T002 partly', 'T003 shown', 'T004 unshown'])
  expect(tasks[1]?.evidence[0]?.text).toBe('older was there before the task was written; its file was changed since')
  expect(tasks[0]?.evidence[0]?.where).toBe('src/fresh.ts:1')
})

test('a symbol that was there, in a file that nobody touched, shows nothing', async () => {
  const repo = testRepository()
  const lines = ['T001 Create `src/a.ts`', 'T002 Make `untouched()` better']
  repo.commit('before', { 'src/a.ts': 'export function untouched(): number {\n  return 1\n}\n' })
  repo.commit('plan', { [PATH]: list(' ', lines) })
  repo.commit('tick', { [PATH]: list('x', lines) })
  const [, second] = await judged(repo)
  expect([second?.verdict, second?.evidence[0]?.text]).toEqual([
    'unshown',
    'untouched was there before the task was written, and its file was not changed since',
  ])
})

test('work of a later feature is not looked at for a symbol of an earlier one', async () => {
  const repo = testRepository()
  repo.commit('plan', { [PATH]: list(' ', ['T001 Add `later()`']) })
  repo.commit('tick', { [PATH]: list('x', ['T001 Add `later()`']) })
  repo.commit('something else', { 'src/b.ts': 'export const later = (): number => 1\n' })
  expect(told(await judged(repo))).toEqual(['T001 unshown'])
})

test('what the first commit brought together with a ticked task, or no history dates, is a part at most', async () => {
  const repo = testRepository()
  const lines = ['T001 Create `src/a.ts`', 'T002 Add `go()`']
  repo.commit('import', { [PATH]: list('x', lines), 'src/a.ts': 'export const go = (): number => 1\n' })
  expect(told(await judged(repo))).toEqual(['T001 partly', 'T002 partly'])
  rmSync(join(repo.root, '.git'), { recursive: true })
  const tasks = await judged(repo)
  expect(told(tasks)).toEqual(['T001 partly', 'T002 partly'])
  expect(tasks[1]?.evidence[0]?.text).toContain('no history tells since when')
})

test('a task that only looks is not shown by what it looks at, but a test that it names can have passed', async () => {
  const lines = [
    'T001 Verify that `older()` works',
    'T002 Check `fresher` by hand',
    'T003 Run `test_older` until it passes',
    'T004 Write failing test `testOlder()`',
  ]
  const repo = worked(lines)
  repo.write({ 'tests/test_old.py': 'def test_older():\n    assert 1\n' })
  const tasks = await judged(
    repo,
    '<testsuite><testcase classname="tests.test_old" name="test_older"/><testcase classname="OldTest" name="testOther"/></testsuite>',
  )
  expect(tasks.map(({ lookable }) => lookable)).toEqual([false, false, true, true])
  expect(tasks[2]?.evidence.map(({ about, found }) => [about, found])).toContainEqual(['test', 'yes'])
  expect(tasks[3]?.evidence.map(({ text }) => text)).toContain('tests of testOlder: the report has none of them')
})

test('imports in a file are work on the file', async () => {
  const tasks = await judged(
    worked(['T001 Update the imports in `src/old.ts`', 'T002 Add a page that imports `src/old.ts`']),
  )
  expect(tasks.map(({ files }) => files)).toEqual([['src/old.ts'], []])
})

test('of the changes of a file the last one until the tick is told, and one after the tick alone is less', async () => {
  const repo = testRepository()
  const lines = ['T001 Update `src/busy.ts`', 'T002 Update `src/late.ts`', 'T003 Update `src/form.ts`']
  const text = (n: number) => `export const n = ${n}\n`
  repo.commit('before', { 'src/busy.ts': text(1), 'src/late.ts': text(1), 'src/form.ts': text(1) })
  repo.commit('plan', { [PATH]: list(' ', lines) })
  const work = repo.commit('work', { 'src/busy.ts': text(2), 'src/form.ts': `// done\n${text(1)}` })
  repo.commit('tick', { [PATH]: list('x', lines) })
  for (let n = 3; n < 15; n += 1)
    repo.commit(`other ${n}`, { 'src/busy.ts': text(n), 'src/late.ts': text(n), 'src/form.ts': text(n) })
  const tasks = await judged(repo)
  expect(told(tasks)).toEqual(['T001 shown', 'T002 partly', 'T003 partly'])
  expect(tasks[0]?.evidence[0]?.where).toBe(work)
  expect(tasks[0]?.caveats.join()).not.toContain('after the box was ticked')
  for (const task of tasks.slice(1)) expect(task.caveats.join()).toContain('only after the box was ticked')
})

test('a file beside the task says what is wanted: that it changed is no work', async () => {
  const repo = testRepository()
  const lines = ['T001 Bring `screens.yaml` to life', 'T002 Create `findings.yaml`']
  repo.commit('plan', { [PATH]: list(' ', lines), 'specs/001-login/screens.yaml': 'a: 1\n' })
  repo.commit('more', { 'specs/001-login/screens.yaml': 'a: 2\n', 'specs/001-login/findings.yaml': 'a: 1\n' })
  repo.commit('tick', { [PATH]: list('x', lines) })
  expect((await judged(repo)).map(({ verdict, lookable }) => [verdict, lookable])).toEqual([
    ['unshown', false],
    ['shown', true],
  ])
})

test('a path that leads out of the repository is told, and not looked at', async () => {
  const repo = testRepository()
  const lines = ['T001 Update `../../../other/src/a.ts`']
  repo.commit('plan', { [PATH]: list(' ', lines) })
  repo.commit('tick', { [PATH]: list('x', lines) })
  const [task] = await judged(repo)
  expect([task?.lookable, task?.caveats.join()]).toEqual([
    false,
    expect.stringContaining('cannot be looked up: ../../../other/src/a.ts'),
  ])
})

test('a history that begins with the tick says so, and a tick that came later does not', async () => {
  const repo = testRepository()
  repo.commit('import', { [PATH]: list('x', ['T001 Create `src/a.ts`']), 'src/a.ts': 'export const a = 1\n' })
  expect((await judged(repo))[0]?.caveats.join()).toContain('the history begins with the commit that ticked the task')
  repo.git('commit', '-q', '--allow-empty', '-m', 'more')
  repo.commit('again', { [PATH]: list('x', ['T001 Create `src/a.ts`', 'T002 Create `src/b.ts`']) })
  expect((await judged(repo))[1]?.caveats.join()).not.toContain('the history begins')
})

test('a file that git ignores is not missing: no commit could have it', async () => {
  const repo = testRepository()
  const lines = ['T001 Create `dist/out.js`', 'T002 Create `src/out.js`']
  repo.commit('plan', { [PATH]: list(' ', lines), '.gitignore': 'dist/\n' })
  repo.commit('tick', { [PATH]: list('x', lines) })
  const [first, second] = await judged(repo)
  expect([first?.verdict, second?.verdict]).toEqual(['unshown', 'contradicted'])
  expect(first?.caveats.join()).toContain('git ignores dist/out.js')
})

test('a commit that names an id which others have too is not told as one of the task', async () => {
  const repo = testRepository()
  const other = 'specs/002-logout/tasks.md'
  repo.commit('plan', { [PATH]: list(' ', ['T001 Make it work']), [other]: list(' ', ['T001 Make it stop']) })
  const vague = repo.commit('T001', { 'src/x.ts': 'export const x = 1\n' })
  const sure = repo.commit('T001 of 001-login', { 'src/y.ts': 'export const y = 1\n' })
  const [first, second] = await judged(repo)
  expect(first?.commits.map(({ id }) => id)).toEqual([sure])
  expect(second?.commits.map(({ id }) => id)).not.toContain(vague)
})

test('only tasks of the folder that was asked about are told, and a place without tasks says so', async () => {
  const repo = testRepository()
  const other = 'specs/002-logout/tasks.md'
  repo.commit('plan', { [PATH]: list('x', ['T001 Go']), [other]: list('x', ['T001 Stop']), 'src/a.ts': 'x\n' })
  const read = readReports([])
  if (!read.ok) throw new Error(read.detail)
  const at = async (folder: string) => projectEvidence(join(repo.root, folder), read.results)
  expect((await at('specs/002-logout')).features.map(({ name }) => name)).toEqual(['002-logout'])
  const none = await at('src')
  expect([none.features, none.notes.join()]).toEqual([[], expect.stringContaining('holds no list of tasks')])
})

test('a symbol that only the working copy has is a part, and told as not committed', async () => {
  const repo = testRepository()
  const lines = ['T001 Create `src/a.ts`', 'T002 Add `go()`']
  repo.commit('plan', { [PATH]: list(' ', lines) })
  repo.write({ [PATH]: list('x', lines), 'src/a.ts': 'export const go = (): number => 1\n' })
  const [, second] = await judged(repo)
  expect([second?.verdict, second?.evidence[0]?.text, second?.caveats.join()]).toEqual([
    'partly',
    'go is defined',
    expect.stringContaining('in the working copy only'),
  ])
})
