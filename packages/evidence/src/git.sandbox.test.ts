import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { readBlobs } from './git-blobs.ts'
import { readHistory, topFolder } from './git-history.ts'
import { gitText, runGit } from './git-run.ts'
import { blobId, ignoredPaths, readTree, sparsePaths } from './git-tree.ts'
import { projectEvidence } from './project-evidence.ts'
import { closeRepositories, testRepository } from './test-repository.ts'
import { readReports } from './test-results.ts'
import { traceQuery } from './trace.ts'

afterEach(closeRepositories)

test('a history is read oldest first, with each path of each commit', async () => {
  const repo = testRepository()
  repo.commit('first', { 'a.txt': 'one\n', 'dir/b.txt': 'two\n' })
  repo.commit('second', { 'a.txt': 'changed\n' })
  repo.commit('third', { 'dir/b.txt': null })
  const history = await readHistory(repo.root)
  expect(history.commits.map(({ message, parents }) => [message, parents])).toEqual([
    ['first', 0],
    ['second', 1],
    ['third', 1],
  ])
  expect(history.commits.map(({ changes }) => changes.map(({ kind, path }) => kind + path))).toEqual([
    ['Aa.txt', 'Adir/b.txt'],
    ['Ma.txt'],
    ['Ddir/b.txt'],
  ])
  expect(history.byPath.get('a.txt')).toEqual([0, 1])
  expect(history.cut).toBe(false)
  const change = history.commits[1]?.changes[0]
  const texts = await readBlobs(repo.root, [change?.before ?? '', change?.after ?? '', '0'.repeat(40)])
  expect([...texts.values()]).toEqual(['one\n', 'changed\n'])
})

test('messages and paths with newlines, tabs, quotes and what looks like a raw diff are taken as they are', async () => {
  const repo = testRepository()
  const id = 'a'.repeat(40)
  const message = `evil\n\n:100644 100644 ${id} ${id} M\n${id}\nT001 done`
  repo.commit(message, { 'new\nline\t"q".txt': 'x', ' lead.txt': 'y', 'ünï.txt': 'z' })
  repo.commit(id, { 'b.txt': 'x' })
  const history = await readHistory(repo.root)
  expect(history.commits.map((c) => c.message)).toEqual([message, id])
  expect(history.commits[0]?.changes.map((c) => c.path).sort()).toEqual([' lead.txt', 'new\nline\t"q".txt', 'ünï.txt'])
  expect(new Set((await readTree(repo.root, 'HEAD')).keys())).toEqual(
    new Set([' lead.txt', 'new\nline\t"q".txt', 'ünï.txt', 'b.txt']),
  )
})

test('a merge has no changes of its own, and both its sides are read', async () => {
  const repo = testRepository()
  repo.commit('base', { 'a.txt': 'a' })
  repo.git('checkout', '-q', '-b', 'side')
  repo.commit('on the side', { 's.txt': 's' })
  repo.git('checkout', '-q', 'main')
  repo.commit('on main', { 'm.txt': 'm' })
  repo.git('merge', '-q', '--no-ff', '-m', 'Merge side', 'side')
  const { commits } = await readHistory(repo.root)
  const merge = commits.at(-1)
  expect([merge?.message, merge?.parents, merge?.changes]).toEqual(['Merge side', 2, []])
  expect(commits.map((c) => c.message).sort()).toEqual(['Merge side', 'base', 'on main', 'on the side'])
})

test('the settings of a repository change nothing in what is read', async () => {
  const repo = testRepository()
  repo.commit('root', { 'old.txt': 'the same text, long enough to be found again\n' })
  repo.commit('renamed', { 'old.txt': null, 'new.txt': 'the same text, long enough to be found again\n' })
  const sets = {
    'log.showRoot': 'false',
    'diff.renames': 'copies',
    'log.diffMerges': 'first-parent',
    'core.quotePath': 'true',
    'diff.noprefix': 'true',
    'diff.orderFile': '/no/such/file',
    'log.date': 'relative',
    'format.pretty': 'oneline',
    'color.ui': 'always',
    'diff.external': '/bin/false',
  }
  for (const [name, value] of Object.entries(sets)) repo.git('config', name, value)
  const { commits } = await readHistory(repo.root)
  expect(commits.map((c) => c.changes.map(({ kind, path }) => kind + path))).toEqual([
    ['Aold.txt'],
    ['Anew.txt', 'Dold.txt'],
  ])
})

test('a commit comes after what it follows, whatever the dates say', async () => {
  const repo = testRepository()
  const dated = (date: string, message: string, file: string) => {
    repo.write({ [file]: message })
    repo.git('add', '-A')
    execFileSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=a@b', 'commit', '-q', '-m', message], {
      cwd: repo.root,
      env: { PATH: process.env['PATH'] ?? '', HOME: repo.root, GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date },
    })
  }
  dated('1000000000 +0000', 'base', 'a')
  repo.git('checkout', '-q', '-b', 'side')
  dated('100000000 +0000', 'old date', 'b')
  repo.git('checkout', '-q', 'main')
  dated('1100000000 +0000', 'main', 'c')
  repo.git('merge', '-q', '--no-ff', '-m', 'merge', 'side')
  const order = (await readHistory(repo.root)).commits.map(({ message }) => message)
  expect([order[0], order.at(-1)]).toEqual(['base', 'merge'])
})

test('of a message without end only the beginning is kept', async () => {
  const repo = testRepository()
  writeFileSync(join(repo.root, 'message'), 'x'.repeat(1024 * 1024))
  repo.git('add', '-A')
  repo.git('commit', '-q', '-F', 'message')
  expect((await readHistory(repo.root)).commits[0]?.message.length).toBe(256 * 1024)
})

test("a repository's own settings start no program, and change nothing in what is read", async () => {
  const repo = testRepository()
  const mark = join(repo.root, '.git', 'started')
  const program = join(repo.root, '.git', 'program')
  writeFileSync(program, `#!/bin/sh\necho "$0 $*" >>${mark}\nexit 0\n`, { mode: 0o755 })
  repo.commit('Größe\n\nzwölf', {
    'sub/a.txt': 'a',
    'b.txt': 'b',
    '.gitattributes': '*.txt diff=own\n',
    '.gitignore': 'x',
  })
  // A signature, so that whatever shows signatures would ask a program about it.
  const unsigned = repo.git('cat-file', 'commit', 'HEAD')
  const signed = unsigned.replace(
    '\n\n',
    '\ngpgsig -----BEGIN PGP SIGNATURE-----\n x\n -----END PGP SIGNATURE-----\n\n',
  )
  const file = join(repo.root, '.git', 'signed')
  writeFileSync(file, signed)
  repo.git('update-ref', 'HEAD', repo.git('hash-object', '-t', 'commit', '-w', file).trim())
  const sets = {
    'core.fsmonitor': program,
    'core.hooksPath': join(repo.root, '.git'),
    'gpg.program': program,
    'log.showSignature': 'true',
    'diff.own.textconv': program,
    'diff.own.command': program,
    'diff.external': program,
    'core.pager': program,
    'core.sshCommand': program,
    'i18n.logOutputEncoding': 'ISO-8859-1',
    'diff.relative': 'true',
    'log.follow': 'true',
  }
  for (const [name, value] of Object.entries(sets)) repo.git('config', name, value)
  rmSync(mark, { force: true })
  for (const folder of [repo.root, join(repo.root, 'sub')]) {
    const { commits, head } = await readHistory(folder)
    expect(commits.map(({ message }) => message)).toEqual(['Größe\n\nzwölf'])
    expect(commits[0]?.changes.map(({ path }) => path).sort()).toEqual([
      '.gitattributes',
      '.gitignore',
      'b.txt',
      'sub/a.txt',
    ])
    await readTree(folder, head ?? '')
    await ignoredPaths(folder, ['x', 'b.txt'])
    await sparsePaths(folder)
    await gitText(folder, ['ls-files', '-z', '-t'])
  }
  const read = readReports([])
  if (!read.ok) throw new Error(read.detail)
  await traceQuery(await projectEvidence(repo.root, read.results), 'b.txt:1', null)
  expect(existsSync(mark) ? readFileSync(mark, 'utf8') : '').toBe('')
})

test('replacement objects and grafts do not make up another history', async () => {
  const repo = testRepository()
  const first = repo.commit('real', { 'a.txt': 'a' })
  const other = repo.commit('made up', { 'b.txt': 'b' })
  repo.git('replace', '--graft', other)
  mkdirSync(join(repo.root, '.git/info'), { recursive: true })
  writeFileSync(join(repo.root, '.git/info/grafts'), `${other}\n`)
  expect((await readHistory(repo.root)).commits.map((c) => c.id)).toEqual([first, other])
})

test('a shallow clone and a limit both say that the history is cut', async () => {
  const repo = testRepository()
  repo.commit('first', { 'a.txt': '1' })
  repo.commit('second', { 'a.txt': '2' })
  const clone = mkdtempSync(join(tmpdir(), 'gatehouse-evidence-'))
  try {
    execFileSync('git', ['clone', '-q', '--depth', '1', `file://${repo.root}`, clone], { stdio: 'pipe' })
    const history = await readHistory(clone)
    expect([history.cut, history.commits.length]).toEqual([true, 1])
  } finally {
    rmSync(clone, { recursive: true })
  }
  expect((await readHistory(repo.root, { limit: 1 })).cut).toBe(true)
})

test('a repository without a commit has an empty history', async () => {
  const repo = testRepository()
  expect(await readHistory(repo.root)).toEqual({ commits: [], byPath: new Map(), cut: false, head: null })
})

test('a branch that is not there is an error, not an empty history', async () => {
  const repo = testRepository()
  repo.commit('first', { a: 'a' })
  await expect(readHistory(repo.root, { head: 'no-such' })).rejects.toMatchObject({ code: 'git-failed' })
})

test('a folder that is no repository is told from git being missing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-evidence-'))
  try {
    await expect(topFolder(folder)).rejects.toMatchObject({ code: 'git-not-a-repository' })
    await expect(topFolder(join(folder, 'no'))).rejects.toMatchObject({ code: 'git-missing' })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('what throws while output is read comes back as the error of the call', async () => {
  const repo = testRepository()
  repo.commit('first', { a: 'a' })
  const wrong = new Error('while reading')
  await expect(
    runGit(repo.root, ['log'], () => {
      throw wrong
    }),
  ).rejects.toBe(wrong)
})

test('large, missing and binary blobs do not disturb those beside them', async () => {
  const repo = testRepository()
  repo.commit('first', { 'big.txt': 'x'.repeat(4 * 1024 * 1024 + 1), 'mid.txt': 'y'.repeat(300_000), 'end.txt': 'end' })
  const tree = await readTree(repo.root, 'HEAD')
  const id = (path: string) => tree.get(path)?.blob ?? ''
  const texts = await readBlobs(repo.root, [id('big.txt'), 'f'.repeat(40), id('mid.txt'), id('end.txt')])
  expect([...texts].map(([key, text]) => [key, text.length])).toEqual([
    [id('mid.txt'), 300_000],
    [id('end.txt'), 3],
  ])
  expect(blobId(Buffer.from('end'), id('end.txt'))).toBe(id('end.txt'))
})

test('what is no blob has no text', async () => {
  const repo = testRepository()
  const commit = repo.commit('first', { a: 'a' })
  expect([...(await readBlobs(repo.root, [commit, repo.git('rev-parse', 'HEAD^{tree}').trim()]))]).toEqual([])
})

test('paths that git ignores are known, also where none is', async () => {
  const repo = testRepository()
  writeFileSync(join(repo.root, '.gitignore'), 'dist/\n')
  expect([...(await ignoredPaths(repo.root, ['dist/a.js', 'src/a.js', '../x']))]).toEqual(['dist/a.js'])
  expect((await ignoredPaths(repo.root, ['src/a.js'])).size).toBe(0)
  expect(await gitText(repo.root, ['rev-parse', '--is-inside-work-tree'])).toBe('true\n')
})
