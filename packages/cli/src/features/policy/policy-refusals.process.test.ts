/** What "policy verify" and "policy pull" refuse: each with its problem, words that name the thing and say what to do, and its exit code. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeArtifact, MEDIA, readManifest } from '@gatehouse/bundle/artifact'
import { bundleLayer, planWithBuiltin, testPlan, testsFile } from '@gatehouse/bundle/bundle-fixture'
import { LayoutStore } from '@gatehouse/bundle/layout-artifacts'
import { attachSignature } from '@gatehouse/bundle/signature-attachment'
import { signDigest, type SigningIdentity, type SigningServices } from '@gatehouse/bundle/signature-make'
import {
  IDENTITY,
  ISSUER,
  keyless,
  NO_WITNESSES,
  sigstoreOfFile,
  witnessesOf,
} from '@gatehouse/bundle/sigstore-fixture'
import { exitCode, PROBLEMS, type ProblemSlug } from '@gatehouse/core/kernel/problems'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { closeAll, run, scratchFolder } from '../../test-host.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 })

const sigstore = sigstoreOfFile()
let folder = ''
let store: LayoutStore
let key: KeyObject

beforeEach(() => {
  folder = scratchFolder()
  store = new LayoutStore(join(folder, 'oci'))
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  key = keys.privateKey
  writeFileSync(join(folder, 'pub.pem'), keys.publicKey.export({ format: 'pem', type: 'spki' }))
  writeFileSync(join(folder, 'root.json'), sigstore().trustRoot)
})
afterEach(closeAll)

/** As anybody may push: nothing checks it on the way. Signed with the key unless told otherwise. */
async function pushed(layer = bundleLayer(), signed = true): Promise<string> {
  const artifact = makeArtifact(layer, `sha256:${'0'.repeat(64)}`, { version: 7, sourceCommit: null, title: 'b' })
  await store.putBlob(artifact.config)
  await store.putBlob(artifact.layer)
  await store.putManifest(artifact.manifest, MEDIA.manifest, 'main')
  if (signed) await sign(artifact.digest, { kind: 'key', key }, NO_WITNESSES)
  return artifact.digest
}

async function sign(
  digest: string,
  identity: SigningIdentity,
  services: SigningServices = witnessesOf(sigstore()),
  about = digest,
): Promise<void> {
  const { bytes } = await store.manifest(digest, 1e6)
  await attachSignature(store, bytes, await signDigest(about, identity, services), new Date())
}

const named = (digest: string) => `oci:${join(folder, 'oci')}@${digest}`
const byKey = () => ['--key', join(folder, 'pub.pem'), '--without-timestamps']
const byIdentity = () => ['--identity', IDENTITY, '--issuer', ISSUER, '--trusted-root', join(folder, 'root.json')]

/** The same refusal for programs and for people: one document on standard error, the same words, nothing on standard output. */
async function refuses(words: readonly string[], slug: ProblemSlug, ...says: readonly RegExp[]): Promise<void> {
  const forPrograms = await run(['policy', ...words, '--json'], null)
  const document = JSON.parse(forPrograms.stderr()) as Record<string, unknown>
  expect(document).toMatchObject({ code: slug, title: PROBLEMS[slug].title, status: PROBLEMS[slug].status })
  expect([forPrograms.code, forPrograms.stdout()]).toEqual([exitCode(slug), ''])
  // A bundle that is not trusted is refused, and no mistake in what was typed; one that cannot be read is.
  if (slug.startsWith('bundle-')) expect(forPrograms.code).toBe(slug === 'bundle-malformed' ? 2 : 4)
  for (const pattern of says) expect(document['detail']).toMatch(pattern)
  const forPeople = await run(['policy', ...words], null)
  expect([forPeople.code, forPeople.stdout()]).toEqual([exitCode(slug), ''])
  expect(forPeople.stderr()).toContain(`(${slug})`)
  for (const pattern of says) expect(forPeople.stderr().replaceAll('\n  ', '\n')).toMatch(pattern)
}

const accepts = async (words: readonly string[]) => expect((await run(['policy', ...words], null)).code).toBe(0)

test('the bundle that all others differ from is accepted', async () => {
  const digest = await pushed()
  await accepts(['verify', named(digest), ...byKey()])
  await sign(digest, keyless(sigstore()))
  await accepts(['verify', named(digest), ...byIdentity()])
  await accepts(['pull', named(digest), `oci:${join(folder, 'copy')}:main`])
})

test('unpinned: a tag is told to be named by its digest', async () => {
  await pushed()
  const tag = `oci:${join(folder, 'oci')}:main`
  await refuses(['verify', tag, ...byKey()], 'bundle-unpinned', /a tag can be moved/, /@sha256:/)
  await refuses(['pull', tag, 'x.tar.gz'], 'bundle-unpinned', /a tag can be moved/, /@sha256:/)
})

test('unsigned: how to sign it is told', async () => {
  const digest = await pushed(bundleLayer(), false)
  await refuses(['verify', named(digest), ...byKey()], 'bundle-unsigned', /carries no signature/, /policy sign/)
})

test('another identity: who signed, who may, and what to do', async () => {
  const digest = await pushed(bundleLayer(), false)
  await sign(digest, keyless(sigstore(), 'https://evil.example/x'))
  const words = ['verify', named(digest), ...byIdentity()]
  await refuses(
    words,
    'bundle-identity-mismatch',
    /signed by https:\/\/evil\.example\/x/,
    /refs\/heads\/main is accepted/,
    /Do not use it/,
  )
})

test('a bare key is no identity, and an identity is not the key', async () => {
  const digest = await pushed()
  await refuses(['verify', named(digest), ...byIdentity()], 'bundle-identity-mismatch', /bare key/, /--key/)
  const other = await pushed(bundleLayer({ data: { other: 1 } }), false)
  await sign(other, keyless(sigstore()))
  await refuses(['verify', named(other), ...byKey()], 'bundle-signature-invalid', /certificate/, /Do not use/)
})

test('another issuer: who vouches, who may, and what to do', async () => {
  const digest = await pushed(bundleLayer(), false)
  await sign(digest, keyless(sigstore(), IDENTITY, 'https://evil.example'))
  const words = ['verify', named(digest), ...byIdentity()]
  await refuses(
    words,
    'bundle-issuer-mismatch',
    /vouched for by https:\/\/evil\.example/,
    /only https:\/\/token\.actions/,
    /Do not use it/,
  )
})

test('a signature without a trusted time: what to sign with is told, for Rekor v2 in its own words', async () => {
  const digest = await pushed(bundleLayer(), false)
  await sign(digest, keyless(sigstore()), { logs: [{ url: sigstore().url, version: 1 }], timestampUrls: [] })
  const words = ['verify', named(digest), ...byIdentity()]
  await refuses(words, 'bundle-timestamp-missing', /expected 2 timestamps, got 1/, /timestamp authority/)
  const tiled = await pushed(bundleLayer({ data: { tiled: 1 } }), false)
  await sign(tiled, keyless(sigstore()), witnessesOf(sigstore(), 2))
  const again = ['verify', named(tiled), ...byIdentity()]
  await refuses(again, 'bundle-timestamp-missing', /Rekor v2\) gives no time/, /--timestamps 1/)
  await accepts([...again, '--timestamps', '1'])
})

test('a signature of another key, and one of another bundle', async () => {
  const digest = await pushed(bundleLayer(), false)
  await sign(digest, { kind: 'key', key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }, NO_WITNESSES)
  await refuses(['verify', named(digest), ...byKey()], 'bundle-signature-invalid', /does not verify/, /signed again/)
  const other = await pushed(bundleLayer({ data: { other: 1 } }), false)
  await sign(other, { kind: 'key', key }, NO_WITNESSES, digest)
  await refuses(['verify', named(other), ...byKey()], 'bundle-signature-invalid', /something else/, /signed again/)
})

test('a tampered layer and a tampered manifest: what came and what was asked for, to verify and to pull', async () => {
  const digest = await pushed()
  const path = (of: string) => join(folder, 'oci', 'blobs', 'sha256', of.slice(7))
  const { layers } = readManifest((await store.manifest(digest, 1e6)).bytes)
  const layer = path(layers[0]?.digest ?? '')
  const good = readFileSync(layer)
  const both = async () => {
    for (const words of [
      ['verify', named(digest), ...byKey()],
      ['pull', named(digest), join(folder, 'x.tar.gz')],
      ['pull', named(digest), `oci:${join(folder, 'copy')}`],
    ])
      // oxlint-disable-next-line no-await-in-loop -- one command at a time
      await refuses(words, 'bundle-tampered', /has the digest sha256:/, /Do not use it/)
  }
  writeFileSync(layer, bundleLayer({ data: { evil: true } }))
  await both()
  writeFileSync(layer, good)
  writeFileSync(path(digest), `${readFileSync(path(digest), 'utf8')} `)
  await both()
})

test('an older version, and the same one again', async () => {
  const words = ['verify', named(await pushed()), ...byKey(), '--in-force']
  await refuses([...words, '8'], 'bundle-version-older', /is version 7; version 8 is in force/, /under a new version/)
  await refuses([...words, '7'], 'bundle-version-older', /version 7 is in force/)
  await accepts([...words, '6'])
})

test.each([
  ['an unknown builtin', { plan: planWithBuiltin('acme.lookup', 1) }, 'bundle-builtin-unknown', [/acme\.lookup/]],
  ['a builtin of chance', { plan: planWithBuiltin('http.send', 1) }, 'bundle-builtin-unknown', [/http\.send/]],
  ['failing tests', { tests: testsFile(testPlan(false)) }, 'bundle-tests-failing', [/gatehouse_test\.works/, /mend/]],
  ['no tests', { tests: null }, 'bundle-tests-failing', [/carries no tests/, /Write tests/]],
  [
    'more than it may unpack to',
    { more: { 'big.txt': 'a'.repeat(80_000_000) } },
    'bundle-over-limits',
    [/67108864/, /make it smaller/],
  ],
  [
    'more data than it may have',
    { data: { x: 'a'.repeat(17_000_000) } },
    'bundle-over-limits',
    [/data\.json/, /16777216/, /make it smaller/],
  ],
  ['no plan', { plan: undefined, more: {} }, 'bundle-malformed', [/plan\.json/]],
] as const)('a signed bundle with %s is refused', async (_, wish, slug, says) => {
  const digest = await pushed(bundleLayer(slug === 'bundle-malformed' ? { plan: 7 } : wish))
  await refuses(['verify', named(digest), ...byKey()], slug, ...says)
})

test('what is not there', async () => {
  await pushed()
  const digest = `sha256:${'1'.repeat(64)}`
  await refuses(['verify', named(digest), ...byKey()], 'artifact-not-found', /is not in it/, /push it there/)
  await refuses(['pull', named(digest), join(folder, 'x.tar.gz')], 'artifact-not-found', /push it there/)
})

test('a trust root and a key that cannot serve', async () => {
  const digest = await pushed()
  writeFileSync(join(folder, 'root.json'), '{}')
  await refuses(
    ['verify', named(digest), ...byIdentity()],
    'trust-root-invalid',
    /trusted_root\.json/,
    /cosign trusted-root create/,
  )
  writeFileSync(join(folder, 'pub.pem'), 'hello')
  await refuses(['verify', named(digest), ...byKey()], 'signing-key-invalid', /cannot be read/, /PEM/)
})
