/** Keys of every kind and logs of both versions: what cosign signs we verify, and the other way round. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { COSIGN_VERSION, findCosign } from '../../../tools/cosign.ts'
import { findProgram } from '../../../tools/found-program.ts'
import { bundleLayer } from './bundle-fixture.ts'
import { DEFAULT_BUNDLE_LIMITS } from './bundle-limits.ts'
import { pushBundle } from './bundle-push.ts'
import { verifyBundle } from './bundle-verify.ts'
import { COSIGN_PASSWORD, runCosign, signingConfigArgs, type CosignRun } from './cosign-fixture.ts'
import { parseReference, type RegistryReference } from './reference.ts'
import { RegistryStore } from './registry-artifacts.ts'
import { startRegistry, type RegistryProcess } from './registry-fixture.ts'
import { attachSignature, findSignatures } from './signature-attachment.ts'
import { signDigest, type SigningIdentity, type SigningServices } from './signature-make.ts'
import { readTrustRoot, type SignerPolicy, type VerifiedSigner } from './signature-verify.ts'
import { readSigningConfig } from './signing-config.ts'
import { readPrivateKey } from './signing-key.ts'
import { byIdentity, IDENTITY, ISSUER, keyless, NO_WITNESSES, oidcToken, sigstoreOfFile } from './sigstore-fixture.ts'

// cosign and the registry share the machine with everything else.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 180_000 })

const cosign = findCosign()
const registryProgram = findProgram('docker-registry')
const sigstore = sigstoreOfFile()
let registry: RegistryProcess | null = null
let scratch = ''
let repositories = 0

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'gatehouse-signing-'))
  writeFileSync(join(scratch, 'trusted_root.json'), sigstore().trustRoot)
  writeFileSync(join(scratch, 'token'), oidcToken())
  if (!cosign.ok || !registryProgram.ok) return
  registry = await startRegistry(registryProgram.path)
  for (const version of [null, 1, 2] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one cosign at a time
    const made = await runCosign(cosign.path, scratch, signingConfigArgs(sigstore().url, version, configFile(version)))
    expect(made).toMatchObject({ ok: true })
  }
})
afterAll(async () => {
  await registry?.close()
  rmSync(scratch, { recursive: true, force: true })
})

interface Skipping {
  readonly skip: (reason: string) => void
}

type LogVersion = 1 | 2 | null

const configFile = (version: LogVersion) => `signing_config_${version ?? 'none'}.json`

/** cosign as these tests call it; skips with the reason where a tool is missing. */
function tools(ctx: Skipping): (...args: string[]) => Promise<CosignRun> {
  for (const tool of [cosign, registryProgram]) if (!tool.ok) ctx.skip(tool.reason)
  return async (...args) => await runCosign(cosign.ok ? cosign.path : '', scratch, args)
}

/** What the signing config of this version says, read by our signer. */
function services(version: LogVersion): SigningServices {
  if (version === null) return NO_WITNESSES
  return readSigningConfig(readFileSync(join(scratch, configFile(version)), 'utf8'), new Date())
}

interface Pushed {
  readonly store: RegistryStore
  readonly digest: string
  readonly name: string
}

async function pushed(): Promise<Pushed> {
  const place = `${registry?.host ?? ''}/p${++repositories}`
  const store = new RegistryStore(parseReference(place) as RegistryReference)
  const { digest } = await pushBundle(store, bundleLayer(), { version: 1, sourceCommit: null, tag: 'main' })
  return { store, digest, name: `${place}@${digest}` }
}

async function weSign({ store, digest }: Pushed, identity: SigningIdentity, version: LogVersion): Promise<void> {
  const { bytes } = await store.manifest(digest, 1e6)
  await attachSignature(store, bytes, await signDigest(digest, identity, services(version)), new Date())
}

async function weVerify({ store, name }: Pushed, signer: SignerPolicy): Promise<VerifiedSigner> {
  return (await verifyBundle(store, parseReference(name), { signer })).verified.signer
}

const SIGN = ['sign', '--allow-http-registry', '--yes', '--trusted-root', 'trusted_root.json', '--signing-config']
const VERIFY = ['verify', '--allow-http-registry']
const ROOT = ['--trusted-root', 'trusted_root.json', '--use-signed-timestamps']
const WHO = ['--certificate-identity', IDENTITY, '--certificate-oidc-issuer', ISSUER]

/** A log of version 2 gives no time, so that there is the one of the timestamp authority. */
const timesOf = (version: LogVersion) => (version === null ? 0 : version === 1 ? 2 : 1)

function byKey(key: KeyObject, version: LogVersion): SignerPolicy {
  if (version === null) return { kind: 'key', key, trustRoot: null }
  return { kind: 'key', key, trustRoot: readTrustRoot(sigstore().trustRoot), timestamps: timesOf(version) }
}

const within = (timestamps?: number): SignerPolicy => ({
  ...byIdentity(sigstore()),
  ...(timestamps === undefined ? {} : { timestamps }),
})

test(`keyless with Rekor v2: cosign ${COSIGN_VERSION} verifies ours, and we verify cosign’s`, async (ctx) => {
  const call = tools(ctx)
  const ours = await pushed()
  await weSign(ours, keyless(sigstore()), 2)
  expect(await call(...VERIFY, ...ROOT, ...WHO, ours.name)).toMatchObject({ ok: true })
  const theirs = await pushed()
  expect(await call(...SIGN, configFile(2), '--identity-token', 'token', theirs.name)).toMatchObject({ ok: true })
  for (const one of [ours, theirs]) {
    // oxlint-disable-next-line no-await-in-loop -- two
    const signer = await weVerify(one, within(1))
    expect(signer).toMatchObject({ identity: IDENTITY, issuer: ISSUER })
    expect(signer.times.map(({ source }) => source)).toEqual(['timestamp-authority'])
    // oxlint-disable-next-line no-await-in-loop -- two
    await expect(weVerify(one, within())).rejects.toMatchObject({
      slug: 'bundle-timestamp-missing',
      message: expect.stringMatching(/Rekor v2.*--timestamps 1/),
    })
  }
})

test('both of us put the same kind of entry into Rekor v2: hashedrekord 0.0.2, with a proof and no promise', async (ctx) => {
  const call = tools(ctx)
  const [ours, theirs] = [await pushed(), await pushed()]
  await weSign(ours, keyless(sigstore()), 2)
  await call(...SIGN, configFile(2), '--identity-token', 'token', theirs.name)
  for (const { store, digest } of [ours, theirs]) {
    // oxlint-disable-next-line no-await-in-loop -- two
    const [found] = await findSignatures(store, digest, DEFAULT_BUNDLE_LIMITS)
    const bundle = JSON.parse(found?.bundle.toString() ?? '{}') as {
      verificationMaterial: { tlogEntries: readonly Record<string, unknown>[] }
    }
    const [entry = {}] = bundle.verificationMaterial.tlogEntries
    expect(entry['kindVersion']).toEqual({ kind: 'hashedrekord', version: '0.0.2' })
    expect(entry['inclusionProof']).toBeDefined()
    expect(entry['inclusionPromise']).toBeUndefined()
  }
})

interface RootDocument {
  readonly tlogs: readonly { readonly publicKey: { readonly rawBytes: string; readonly keyDetails: string } }[]
  readonly ctlogs: RootDocument['tlogs']
  readonly certificateAuthorities: readonly {
    readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] }
  }[]
  readonly timestampAuthorities: RootDocument['certificateAuthorities']
}

/** The same services, in a trust root that cosign has written. It names a log by its key, one of Rekor v2 by its origin and key. */
async function cosignTrustRoot(call: (...args: string[]) => Promise<CosignRun>): Promise<string> {
  const root = JSON.parse(sigstore().trustRoot) as RootDocument
  const file = (name: string, label: string, blocks: readonly { readonly rawBytes: string }[]) => {
    writeFileSync(
      join(scratch, name),
      blocks.map(({ rawBytes }) => `-----BEGIN ${label}-----\n${rawBytes}\n-----END ${label}-----\n`).join(''),
    )
    return name
  }
  const start = `start-time=${new Date(Date.now() - 3_600_000).toISOString()}`
  const keys = (flag: string, logs: RootDocument['tlogs']) =>
    logs.map(({ publicKey }, index) => {
      const origin = publicKey.keyDetails === 'PKIX_ED25519' ? ',origin=127.0.0.1' : ''
      const pem = file(`${flag}-${index}.pub`, 'PUBLIC KEY', [publicKey])
      return `--${flag}=url=${sigstore().url},public-key=${pem},${start}${origin}`
    })
  const chains = (flag: string, path: string, authorities: RootDocument['certificateAuthorities']) =>
    authorities.map(({ certChain }, i) => {
      const pem = file(`${flag}-${i}.pem`, 'CERTIFICATE', certChain.certificates)
      return `--${flag}=url=${sigstore().url}${path},certificate-chain=${pem},${start}`
    })
  const services = [
    ...keys('rekor', root.tlogs),
    ...keys('ctfe', root.ctlogs),
    ...chains('fulcio', '', root.certificateAuthorities),
    ...chains('tsa', '/api/v1/timestamp', root.timestampAuthorities),
  ]
  const made = await call('trusted-root', 'create', ...services, '--out', 'made_root.json')
  expect(made).toMatchObject({ ok: true })
  return readFileSync(join(scratch, 'made_root.json'), 'utf8')
}

test('a trust root that cosign makes serves us as it serves cosign, for logs of both versions', async (ctx) => {
  const call = tools(ctx)
  const trustRoot = readTrustRoot(await cosignTrustRoot(call))
  for (const version of [1, 2] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one cosign at a time
    const one = await pushed()
    // oxlint-disable-next-line no-await-in-loop -- as above
    await weSign(one, keyless(sigstore()), version)
    const made = ['--trusted-root', 'made_root.json', '--use-signed-timestamps']
    // oxlint-disable-next-line no-await-in-loop -- as above
    expect(await call(...VERIFY, ...made, ...WHO, one.name)).toMatchObject({ ok: true })
    // oxlint-disable-next-line no-await-in-loop -- as above
    const signer = await weVerify(one, { ...byIdentity(sigstore()), trustRoot, timestamps: timesOf(version) })
    expect(signer.times).toHaveLength(timesOf(version))
  }
})

const ec = (namedCurve: string) => () => generateKeyPairSync('ec', { namedCurve }).privateKey
const rsa = (modulusLength: number) => () => generateKeyPairSync('rsa', { modulusLength }).privateKey
const ed25519 = () => generateKeyPairSync('ed25519').privateKey

/** cosign hashes with SHA-256 unless told, also where its own signature is another. */
const SHA384 = ['--signature-digest-algorithm', 'sha384']
const SHA512 = ['--signature-digest-algorithm', 'sha512']

async function imported(call: (...args: string[]) => Promise<CosignRun>, key: KeyObject): Promise<string> {
  const name = join(scratch, `key-${++repositories}`)
  writeFileSync(`${name}.pem`, key.export({ format: 'pem', type: 'pkcs8' }))
  expect(await call('import-key-pair', '--key', `${name}.pem`, '--output-key-prefix', name)).toMatchObject({ ok: true })
  return name
}

test.for([
  ['ECDSA P-256', ec('P-256'), [null, 1, 2], []],
  ['ECDSA P-384', ec('P-384'), [null, 2], SHA384],
  ['ECDSA P-521', ec('P-521'), [null, 2], SHA512],
  ['RSA 2048', rsa(2048), [null, 1, 2], []],
  ['RSA 3072', rsa(3072), [null], []],
  ['RSA 4096', rsa(4096), [null], []],
] as const)('a key of %s: cosign verifies ours and we verify cosign’s', async ([, make, versions, hash], ctx) => {
  await bothWays(ctx, make(), versions, hash)
})

async function bothWays(
  ctx: Skipping,
  key: KeyObject,
  versions: readonly LogVersion[],
  hash: readonly string[],
): Promise<void> {
  const call = tools(ctx)
  const name = await imported(call, key)
  const publicKey = createPublicKey(key)
  // The key is read back as cosign has written it.
  const opened = readPrivateKey(readFileSync(`${name}.key`, 'utf8'), COSIGN_PASSWORD)
  for (const version of versions) {
    const more = version === null ? ['--insecure-ignore-tlog'] : ROOT
    // oxlint-disable-next-line no-await-in-loop -- one cosign at a time
    const [ours, theirs] = [await pushed(), await pushed()]
    // oxlint-disable-next-line no-await-in-loop -- as above
    await weSign(ours, { kind: 'key', key: opened }, version)
    // oxlint-disable-next-line no-await-in-loop -- as above
    expect(await call(...VERIFY, ...more, ...hash, '--key', `${name}.pub`, ours.name)).toMatchObject({ ok: true })
    // oxlint-disable-next-line no-await-in-loop -- as above
    expect(await call(...SIGN, configFile(version), '--key', `${name}.key`, theirs.name)).toMatchObject({ ok: true })
    for (const one of [ours, theirs]) {
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect((await weVerify(one, byKey(publicKey, version))).times).toHaveLength(timesOf(version))
    }
  }
}

test('Ed25519: cosign verifies ours, and signs no image itself', async (ctx) => {
  const call = tools(ctx)
  const key = ed25519()
  const name = await imported(call, key)
  for (const version of [null, 1] as const) {
    const more = version === null ? ['--insecure-ignore-tlog'] : ROOT
    // oxlint-disable-next-line no-await-in-loop -- one cosign at a time
    const ours = await pushed()
    // oxlint-disable-next-line no-await-in-loop -- as above
    await weSign(ours, { kind: 'key', key }, version)
    // oxlint-disable-next-line no-await-in-loop -- as above
    expect(await call(...VERIFY, ...more, '--key', `${name}.pub`, ours.name)).toMatchObject({ ok: true })
    // oxlint-disable-next-line no-await-in-loop -- as above
    await weVerify(ours, byKey(createPublicKey(key), version))
  }
  for (const version of [null, 1, 2] as const) {
    // oxlint-disable-next-line no-await-in-loop -- as above
    const theirs = await call(...SIGN, configFile(version), '--key', `${name}.key`, (await pushed()).name)
    // It signs with Ed25519ph and verifies with Ed25519.
    expect(theirs).toMatchObject({ ok: false, said: expect.stringContaining('could not verify envelope') })
  }
})

test.for([
  ['Ed25519', 2, ed25519],
  ['ECDSA P-384', 1, ec('P-384')],
  ['ECDSA P-521', 1, ec('P-521')],
] as const)('a key of %s with Rekor v%s is refused by cosign and by us', async ([, version, make], ctx) => {
  const call = tools(ctx)
  const key = make()
  const name = await imported(call, key)
  const one = await pushed()
  await expect(weSign(one, { kind: 'key', key }, version)).rejects.toMatchObject({
    slug: 'signing-failed',
    message: expect.stringContaining(`Rekor v${version}`),
  })
  const theirs = await call(...SIGN, configFile(version), '--key', `${name}.key`, one.name)
  expect(theirs).toMatchObject({ ok: false, said: expect.stringContaining('could not verify envelope') })
})

test.for([
  ['ECDSA P-224', ec('P-224'), 'ECDSA curve P-224 not allowed'],
  ['ECDSA secp256k1', ec('secp256k1'), 'error parsing pkcs #8 private key'],
  ['RSA 1024', rsa(1024), 'key size not supported: 1024'],
  ['RSA-PSS', () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey, 'error parsing pkcs #8'],
  ['Ed448', () => generateKeyPairSync('ed448').privateKey, 'error parsing pkcs #8 private key'],
] as const)('a key of %s is refused by cosign and by us', async ([, make, words], ctx) => {
  const call = tools(ctx)
  const file = join(scratch, `refused-${++repositories}.pem`)
  const pem = make().export({ format: 'pem', type: 'pkcs8' }).toString()
  writeFileSync(file, pem)
  const theirs = await call('import-key-pair', '--key', file, '--output-key-prefix', `${file}-x`)
  expect(theirs).toMatchObject({ ok: false, said: expect.stringContaining(words) })
  expect(() => readPrivateKey(pem, null)).toThrow(expect.objectContaining({ slug: 'signing-key-invalid' }))
})
