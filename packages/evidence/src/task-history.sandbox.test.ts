import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSpec } from '@gatehouse/core/specs/read'
import { afterEach, expect, test } from 'vitest'
import { readHistory } from './git-history.ts'
import { readTaskPasts, type TaskPast } from './task-history.ts'
import { closeRepositories, testRepository, type TestRepository } from './test-repository.ts'

afterEach(closeRepositories)

const PATH = 'specs/001-login/tasks.md'
const tasks = (...lines: string[]) => `# Tasks: Login\n\n## Phase 1\n\n${lines.join('\n')}\n`

async function past(repo: TestRepository, path = PATH): Promise<readonly TaskPast[]> {
  const document = readSpec(path, readFileSync(join(repo.root, path), 'utf8'))
  return (await readTaskPasts(repo.root, await readHistory(repo.root), [{ path, document }])).get(path) ?? []
}

test('a task knows the commit that wrote it and the one that ticked it', async () => {
  const repo = testRepository()
  repo.commit('code', { 'a.ts': '1' })
  repo.commit('plan', { [PATH]: tasks('- [ ] T001 Build a', '- [ ] T002 Build b') })
  repo.commit('work', { 'a.ts': '2' })
  repo.commit('tick', { [PATH]: tasks('- [x] T001 Build a', '- [ ] T002 Build b', '- [x] T003 Late') })
  expect(await past(repo)).toEqual([
    { written: 1, ticked: 3, tickedAtCreation: false, unticked: null, reworded: null },
    { written: 1, ticked: null, tickedAtCreation: false, unticked: null, reworded: null },
    { written: 3, ticked: 3, tickedAtCreation: true, unticked: null, reworded: null },
  ])
})

test('a tick that was taken away and came again shows both, and so do new words under an old id', async () => {
  const repo = testRepository()
  repo.commit('0', { [PATH]: tasks('- [x] T001 Build a') })
  repo.commit('1', { [PATH]: tasks('- [ ] T001 Build a') })
  repo.commit('2', { [PATH]: tasks('- [X] T001 Build a') })
  repo.commit('3', { [PATH]: tasks('- [X] T001 Build the **whole** house') })
  expect(await past(repo)).toEqual([{ written: 0, ticked: 2, tickedAtCreation: false, unticked: 1, reworded: 3 }])
})

test('tasks without an id are known by their words, and a working copy may hold what no commit does', async () => {
  const repo = testRepository()
  repo.commit('0', { [PATH]: tasks('- [ ] Build `a`', '- [ ] Build b') })
  repo.commit('1', { [PATH]: tasks('- [ ] New first', '- [x] build  A', '- [ ] Build b') })
  repo.write({ [PATH]: tasks('- [ ] New first', '- [x] Build a', '- [x] Build b', '- [x] Not committed') })
  expect((await past(repo)).map(({ written, ticked }) => [written, ticked])).toEqual([
    [1, null],
    [0, 1],
    [0, null],
    [null, null],
  ])
})

test('a folder that was renamed is followed, twice, also where lines changed with it', async () => {
  const repo = testRepository()
  const old = 'specs/login/tasks.md'
  const older = 'docs/specs/login/tasks.md'
  repo.commit('0', { [older]: tasks('- [ ] T001 One thing', '- [ ] T002 Two things', '- [ ] T003 Three things') })
  repo.commit('1', {
    [older]: null,
    [old]: tasks('- [ ] T001 One thing', '- [ ] T002 Two things', '- [ ] T003 Three things'),
  })
  repo.commit('2', {
    [old]: null,
    [PATH]: tasks('- [x] T001 One thing', '- [ ] T002 Two things', '- [ ] T003 Three things', '- [ ] T004 Four'),
  })
  expect(
    (await past(repo)).map(({ written, ticked, tickedAtCreation }) => [written, ticked, tickedAtCreation]),
  ).toEqual([
    [0, 2, false],
    [0, null, false],
    [0, null, false],
    [2, null, false],
  ])
})

test('another feature that goes away in the same commit is not taken for the old place', async () => {
  const repo = testRepository()
  repo.commit('0', { 'specs/000-old/tasks.md': tasks('- [x] T001 Something else', '- [x] T002 And another') })
  repo.commit('1', { 'specs/000-old/tasks.md': null, [PATH]: tasks('- [ ] T001 Build a', '- [ ] T002 Build b') })
  expect((await past(repo)).map(({ written }) => written)).toEqual([1, 1])
})

test('a tick on a side branch is found, also where the main line went on', async () => {
  const repo = testRepository()
  repo.commit('plan', { [PATH]: tasks('- [ ] T001 Build a', '- [ ] T002 Build b', '', '', '', '- [ ] T003 Build c') })
  repo.git('checkout', '-q', '-b', 'side')
  const side = repo.commit('side', {
    [PATH]: tasks('- [x] T001 Build a', '- [ ] T002 Build b', '', '', '', '- [ ] T003 Build c'),
  })
  repo.git('checkout', '-q', 'main')
  repo.commit('main', { [PATH]: tasks('- [ ] T001 Build a', '- [ ] T002 Build b', '', '', '', '- [x] T003 Build c') })
  repo.git('merge', '-q', '--no-edit', 'side')
  const history = await readHistory(repo.root)
  const [first] = await past(repo)
  expect(history.commits[first?.ticked ?? -1]?.id).toBe(side)
})

test('only boxes that differ do not make another file: what follows a tick is read as it was', async () => {
  const repo = testRepository()
  const body = ['- [ ] T001 Build `[ ] a`', '```', '- [ ] T009 in a fence', '```', '- [ ] T002 Build b']
  repo.commit('0', { [PATH]: tasks(...body) })
  repo.commit('1', { [PATH]: tasks(...body.map((line) => line.replace('- [ ]', '- [x]'))) })
  repo.commit('2', {
    [PATH]: tasks(...body.map((line) => (line.includes('T002') ? line : line.replace('- [ ]', '- [x]')))),
  })
  expect((await past(repo)).map(({ ticked, unticked }) => [ticked, unticked])).toEqual([
    [1, null],
    [1, 2],
  ])
})
