import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { gitText } from './git-run.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-git-run-'))
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

// What a hook would do when git only reads cannot be seen; that git is told to start none can.
test('git is told to start nothing of a repository or machine, and has nothing of our environment', async () => {
  const asked = join(folder, 'asked')
  writeFileSync(join(folder, 'git'), `#!/bin/sh\n{ printf '%s\\n' "$@"; echo --; env; } > '${asked}'\n`)
  chmodSync(join(folder, 'git'), 0o755)
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH'] ?? ''}`)
  vi.stubEnv('GIT_DIR', '/elsewhere')
  vi.stubEnv('GIT_CONFIG_COUNT', '1')
  vi.stubEnv('FORGE_TOKEN', 'secret')
  await gitText(folder, ['status'])
  const [args = '', env = ''] = readFileSync(asked, 'utf8').split('\n--\n')
  for (const setting of [
    'core.fsmonitor=false',
    'core.hooksPath=/dev/null',
    'log.showSignature=false',
    'protocol.allow=never',
    'gc.auto=0',
  ])
    expect(args).toContain(`-c\n${setting}\n`)
  expect(args.endsWith('status')).toBe(true)
  const names = new Map(
    env.split('\n').flatMap((line) => {
      const at = line.indexOf('=')
      return at > 0 ? [[line.slice(0, at), line.slice(at + 1)] as const] : []
    }),
  )
  // The shell that stands for git here adds some of its own.
  for (const own of ['PWD', 'OLDPWD', 'SHLVL', '_']) names.delete(own)
  expect(Object.fromEntries(names)).toEqual({
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_GRAFT_FILE: '/dev/null',
    LC_ALL: 'C',
  })
})
