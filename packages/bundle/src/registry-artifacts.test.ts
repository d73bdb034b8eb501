import { expect, test } from 'vitest'
import { describe as descriptorOf, digestOf, makeArtifact, MEDIA } from './artifact.ts'
import { bundleLayer } from './bundle-fixture.ts'
import { listen } from './loopback-fixture.ts'
import { parseReference, type RegistryReference } from './reference.ts'
import type { RegistryOptions } from './registry-request.ts'
import { fallbackTag, RegistryStore } from './registry-artifacts.ts'
import { attachSignature } from './signature-attachment.ts'

/** A registry in memory. With `referrers` it has the referrers API of distribution-spec 1.1. */
async function registry(wish: { readonly referrers: boolean }) {
  const blobs = new Map<string, Buffer>()
  const manifests = new Map<string, Buffer>()
  const at = await listen((request, response, body) => {
    const url = new URL(request.url ?? '/', 'http://x')
    const [, , , kind, name = ''] = url.pathname.split('/')
    const send = (found: Buffer | undefined) =>
      response.writeHead(found ? 200 : 404).end(request.method === 'HEAD' ? '' : found)
    if (request.method === 'POST') response.writeHead(202, { location: '/v2/p/blobs/uploads/1?state=x' }).end()
    else if (kind === 'blobs' && request.method === 'PUT') {
      blobs.set(url.searchParams.get('digest') ?? '', body)
      response.writeHead(201).end()
    } else if (kind === 'blobs') send(blobs.get(name))
    else if (kind === 'manifests' && request.method === 'PUT') {
      manifests.set(name, body)
      manifests.set(digestOf(body), body)
      const subject = (JSON.parse(body.toString()) as { subject?: { digest: string } }).subject?.digest
      response.writeHead(201, wish.referrers && subject !== undefined ? { 'oci-subject': subject } : {}).end()
    } else if (kind === 'manifests') send(manifests.get(name))
    else if (kind === 'referrers' && wish.referrers) {
      const found = [...new Set(manifests.values())].filter((bytes) =>
        bytes.includes(`"subject":{"mediaType":"${MEDIA.manifest}","digest":"${name}"`),
      )
      // Without artifactType, as some registries list them.
      const list = found.map((bytes) => descriptorOf(bytes, MEDIA.manifest))
      response.writeHead(200).end(JSON.stringify({ schemaVersion: 2, manifests: list }))
    } else response.writeHead(404).end()
  })
  return { ...at, blobs, manifests }
}

const store = (host: string, options: RegistryOptions = {}) =>
  new RegistryStore(parseReference(`${host}/p`) as RegistryReference, options)
const DESCRIPTOR = { mediaType: 'x', digest: digestOf(Buffer.from('blob')), size: 4 }
const credentials = { username: 'anna', password: 'pass-word' }

test.each([true, false])('an artifact and its signature are found again (referrers API: %s)', async (referrers) => {
  const { host, manifests } = await registry({ referrers })
  const there = store(host)
  const artifact = makeArtifact(bundleLayer(), DESCRIPTOR.digest, { version: 1, sourceCommit: null, title: 'x' })
  await there.putBlob(artifact.config)
  await there.putBlob(artifact.layer)
  await there.putManifest(artifact.manifest, MEDIA.manifest, 'v1')
  expect(await there.resolve('v1')).toBe(artifact.digest)
  await attachSignature(there, artifact.manifest, Buffer.from('{}'), new Date(0))
  await attachSignature(there, artifact.manifest, Buffer.from('{"b":1}'), new Date(0))
  expect(await there.referrers(artifact.digest, 1e6)).toHaveLength(2)
  expect(manifests.has(fallbackTag(artifact.digest))).toBe(!referrers)
})

test('what is not there is told as such, by tag and by digest', async () => {
  const { host } = await registry({ referrers: true })
  await expect(store(host).manifest('v1', 1e6)).rejects.toMatchObject({ slug: 'artifact-not-found' })
  await expect(store(host).blob(DESCRIPTOR, 1e6)).rejects.toMatchObject({ slug: 'artifact-not-found' })
  expect(await store(host).resolve('v1')).toBeNull()
})

test.each([
  ['other bytes', 'blub'],
  ['fewer bytes', 'blo'],
  ['more bytes', 'blob and more'],
])('a blob with %s than were told is tampered', async (_, content) => {
  const { host, blobs } = await registry({ referrers: true })
  blobs.set(DESCRIPTOR.digest, Buffer.from(content))
  await expect(store(host).blob(DESCRIPTOR, 1e6)).rejects.toMatchObject({ slug: 'bundle-tampered' })
})

test('a manifest by digest must be that content', async () => {
  const { host, manifests } = await registry({ referrers: true })
  manifests.set(DESCRIPTOR.digest, Buffer.from('{}'))
  await expect(store(host).manifest(DESCRIPTOR.digest, 1e6)).rejects.toMatchObject({ slug: 'bundle-tampered' })
})

test('no more than the limit is read of an endless answer', async () => {
  const { host } = await listen((_, response) => {
    response.writeHead(200)
    const more = () => {
      if (!response.destroyed) response.write(Buffer.alloc(65_536), () => setImmediate(more))
    }
    more()
  })
  await expect(store(host).manifest('v1', 100_000)).rejects.toMatchObject({ slug: 'bundle-over-limits' })
  await expect(store(host).blob(DESCRIPTOR, 100_000)).rejects.toMatchObject({ slug: 'bundle-tampered' })
  await expect(store(host).blob({ ...DESCRIPTOR, size: 1e9 }, 100_000)).rejects.toMatchObject({
    slug: 'bundle-over-limits',
  })
})

test('a Basic challenge is answered with the credentials', async () => {
  const { host, seen } = await listen((request, response) => {
    if (request.headers.authorization === undefined)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    else response.writeHead(200).end('blob')
  })
  await store(host, { credentials }).blob(DESCRIPTOR, 100)
  expect(seen.at(-1)?.authorization).toBe(`Basic ${Buffer.from('anna:pass-word').toString('base64')}`)
})

test('a Bearer challenge is answered with a token of its realm, for its scope', async () => {
  const realm = await listen((_, response) => response.writeHead(200).end('{"token":"t0k"}'))
  const { host, seen } = await listen((request, response) => {
    const asks = `Bearer realm="${realm.url}/token",service="reg",scope="repository:p:pull"`
    if (request.headers.authorization === 'Bearer t0k') response.writeHead(200).end('blob')
    else response.writeHead(401, { 'www-authenticate': asks }).end()
  })
  await store(host, { credentials }).blob(DESCRIPTOR, 100)
  expect(realm.seen[0]?.url).toBe('/token?service=reg&scope=repository%3Ap%3Apull')
  expect(realm.seen[0]?.authorization).toMatch(/^Basic /)
  expect(seen.at(-1)?.authorization).toBe('Bearer t0k')
})

test('a token for pulling is followed by one for pushing where the registry asks', async () => {
  const realm = await listen((request, response) => {
    const scope = new URL(request.url ?? '/', 'http://x').searchParams.get('scope') ?? ''
    response.writeHead(200).end(JSON.stringify({ access_token: scope.replaceAll(/\W/g, '-') }))
  })
  const { host, seen } = await listen((request, response) => {
    const scope = request.method === 'HEAD' ? 'p:pull' : 'p:push'
    const asks = `Bearer realm="${realm.url}/token",service="reg",scope="${scope}"`
    if (request.headers.authorization !== `Bearer ${scope.replace(':', '-')}`)
      response.writeHead(401, { 'www-authenticate': asks }).end()
    else if (request.method === 'HEAD') response.writeHead(404).end()
    else if (request.method === 'POST') response.writeHead(202, { location: '/upload' }).end()
    else response.writeHead(201).end()
  })
  await store(host, { credentials }).putBlob(Buffer.from('blob'))
  expect(seen.map(({ method }) => method)).toEqual(['HEAD', 'HEAD', 'POST', 'POST', 'PUT'])
})

test.each([401, 403])('HTTP %s is refused, and the password is in no message', async (status) => {
  const { host } = await listen((_, response) =>
    response.writeHead(status, { 'www-authenticate': 'Basic realm="x"' }).end(),
  )
  const told = await store(host, { credentials })
    .blob(DESCRIPTOR, 100)
    .catch((error: unknown) => error)
  expect(told).toMatchObject({ slug: 'registry-refused' })
  expect(String(told)).not.toContain('pass-word')
})

test('a redirect to another host carries no credentials', async () => {
  const other = await listen((_, response) => response.writeHead(200).end('blob'))
  const { host } = await listen((request, response) => {
    if (request.headers.authorization === undefined)
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
    else response.writeHead(307, { location: `${other.url}/elsewhere` }).end()
  })
  await store(host, { credentials }).blob(DESCRIPTOR, 100)
  expect(other.seen).toEqual([{ method: 'GET', url: '/elsewhere', authorization: undefined }])
})

test.each(['http://example.invalid/x', 'file:///etc/passwd', 'ftp://127.0.0.1/x'])(
  'a redirect to %s is not followed',
  async (location) => {
    const { host } = await listen((_, response) => response.writeHead(307, { location }).end())
    await expect(store(host).blob(DESCRIPTOR, 100)).rejects.toMatchObject({ slug: 'registry-failed' })
  },
)

test('endless redirects end', async () => {
  const { host, seen } = await listen((_, response) => response.writeHead(307, { location: '/again' }).end())
  await expect(store(host).blob(DESCRIPTOR, 100)).rejects.toMatchObject({ slug: 'registry-failed' })
  expect(seen).toHaveLength(6)
})

test('http is spoken to this machine only, unless told otherwise', async () => {
  const asked: string[] = []
  const fetch: typeof globalThis.fetch = async (url) => {
    asked.push(url instanceof Request ? url.url : url.toString())
    return new Response('blob')
  }
  await store('registry.example', { fetch }).blob(DESCRIPTOR, 100)
  await store('localhost:5000', { fetch }).blob(DESCRIPTOR, 100)
  await store('127.example:5000', { fetch }).blob(DESCRIPTOR, 100)
  await store('registry.example', { fetch, plainHttp: true }).blob(DESCRIPTOR, 100)
  expect(asked.map((url) => url.split('/v2')[0])).toEqual([
    'https://registry.example',
    'http://localhost:5000',
    'https://127.example:5000',
    'http://registry.example',
  ])
})

test('a registry that is not there, or broken, is unreachable and may be asked again', async () => {
  const { host } = await listen((_, response) => response.writeHead(500).end())
  await expect(store(host).blob(DESCRIPTOR, 100)).rejects.toMatchObject({ slug: 'registry-unreachable' })
  await expect(store('127.0.0.1:9').blob(DESCRIPTOR, 100)).rejects.toMatchObject({ slug: 'registry-unreachable' })
})
