import { spawn } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { newEnough } from '../../deploy/spec-ci/gatehouse-spec.mjs'
import { ROOT } from '../architecture/tree.ts'
import { gitEnv, removeFolders, run, scratchFolder, write, type Ran } from './sample-project.ts'

afterEach(removeFolders)

/** A bare clone with the launcher alone, and an npm that writes down what it is asked instead of asking a registry. */
function clone(npm = ''): {
  root: string
  bin: string
  asked: () => string[]
  install: (env?: Record<string, string>) => Ran
} {
  const root = scratchFolder()
  cpSync(join(ROOT, 'deploy/spec-ci/gatehouse-spec.mjs'), join(root, 'deploy/spec-ci/gatehouse-spec.mjs'))
  write(root, {
    'package-lock.json': JSON.stringify({ packages: { 'node_modules/node': { version: '24.21.0' } } }),
    'bin/npm': `#!/bin/sh\necho "$@" >> ${root}/asked\n${npm}\nmkdir -p node_modules/commander\n`,
  })
  chmodSync(join(root, 'bin/npm'), 0o755)
  const asked = () =>
    existsSync(join(root, 'asked')) ? readFileSync(join(root, 'asked'), 'utf8').trim().split('\n') : []
  const install = (env: Record<string, string> = {}) =>
    run(process.execPath, [join(root, 'deploy/spec-ci/gatehouse-spec.mjs'), 'install'], {
      cwd: root,
      env: { PATH: `${join(root, 'bin')}${delimiter}/usr/bin${delimiter}/bin`, ...env },
    })
  return { root, bin: join(root, 'bin'), asked, install }
}

test('what is needed is installed once for each lockfile, without scripts of packages', () => {
  const { root, asked, install } = clone()
  expect([install().status, install().status, asked().length]).toEqual([0, 0, 1])
  expect(asked()[0]).toMatch(/^ci --omit=dev --ignore-scripts --workspace=packages\/cli /)
  writeFileSync(join(root, 'package-lock.json'), `${readFileSync(join(root, 'package-lock.json'), 'utf8')}\n`)
  expect([install().status, asked().length]).toEqual([0, 2])
})

test('node_modules that somebody else installed are left alone, whatever the lockfile says', () => {
  const { root, asked, install } = clone()
  mkdirSync(join(root, 'node_modules'))
  writeFileSync(join(root, 'package-lock.json'), '{"packages":{"node_modules/node":{"version":"24.21.0"}},"x":1}')
  expect([install().status, asked()]).toEqual([0, []])
})

test('an install that was interrupted or failed is done again', () => {
  const { root, asked, install } = clone('[ ! -e fail ] || { echo no network >&2; exit 7; }')
  writeFileSync(join(root, 'fail'), '')
  const failed = install()
  expect([failed.status, failed.stderr]).toEqual([1, expect.stringContaining('npm ended with status 7')])
  expect(failed.stderr).toContain('no network')
  // npm may have left half of it.
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  rmSync(join(root, 'fail'))
  expect([install().status, asked().length]).toEqual([0, 2])
})

test('of several at once one installs, and the others wait for it', async () => {
  const { root, bin, asked } = clone('sleep 1')
  const env = { ...gitEnv(root), PATH: `${bin}${delimiter}/usr/bin${delimiter}/bin` }
  const ends = await Promise.all(
    [1, 2, 3].map(
      () =>
        new Promise((done) => {
          const script = join(root, 'deploy/spec-ci/gatehouse-spec.mjs')
          spawn(process.execPath, [script, 'install'], { cwd: root, env, stdio: 'ignore' }).on('exit', done)
        }),
    ),
  )
  expect([ends, asked().length]).toEqual([[0, 0, 0], 1])
})

test('the lock of a process that died is taken over', () => {
  const { root, install } = clone()
  const dead = Number(run('sh', ['-c', 'echo $$'], { cwd: root }).stdout)
  const name = run(process.execPath, ['-p', 'os.hostname()'], { cwd: root }).stdout.trim()
  write(root, { '.cache/gatehouse-spec/lock': `${dead} ${name}` })
  expect(install().status).toBe(0)
  expect(existsSync(join(root, '.cache/gatehouse-spec/lock'))).toBe(false)
})

test('without npm it says so', () => {
  const { root, install } = clone()
  const { status, stderr } = install({ PATH: join(root, 'none') })
  expect([status, stderr]).toEqual([1, expect.stringContaining('npm is not on the PATH')])
})

test('a Node is new enough from 24.12 on', () => {
  expect(['24.12.0', '24.21.3', '25.0.0'].map(newEnough)).toEqual([true, true, true])
  expect(['24.11.9', '22.22.0', '9.0.0'].map(newEnough)).toEqual([false, false, false])
})

test('an older Node fetches the one of the lockfile, and tells why', () => {
  const fetch = 'mkdir -p node_modules/node/bin; cp /bin/true node_modules/node/bin/node'
  const { root, bin, asked } = clone(`case "$*" in *node@24.21.0) ${fetch};; esac`)
  // A Node that says it is old.
  const versions = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } })`
  const words = ['--import', `data:text/javascript,${encodeURIComponent(versions)}`]
  const old = () =>
    run(process.execPath, [...words, join(root, 'deploy/spec-ci/gatehouse-spec.mjs'), 'install'], {
      cwd: root,
      env: { PATH: `${bin}${delimiter}/usr/bin${delimiter}/bin` },
    })
  expect(old()).toMatchObject({ status: 0, stderr: expect.stringContaining('fetching Node 24.21.0') })
  expect(asked()[1]).toContain('node@24.21.0')
  expect([old().status, asked().length]).toEqual([0, 2])
})
