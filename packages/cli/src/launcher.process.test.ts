import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { closeAll, scratchFolder } from './test-host.ts'

afterEach(closeAll)

const launcher = fileURLToPath(new URL('../bin/gatehouse.js', import.meta.url))

/** A Node of this machine that is too old for the program. */
function oldNode(): string | null {
  for (const file of ['/usr/bin/node', '/usr/local/bin/node']) {
    const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' })
    const [major = 99] = (stdout ?? 'v99').slice(1).split('.').map(Number)
    if (stdout && major >= 20 && major < 24) return file
  }
  return null
}

function run(node: string, file: string, ...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(node, [file, ...argv], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('the launcher runs the program and hands on its exit code', { timeout: 30_000 }, () => {
  expect(run(process.execPath, launcher, '--version')).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' })
  expect(run(process.execPath, launcher, 'nonsense').status).toBe(2)
})

test('under an old Node the launcher takes the one that npm installed', { timeout: 30_000 }, (ctx) => {
  const node = oldNode()
  ctx.skip(node === null, 'there is no old Node on this machine')
  expect(run(node ?? '', launcher, '--version')).toEqual({ status: 0, stdout: '0.1.0\n', stderr: '' })
  expect(run(node ?? '', launcher, 'proposal', 'lst', '--json').status).toBe(2)
})

test('where there is no newer Node the launcher says what to do', (ctx) => {
  const node = oldNode()
  ctx.skip(node === null, 'there is no old Node on this machine')
  const folder = scratchFolder()
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  copyFileSync(launcher, join(folder, 'bin', 'gatehouse.js'))
  const { status, stderr } = run(node ?? '', join(folder, 'bin', 'gatehouse.js'), 'up')
  expect(status).toBe(1)
  expect(stderr).toContain('needs Node 24.12')
  expect(stderr).toContain('npm ci')
})

test(
  'what was compiled is kept in a folder of the user, and never in one that is named from where we stand',
  { timeout: 60_000 },
  () => {
    const folder = scratchFolder()
    const version = (env: Record<string, string>) =>
      spawnSync(process.execPath, [launcher, '--version'], {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env },
      }).status
    // What lies in a checkout would be run: anybody may have put it there.
    expect(version({ XDG_CACHE_HOME: 'cache' })).toBe(0)
    expect(version({ XDG_CACHE_HOME: '', HOME: '.' })).toBe(0)
    expect(readdirSync(folder)).toEqual([])
    expect(version({ XDG_CACHE_HOME: join(folder, 'own') })).toBe(0)
    expect(existsSync(join(folder, 'own/gatehouse/compiled'))).toBe(true)
    expect(version({})).toBe(0)
    expect(existsSync(join(folder, '.cache/gatehouse/compiled'))).toBe(true)
  },
)
