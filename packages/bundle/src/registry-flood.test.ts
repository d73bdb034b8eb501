/** A registry that sends more than it should, for ever, or other than it says. What it could send is bounded, so that a lost guard is a failed test. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, expect, test, vi } from 'vitest'
import { digestOf } from './artifact.ts'
import { readLimited } from './content-check.ts'
import { parseReference, type RegistryReference } from './reference.ts'
import { RegistryStore } from './registry-artifacts.ts'

vi.setConfig({ testTimeout: 120_000 })

const CAP = 100_000
/** More than the buffers of both ends of a connection ever hold. */
const FLOOD = 400_000_000
const HELD = 64_000_000

const servers: Server[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    // oxlint-disable-next-line no-await-in-loop -- one
    await new Promise((done) => server.close(done))
  }
})

async function registry(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const server = createServer((request, response) => answer(response, request))
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  servers.push(server)
  const { port } = server.address() as AddressInfo
  return new RegistryStore(parseReference(`127.0.0.1:${port}/p`) as RegistryReference)
}

/** Sends zeros until FLOOD, or until nobody takes them; counts them. */
function flood(response: ServerResponse, sent: { bytes: number }): void {
  const chunk = Buffer.alloc(65_536)
  const more = () => {
    if (response.destroyed) return
    if (sent.bytes >= FLOOD) return void response.end()
    sent.bytes += chunk.length
    response.write(chunk, () => setImmediate(more))
  }
  more()
}

const overLimits = { slug: 'bundle-over-limits', message: expect.stringContaining(`larger than ${CAP} bytes`) }
const grown = (before: NodeJS.MemoryUsage) => {
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers - before.arrayBuffers + heapUsed - before.heapUsed
}

test('an endless answer is refused at the cap: it is not taken any further, and memory does not grow with it', async () => {
  const sent = { bytes: 0 }
  let closed = false
  const there = await registry((response) => {
    response.on('close', () => (closed = true))
    response.writeHead(200)
    flood(response, sent)
  })
  const before = process.memoryUsage()
  await expect(there.manifest('v1', CAP)).rejects.toMatchObject(overLimits)
  expect(sent.bytes).toBeLessThan(HELD)
  expect(grown(before)).toBeLessThan(HELD)
  await vi.waitFor(() => expect(closed).toBe(true), { timeout: 30_000 })
})

test('an answer that says that it is too long is refused before anything of it is read', async () => {
  const sent = { bytes: 0 }
  const there = await registry((response) => {
    response.writeHead(200, { 'content-length': String(FLOOD) })
    response.flushHeaders()
    // Nothing comes: who waits for bytes to count waits for ever.
  })
  await expect(there.manifest('v1', CAP)).rejects.toMatchObject(overLimits)
  expect(sent.bytes).toBe(0)
})

test('a blob that is longer than told is tampered, however long it is', async () => {
  const sent = { bytes: 0 }
  const there = await registry((response) => {
    response.writeHead(200)
    flood(response, sent)
  })
  const told = { mediaType: 'x', digest: digestOf(Buffer.from('blob')), size: 4 }
  await expect(there.blob(told, CAP)).rejects.toMatchObject({
    slug: 'bundle-tampered',
    message: expect.stringContaining('longer than the 4 bytes told'),
  })
  expect(sent.bytes).toBeLessThan(HELD)
})

test('an answer that stops before the length it told is no answer', async () => {
  const there = await registry((response) => {
    response.writeHead(200, { 'content-length': '50' })
    response.write('{}', () => response.destroy())
  })
  await expect(there.manifest('v1', CAP)).rejects.toMatchObject({
    slug: 'registry-unreachable',
    message: expect.stringContaining('stopped coming'),
  })
})

test('what comes behind the length told is not part of the answer', async () => {
  const bytes = Buffer.from('{"schemaVersion":2,"layers":[]}')
  const there = await registry(({ socket }) => {
    socket?.end(`HTTP/1.1 200 OK\r\ncontent-length: ${bytes.length}\r\n\r\n${bytes.toString()}${' '.repeat(5000)}`)
  })
  expect((await there.manifest(digestOf(bytes), CAP)).bytes).toEqual(bytes)
})

test('a compressed answer is not asked for, and a small one that unpacks to much is refused at the cap', async () => {
  const bomb = gzipSync(Buffer.alloc(FLOOD))
  expect(bomb.length).toBeLessThan(FLOOD / 500)
  const asked: (string | undefined)[] = []
  const there = await registry((response, request) => {
    asked.push(request.headers['accept-encoding'])
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
  })
  const before = process.memoryUsage()
  await expect(there.manifest('v1', CAP)).rejects.toMatchObject(overLimits)
  expect(grown(before)).toBeLessThan(HELD)
  expect(asked).toEqual(['identity'])
})

test('the token service is held to a cap as well', async () => {
  const sent = { bytes: 0 }
  const there = await registry((response, request) => {
    if (request.url?.startsWith('/token') === true) {
      response.writeHead(200)
      flood(response, sent)
      return
    }
    const realm = `http://${request.headers.host ?? ''}/token`
    response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end()
  })
  await expect(there.manifest('v1', CAP)).rejects.toMatchObject({
    slug: 'bundle-over-limits',
    message: expect.stringContaining('the token'),
  })
  expect(sent.bytes).toBeLessThan(HELD)
})

test('an endless refusal is not read', async () => {
  const sent = { bytes: 0 }
  const there = await registry((response) => {
    response.writeHead(404)
    flood(response, sent)
  })
  await expect(there.manifest('v1', CAP)).rejects.toMatchObject({ slug: 'artifact-not-found' })
  expect(sent.bytes).toBeLessThan(HELD)
})

test('pieces are copied together, not kept: single bytes cost no more than their sum', async () => {
  async function* pieces() {
    const one = Buffer.alloc(1)
    for (let index = 0; index < 200_000; index++) {
      one[0] = index % 251
      yield one
    }
  }
  const bytes = await readLimited(pieces(), 200_000, 'it')
  expect(bytes).toHaveLength(200_000)
  expect(bytes.every((byte, index) => byte === index % 251)).toBe(true)
  await expect(readLimited(pieces(), 199_999, 'it')).rejects.toMatchObject({ slug: 'bundle-over-limits' })
})
