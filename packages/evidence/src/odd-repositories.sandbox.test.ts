/** Repositories as they are found: other layouts, cut ones, and ones whose dates or names lie. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { projectEvidence } from './project-evidence.ts'
import { readReports } from './test-results.ts'
import { closeRepositories, testRepository, type TestRepository } from './test-repository.ts'

const scratch: string[] = []

afterEach(() => {
  closeRepositories()
  for (const folder of scratch.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const PATH = 'specs/001-login/tasks.md'
const LINES = ['T001 Create `src/a.ts` with `go()`', 'T002 Create `src/never.ts`']
const list = (box: string, lines = LINES) =>
  `# Tasks: Login\n\n## Phase 1: Setup\n\n${lines.map((line) => `- [${box}] ${line}`).join('\n')}\n`
const EXPECTED = ['T001 shown', 'T002 contradicted']

function worked(repo: TestRepository): TestRepository {
  repo.commit('plan', { [PATH]: list(' ') })
  repo.commit('work', { 'src/a.ts': 'export function go(): number {\n  return 1\n}\n' })
  repo.commit('tick', { [PATH]: list('x') })
  return repo
}

async function verdicts(folder: string): Promise<string[]> {
  const read = readReports([])
  if (!read.ok) throw new Error(read.detail)
  const { features } = await projectEvidence(folder, read.results)
  return features.flatMap(({ tasks }) => tasks.map((task) => `${task.id} ${task.verdict}`))
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'gatehouse-evidence-'))
  scratch.push(made)
  return made
}

function git(cwd: string, ...args: string[]): void {
  const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', '-c', 'protocol.file.allow=always']
  const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, GIT_CONFIG_NOSYSTEM: '1' }
  execFileSync('git', [...who, ...args], { cwd, env, stdio: 'pipe' })
}

test('a detached head, a linked worktree and a checkout of an old commit are judged by what they have', async () => {
  const repo = worked(testRepository())
  repo.git('checkout', '-q', '--detach')
  expect(await verdicts(repo.root)).toEqual(EXPECTED)
  const tree = join(folder(), 'tree')
  repo.git('worktree', 'add', '-q', '--detach', tree)
  expect(await verdicts(tree)).toEqual(EXPECTED)
  repo.git('checkout', '-q', 'HEAD~2')
  expect(await verdicts(repo.root)).toEqual(['T001 contradicted', 'T002 contradicted'])
})

test('a repository of SHA-256 is read as one of SHA-1 is', async (ctx) => {
  const root = folder()
  try {
    git(root, 'init', '-q', '--object-format=sha256', '-b', 'main')
  } catch {
    ctx.skip('this git knows no SHA-256')
  }
  const source = worked(testRepository())
  for (const at of ['HEAD~2', 'HEAD~1', 'HEAD']) {
    source.git('checkout', '-q', at === 'HEAD' ? 'main' : `main${at.slice(4)}`)
    execFileSync('cp', ['-r', join(source.root, 'specs'), root])
    if (at !== 'HEAD~2') execFileSync('cp', ['-r', join(source.root, 'src'), root])
    git(root, 'add', '-A')
    git(root, 'commit', '-q', '--allow-empty', '-m', at)
  }
  expect(await verdicts(root)).toEqual(EXPECTED)
})

test('dates that were made up change nothing: the order of commits counts', async () => {
  const repo = testRepository()
  const dated = (date: string, message: string, files: Record<string, string>) => {
    repo.write(files)
    repo.git('add', '-A')
    repo.git('-c', 'user.name=Ann', 'commit', '-q', '--date', date, '-m', message)
    const commit = repo.git('cat-file', 'commit', 'HEAD').replace(/^committer .*$/m, `committer Ann <a@b> ${date}`)
    const file = join(folder(), 'commit')
    execFileSync('sh', ['-c', 'cat > "$0"', file], { input: commit })
    repo.git('update-ref', 'HEAD', repo.git('hash-object', '-t', 'commit', '-w', file).trim())
  }
  dated('1900000000 +0000', 'plan', { [PATH]: list(' ') })
  dated('100000000 +1400', 'work', { 'src/a.ts': 'export function go(): number {\n  return 1\n}\n' })
  dated('1 -1200', 'tick', { [PATH]: list('x') })
  expect(await verdicts(repo.root)).toEqual(EXPECTED)
})

test('a sparse checkout is judged by what the commit has, and a file that is not on the disk is told', async () => {
  const repo = worked(testRepository())
  repo.git('sparse-checkout', 'set', '--no-cone', '/specs/')
  expect(await verdicts(repo.root)).toEqual(['T001 shown', 'T002 contradicted'])
})

test('a partial clone is judged by what it has, fetches nothing, and contradicts nothing that is not here', async () => {
  const repo = worked(testRepository())
  repo.commit('more', { 'src/a.ts': 'export function go(): number {\n  return 2\n}\n' })
  repo.git('config', 'uploadpack.allowFilter', 'true')
  const clone = join(folder(), 'clone')
  git(tmpdir(), 'clone', '-q', '--filter=blob:none', `file://${repo.root}`, clone)
  const absent = () =>
    execFileSync('git', ['rev-list', '--objects', '--all', '--missing=print'], { cwd: clone, encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.startsWith('?')).length
  const before = absent()
  expect(before).toBeGreaterThan(0)
  const read = readReports([])
  if (!read.ok) throw new Error(read.detail)
  const { features, notes } = await projectEvidence(clone, read.results)
  const tasks = features.flatMap((feature) => [...feature.tasks])
  expect(tasks.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual(['T001 shown', 'T002 unshown'])
  expect(tasks[0]?.caveats.join()).toContain('no commit shows the tick')
  expect(tasks[0]?.caveats.join()).not.toContain('ticked in the commit that wrote it')
  expect(notes.join()).toContain('partial clone')
  expect(absent()).toBe(before)
})

test('a bare repository is refused with what to do', async () => {
  const repo = worked(testRepository())
  const bare = join(folder(), 'bare.git')
  repo.git('clone', '-q', '--bare', '.', bare)
  await expect(verdicts(bare)).rejects.toThrow(/bare.*clone/)
})

test("a submodule's tasks are its own repository's matter, and its files count there", async () => {
  const inner = worked(testRepository())
  const repo = testRepository()
  repo.commit('plan', { [PATH]: list(' ', ['T001 Add the library under `lib/`', 'T002 Update `lib/src/a.ts`']) })
  git(repo.root, 'submodule', '--quiet', 'add', inner.root, 'lib')
  repo.commit('lib', { [PATH]: list('x', ['T001 Add the library under `lib/`', 'T002 Update `lib/src/a.ts`']) })
  // Its own tasks are not listed with those of the outer one, whose history does not know them.
  expect((await verdicts(repo.root)).map((line) => line.slice(0, 4))).toEqual(['T001', 'T002'])
  expect(await verdicts(join(repo.root, 'lib'))).toEqual(EXPECTED)
})

test('a committed link shows nothing of the file that it leads to', async () => {
  const repo = testRepository()
  repo.commit('plan', { [PATH]: list(' '), 'src/old.ts': 'export function go() { return 1 }\n' })
  symlinkSync('old.ts', join(repo.root, 'src/a.ts'))
  repo.commit('work', { [PATH]: list('x') })
  expect(await verdicts(repo.root)).not.toContain('T001 shown')
})

test('names with newlines, quotes and bytes that are no UTF-8 disturb nothing', async () => {
  const repo = testRepository()
  repo.commit('plan', { [PATH]: list(' '), 'src/new\nline.ts': 'x', 'src/"quoted"\t.ts': 'x' })
  execFileSync('sh', ['-c', 'printf x > "$(printf \'src/\\377.ts\')"'], { cwd: repo.root })
  repo.commit('work', { 'src/a.ts': 'export function go(): number {\n  return 1\n}\n' })
  repo.commit('tick', { [PATH]: list('x') })
  expect(await verdicts(repo.root)).toEqual(EXPECTED)
})

test('work that came in by a rebase or by a merge of a branch is found', async () => {
  const repo = testRepository()
  repo.commit('plan', { [PATH]: list(' ') })
  repo.git('checkout', '-q', '-b', 'side')
  repo.commit('work', { 'src/a.ts': 'export function go(): number {\n  return 1\n}\n', [PATH]: list('x') })
  repo.git('checkout', '-q', 'main')
  repo.commit('other', { 'README.md': 'x\n' })
  repo.git('branch', 'copy')
  repo.git('merge', '-q', '--no-ff', '-m', 'merge', 'side')
  expect(await verdicts(repo.root)).toEqual(EXPECTED)
  repo.git('checkout', '-q', 'side')
  repo.git('rebase', '-q', 'copy')
  expect(await verdicts(repo.root)).toEqual(EXPECTED)
})
