import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { makeClient, newIdempotencyKey, type Client, type ClientOptions } from './client.ts'
import { ProblemError } from './problem-error.ts'

type Handler = (request: IncomingMessage, response: ServerResponse, body: string, count: number) => void

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** A real server on a free port; `count` is the number of requests so far. */
async function serve(handler: Handler): Promise<{ url: string; requests: IncomingMessage[] }> {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (data: Buffer) => (body += data.toString('utf8')))
    request.on('end', () => {
      requests.push(request)
      handler(request, response, body, requests.length)
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  closers.push(async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

function clientOf(url: string, more: Partial<ClientOptions> = {}): Client {
  return makeClient({ baseUrl: url, token: 'gh_secret', backOffMs: 1, ...more })
}

function json(response: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type, 'x-correlation-id': 'req_header' }).end(JSON.stringify(body))
}

function problem(response: ServerResponse, status: number, code: string, more: object = {}): void {
  json(
    response,
    status,
    { type: 'x', title: 'T', status, detail: 'because', code, retryable: false, instance: 'req_1', ...more },
    'application/problem+json',
  )
}

async function refusal(promise: Promise<unknown>): Promise<ProblemError> {
  const error = await promise.then(
    () => new Error('it was not refused'),
    (reason: unknown) => reason,
  )
  if (error instanceof ProblemError) return error
  throw error
}

test('an operation is sent to its path with its query, body, token and key', async () => {
  const seen: unknown[] = []
  const { url, requests } = await serve((request, response, body) => {
    seen.push([request.method, request.url, body])
    json(response, 200, { ok: true })
  })
  const client = clientOf(`${url}/`)
  await client.call('proposalApprove', {
    params: { id: 'prp/1 2' },
    body: { intent_digest: 'a'.repeat(64) },
    idempotencyKey: 'key-1',
  })
  await client.call('proposalList', { query: { state: 'merged', limit: 3, cursor: undefined } })
  expect(seen).toEqual([
    ['POST', '/api/proposals/prp%2F1%202/approve', `{"intent_digest":"${'a'.repeat(64)}"}`],
    ['GET', '/api/proposals?state=merged&limit=3', ''],
  ])
  expect(requests[0]?.headers).toMatchObject({
    authorization: 'Bearer gh_secret',
    'idempotency-key': 'key-1',
    'content-type': 'application/json',
  })
  expect(requests[1]?.headers['content-type']).toBeUndefined()
})

test.each(['', '.', '..'])('an id "%s" that would name another address is not sent', async (id) => {
  const { url, requests } = await serve((_, response) => json(response, 200, {}))
  expect((await refusal(clientOf(url).call('proposalShow', { params: { id } }))).slug).toBe('request-invalid')
  expect(requests).toHaveLength(0)
})

test('a problem document becomes a ProblemError with its members', async () => {
  const { url } = await serve((_, response) =>
    problem(response, 409, 'gate-closed', { missing: [{ code: 'approval' }] }),
  )
  const error = await refusal(clientOf(url).call('proposalMerge', { params: { id: 'prp_1' } }))
  expect(error).toMatchObject({
    slug: 'gate-closed',
    status: 409,
    title: 'T',
    detail: 'because',
    retryable: false,
    correlationId: 'req_1',
  })
  expect(error.extra).toEqual({ missing: [{ code: 'approval' }] })
})

test.each([
  [502, '<html>', 'not-ready'],
  [500, '<html>', 'internal-error'],
  [404, 'nothing', 'not-found'],
  [418, '{"code":"made-up"}', 'internal-error'],
  [400, '[]', 'internal-error'],
])('an answer %i that is no problem of ours becomes %s', async (status, body, slug) => {
  const { url } = await serve((_, response) =>
    response.writeHead(status, { 'x-correlation-id': 'req_header' }).end(body),
  )
  const error = await refusal(clientOf(url, { attempts: 1 }).call('personWhoami'))
  expect(error).toMatchObject({ slug, status, correlationId: 'req_header' })
})

test('a read is tried again while the server is not ready', async () => {
  const { url, requests } = await serve((_, response, __, count) =>
    count < 3
      ? problem(response, 503, 'database-unavailable', { retryable: true })
      : json(response, 200, { items: [] }),
  )
  expect(await clientOf(url).call('storyList')).toEqual({ items: [] })
  expect(requests).toHaveLength(3)
})

test('a POST is tried again only with an Idempotency-Key, and with the same one', async () => {
  const { url, requests } = await serve((_, response, __, count) =>
    count % 2 === 1 ? problem(response, 503, 'not-ready', { retryable: true }) : json(response, 200, {}),
  )
  const input = { params: { id: 'prp_1' } }
  expect((await refusal(clientOf(url).call('proposalRevoke', input))).slug).toBe('not-ready')
  expect(requests).toHaveLength(1)
  requests.push(requests[0] as IncomingMessage)
  await clientOf(url).call('proposalRevoke', { ...input, idempotencyKey: newIdempotencyKey() })
  const keys = requests.slice(2).map((r) => r.headers['idempotency-key'])
  expect(keys).toHaveLength(2)
  expect(keys[0]).toMatch(/^idem_[0-9a-f]{32}$/)
  expect(keys[0]).toBe(keys[1])
})

test('a PATCH is never sent twice', async () => {
  const { url, requests } = await serve((_, response) => problem(response, 503, 'not-ready', { retryable: true }))
  const call = clientOf(url).call('repositoryConfigure', {
    params: { id: 'r' },
    body: { version: 1, settings: {} },
    idempotencyKey: 'key',
  })
  expect((await refusal(call)).slug).toBe('not-ready')
  expect(requests).toHaveLength(1)
})

test('a server that broke (500) is not asked again, though its problem says retryable', async () => {
  const { url, requests } = await serve((_, response) => problem(response, 500, 'internal-error', { retryable: true }))
  await refusal(clientOf(url).call('storyList'))
  expect(requests).toHaveLength(1)
})

test('where nothing listens the problem says so, after all attempts', async () => {
  let sent = 0
  const counting: typeof fetch = (...args) => {
    sent += 1
    return fetch(...args)
  }
  // Port 1 is the tcpmux service's: nothing of ours listens there.
  const error = await refusal(clientOf('http://127.0.0.1:1', { fetch: counting, attempts: 3 }).call('personWhoami'))
  expect(error).toMatchObject({ slug: 'not-running', correlationId: null })
  expect(error.detail).toContain('http://127.0.0.1:1')
  expect(sent).toBe(3)
})

test('a redirect is not followed: the token would go elsewhere', async () => {
  const { url, requests } = await serve((_, response) => response.writeHead(302, { location: '/elsewhere' }).end())
  expect((await refusal(clientOf(url, { attempts: 1 }).call('personWhoami'))).slug).toBe('not-running')
  expect(requests).toHaveLength(1)
})

test('an answer that is not JSON is a problem that names the address', async () => {
  const { url } = await serve((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'))
  const error = await refusal(clientOf(url).call('personWhoami'))
  expect(error.slug).toBe('internal-error')
  expect(error.detail).toContain(url)
})

test('a raw answer keeps its bytes', async () => {
  const bytes = Buffer.from([0, 255, 13, 10, 200])
  const { url } = await serve((_, response) => response.writeHead(200, { 'content-type': 'text/x-diff' }).end(bytes))
  const response = await clientOf(url).raw('proposalDiff', { params: { id: 'prp_1' } })
  expect(Buffer.from(await response.arrayBuffer())).toEqual(bytes)
})

test('an aborted call ends with the reason of its signal, also between two attempts', async () => {
  const { url } = await serve((_, response) => problem(response, 503, 'not-ready', { retryable: true }))
  const reason = new Error('enough')
  const abort = new AbortController()
  setTimeout(() => abort.abort(reason), 30)
  await expect(clientOf(url, { backOffMs: 60_000 }).call('personWhoami', { signal: abort.signal })).rejects.toBe(reason)
})

const event = (seq: number) => `id: ${seq}\nevent: ledger\ndata: {"seq":${seq}}\n\n`

test('a lost event stream is taken up again after the last event seen', async () => {
  const { url, requests } = await serve((_, response, __, count) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (count === 1) {
      response.write(`: heartbeat\n\n${event(8)}${event(9)}id: 10\nevent: ledger\ndata: {"se`)
      setTimeout(() => response.destroy(), 20)
    } else response.write(event(10) + event(11))
  })
  const abort = new AbortController()
  const seen: number[] = []
  let opened = 0
  const follow = async () => {
    for await (const e of clientOf(url).events({ after: 7, signal: abort.signal, onOpen: () => (opened += 1) })) {
      seen.push(e.seq)
      if (e.seq === 11) abort.abort(new Error('seen enough'))
    }
  }
  await expect(follow()).rejects.toThrow('seen enough')
  expect(seen).toEqual([8, 9, 10, 11])
  expect(requests.map((r) => r.headers['last-event-id'])).toEqual(['7', '9'])
  expect(opened).toBe(2)
})

test('leaving the loop closes the stream', async () => {
  const closed = Promise.withResolvers<void>()
  const { url } = await serve((request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(event(1))
    request.on('close', () => closed.resolve())
    response.on('close', () => closed.resolve())
  })
  for await (const e of clientOf(url).events()) {
    expect(e.seq).toBe(1)
    break
  }
  await closed.promise
})

test('a refusal ends the event stream', async () => {
  const { url, requests } = await serve((_, response) => problem(response, 401, 'token-expired'))
  const next = clientOf(url).events().next()
  expect((await refusal(next)).slug).toBe('token-expired')
  expect(requests).toHaveLength(1)
})

test('an answer that is no event stream ends it too', async () => {
  const { url } = await serve((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'))
  expect((await refusal(clientOf(url).events().next())).detail).toContain('no event stream')
})
