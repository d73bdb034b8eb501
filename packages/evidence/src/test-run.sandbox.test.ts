import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runTests, type TestPlan, type TestRun, type TestRunRequest } from './test-run.ts'
import { closeRepositories, testRepository, type TestRepository } from './test-repository.ts'

const HOST = { PATH: '/usr/bin:/bin', HOME: undefined, GOMODCACHE: undefined, GOPATH: undefined }
let cache = ''
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'gatehouse-evidence-'))
})
afterEach(() => {
  closeRepositories()
  rmSync(cache, { recursive: true, force: true })
})

const junit = (...cases: string[]) => `<testsuite name="s">${cases.join('')}</testsuite>`
const PASSED = '<testcase classname="tests/a.test.ts" name="a"/>'

function plan(script: string, more: Partial<TestPlan> = {}): TestPlan {
  return {
    name: 'unit',
    commands: [{ name: 'test', run: ['sh', '-c', script], timeout_seconds: 60 }],
    reports: ['out/r.xml'],
    patterns: [],
    ...more,
  }
}

/** Runs isolated where the machine grants it, and else as plain processes: each of these tests is about something else. */
async function ran(
  repo: TestRepository,
  plans: readonly TestPlan[],
  more: Partial<TestRunRequest> = {},
): Promise<TestRun> {
  const run = await runTests({ folder: repo.root, plans, cacheFolder: cache, isolation: 'none', host: HOST, ...more })
  if (!run.ok) throw new Error(`${run.code}: ${run.detail}`)
  return run
}

const write = (xml: string, path = 'out/r.xml') => `mkdir -p $(dirname ${path}); printf '%s' '${xml}' >${path}`
const names = (run: TestRun) => run.reports.map(({ name }) => name)

test('what is committed is run, not what lies in the working copy, and nothing of the checkout is written to', async () => {
  const repo = testRepository()
  repo.commit('all', { 'run.sh': write(junit(PASSED)), 'word.txt': 'committed' })
  repo.write({ 'word.txt': 'changed', 'run.sh': 'exit 1' })
  const run = await ran(repo, [plan('grep -q committed word.txt && sh run.sh && echo more >word.txt')])
  expect([run.commands[0]?.exit_code, names(run), run.problems]).toEqual([0, ['out/r.xml'], []])
  expect(run.reports[0]?.by).toBe('run')
  expect([existsSync(join(repo.root, 'out')), readFileSync(join(repo.root, 'word.txt'), 'utf8')]).toEqual([
    false,
    'changed',
  ])
})

test('a report that the commit holds is not taken, under its name or another, and one that this run made over it is', async () => {
  const repo = testRepository()
  const old = junit('<testcase classname="tests/a.test.ts" name="old"/>')
  repo.commit('all', { 'out/r.xml': old })
  const still = await ran(repo, [plan('true')])
  expect([names(still), still.problems.join()]).toEqual([[], expect.stringContaining('this run did not make it')])
  const copied = await ran(repo, [plan('cp out/r.xml out/copy.xml', { reports: ['out/copy.xml'] })])
  expect(names(copied)).toEqual([])
  const anew = await ran(repo, [plan(write(junit(PASSED)))])
  expect(names(anew)).toEqual(['out/r.xml'])
})

test('patterns gather what they match after a failure too; links, folders and dependencies are left out', async () => {
  const repo = testRepository()
  repo.commit('all', { 'a.txt': 'x' })
  const script = [
    write(junit(PASSED), 'out/one.xml'),
    write(junit(PASSED, PASSED), 'deep/er/two.xml'),
    write(junit(PASSED), 'node_modules/x/three.xml'),
    'ln -s /etc/passwd out/link.xml',
    'mkdir out/folder.xml',
    'exit 3',
  ].join('; ')
  const run = await ran(repo, [plan(script, { reports: [], patterns: ['out/*.xml', '**/*.xml'] })])
  expect(names(run)).toEqual(['deep/er/two.xml', 'out/one.xml'])
  expect(run.commands.map(({ name, exit_code }) => [name, exit_code])).toEqual([['test', 3]])
  expect(run.problems.join()).toContain('test ended with 3')
  const exact = await ran(repo, [plan(script, { reports: [], patterns: ['./out/on?.xml', 'two.xml', 'o+t/*'] })])
  expect(names(exact)).toEqual(['out/one.xml'])
  const none = await ran(repo, [plan('true', { reports: [], patterns: ['*.xml'] })])
  expect([names(none), none.problems.join()]).toEqual([[], expect.stringContaining('no report matches *.xml')])
})

test('one report that cannot be read takes the others of its plan with it, and says why', async () => {
  const repo = testRepository()
  repo.commit('all', { 'a.txt': 'x' })
  const script = `${write(junit(PASSED), 'a.xml')}; ${write('<!DOCTYPE x><testsuite/>', 'b.xml')}`
  const run = await ran(repo, [plan(script, { reports: ['a.xml', 'b.xml'] }), plan(write(junit(PASSED)))])
  expect(names(run)).toEqual(['out/r.xml'])
  expect(run.problems.join()).toContain('b.xml was not taken')
  expect(run.problems.join()).toContain('half of the tests')
  const link = await ran(repo, [plan('mkdir out; ln -s /etc/passwd out/r.xml')])
  expect([names(link), link.problems[0]]).toEqual([[], 'no report at out/r.xml: it is not a regular file'])
})

test('a command that takes too long is ended and told', async () => {
  const repo = testRepository()
  repo.commit('all', { 'a.txt': 'x' })
  const slow = plan('', { commands: [{ name: 'slow', run: ['sleep', '600'], timeout_seconds: 1 }] })
  const run = await ran(repo, [slow])
  expect([run.commands[0]?.timed_out, run.problems.join()]).toEqual([true, expect.stringContaining('ran out of time')])
})

test('the first command that fails ends its plan', async () => {
  const repo = testRepository()
  repo.commit('all', { 'a.txt': 'x' })
  const two = plan('', {
    commands: [
      { name: 'build', run: ['false'], timeout_seconds: 60 },
      { name: 'test', run: ['sh', '-c', write(junit(PASSED))], timeout_seconds: 60 },
    ],
  })
  const run = await ran(repo, [two])
  expect([run.commands.map(({ name }) => name), names(run)]).toEqual([['build'], []])
})

test('installed dependencies can be read, their caches written, and packages of the project itself are those of the commit', async () => {
  const repo = testRepository()
  repo.commit('all', {
    '.gitignore': 'node_modules\n',
    'package.json': '{"type":"module"}',
    'packages/own/package.json': '{"name":"@x/own","exports":"./i.js","type":"module"}',
    'packages/own/i.js': 'export default "own"\n',
    'main.js': "import a from 'dep'\nimport b from '@x/own'\nconsole.log(a, b, import.meta.resolve('@x/own'))\n",
  })
  repo.write({
    'node_modules/dep/package.json': '{"name":"dep","exports":"./i.js","type":"module"}',
    'node_modules/dep/i.js': "export { default } from 'sibling'\n",
    'node_modules/sibling/package.json': '{"name":"sibling","exports":"./i.js","type":"module"}',
    'node_modules/sibling/i.js': 'export default "dep"\n',
    'node_modules/.cache/old': 'x',
  })
  mkdirSync(join(repo.root, 'node_modules/@x'), { recursive: true })
  symlinkSync('../../packages/own', join(repo.root, 'node_modules/@x/own'))
  writeFileSync(join(repo.root, 'packages/own/i.js'), 'export default "changed"\n')
  // Plain processes of root run as another user.
  chmodSync(repo.root, 0o755)
  const script = `node main.js && mkdir -p node_modules/.cache && echo x >node_modules/.cache/new && ${write(junit(PASSED))}`
  const run = await ran(repo, [plan(script)])
  expect(run.commands[0]?.tail).toMatch(/^dep own file:.*\/workspace\/packages\/own\/i\.js/)
  expect([run.commands[0]?.exit_code, run.dependencies]).toEqual([0, ['node_modules']])
  expect(existsSync(join(repo.root, 'node_modules/.cache/new'))).toBe(false)
})

test('a dependency folder that is committed, or a link, is not shown', async () => {
  const repo = testRepository()
  repo.commit('all', {
    'package.json': '{}',
    'vendor.txt': 'x',
    'web/package.json': '{}',
    'web/node_modules/a/i.js': '1',
    'py/setup.py': 'x',
  })
  symlinkSync('/etc', join(repo.root, 'node_modules'))
  symlinkSync('/etc', join(repo.root, 'py/venv'))
  expect((await ran(repo, [plan(write(junit(PASSED)))])).dependencies).toEqual([])
})

test('without isolation nothing runs, unless that was asked for, and then it is told', async () => {
  const repo = testRepository()
  repo.commit('all', { 'a.txt': 'x' })
  const request = {
    folder: repo.root,
    plans: [plan(write(junit(PASSED)))],
    cacheFolder: cache,
    host: HOST,
    driver: 'none' as const,
  }
  const refused = await runTests({ ...request, isolation: 'required' })
  expect(refused).toMatchObject({ ok: false, code: 'isolation-unavailable' })
  expect(refused.ok ? '' : refused.detail).toContain('nothing was run')
  const run = await ran(repo, request.plans, { driver: 'none' })
  expect([run.isolation, names(run)]).toEqual(['none', ['out/r.xml']])
  expect(run.isolation_notes.join()).toContain('no isolation')
})

test('plain processes of root, which run as another user, are told to be unable to read dependencies in a closed folder', async () => {
  const repo = testRepository()
  repo.commit('all', { 'package.json': '{}', '.gitignore': 'node_modules' })
  repo.write({ 'node_modules/a/i.js': '1' })
  const { problems } = await ran(repo, [plan(write(junit(PASSED)))], { driver: 'none' })
  // Anybody else's run as themselves.
  const asOther = process.getuid?.() === 0
  expect(problems.join().includes(`only its owner may read ${repo.root}`)).toBe(asOther)
})

test('an abort ends the run', async () => {
  const repo = testRepository()
  repo.commit('all', { 'a.txt': 'x' })
  const stop = new AbortController()
  const slow = plan('', { commands: [{ name: 'slow', run: ['sleep', '600'], timeout_seconds: 600 }] })
  const progress = (line: string) => {
    if (line.startsWith('running')) stop.abort()
  }
  const run = await runTests({
    folder: repo.root,
    plans: [slow],
    cacheFolder: cache,
    isolation: 'none',
    host: HOST,
    signal: stop.signal,
    progress,
  })
  expect(run).toMatchObject({ ok: false, code: 'sandbox-aborted' })
})

test('a linked worktree runs its own commit, and a repository without one says so', async () => {
  const repo = testRepository()
  await expect(ran(repo, [plan('true')])).rejects.toThrow(/rev-parse failed/)
  repo.commit('one', { 'word.txt': 'one' })
  const tree = join(cache, 'tree')
  execFileSync('git', ['worktree', 'add', '-q', '--detach', tree], { cwd: repo.root, stdio: 'pipe' })
  repo.commit('two', { 'word.txt': 'two' })
  const run = await runTests({
    folder: tree,
    plans: [plan(`grep -q one word.txt && ${write(junit(PASSED))}`)],
    cacheFolder: cache,
    isolation: 'none',
    host: HOST,
  })
  expect(run.ok && names(run)).toEqual(['out/r.xml'])
})

test("Go's modules are shown where a commit has a go.mod and no vendor folder, and programs of the system are found", async () => {
  const repo = testRepository()
  repo.commit('all', { 'go.mod': 'module x\n' })
  const modules = mkdtempSync(join(tmpdir(), 'gatehouse-modules-'))
  try {
    chmodSync(modules, 0o755)
    writeFileSync(join(modules, 'word'), 'module')
    const host = { ...HOST, PATH: '/home/ann/bin:/usr/local/go/bin:relative', GOMODCACHE: modules }
    const script = `cat "$GOMODCACHE/word" && echo " $GOPROXY $PATH" && ${write(junit(PASSED))}`
    const run = await ran(repo, [plan(script)], { host })
    expect(run.commands[0]?.tail).toMatch(/^module off [^:]*:\/usr\/local\/go\/bin:/)
    expect([run.commands[0]?.tail.includes('/home/ann'), run.dependencies]).toEqual([false, [modules]])
    repo.commit('vendor', { 'vendor/modules.txt': '# x\n' })
    expect((await ran(repo, [plan(write(junit(PASSED)))], { host })).dependencies).toEqual([])
  } finally {
    rmSync(modules, { recursive: true })
  }
})

test('more reports than are taken, or larger ones together, are told, and none of them is taken for all', async () => {
  const repo = testRepository()
  repo.commit('all', { 'a.txt': 'x' })
  const patterns = { reports: [], patterns: ['out/*'] }
  const many = `mkdir out; for i in $(seq 45); do printf '%s' '${junit(PASSED)}' >out/$i.xml; done`
  const counted = await ran(repo, [plan(many, patterns)])
  expect(names(counted)).toEqual([])
  expect(counted.problems.filter((problem) => problem.includes('more reports than 40'))).toHaveLength(1)
  // 75 MiB that take no place: each of them may be taken, and all together not.
  const large = 'mkdir out; for i in 1 2 3 4 5; do truncate -s 15M out/$i.xml; done'
  const sized = await ran(repo, [plan(large, patterns)])
  expect(names(sized)).toEqual([])
  expect(sized.problems.filter((problem) => problem.includes('or than 67108864 bytes'))).toHaveLength(1)
})

test('a folder that the tests left unreadable keeps no other report from being gathered', async () => {
  const repo = testRepository()
  repo.commit('all', { 'a.txt': 'x' })
  const script = `mkdir -p out/closed && chmod 000 out/closed && ${write(junit(PASSED))}`
  const run = await ran(repo, [plan(script, { reports: [], patterns: ['**/*.xml'] })])
  expect([names(run), run.problems]).toEqual([['out/r.xml'], []])
})
