/** Logins against a real registry that lets nobody in without one. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { findProgram } from '../../../tools/found-program.ts'
import { bundleLayer } from './bundle-fixture.ts'
import { pushBundle } from './bundle-push.ts'
import { parseReference } from './reference.ts'
import { LOGIN, startRegistry, type RegistryProcess } from './registry-fixture.ts'
import { openStore } from './store-open.ts'
import type { ArtifactStore } from './store.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const program = findProgram('docker-registry')
let registry: RegistryProcess | null = null
let home = ''

beforeAll(async () => {
  if (program.ok) registry = await startRegistry(program.path, { login: true })
})
afterAll(async () => {
  await registry?.close()
})
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gatehouse-login-'))
  return () => rmSync(home, { recursive: true, force: true })
})

interface Skipping {
  readonly skip: (reason: string) => void
}

function place(ctx: Skipping): string {
  if (!program.ok) ctx.skip(program.reason)
  return registry?.host ?? ''
}

const store = (host: string, env: Readonly<Record<string, string>> = {}): ArtifactStore =>
  openStore(parseReference(`${host}/team/policy`), { env: { PATH: path(), ...env }, home, cwd: home })
const path = () => `${join(home, 'bin')}:/usr/bin:/bin`
const push = async (to: ArtifactStore) =>
  await pushBundle(to, bundleLayer(), { version: 1, sourceCommit: null, tag: 'main' })

function helper(script: string): void {
  mkdirSync(join(home, 'bin'), { recursive: true })
  const file = join(home, 'bin', 'docker-credential-test')
  writeFileSync(file, `#!/bin/sh\n${script}\n`)
  chmodSync(file, 0o755)
}

function login(file: string, config: unknown): void {
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, JSON.stringify(config))
}

const answer = (host: string, password: string = LOGIN.password) =>
  `[ "$(cat)" = "${host}" ] || exit 9\necho '{"ServerURL":"${host}","Username":"${LOGIN.username}","Secret":"${password}"}'`

test.for([
  ['credHelpers', (host: string) => ({ credHelpers: { [host]: 'test' } })],
  ['credsStore', () => ({ credsStore: 'test' })],
] as const)('a registry with passwords is pushed to with %s, and read again', async ([, config], ctx) => {
  const host = place(ctx)
  helper(answer(host))
  login(join(home, '.docker', 'config.json'), config(host))
  const { digest } = await push(store(host))
  expect((await store(host).manifest(digest, 1e6)).digest).toBe(digest)
})

test('podman’s auth.json serves, where it is and by REGISTRY_AUTH_FILE', async (ctx) => {
  const host = place(ctx)
  const auth = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64')
  login(join(home, '.config', 'containers', 'auth.json'), { auths: { [`${host}/team`]: { auth } } })
  await push(store(host))
  login(join(home, 'elsewhere.json'), { auths: { [host]: { auth } } })
  await push(store(host, { REGISTRY_AUTH_FILE: join(home, 'elsewhere.json') }))
})

test('without a login, and with a wrong one, the registry refuses and we say what to do', async (ctx) => {
  const host = place(ctx)
  await expect(push(store(host))).rejects.toMatchObject({
    slug: 'registry-refused',
    message: expect.stringContaining('docker login'),
  })
  helper(answer(host, 'wrong-word'))
  login(join(home, '.docker', 'config.json'), { credsStore: 'test' })
  const told = await push(store(host)).catch((error: unknown) => error)
  expect(told).toMatchObject({ slug: 'registry-refused', message: expect.stringContaining('credentials it was given') })
  expect(String(told)).not.toContain('wrong-word')
})

test('a helper that fails stops the push with its name', async (ctx) => {
  const host = place(ctx)
  helper('cat > /dev/null; echo "the keychain is locked"; exit 1')
  login(join(home, '.docker', 'config.json'), { credsStore: 'test' })
  await expect(push(store(host))).rejects.toMatchObject({
    slug: 'registry-refused',
    message: expect.stringMatching(/docker-credential-test failed: the keychain is locked/),
  })
})
