import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findOpa, runOpa } from './opa-command.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-opa-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A program that stands in for OPA. */
function program(name: string, script: string): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

const nowhere = () => ({ PATH: folder, GATEHOUSE_TOOLS_CACHE: join(folder, 'cache') })

test('without an OPA it says what to install and how', async () => {
  const found = await findOpa(nowhere(), folder)
  expect(found).toMatchObject({ ok: false, code: 'opa-not-found' })
  expect(found.ok ? '' : found.detail).toMatch(/go install .*opa@v\d.*GATEHOUSE_OPA/)
})

test('the option goes before the setting, the setting before the PATH, the PATH before the installer’s folder', async () => {
  const version = (text: string) => `echo 'Version: ${text}'`
  program('cache/opa-1.22.2/opa', version('1.0.1'))
  const env = nowhere()
  expect(await findOpa(env, folder)).toMatchObject({ value: { version: '1.0.1' } })
  program('opa', version('1.0.2'))
  expect(await findOpa(env, folder)).toMatchObject({ value: { version: '1.0.2' } })
  const third = program('third', version('1.0.3'))
  expect(await findOpa({ ...env, GATEHOUSE_OPA: third }, folder)).toMatchObject({ value: { version: '1.0.3' } })
  program('fourth', version('1.0.4-dev'))
  expect(await findOpa({ ...env, GATEHOUSE_OPA: third }, folder, './fourth')).toMatchObject({
    value: { version: '1.0.4-dev' },
  })
})

test('a name that is no program is told with who named it', async () => {
  expect(await findOpa(nowhere(), folder, 'gone')).toMatchObject({
    code: 'opa-not-found',
    detail: expect.stringContaining('--opa names gone'),
  })
  const env = { ...nowhere(), GATEHOUSE_OPA: folder }
  expect(await findOpa(env, folder)).toMatchObject({
    code: 'opa-not-found',
    detail: expect.stringContaining('GATEHOUSE_OPA names'),
  })
})

test('an OPA before 1.0 is too old, and a program that is not OPA is told', async () => {
  program('opa', "echo 'Version: 0.70.0'")
  expect(await findOpa(nowhere(), folder)).toMatchObject({
    code: 'opa-too-old',
    detail: expect.stringContaining('0.70.0'),
  })
  program('opa', 'echo hello')
  expect(await findOpa(nowhere(), folder)).toMatchObject({ code: 'opa-failed' })
})

test('arguments reach the program as they are, without a shell, and its exit is an answer', async () => {
  const path = program('echo', 'printf "%s|" "$@"; echo told >&2; exit 3')
  const odd = ['$(touch x)', 'a b', '; exit 0', '*']
  expect(await runOpa(path, odd, { cwd: folder })).toMatchObject({
    ok: true,
    value: { exit: 3, stdout: odd.map((text) => `${text}|`).join(''), stderr: 'told\n' },
  })
})

test('what takes too long, prints too much or is stopped is ended', async () => {
  const slow = program('slow', 'exec sleep 600')
  expect(await runOpa(slow, ['x'], { cwd: folder, timeoutMs: 300 })).toMatchObject({
    code: 'opa-failed',
    detail: expect.stringContaining('longer than'),
  })
  const loud = program('loud', 'while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done')
  expect(await runOpa(loud, ['x'], { cwd: folder, maxBytes: 10_000 })).toMatchObject({
    code: 'opa-failed',
    detail: expect.stringContaining('printed more'),
  })
  const stop = new AbortController()
  const running = runOpa(slow, ['x'], { cwd: folder, signal: stop.signal })
  stop.abort()
  expect(await running).toMatchObject({ code: 'opa-failed', detail: expect.stringContaining('stopped') })
  expect(await runOpa(join(folder, 'gone'), ['x'], { cwd: folder })).toMatchObject({ code: 'opa-failed' })
})

test('settings of OPA in the environment do not reach it', async () => {
  process.env['OPA_TEST_ONLY'] = 'x'
  try {
    const path = program('env', 'env')
    const said = await runOpa(path, [], { cwd: folder })
    expect(said.ok && said.value.stdout).not.toContain('OPA_TEST_ONLY')
    expect(said.ok && said.value.stdout).toContain('PATH=')
  } finally {
    delete process.env['OPA_TEST_ONLY']
  }
})
