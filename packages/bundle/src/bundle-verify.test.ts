import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { handMadePlan } from '@gatehouse/rego/plan-fixture'
import { makeArtifact, MEDIA, readManifest } from './artifact.ts'
import { bundleLayer, planWithBuiltin, testPlan, testsFile } from './bundle-fixture.ts'
import { DEFAULT_BUNDLE_LIMITS } from './bundle-limits.ts'
import { pushBundle } from './bundle-push.ts'
import { verifyBundle, type VerifyOptions } from './bundle-verify.ts'
import { LayoutStore } from './layout-artifacts.ts'
import { parseReference } from './reference.ts'
import { signDigest, type SigningServices } from './signature-make.ts'
import { attachSignature } from './signature-attachment.ts'
import { readTrustRoot, type SignerPolicy } from './signature-verify.ts'
import {
  byIdentity,
  IDENTITY,
  ISSUER,
  keyless,
  NO_WITNESSES,
  sigstoreOfFile,
  startSigstore,
  witnessesOf,
} from './sigstore-fixture.ts'
import { ecKeys } from './sigstore-keys-fixture.ts'

// Threads of the evaluator start slowly where everything else runs too.
vi.setConfig({ testTimeout: 60_000 })

const sigstore = sigstoreOfFile()
let folder = ''
let store: LayoutStore

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-oci-'))
  store = new LayoutStore(folder)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const services = (): SigningServices => witnessesOf(sigstore())

/** As "policy push" does, with everything that it checks. */
async function release(layer = bundleLayer(), version = 7): Promise<string> {
  return (await pushBundle(store, layer, { version, sourceCommit: 'a'.repeat(40), tag: 'main' })).digest
}

/** As an attacker pushes: nothing checks it on the way. */
async function push(layer = bundleLayer(), version = 7): Promise<string> {
  const artifact = makeArtifact(layer, `sha256:${'0'.repeat(64)}`, { version, sourceCommit: null, title: 'b' })
  await store.putBlob(artifact.config)
  await store.putBlob(artifact.layer)
  await store.putManifest(artifact.manifest, MEDIA.manifest, 'main')
  return artifact.digest
}

async function attach(digest: string, signature: Buffer): Promise<void> {
  const { bytes } = await store.manifest(digest, 1e6)
  await attachSignature(store, bytes, signature, new Date())
}

async function sign(digest: string, by = keyless(sigstore()), witnesses = services(), about = digest): Promise<void> {
  await attach(digest, await signDigest(about, by, witnesses))
}

async function signByKey(digest: string, key: KeyObject, witnesses: SigningServices): Promise<void> {
  await attach(digest, await signDigest(digest, { kind: 'key', key }, witnesses))
}

async function verify(digest: string, options: Partial<VerifyOptions> = {}) {
  return await verifyBundle(store, parseReference(`oci:${folder}@${digest}`), {
    signer: byIdentity(sigstore()),
    ...options,
  })
}

test('a bundle signed by the identity is accepted, with who, issuer, times, version and commit', async () => {
  const digest = await release()
  await sign(digest)
  const { verified, parts } = await verify(digest)
  expect(verified).toMatchObject({
    digest,
    version: 7,
    source_commit: 'a'.repeat(40),
    revision: 'r1',
    tests: 1,
    signer: { kind: 'identity', identity: IDENTITY, issuer: ISSUER, key_hint: null },
  })
  expect(verified.signer.times.map(({ source }) => source)).toEqual(['transparency-log', 'timestamp-authority'])
  expect(parts.data).toEqual({})
})

test('a reference by tag is refused as unpinned', async () => {
  await push()
  const verified = verifyBundle(store, parseReference(`oci:${folder}:main`), { signer: byIdentity(sigstore()) })
  await expect(verified).rejects.toMatchObject({ slug: 'bundle-unpinned' })
})

test('a bundle without signature is refused', async () => {
  await expect(verify(await push())).rejects.toMatchObject({ slug: 'bundle-unsigned' })
})

test.each([
  'https://github.com/acme/policies/.github/workflows/policy-bundle.yml@refs/heads/mainframe',
  'https://evil.example/https://github.com/acme/policies/.github/workflows/policy-bundle.yml@refs/heads/main',
  'https://githubxcom/acme/policies/.github/workflows/policy-bundle.yml@refs/heads/main',
])('another identity is refused, also one that contains or resembles the right one: %s', async (subject) => {
  const digest = await push()
  await sign(digest, keyless(sigstore(), subject))
  await expect(verify(digest)).rejects.toMatchObject({ slug: 'bundle-identity-mismatch' })
})

test('the right identity of another issuer is refused', async () => {
  const digest = await push()
  await sign(digest, keyless(sigstore(), IDENTITY, `${ISSUER}.evil.example`))
  await expect(verify(digest)).rejects.toMatchObject({ slug: 'bundle-issuer-mismatch' })
})

test('a stranger’s signature beside the right one does no harm, and counts for nothing alone', async () => {
  const digest = await push()
  await sign(digest, keyless(sigstore(), 'https://evil.example/x'))
  await expect(verify(digest)).rejects.toMatchObject({ slug: 'bundle-identity-mismatch' })
  await sign(digest)
  expect((await verify(digest)).verified.signer.identity).toBe(IDENTITY)
})

test('a good signature of another bundle is refused: the subject is compared', async () => {
  const other = await push(bundleLayer({ data: { other: true } }), 6)
  const digest = await push()
  await sign(digest, keyless(sigstore()), services(), other)
  await expect(verify(digest)).rejects.toMatchObject({
    slug: 'bundle-signature-invalid',
    message: expect.stringContaining('something else'),
  })
})

test('a signature without the log, or without a timestamp authority, lacks its trusted times', async () => {
  const digest = await push()
  await sign(digest, keyless(sigstore()), { logs: [{ url: sigstore().url, version: 1 }], timestampUrls: [] })
  await expect(verify(digest)).rejects.toMatchObject({ slug: 'bundle-timestamp-missing' })
  const signer = { ...byIdentity(sigstore()), timestamps: 1 } as SignerPolicy
  expect((await verify(digest, { signer })).verified.signer.times).toHaveLength(1)
})

test('the timestamp of one authority twice is one witness', async () => {
  const digest = await push()
  const identity = keyless(sigstore())
  const bundle = JSON.parse((await signDigest(digest, identity, services())).toString()) as {
    verificationMaterial: {
      tlogEntries: { inclusionPromise?: unknown }[]
      timestampVerificationData: { rfc3161Timestamps: unknown[] }
    }
    dsseEnvelope: { signatures: { sig: string }[] }
  }
  for (const entry of bundle.verificationMaterial.tlogEntries) delete entry.inclusionPromise
  const again = await secondTimestamp(bundle.dsseEnvelope.signatures[0]?.sig ?? '')
  bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps.push({ signedTimestamp: again })
  await attach(digest, Buffer.from(JSON.stringify(bundle)))
  await expect(verify(digest)).rejects.toMatchObject({ slug: 'bundle-timestamp-missing' })
})

async function secondTimestamp(signature: string): Promise<string> {
  const { createHash } = await import('node:crypto')
  const artifactHash = createHash('sha256').update(Buffer.from(signature, 'base64')).digest('base64')
  // The times are in whole seconds: another second, another timestamp.
  await new Promise((done) => setTimeout(done, 1100))
  const response = await fetch(`${sigstore().url}/api/v1/timestamp`, {
    method: 'POST',
    body: JSON.stringify({ artifactHash, hashAlgorithm: 'sha256' }),
  })
  return Buffer.from(await response.arrayBuffer()).toString('base64')
}

test('a trust root that names other authorities accepts nothing', async () => {
  const digest = await push()
  await sign(digest)
  const other = await startSigstore()
  const signer = { ...byIdentity(sigstore()), trustRoot: readTrustRoot(other.trustRoot) } as SignerPolicy
  await expect(verify(digest, { signer })).rejects.toMatchObject({
    slug: expect.stringMatching(/^bundle-(timestamp-missing|signature-invalid)$/),
  })
  await other.close()
})

test('a changed layer, manifest or signature is refused', async () => {
  const digest = await push()
  await sign(digest)
  const { layers } = readManifest((await store.manifest(digest, 1e6)).bytes)
  const path = (of: string) => join(folder, 'blobs', 'sha256', of.slice(7))
  const layer = path(layers[0]?.digest ?? '')
  const good = readFileSync(layer)
  writeFileSync(layer, bundleLayer({ data: { evil: true } }))
  await expect(verify(digest)).rejects.toMatchObject({ slug: 'bundle-tampered' })
  writeFileSync(layer, good)
  await verify(digest)
  const manifest = readFileSync(path(digest), 'utf8')
  writeFileSync(
    path(digest),
    manifest.replace('"dev.gatehouse.policy.version":"7"', '"dev.gatehouse.policy.version":"8"'),
  )
  await expect(verify(digest)).rejects.toMatchObject({ slug: 'bundle-tampered' })
})

test('a version that is older, or the same with other content, is refused; the very same artifact is not', async () => {
  const digest = await push()
  await sign(digest)
  const older = { inForce: { version: 8, digest: null } }
  await expect(verify(digest, older)).rejects.toMatchObject({ slug: 'bundle-version-older' })
  const same = { inForce: { version: 7, digest: `sha256:${'1'.repeat(64)}` } }
  await expect(verify(digest, same)).rejects.toMatchObject({ slug: 'bundle-version-older' })
  expect((await verify(digest, { inForce: { version: 7, digest } })).verified.version).toBe(7)
  expect((await verify(digest, { inForce: { version: 6, digest: null } })).verified.version).toBe(7)
})

test.each([
  ['an unknown builtin', { plan: planWithBuiltin('acme.lookup', 1) }, 'bundle-builtin-unknown'],
  ['a builtin of chance', { plan: planWithBuiltin('http.send', 1) }, 'bundle-builtin-unknown'],
  ['failing tests', { tests: testsFile(testPlan(false)) }, 'bundle-tests-failing'],
  ['a missing case', { tests: testsFile(testPlan(true), ['a']) }, 'bundle-tests-failing'],
  ['a test that has no entrypoint', { tests: testsFile(handMadePlan({ name: 'x' })) }, 'bundle-tests-failing'],
  ['no tests', { tests: null }, 'bundle-tests-failing'],
  ['no plan', { plan: 7 }, 'bundle-malformed'],
  ['data beside data.json', { more: { 'acme/data.json': '{}' } }, 'bundle-malformed'],
])('a signed bundle with %s is refused', async (_, wish, slug) => {
  const digest = await push(bundleLayer(wish))
  await sign(digest)
  await expect(verify(digest)).rejects.toMatchObject({ slug })
  await expect(release(bundleLayer(wish))).rejects.toMatchObject({ slug })
})

test.each([
  ['maxLayerBytes', 100],
  ['maxUnpackedBytes', 2048],
  ['maxFiles', 2],
  ['maxDataBytes', 1],
  ['maxStatements', 3],
  ['maxTests', 0],
] as const)('a bundle over %s is refused', async (limit, value) => {
  const digest = await push()
  await sign(digest)
  const limits = { ...DEFAULT_BUNDLE_LIMITS, [limit]: value }
  await expect(verify(digest, { limits })).rejects.toMatchObject({ slug: 'bundle-over-limits' })
})

test('a small archive that unpacks to much is stopped on the way', async () => {
  const digest = await push(bundleLayer({ more: { 'big.txt': 'a'.repeat(80_000_000) } }))
  await sign(digest)
  await expect(verify(digest)).rejects.toMatchObject({ slug: 'bundle-over-limits' })
})

test('nothing is unpacked before the signature holds', async () => {
  const digest = await push(Buffer.from('no archive at all'))
  await expect(verify(digest)).rejects.toMatchObject({ slug: 'bundle-unsigned' })
  await sign(digest)
  await expect(verify(digest)).rejects.toMatchObject({ slug: 'bundle-malformed' })
})

test.each(['ec', 'ed25519'] as const)('a key of type %s signs: alone, or with log and timestamps', async (type) => {
  const keys = type === 'ec' ? ecKeys() : generateKeyPairSync('ed25519')
  const digest = await push()
  await signByKey(digest, keys.privateKey, NO_WITNESSES)
  const key = createPublicKey(keys.publicKey.export({ format: 'pem', type: 'spki' }))
  const alone = await verify(digest, { signer: { kind: 'key', key, trustRoot: null } })
  expect(alone.verified.signer).toMatchObject({ kind: 'key', identity: null, times: [] })
  const trustRoot = readTrustRoot(sigstore().trustRoot)
  const strict = { signer: { kind: 'key', key, trustRoot } } as const
  await expect(verify(digest, strict)).rejects.toMatchObject({ slug: 'bundle-timestamp-missing' })
  await signByKey(digest, keys.privateKey, services())
  expect((await verify(digest, strict)).verified.signer.times).toHaveLength(2)
})

test('a signature of another key is refused, and a bare key is no identity', async () => {
  const digest = await push()
  await signByKey(digest, ecKeys().privateKey, services())
  const signer = { kind: 'key', key: ecKeys().publicKey, trustRoot: null } as const
  await expect(verify(digest, { signer })).rejects.toMatchObject({ slug: 'bundle-signature-invalid' })
  await expect(verify(digest)).rejects.toMatchObject({ slug: 'bundle-identity-mismatch' })
})

test('a tag keeps its version or grows', async () => {
  const first = await release(bundleLayer(), 7)
  expect(await release(bundleLayer(), 7)).toBe(first)
  await expect(release(bundleLayer({ data: { x: 1 } }), 7)).rejects.toMatchObject({ slug: 'bundle-version-older' })
  await expect(release(bundleLayer({ data: { x: 1 } }), 6)).rejects.toMatchObject({ slug: 'bundle-version-older' })
  expect(await release(bundleLayer({ data: { x: 1 } }), 8)).not.toBe(first)
})
