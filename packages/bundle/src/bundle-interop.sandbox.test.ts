import { execFile, spawn } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { findOpa } from '@gatehouse/rego/opa-command'
import { COSIGN_VERSION, findCosign } from '../../../tools/cosign.ts'
import { findProgram, type FoundProgram } from '../../../tools/found-program.ts'
import { buildBundle } from './bundle-build.ts'
import { copyBundle } from './bundle-copy.ts'
import { bundleLayer } from './bundle-fixture.ts'
import { pushBundle } from './bundle-push.ts'
import { verifyBundle } from './bundle-verify.ts'
import { runCosign as inFolder, signingConfigArgs } from './cosign-fixture.ts'
import { LayoutStore } from './layout-artifacts.ts'
import { parseReference, type RegistryReference } from './reference.ts'
import { freePort, startRegistry, type RegistryProcess } from './registry-fixture.ts'
import { RegistryStore } from './registry-artifacts.ts'
import { signDigest } from './signature-make.ts'
import { attachSignature } from './signature-attachment.ts'
import { readTrustRoot } from './signature-verify.ts'
import { readPrivateKey, readPublicKey } from './signing-key.ts'
import {
  byIdentity,
  IDENTITY,
  ISSUER,
  keyless,
  NO_WITNESSES,
  oidcToken,
  sigstoreOfFile,
  witnessesOf,
} from './sigstore-fixture.ts'

// cosign and the registry share the machine with everything else.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const run = promisify(execFile)
const cosign = findCosign()
const registryProgram = findProgram('docker-registry')
const skopeo = findProgram('skopeo')
const sigstore = sigstoreOfFile()
let registry: RegistryProcess | null = null
let host = ''
let scratch = ''

interface Skipping {
  readonly skip: (reason: string) => void
}

/** Skips with the reason where a tool is missing; else its path. */
function need(ctx: Skipping, ...tools: FoundProgram[]): string {
  for (const tool of tools) if (!tool.ok) ctx.skip(tool.reason)
  const [first] = tools
  return first?.ok === true ? first.path : ''
}

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'gatehouse-interop-'))
  writeFileSync(join(scratch, 'trusted_root.json'), sigstore().trustRoot)
  if (registryProgram.ok) registry = await startRegistry(registryProgram.path)
  host = registry?.host ?? ''
})
afterAll(async () => {
  await registry?.close()
  rmSync(scratch, { recursive: true, force: true })
})

const store = (repository: string) => new RegistryStore(parseReference(`${host}/${repository}`) as RegistryReference)
const trustRootFile = () => join(scratch, 'trusted_root.json')

async function push(repository: string, layer = bundleLayer()): Promise<string> {
  const there = store(repository)
  return (await pushBundle(there, layer, { version: 1, sourceCommit: 'b'.repeat(40), tag: 'main' })).digest
}

/** What cosign said; throws it where cosign failed. */
async function runCosign(path: string, args: readonly string[]): Promise<string> {
  const { ok, said } = await inFolder(path, scratch, args)
  if (!ok) throw new Error(said)
  return said
}

const services = () => witnessesOf(sigstore())

async function signKeyless(repository: string, digest: string): Promise<void> {
  const identity = keyless(sigstore())
  const { bytes } = await store(repository).manifest(digest, 1e6)
  await attachSignature(store(repository), bytes, await signDigest(digest, identity, services()), new Date())
}

const identityArgs = (identity = IDENTITY, issuer = ISSUER) => [
  '--certificate-identity',
  identity,
  '--certificate-oidc-issuer',
  issuer,
]

test(`cosign ${COSIGN_VERSION} verifies what we sign keyless, for this identity and issuer only`, async (ctx) => {
  const path = need(ctx, cosign, registryProgram)
  const digest = await push('ours-keyless')
  await signKeyless('ours-keyless', digest)
  const name = `${host}/ours-keyless@${digest}`
  const verify = (...more: string[]) =>
    runCosign(path, [
      'verify',
      '--allow-http-registry',
      '--trusted-root',
      trustRootFile(),
      '--use-signed-timestamps',
      ...more,
      name,
    ])
  expect(await verify(...identityArgs())).toContain(digest)
  await expect(verify(...identityArgs('https://evil.example'))).rejects.toThrow()
  await expect(verify(...identityArgs(IDENTITY, 'https://evil.example'))).rejects.toThrow()
})

async function cosignKeys(path: string): Promise<{ readonly key: string; readonly pub: string }> {
  const folder = mkdtempSync(join(scratch, 'keys-'))
  await runCosign(path, ['generate-key-pair', '--output-key-prefix', join(folder, 'cosign')])
  return { key: join(folder, 'cosign.key'), pub: join(folder, 'cosign.pub') }
}

test('cosign verifies what we sign with its own encrypted key, alone and with log and timestamp', async (ctx) => {
  const path = need(ctx, cosign, registryProgram)
  const { key, pub } = await cosignKeys(path)
  const privateKey = readPrivateKey(readFileSync(key, 'utf8'), 'correct horse')
  for (const witnessed of [false, true]) {
    const repository = `ours-key-${String(witnessed)}`
    // oxlint-disable-next-line no-await-in-loop -- one cosign at a time
    const digest = await push(repository)
    const there = store(repository)
    // oxlint-disable-next-line no-await-in-loop -- as above
    const { bytes } = await there.manifest(digest, 1e6)
    const made = witnessed ? services() : NO_WITNESSES
    // oxlint-disable-next-line no-await-in-loop -- as above
    await attachSignature(there, bytes, await signDigest(digest, { kind: 'key', key: privateKey }, made), new Date())
    const more = witnessed ? ['--trusted-root', trustRootFile(), '--use-signed-timestamps'] : ['--insecure-ignore-tlog']
    const args = ['verify', '--allow-http-registry', '--key', pub, ...more, `${host}/${repository}@${digest}`]
    // oxlint-disable-next-line no-await-in-loop -- as above
    expect(await runCosign(path, args)).toContain(digest)
  }
})

async function signingConfig(path: string, witnessed: boolean): Promise<string> {
  const out = join(scratch, `signing-config-${String(witnessed)}.json`)
  await runCosign(path, signingConfigArgs(sigstore().url, witnessed ? 1 : null, out))
  return out
}

test('we verify what cosign signs keyless', async (ctx) => {
  const path = need(ctx, cosign, registryProgram)
  const digest = await push('cosign-keyless')
  const name = `${host}/cosign-keyless@${digest}`
  const config = await signingConfig(path, true)
  const common = ['--allow-http-registry', '--yes', '--trusted-root', trustRootFile(), '--signing-config', config]
  const token = join(scratch, 'token')
  writeFileSync(token, oidcToken())
  await runCosign(path, ['sign', ...common, '--identity-token', token, name])
  const { verified } = await verifyBundle(store('cosign-keyless'), parseReference(name), {
    signer: byIdentity(sigstore()),
  })
  expect(verified.signer).toMatchObject({ identity: IDENTITY, issuer: ISSUER })
  expect(verified.signer.times).toHaveLength(2)
})

test('we verify what cosign signs with a key', async (ctx) => {
  const path = need(ctx, cosign, registryProgram)
  const { key, pub } = await cosignKeys(path)
  const publicKey = readPublicKey(readFileSync(pub, 'utf8'))
  for (const witnessed of [false, true]) {
    const repository = `cosign-key-${String(witnessed)}`
    // oxlint-disable-next-line no-await-in-loop -- one cosign at a time
    const digest = await push(repository)
    const name = `${host}/${repository}@${digest}`
    // oxlint-disable-next-line no-await-in-loop -- as above
    const config = await signingConfig(path, witnessed)
    const common = ['--allow-http-registry', '--yes', '--trusted-root', trustRootFile(), '--signing-config', config]
    // oxlint-disable-next-line no-await-in-loop -- as above
    await runCosign(path, ['sign', ...common, '--key', key, name])
    const trustRoot = witnessed ? readTrustRoot(sigstore().trustRoot) : null
    const signer = { kind: 'key', key: publicKey, trustRoot } as const
    // oxlint-disable-next-line no-await-in-loop -- as above
    const { verified } = await verifyBundle(store(repository), parseReference(name), { signer })
    expect(verified.signer.times).toHaveLength(witnessed ? 2 : 0)
  }
})

test('cosign’s key opens with its password and with no other', async (ctx) => {
  const path = need(ctx, cosign)
  const { key, pub } = await cosignKeys(path)
  const pem = readFileSync(key, 'utf8')
  const opened = createPublicKey(readPrivateKey(pem, 'correct horse'))
  expect(opened.equals(readPublicKey(readFileSync(pub, 'utf8')))).toBe(true)
  for (const password of ['wrong horse', '', null])
    expect(() => readPrivateKey(pem, password)).toThrow(expect.objectContaining({ slug: 'signing-key-invalid' }))
})

test('a layout copied out of a registry verifies without any network', async (ctx) => {
  need(ctx, registryProgram)
  const digest = await push('to-layout')
  await signKeyless('to-layout', digest)
  const folder = join(scratch, 'layout')
  const copied = await copyBundle(store('to-layout'), new LayoutStore(folder), digest, 'main')
  expect(copied.signatures).toBe(1)
  const fetch = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('there is no network'))
  const found = await verifyBundle(new LayoutStore(folder), parseReference(`oci:${folder}@${digest}`), {
    signer: byIdentity(sigstore()),
  })
  expect(fetch).not.toHaveBeenCalled()
  fetch.mockRestore()
  expect(found.verified.digest).toBe(digest)
})

test('skopeo reads the registry and the layout, and a copy of its keeps the digest', async (ctx) => {
  const path = need(ctx, skopeo, registryProgram)
  const digest = await push('skopeo')
  const inspect = async (...args: string[]) => (await run(path, ['inspect', ...args], { timeout: 60_000 })).stdout
  expect(JSON.parse(await inspect('--tls-verify=false', `docker://${host}/skopeo:main`))).toMatchObject({
    Digest: digest,
  })
  const ours = join(scratch, 'skopeo-ours')
  await copyBundle(store('skopeo'), new LayoutStore(ours), digest, 'main')
  expect(JSON.parse(await inspect(`oci:${ours}:main`))).toMatchObject({ Digest: digest })
  const theirs = join(scratch, 'skopeo-theirs')
  const copy = [
    'copy',
    '--insecure-policy',
    '--src-tls-verify=false',
    `docker://${host}/skopeo:main`,
    `oci:${theirs}:main`,
  ]
  await run(path, copy, { timeout: 60_000 })
  expect(await new LayoutStore(theirs).resolve('main')).toBe(digest)
})

test('OPA itself loads the artifact from the registry and decides as our evaluator does', async (ctx) => {
  need(ctx, registryProgram)
  const opa = await findOpa(process.env, scratch)
  if (!opa.ok) {
    ctx.skip(opa.detail)
    return
  }
  const source = policyFolder()
  const { layer } = await buildBundle(source, { opa: opa.value.path })
  expect((await buildBundle(source, { opa: opa.value.path })).layer.equals(layer)).toBe(true)
  const digest = await push('for-opa', layer)
  await signKeyless('for-opa', digest)
  const name = `${host}/for-opa@${digest}`
  const accepted = await verifyBundle(store('for-opa'), parseReference(name), { signer: byIdentity(sigstore()) })
  expect(accepted.verified).toMatchObject({ tests: 2, revision: 'r9' })
  const address = `127.0.0.1:${await freePort()}`
  const settings = {
    services: { registry: { url: `http://${host}`, type: 'oci' } },
    bundles: {
      policy: { service: 'registry', resource: name, polling: { min_delay_seconds: 60, max_delay_seconds: 120 } },
    },
    persistence_directory: join(scratch, 'opa'),
  }
  const config = join(scratch, 'opa.json')
  writeFileSync(config, JSON.stringify(settings))
  const args = [
    'run',
    '--server',
    '--skip-version-check',
    '--addr',
    address,
    '--config-file',
    config,
    '--log-level',
    'error',
  ]
  const server = spawn(opa.value.path, args, { stdio: 'ignore' })
  try {
    expect(await decided(address, { ok: true })).toEqual({ result: 'allow' })
    expect(await decided(address, { ok: false })).toEqual({ result: 'deny' })
  } finally {
    server.kill('SIGKILL')
    await once(server, 'exit')
  }
})

async function decided(address: string, input: unknown): Promise<unknown> {
  for (let tries = 0; tries < 300; tries++) {
    // oxlint-disable-next-line no-await-in-loop -- it is waited for
    const answer = await fetch(`http://${address}/v1/data/gatehouse/decision`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input }),
    }).then(
      async (response) => (await response.json()) as { result?: unknown },
      () => ({}),
    )
    if ('result' in answer) return { result: answer.result }
    // oxlint-disable-next-line no-await-in-loop -- it is waited for
    await new Promise((done) => setTimeout(done, 200))
  }
  return null
}

function policyFolder(): string {
  const folder = join(scratch, 'policy')
  for (const part of ['policies', 'data', 'tests']) mkdirSync(join(folder, part), { recursive: true })
  writeFileSync(join(folder, 'manifest.json'), '{"revision":"r9","roots":["gatehouse","limits"],"rego_version":1}')
  writeFileSync(join(folder, 'data', 'limits.json'), '{"limits":{"wanted":true}}')
  writeFileSync(
    join(folder, 'policies', 'a.rego'),
    'package gatehouse\n\ndefault decision := "deny"\n\ndecision := "allow" if input.ok == data.limits.wanted\n',
  )
  writeFileSync(
    join(folder, 'tests', 'a_test.rego'),
    'package gatehouse_test\n\nimport data.gatehouse\n\nask(document) := x if x := gatehouse.decision with input as document\n\ntest_plain if ask({"ok": true}) == "allow"\n\ntest_cases[name] if {\n\tsome name, document in {"no": {"ok": false}, "none": {}}\n\task(document) == "deny"\n}\n',
  )
  return folder
}
