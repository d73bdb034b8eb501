import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { opaCacheFolder } from '../packages/rego/src/opa-command.ts'
import { COSIGN } from './cosign.ts'
import { findProgram } from './found-program.ts'
import { findGoProgram, goCacheFolder, installGoProgram } from './go-program.ts'
import { OPA } from './opa.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-tools-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

const PRINTS = {
  opa: (version: string) => `Version: ${version}`,
  cosign: (version: string) => `GitVersion:    v${version}`,
}

function program(path: string, script: string): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

const says = (path: string, name: 'opa' | 'cosign', version: string, to = '') =>
  program(path, `echo "${PRINTS[name](version)}" ${to}`)

const programs = [
  ['opa', OPA],
  ['cosign', COSIGN],
] as const

test.each(programs)('%s is found by its setting, on the PATH, then in the cache folder', (name, wanted) => {
  const env = { PATH: join(folder, 'bin'), GATEHOUSE_TOOLS_CACHE: join(folder, 'cache') }
  expect(findGoProgram(wanted, env)).toMatchObject({ ok: false, reason: expect.stringContaining(wanted.installer) })
  const cached = says(join(goCacheFolder(wanted, env), name), name, wanted.version)
  expect(findGoProgram(wanted, env)).toEqual({ ok: true, path: cached })
  const onPath = says(join(folder, 'bin', name), name, wanted.version, '>&2')
  expect(findGoProgram(wanted, env)).toEqual({ ok: true, path: onPath })
  const set = says(join(folder, 'elsewhere'), name, wanted.version)
  expect(findGoProgram(wanted, { ...env, [wanted.setting]: set })).toEqual({ ok: true, path: set })
})

test.each(programs)('a %s of another version is passed over, and told where the setting names it', (name, wanted) => {
  const env = { PATH: join(folder, 'bin'), GATEHOUSE_TOOLS_CACHE: join(folder, 'cache') }
  const other = says(join(folder, 'bin', name), name, '0.1.0')
  expect(findGoProgram(wanted, env)).toMatchObject({ ok: false, reason: expect.stringContaining('is version 0.1.0') })
  const cached = says(join(goCacheFolder(wanted, env), name), name, wanted.version)
  expect(findGoProgram(wanted, env)).toEqual({ ok: true, path: cached })
  const set = findGoProgram(wanted, { ...env, [wanted.setting]: other })
  expect(set).toMatchObject({ ok: false, reason: expect.stringContaining(`not what ${wanted.setting} names`) })
})

test('the cache folder of OPA is the one that the command line looks into', () => {
  const env = { GATEHOUSE_TOOLS_CACHE: folder }
  expect(goCacheFolder(OPA, env)).toBe(opaCacheFolder(env))
})

test('what is missing is built by Go into the cache folder, by its exact version', () => {
  const said = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const go = join(folder, 'bin', 'go')
  program(
    go,
    `echo "$@" > "${folder}/asked"; echo 'echo "GitVersion: v${COSIGN.version}"' > "$GOBIN/cosign"; /bin/chmod +x "$GOBIN/cosign"`,
  )
  const env = { PATH: join(folder, 'bin'), GATEHOUSE_TOOLS_CACHE: join(folder, 'cache') }
  expect(installGoProgram(COSIGN, env)).toBe(0)
  expect(readFileSync(join(folder, 'asked'), 'utf8').trim()).toBe(`install ${COSIGN.module}@v${COSIGN.version}`)
  expect(existsSync(join(goCacheFolder(COSIGN, env), 'cosign'))).toBe(true)
  expect(said.mock.calls.join('')).toContain('is built')
})

test('a build that fails gives Go’s exit code', () => {
  const env = { PATH: join(folder, 'bin'), GATEHOUSE_TOOLS_CACHE: join(folder, 'cache') }
  program(join(folder, 'bin', 'go'), 'exit 7')
  expect(installGoProgram(COSIGN, env)).toBe(7)
})

test.each(['opa-install.ts', 'cosign-install.ts'])('%s says where the program is that it finds', (script) => {
  const wanted = script.startsWith('opa') ? OPA : COSIGN
  const name = script.startsWith('opa') ? 'opa' : 'cosign'
  const path = says(join(folder, name), name, wanted.version)
  const ran = spawnSync(process.execPath, [fileURLToPath(new URL(script, import.meta.url))], {
    env: { ...process.env, [wanted.setting]: path },
    encoding: 'utf8',
  })
  expect([ran.status, ran.stdout]).toEqual([0, `${wanted.title} ${wanted.version} is here: ${path}\n`])
})

test('a folder of the name is no program, and what is missing is told with its package', () => {
  mkdirSync(join(folder, 'no-such-program'))
  const found = findProgram('no-such-program', { PATH: folder })
  expect(found).toMatchObject({ ok: false, reason: expect.stringContaining('apt-get install no-such-program') })
})
