/** Tasks that name a folder, or a file without an extension: what counts as work below it, and what does not. */
import { afterEach, expect, test } from 'vitest'
import { projectEvidence, type EvidenceProgress, type TaskEvidence } from './project-evidence.ts'
import { closeRepositories, testRepository, type TestRepository } from './test-repository.ts'
import { readReports } from './test-results.ts'

afterEach(closeRepositories)

const PATH = 'specs/001-rules/tasks.md'
const list = (box: string, lines: readonly string[]) =>
  `# Tasks: Rules\n\n## Phase 1: Setup\n\n${lines.map((line) => `- [${box}] ${line}`).join('\n')}\n`

async function judged(repo: TestRepository, progress?: (at: EvidenceProgress) => void): Promise<TaskEvidence[]> {
  const read = readReports([])
  if (!read.ok) throw new Error(read.detail)
  const { features } = await projectEvidence(repo.root, read.results, progress)
  return features.flatMap(({ tasks }) => [...tasks])
}

const BEFORE = {
  'policy/base/old.rego': 'package old\n',
  'src/api/users.ts': 'export const users = 1\n',
  'rules/legacy/a.rego': 'package legacy\n',
  'rules/kept/a.rego': 'package kept\n',
  'bin/check': '#!/bin/sh\nexit 0\n',
}

/** Writes tasks, does some work in a commit with a message, ticks them all in one of their own. */
async function after(lines: readonly string[], message: string, work: Readonly<Record<string, string | null>>) {
  const repo = testRepository()
  repo.commit('before', BEFORE)
  repo.commit('plan', { [PATH]: list(' ', lines) })
  repo.commit(message, work)
  repo.commit('tick', { [PATH]: list('x', lines) })
  return judged(repo)
}

const RULES = { 'policy/base/limits.rego': 'package limits\nallow := true\n' }

test('a folder without extension or with a slash behind it is looked at: work below it by a commit that names the task shows a part', async () => {
  const tasks = await after(
    ['T001 Write the rules in `policy/base`', 'T002 Add endpoints to `src/api/`'],
    '001-rules T001: limits, T002',
    { ...RULES, 'src/api/carts.ts': 'export const carts = 1\n' },
  )
  expect(tasks.map(({ verdict, lookable, files }) => [verdict, lookable, files])).toEqual([
    ['partly', true, ['policy/base']],
    ['partly', true, ['src/api']],
  ])
  expect(tasks[0]?.evidence[0]).toMatchObject({
    found: 'partly',
    text: expect.stringMatching(
      /^policy\/base \(folder\) is there and was changed since by .*: policy\/base\/limits\.rego below it$/,
    ),
  })
  expect(tasks[0]?.caveats.join()).toContain('it counts for less than a file')
})

test('the commit that ticks counts too, and one that neither names nor ticks the task does not', async () => {
  const repo = testRepository()
  const lines = ['T001 Write the rules in `policy/base`', 'T002 Add endpoints to `src/api/`']
  repo.commit('before', BEFORE)
  repo.commit('plan', { [PATH]: list(' ', lines) })
  repo.commit('something else', { 'src/api/carts.ts': 'export const carts = 1\n' })
  repo.commit('squashed', { ...RULES, [PATH]: list('x', lines) })
  const [first, second] = await judged(repo)
  expect([first?.verdict, second?.verdict, second?.lookable]).toEqual(['partly', 'unshown', true])
  expect(second?.evidence[0]?.text).toBe(
    'src/api (folder) is there, and no commit that names or ticks the task changed anything below it',
  )
})

test('a folder that was made for the task is less than a file that was', async () => {
  const tasks = await after(['T001 Create `rules/fresh`', 'T002 Create `rules/fresh/a.rego`'], 'work', {
    'rules/fresh/a.rego': 'package fresh\n',
    [PATH]: list('x', ['T001 Create `rules/fresh`', 'T002 Create `rules/fresh/a.rego`']),
  })
  expect(tasks.map(({ verdict }) => verdict)).toEqual(['partly', 'shown'])
})

test('what was never there names nothing, and what words only speak of is not asked for', async () => {
  const tasks = await after(
    [
      'T001 Allow `read/write` and `and/or` for `/api/users` of `@scope/pkg`',
      'T002 Talk about it as described in `policy/base`',
      'T003 Verify `policy/base` by hand',
      'T004 Look around in `../../etc` and `policy/../..`',
      'T005 Go on with `policy/nowhere`',
    ],
    '001-rules T001 T002 T003 T004 T005',
    { 'README.md': 'x\n' },
  )
  expect(tasks.map(({ lookable, files }) => [lookable, files])).toEqual(tasks.map(() => [false, []]))
})

test('blanks and comments below a folder are no work', async () => {
  const [task] = await after(['T001 Write the rules in `policy/base`'], '001-rules T001', {
    'policy/base/old.rego': '# T001 done\npackage old\n\n',
  })
  expect([task?.verdict, task?.lookable]).toEqual(['unshown', true])
})

test('a folder to delete is shown by its going, and one that stays contradicts', async () => {
  const tasks = await after(
    ['T001 Delete `rules/legacy`', 'T002 Delete the old `rules/kept` folder', 'T003 Delete `rules/kept` imports'],
    'clean up',
    { 'rules/legacy/a.rego': null },
  )
  expect(tasks.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual([
    'T001 shown',
    'T002 contradicted',
    'T003 unshown',
  ])
  expect(tasks[0]?.evidence[0]?.text).toContain('rules/legacy (folder) was deleted by')
})

test('beside a file the folder says nothing, and a file without extension is a file', async () => {
  const tasks = await after(
    ['T001 Create `policy/base/limits.rego` below `policy/base`', 'T002 Make `bin/check` strict'],
    'work',
    { ...RULES, 'bin/check': '#!/bin/sh\nexit 1\n' },
  )
  expect(tasks.map(({ verdict, files }) => [verdict, files])).toEqual([
    ['shown', ['policy/base/limits.rego']],
    ['shown', ['bin/check']],
  ])
})

test('a symbol is looked for in the files below the folder that the own commits changed', async () => {
  const [task] = await after(['T001 Add `listCarts()` to the handlers of `src/api/`'], '001-rules T001', {
    'src/api/carts.ts': 'export function listCarts(): number {\n  return 1\n}\n',
  })
  expect(task?.evidence.map(({ found, where }) => [found, where])).toContainEqual(['yes', 'src/api/carts.ts:1'])
  expect(task?.verdict).toBe('partly')
})

test('without a repository, or in one without commits, a folder that is there shows nothing', async () => {
  const repo = testRepository()
  repo.write({ ...BEFORE, [PATH]: list('x', ['T001 Write the rules in `policy/base`']) })
  const [task] = await judged(repo)
  expect(task?.verdict).not.toBe('shown')
  expect(task?.caveats.join()).toContain('no commit shows the tick')
})

test('progress tells each step once before it, in order, with how many there are', async () => {
  const repo = testRepository()
  repo.commit('plan', { [PATH]: list(' ', ['T001 Create `src/a.ts`']) })
  const told: EvidenceProgress[] = []
  await judged(repo, (at) => void told.push(at))
  expect(told.map(({ done }) => done)).toEqual(told.map((_, i) => i))
  expect(new Set(told.map(({ total }) => total))).toEqual(new Set([told.length]))
  expect(told[0]?.step).toBe('reading the history')
})
