import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestResult } from '@gatehouse/sandbox/test-report'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { judgeProposal, type JudgingLimits } from './proposal-process.ts'
import { closeRepositories, testRepository, type TestRepository } from './test-repository.ts'

let repository: TestRepository
let scratchFolder: string
beforeEach(() => {
  repository = testRepository()
  scratchFolder = mkdtempSync(join(tmpdir(), 'gatehouse-judge-'))
})
afterEach(() => {
  closeRepositories()
  rmSync(scratchFolder, { recursive: true, force: true })
})

const AT = '2026-11-22T10:00:00Z'
const TASKS = 'specs/001-cart/tasks.md'
const list = (...lines: string[]) => `# Tasks: Cart\n\n## Phase 1: Setup\n\n${lines.join('\n')}\n`
const OPEN = '- [ ] T001 Create `src/cart.ts` with `total()`, and tests in `test/cart.test.ts`'
const DONE = OPEN.replace('[ ]', '[x]')
const CODE = 'export function total(items: number[]): number {\n  return items.reduce((a, b) => a + b, 0)\n}\n'
const TEST =
  "import { test } from 'node:test'\nimport { total } from '../src/cart.ts'\ntest('adds', () => {\n  if (total([1, 2]) !== 3) throw new Error('wrong')\n})\n"
const result = (status: TestResult['status']): TestResult => ({
  id: 'adds',
  suite: 'test/cart.test.ts',
  name: 'adds',
  file: 'test/cart.test.ts',
  status,
})

/** The tree of a change on what is committed, given back as a change that nobody merged. */
async function judged(
  files: Readonly<Record<string, string | null>>,
  tests: readonly TestResult[] | null = [result('passed')],
  limits: Partial<JudgingLimits> = {},
) {
  const baseCommit = repository.git('rev-parse', 'HEAD').trim()
  repository.commit('T001 done, all of it, believe me', files)
  const resultTree = repository.git('rev-parse', 'HEAD^{tree}').trim()
  repository.git('reset', '-q', '--hard', baseCommit)
  const gitDir = join(repository.root, '.git')
  return judgeProposal(
    { gitDir, baseCommit, resultTree, at: AT, tests },
    { scratchFolder, timeout_ms: 60_000, ...limits },
  )
}

test('a tick with code and tests that pass is shown', async () => {
  repository.commit('plan', { [TASKS]: list(OPEN) })
  const { ticked, removed, not_judged } = await judged({
    [TASKS]: list(DONE),
    'src/cart.ts': CODE,
    'test/cart.test.ts': TEST,
  })
  expect(ticked.map(({ id, path, line, verdict, dropped }) => ({ id, path, line, verdict, dropped }))).toEqual([
    { id: 'T001', path: TASKS, line: 5, verdict: 'shown', dropped: [] },
  ])
  // The commit that stands for the change is in nobody's repository.
  expect(ticked[0]?.evidence[0]).toMatchObject({
    text: 'src/cart.ts is there and was changed since by this change',
    where: null,
  })
  expect({ removed, not_judged }).toEqual({ removed: [], not_judged: null })
})

test('a tick alone is unshown or contradicted, whatever the title of the change says', async () => {
  repository.commit('plan', { [TASKS]: list(OPEN, '- [ ] T002 Talk to the others') })
  const { ticked } = await judged({ [TASKS]: list(DONE, '- [x] T002 Talk to the others') })
  expect(ticked.map(({ id, verdict, lookable }) => ({ id, verdict, lookable }))).toEqual([
    { id: 'T001', verdict: 'contradicted', lookable: true },
    { id: 'T002', verdict: 'unshown', lookable: false },
  ])
})

test('the commit that stands for the change names no task: what it changed elsewhere shows none', async () => {
  repository.commit('plan', { [TASKS]: list('- [ ] T002 Talk to the others') })
  const { ticked } = await judged({ [TASKS]: list('- [x] T002 Talk to the others'), 'src/other.ts': CODE })
  expect(ticked.map(({ id, verdict }) => [id, verdict])).toEqual([['T002', 'unshown']])
})

test('a test that the task names and that fails contradicts the tick', async () => {
  repository.commit('plan', { [TASKS]: list(OPEN) })
  const { ticked } = await judged({ [TASKS]: list(DONE), 'src/cart.ts': CODE, 'test/cart.test.ts': TEST }, [
    result('failed'),
  ])
  expect(ticked[0]?.verdict).toBe('contradicted')
})

test('a report that names no file shows the tests of the file by their names', async () => {
  repository.commit('plan', { [TASKS]: list(OPEN) })
  const { id, name, status } = result('passed')
  const files = { [TASKS]: list(DONE), 'src/cart.ts': CODE, 'test/cart.test.ts': TEST }
  const nameless = (called: string) => judged(files, [{ id, name: called, status, suite: 'test' }])
  expect((await nameless(name)).ticked[0]?.verdict).toBe('shown')
  expect((await nameless('another')).ticked[0]?.verdict).toBe('partly')
})

test('a run without a report shows no test to have passed', async () => {
  repository.commit('plan', { [TASKS]: list(OPEN) })
  const { ticked } = await judged({ [TASKS]: list(DONE), 'src/cart.ts': CODE, 'test/cart.test.ts': TEST }, null)
  expect(ticked[0]?.verdict).toBe('partly')
})

test('what was ticked before, or is only moved, is no tick of the change', async () => {
  repository.commit('plan', {
    [TASKS]: list(DONE),
    'openspec/changes/a/tasks.md': '## 1. A\n\n- [x] 1.1 Write it\n- [ ] 1.2 Ship it\n',
    '.agent/runbooks/notes.md': '# Notes\n\n- [x] Ask the bank\n- [ ] Ask the shop\n',
  })
  const { ticked, removed } = await judged({
    [TASKS]: list(DONE, '- [ ] T002 More'),
    'openspec/changes/a/tasks.md': null,
    '.agent/runbooks/notes.md': null,
    '.agent/runbooks/questions.md': '# Questions\n\n- [x] Ask the bank\n- [ ] Ask the shop\n',
    'openspec/changes/archive/2026-11-22-a/tasks.md': '## 1. A\n\n- [x] 1.1 Write it\n- [ ] 1.2 Ship it\n',
  })
  expect({ ticked, removed }).toEqual({ ticked: [], removed: [] })
})

test('a new list that comes with its ticks is judged tick by tick', async () => {
  repository.commit('begin', { 'README.md': '# Cart\n' })
  const { ticked } = await judged({ [TASKS]: list(DONE) })
  expect(ticked.map(({ id, verdict }) => [id, verdict])).toEqual([['T001', 'contradicted']])
})

test('words that are taken out of a task with the tick are told: what is asked may not shrink', async () => {
  repository.commit('plan', { [TASKS]: list(OPEN) })
  const { ticked } = await judged({ [TASKS]: list('- [x] T001 Talk about the cart') })
  expect(ticked.map(({ id, dropped, lookable }) => ({ id, dropped, lookable }))).toEqual([
    { id: 'T001', dropped: ['src/cart.ts', 'test/cart.test.ts', 'total'], lookable: false },
  ])
})

test('a folder that leaves a task with its tick is told as a file is', async () => {
  repository.commit('plan', { [TASKS]: list('- [ ] T001 Rework `src/api/`') })
  const { ticked } = await judged({ [TASKS]: list('- [x] T001 Rework the interface') })
  expect(ticked.map(({ dropped }) => dropped)).toEqual([['src/api']])
})

test('an open task that the change takes away is told, and one that is done is not', async () => {
  repository.commit('plan', { [TASKS]: list(OPEN, '- [x] T002 Old', '- [ ] T003 Third') })
  const { removed } = await judged({ [TASKS]: list('- [ ] T003 Third') })
  expect(removed).toEqual([{ path: TASKS, line: 5, id: 'T001', text: expect.stringContaining('Create') }])
})

test('a list that is moved and reworded keeps its tasks by their ids', async () => {
  repository.commit('plan', { [TASKS]: list(OPEN) })
  const { ticked, removed } = await judged({ [TASKS]: null, 'specs/002-cart/tasks.md': list('- [x] T001 Talk') })
  expect(removed).toEqual([])
  expect(ticked.map(({ dropped }) => dropped.length)).toEqual([3])
})

test('a list too large to be read is not judged, and says so', async () => {
  repository.commit('plan', { [TASKS]: list(OPEN) })
  const { not_judged } = await judged({ [TASKS]: `${list(DONE)}${'x'.repeat(2 * 1024 * 1024)}\n` })
  expect(not_judged).toBe(`${TASKS} is larger than 2097152 bytes: what it ticks was not read`)
})

test("folders of dependencies are nobody's promises", async () => {
  repository.commit('begin', { 'README.md': '# Cart\n' })
  expect(await judged({ 'node_modules/x/tasks.md': list(DONE) })).toEqual({ ticked: [], removed: [], not_judged: null })
})

test('more time than there is leaves the ticks unjudged, and no scratch folder behind', async () => {
  repository.commit('plan', { [TASKS]: list(OPEN) })
  mkdirSync(join(scratchFolder, 'claims.4194305.left'))
  const { ticked, not_judged } = await judged({ [TASKS]: list(DONE) }, [], { timeout_ms: 1 })
  expect({ ticked, not_judged }).toEqual({ ticked: [], not_judged: 'it took longer than 1 ms' })
  expect(readdirSync(scratchFolder)).toEqual([])
})

test('a caller that stops is told so by its own signal', async () => {
  repository.commit('plan', { [TASKS]: list(OPEN) })
  const signal = AbortSignal.timeout(50)
  await expect(judged({ [TASKS]: list(DONE) }, [], { signal })).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(readdirSync(scratchFolder)).toEqual([])
})

test('what git cannot do is a reason, and no pass', async () => {
  repository.commit('plan', { [TASKS]: list(OPEN) })
  const change = {
    gitDir: join(repository.root, '.git'),
    baseCommit: 'f'.repeat(40),
    resultTree: 'e'.repeat(40),
    at: AT,
    tests: [],
  }
  const { not_judged } = await judgeProposal(change, { scratchFolder, timeout_ms: 60_000 })
  expect(not_judged).toMatch(/^GitError: git commit-tree failed/)
})
