import { createHash, generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { digestOf } from './artifact.ts'
import { startTiledLog } from './rekor-tiles-fixture.ts'
import { signDigest } from './signature-make.ts'
import { readTrustRoot, verifySignature, type SignerPolicy } from './signature-verify.ts'
import { byIdentity, IDENTITY, keyless, sigstoreOfFile, witnessesOf } from './sigstore-fixture.ts'
import { ecKeys } from './sigstore-keys-fixture.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

interface Entry {
  logIndex: string
  integratedTime?: string
  kindVersion: { kind: string; version: string }
  canonicalizedBody: string
  inclusionPromise?: unknown
  inclusionProof?: { logIndex: string; treeSize: string; hashes: string[]; checkpoint: { envelope: string } }
}

interface Bundle {
  verificationMaterial: {
    tlogEntries: Entry[]
    timestampVerificationData: { rfc3161Timestamps: unknown[] }
  }
  dsseEnvelope: { payload: string; signatures: { sig: string }[] }
}

const DIGEST = digestOf(Buffer.from('a manifest'))
const sigstore = sigstoreOfFile()
let signed = ''
let bundle: Bundle
let entry: Entry

beforeAll(async () => {
  signed = await fresh()
})
beforeEach(() => {
  bundle = JSON.parse(signed) as Bundle
  const [first] = bundle.verificationMaterial.tlogEntries
  if (first === undefined) throw new Error('nothing was logged')
  entry = first
})

const fresh = async () => (await signDigest(DIGEST, keyless(sigstore()), witnessesOf(sigstore(), 2))).toString()

interface Root {
  tlogs: {
    baseUrl: string
    logId: { keyId: string }
    publicKey: { rawBytes: string; keyDetails: string; validFor: { start: string; end?: string } }
  }[]
}

/** The trust root, changed; by default as it is. */
function policy(change: (root: Root) => void = () => undefined): SignerPolicy {
  const root = JSON.parse(sigstore().trustRoot) as Root
  change(root)
  const trustRoot = readTrustRoot(JSON.stringify(root))
  return { ...byIdentity(sigstore()), trustRoot, timestamps: 1 }
}

const tiled = (root: Root) => root.tlogs.filter(({ publicKey }) => publicKey.keyDetails === 'PKIX_ED25519')
const verify = (by = policy()) => verifySignature(Buffer.from(JSON.stringify(bundle)), DIGEST, by)
const refused = (slug: string, words: RegExp) =>
  expect.objectContaining({ slug, message: expect.stringMatching(words) })

test('an entry of Rekor v2 is taken with its proof and a timestamp: no promise, no time of its own', () => {
  expect(entry.inclusionPromise).toBeUndefined()
  expect(entry.inclusionProof?.hashes.length).toBeGreaterThan(0)
  const { times } = verify()
  expect(times.map(({ source }) => source)).toEqual(['timestamp-authority'])
})

test('the timestamp is needed, and a time that the entry claims is none', () => {
  bundle.verificationMaterial.timestampVerificationData.rfc3161Timestamps = []
  expect(() => verify()).toThrow(refused('bundle-timestamp-missing', /Rekor v2\) gives no time/))
  entry.integratedTime = String(Math.floor(Date.now() / 1000))
  expect(() => verify()).toThrow(refused('bundle-timestamp-missing', /Rekor v2\) gives no time/))
})

test('two timestamp authorities are two witnesses of an entry of Rekor v2; one of them twice is not', async () => {
  const signed = (await signDigest(DIGEST, keyless(sigstore()), witnessesOf(sigstore(), 2, 2))).toString()
  const { timestamps: _, ...two } = policy()
  bundle = JSON.parse(signed) as Bundle
  const { rfc3161Timestamps: stamps } = bundle.verificationMaterial.timestampVerificationData
  expect(stamps).toHaveLength(2)
  expect(verify(two).times.map(({ source }) => source)).toEqual(['timestamp-authority', 'timestamp-authority'])
  const [first] = stamps
  stamps.splice(0, 2, first, first)
  expect(() => verify(two)).toThrow(refused('bundle-timestamp-missing', /authorit/))
  stamps.splice(0, 2, first)
  expect(() => verify(two)).toThrow(refused('bundle-timestamp-missing', /sign with 2 timestamp authorities/))
})

test('two trusted times are needed unless fewer are asked for', () => {
  const { timestamps: _, ...two } = policy()
  expect(() => verify(two)).toThrow(
    refused('bundle-timestamp-missing', /sign with 2 timestamp authorities.*--timestamps 1/),
  )
})

test.each<[string, () => void]>([
  [
    'another leaf',
    () =>
      void (entry.canonicalizedBody = Buffer.from('{"kind":"hashedrekord","apiVersion":"0.0.2"}').toString('base64')),
  ],
  ['another place in the tree', () => entry.inclusionProof && void (entry.inclusionProof.logIndex = '1')],
  ['a place in the log that the proof is not of', () => void (entry.logIndex = '1')],
  ['a hash less', () => void entry.inclusionProof?.hashes.pop()],
  ['another hash', () => void entry.inclusionProof?.hashes.splice(0, 1, Buffer.alloc(32).toString('base64'))],
  ['no proof', () => void delete entry.inclusionProof],
  ['no entry', () => void (bundle.verificationMaterial.tlogEntries = [])],
  ['the entry twice', () => void bundle.verificationMaterial.tlogEntries.push(entry)],
  [
    'a promise of nobody',
    () => void (entry.inclusionPromise = { signedEntryTimestamp: Buffer.alloc(70).toString('base64') }),
  ],
])('%s is refused', (_, change) => {
  change()
  expect(() => verify()).toThrow(expect.objectContaining({ slug: 'bundle-signature-invalid' }))
})

test.each([
  ['another size', (note: string) => note.replace(/\n(\d+)\n/, (_, size: string) => `\n${Number(size) + 1}\n`)],
  [
    'another root',
    (note: string) => note.replace(/\n[A-Za-z0-9+/]{43}=\n/, `\n${Buffer.alloc(32).toString('base64')}\n`),
  ],
  ['another origin', (note: string) => note.replace('127.0.0.1\n', 'evil.example\n')],
  ['another signature', (note: string) => note.replace(/(\u2014 \S+ .{10})./, '$1A').replace(/.{4}\n$/, 'AAA=\n')],
  ['no signature', (note: string) => `${note.split('\n\n')[0] ?? ''}\n\n`],
])('a checkpoint with %s is refused', (_, change) => {
  const { checkpoint } = entry.inclusionProof ?? { checkpoint: { envelope: '' } }
  const before = checkpoint.envelope
  checkpoint.envelope = change(before)
  expect(checkpoint.envelope).not.toBe(before)
  expect(() => verify()).toThrow(expect.objectContaining({ slug: 'bundle-signature-invalid' }))
})

test('the entry of another signature of the same content is refused', async () => {
  const other = JSON.parse(await fresh()) as Bundle
  bundle.verificationMaterial.tlogEntries = other.verificationMaterial.tlogEntries
  expect(() => verify()).toThrow(refused('bundle-signature-invalid', /signature/))
})

async function logged(change: (verifier: Record<string, unknown>) => Record<string, unknown>): Promise<Entry> {
  const body = JSON.parse(Buffer.from(entry.canonicalizedBody, 'base64').toString()) as {
    spec: { hashedRekordV002: { data: { digest: string }; signature: { verifier: Record<string, unknown> } } }
  }
  const { data, signature } = body.spec.hashedRekordV002
  const asked = { digest: data.digest, signature: { ...signature, verifier: change(signature.verifier) } }
  const response = await fetch(`${sigstore().url}/api/v2/log/entries`, {
    method: 'POST',
    body: JSON.stringify({ hashedRekordRequestV002: asked }),
  })
  return (await response.json()) as Entry
}

test('an entry of the log for this signature, but of another key, is refused', async () => {
  const der = ecKeys().publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
  const { keyDetails } = { keyDetails: 'PKIX_ECDSA_P256_SHA_256' }
  bundle.verificationMaterial.tlogEntries = [await logged(() => ({ keyDetails, publicKey: { rawBytes: der } }))]
  expect(() => verify()).toThrow(refused('bundle-signature-invalid', /another signature or key/))
  bundle.verificationMaterial.tlogEntries = [await logged((verifier) => verifier)]
  expect(verify().identity).toBe(IDENTITY)
})

test('an envelope that is logged whole (dsse 0.0.2), which Rekor v2 does not do, is refused though all of it is right', () => {
  const own = startTiledLog('127.0.0.1')
  const { payload, signatures } = bundle.dsseEnvelope
  const digest = createHash('sha256').update(Buffer.from(payload, 'base64')).digest('base64')
  const recorded = own.record({
    apiVersion: '0.0.2',
    kind: 'dsse',
    spec: {
      dsseV002: { payloadHash: { algorithm: 'SHA2_256', digest }, signatures: [{ content: signatures[0]?.sig ?? '' }] },
    },
  }) as Entry
  bundle.verificationMaterial.tlogEntries = [recorded]
  const trusting = policy((root) => {
    for (const log of tiled(root)) {
      log.publicKey.rawBytes = own.publicKey.export({ format: 'der', type: 'spki' }).toString('base64')
      log.logId = { keyId: own.logId.toString('base64') }
    }
  })
  expect(() => verify(trusting)).toThrow(
    refused('bundle-signature-invalid', /in a log as dsse 0\.0\.2, which is not known/),
  )
})

test('a signature in logs of both versions has the time of the first: two witnesses', async () => {
  const { logs } = witnessesOf(sigstore(), 2)
  const both = { ...witnessesOf(sigstore()), logs: [...witnessesOf(sigstore()).logs, ...logs] }
  bundle = JSON.parse((await signDigest(DIGEST, keyless(sigstore()), both)).toString()) as Bundle
  expect(bundle.verificationMaterial.tlogEntries).toHaveLength(2)
  const { timestamps: _, ...two } = policy()
  expect(verify(two).times.map(({ source }) => source)).toEqual(['transparency-log', 'timestamp-authority'])
})

test('a log that the trust root does not name, or names for another host, is refused', () => {
  const without = policy((root) => void (root.tlogs = root.tlogs.filter((log) => !tiled(root).includes(log))))
  expect(() => verify(without)).toThrow(expect.objectContaining({ slug: 'bundle-signature-invalid' }))
  const resembling = policy((root) => {
    for (const log of tiled(root)) log.baseUrl = 'https://127.0.0.1.evil.example'
  })
  expect(() => verify(resembling)).toThrow(
    refused('bundle-signature-invalid', /the checkpoint is of the log 127\.0\.0\.1, not of/),
  )
})

test('a log that had gone out of service, or was not in service yet, is refused', () => {
  const until = policy((root) => {
    for (const { publicKey } of tiled(root))
      publicKey.validFor = { start: '2020-01-01T00:00:00Z', end: '2021-01-01T00:00:00Z' }
  })
  expect(() => verify(until)).toThrow(refused('bundle-signature-invalid', /not in service when it was signed/))
  const from = policy((root) => {
    for (const { publicKey } of tiled(root)) publicKey.validFor = { start: '2120-01-01T00:00:00Z' }
  })
  expect(() => verify(from)).toThrow(refused('bundle-signature-invalid', /not in service/))
})

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    // oxlint-disable-next-line no-await-in-loop -- one
    await new Promise((done) => server.close(done))
  }
})

async function log(status: number, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(status).end(body))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  servers.push(server)
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test.each<[string, number, () => string, RegExp]>([
  ['a refusal', 400, () => 'no', /HTTP 400/],
  ['no JSON', 201, () => 'hello', /took no entry/],
  ['an entry of something else', 201, () => JSON.stringify(entry), /entry of something else/],
  ['more than an entry is', 201, () => ' '.repeat(5_000_000), /larger than 4194304 bytes/],
])('a log that answers with %s fails the signing', async (_, status, body, words) => {
  const url = await log(status, body())
  const services = { ...witnessesOf(sigstore()), logs: [{ url, version: 2 }] } as const
  const key = ecKeys().privateKey
  await expect(signDigest(DIGEST, { kind: 'key', key }, services)).rejects.toMatchObject({
    slug: 'signing-failed',
    message: expect.stringMatching(words),
  })
})

test('what would be logged for nothing is refused before it is: no timestamp authority, a key without a hash', async () => {
  const url = await log(201, '')
  const logs = [{ url, version: 2 }] as const
  const alone = signDigest(DIGEST, keyless(sigstore()), { logs, timestampUrls: [] })
  await expect(alone).rejects.toMatchObject({ slug: 'signing-failed', message: expect.stringMatching(/gives no time/) })
  const { privateKey: key } = generateKeyPairSync('ed25519')
  const hashless = signDigest(DIGEST, { kind: 'key', key }, witnessesOf(sigstore(), 2))
  await expect(hashless).rejects.toMatchObject({ message: expect.stringMatching(/Ed25519 key signs no hash/) })
  const { privateKey: long } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const otherHash = signDigest(DIGEST, { kind: 'key', key: long }, witnessesOf(sigstore(), 1))
  await expect(otherHash).rejects.toMatchObject({ message: expect.stringMatching(/Rekor v1.*SHA-256.*SHA-384/) })
})
