import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gitEnvironment, makeGit } from './git-command.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-git-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A program in git's place, so that slow and talkative ones can be had. */
function program(body: string): string {
  const file = path.join(folder, `git-${Math.random().toString(36).slice(2)}`)
  writeFileSync(file, `#!/bin/sh\n${body}\n`)
  chmodSync(file, 0o755)
  return file
}

test('nothing of our own environment reaches git but PATH', async () => {
  process.env['GATEHOUSE_SECRET_FOR_TEST'] = 'leak'
  process.env['GIT_DIR'] = '/nowhere'
  try {
    const { stdout } = await makeGit({ program: program('env') }).run({ gitDir: null, args: [] })
    const names = stdout
      .toString()
      .split('\n')
      .map((l) => l.split('=')[0] ?? '')
      .filter(Boolean)
    const allowed = /^(PATH|HOME|LC_ALL|TZ|SSH_ASKPASS|PWD|_|SHLVL|OLDPWD|GIT_[A-Z_0-9]+)$/
    expect(names.filter((n) => !allowed.test(n))).toEqual([])
    expect(names).not.toContain('GIT_DIR')
  } finally {
    delete process.env['GATEHOUSE_SECRET_FOR_TEST']
    delete process.env['GIT_DIR']
  }
})

test('transports are closed unless they are opened, and ext can not be', async () => {
  const git = makeGit()
  await expect(git.run({ gitDir: null, args: ['ls-remote', `file://${folder}`] })).rejects.toThrow(
    /transport 'file' not allowed/,
  )
  await expect(
    git.run({ gitDir: null, protocols: ['https', 'ssh', 'file'], args: ['ls-remote', `ext::touch ${folder}/ext`] }),
  ).rejects.toThrow(/transport 'ext' not allowed/)
  expect(existsSync(path.join(folder, 'ext'))).toBe(false)
})

test('configuration of a repository can not run anything: ours is stronger', async () => {
  const git = makeGit()
  const gitDir = path.join(folder, 'evil.git')
  await git.run({ gitDir: null, args: ['init', '-q', '--bare', gitDir] })
  for (const key of ['core.fsmonitor', 'core.editor', 'core.pager', 'diff.external']) {
    await git.run({ gitDir, args: ['config', key, `touch ${folder}/sprung`] })
  }
  await git
    .run({ gitDir, args: ['config', 'core.fsmonitor'] })
    .then(({ stdout }) => expect(stdout.toString()).toBe('false\n'))
  writeFileSync(path.join(folder, 'file'), 'x')
  await git.run({ gitDir, workTree: folder, indexFile: path.join(folder, 'index'), args: ['add', 'file'] })
  await git.run({ gitDir, workTree: folder, indexFile: path.join(folder, 'index'), args: ['ls-files', '-m', '-o'] })
  expect(existsSync(path.join(folder, 'sprung'))).toBe(false)
})

test('a process that takes too long is ended with all its children', async () => {
  const marker = path.join(folder, 'still-here')
  const slow = program(`(sleep 1; touch ${marker}) & sleep 30`)
  await expect(makeGit({ program: slow }).run({ gitDir: null, args: [], timeoutMs: 100 })).rejects.toMatchObject({
    code: 'git-timeout',
  })
  await new Promise((resolve) => {
    setTimeout(resolve, 1300)
  })
  expect(existsSync(marker)).toBe(false)
})

test('a process that prints too much is ended', async () => {
  const talkative = program('yes')
  await expect(
    makeGit({ program: talkative }).run({ gitDir: null, args: [], maxOutput: 100_000 }),
  ).rejects.toMatchObject({ code: 'git-output-too-large' })
})

test('a cancelled call ends its process, and is not started when it was cancelled before', async () => {
  const slow = makeGit({ program: program('sleep 30') })
  const cancel = new AbortController()
  const call = slow.run({ gitDir: null, args: [], signal: cancel.signal })
  cancel.abort()
  await expect(call).rejects.toMatchObject({ code: 'git-aborted' })
  await expect(slow.run({ gitDir: null, args: [], signal: cancel.signal })).rejects.toMatchObject({
    code: 'git-aborted',
  })
})

test('a missing git is said so, and a failing one keeps its exit code and last words', async () => {
  await expect(makeGit({ program: '/no/such/git' }).run({ gitDir: null, args: [] })).rejects.toMatchObject({
    code: 'git-missing',
  })
  const failing = makeGit({ program: program('head -c 9000 /dev/zero | tr "\\0" x >&2; echo last words >&2; exit 7') })
  await expect(failing.run({ gitDir: null, args: ['x'] })).rejects.toMatchObject({
    code: 'git-failed',
    exitCode: 7,
    stderr: expect.stringMatching(/^x{4000,4096}\n?last words\n$/s),
  })
})

test('a git that does not read its input is no error of ours', async () => {
  const deaf = makeGit({ program: program('exit 0') })
  await expect(deaf.run({ gitDir: null, args: [], stdin: new Uint8Array(5_000_000) })).resolves.toMatchObject({
    code: 0,
  })
})

test('a quarantine reads the repository and writes beside it', () => {
  const env = gitEnvironment({ gitDir: '/g', objectFolder: '/q' })
  expect(env).toMatchObject({
    GIT_DIR: '/g',
    GIT_OBJECT_DIRECTORY: '/q',
    GIT_ALTERNATE_OBJECT_DIRECTORIES: '/g/objects',
    GIT_ALLOW_PROTOCOL: '',
  })
})
