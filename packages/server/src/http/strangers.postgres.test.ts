import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { newTokenText } from './actor.ts'
import { startFixture, type Fixture, type Someone } from '../features/features-fixture.ts'

let f: Fixture
let ada: Someone
let port: number

beforeAll(async () => {
  f = await startFixture({ name: 'strangers' })
  await f.repository('demo', { 'a.txt': 'one\n' })
  ada = await f.person('ada', 'developer')
  port = Number(new URL(await f.app.listen({ host: '127.0.0.1', port: 0 })).port)
})
afterAll(() => f.close())

interface Operation {
  readonly method: string
  readonly path: string
}

/** Every operation that openapi.json names, with something in place of its parameters. */
function operations(): Operation[] {
  const { paths = {} } = f.app.swagger() as { paths?: Record<string, Record<string, unknown>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path: path.replaceAll(/\{[^}]+\}/g, 'x') })),
  )
}

test('every operation but signing in and out answers a stranger with 401, whatever the body', async () => {
  const all = [
    ...operations().filter((o) => o.path !== '/api/sessions'),
    { method: 'POST', path: '/dev-agent/apply' },
    { method: 'POST', path: '/git/demo.git/git-upload-pack' },
    { method: 'POST', path: `/git/${'x'.repeat(150)}/no-name-of-a-repository` },
  ]
  expect(all.length).toBeGreaterThan(30)
  const bodies: [string, Record<string, string>][] = [
    ['{"login":', { 'content-type': 'application/json' }],
    ['\u0000', { 'content-type': 'application/json' }],
    ['<a/>', { 'content-type': 'application/xml' }],
    ['x'.repeat(1_100_000), { 'content-type': 'application/json' }],
  ]
  for (const { method, path } of all)
    for (const [body, headers] of method === 'GET' ? [[undefined, {}] as const] : bodies)
      for (const token of [null, newTokenText()]) {
        const answer = await f.call(token, method, path, body, headers)
        const slug = token === null ? 'token-missing' : 'token-invalid'
        expect([answer.status, answer.body?.code], `${method} ${path} ${body?.slice(0, 10)}`).toEqual([401, slug])
      }
})

test('whoever signs in or out may send a few thousand bytes and no more', async () => {
  const large = { token: 'x'.repeat(5000) }
  for (const method of ['POST', 'DELETE'])
    expect((await f.call(null, method, '/api/sessions', large)).body.code, method).toBe('too-large')
})

test('a member is told what is wrong with the body', async () => {
  const answer = await f.call(ada.token, 'POST', '/api/stories', '{"markdown":')
  expect([answer.status, answer.body.code]).toEqual([400, 'request-invalid'])
})

/** Sends the head of a request that promises `length` bytes, and `sent` of them. */
function begin(token: string | null, length: number, sent: string): Socket {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.setEncoding('utf8')
  const auth = token === null ? '' : `authorization: Bearer ${token}\r\n`
  socket.write(
    `POST /api/stories HTTP/1.1\r\nhost: 127.0.0.1\r\n${auth}content-type: application/json\r\ncontent-length: ${length}\r\n\r\n${sent}`,
  )
  return socket
}

async function answerOf(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (part: string) => (text += part))
  await once(socket, 'close')
  return text
}

test('a stranger who promises a large body is answered before it comes, and the connection ends', async () => {
  const text = await answerOf(begin(null, 900_000, '{"markdown":"'))
  expect(text).toMatch(/^HTTP\/1\.1 401 /)
  expect(text).toMatch(/\r\nconnection: close\r\n/i)
  expect(text).toContain('"code":"token-missing"')
})

test('a token that is revoked while the body is under way does not act', async () => {
  const issued = await f.call(f.owner.token, 'POST', '/api/persons/ada/tokens', { label: 'slow' })
  const body = JSON.stringify({ markdown: '# Slow\n', repository: 'demo' })
  const socket = begin(issued.body.token as string, body.length, body.slice(0, 5))
  // The server has asked for the caller when it holds the head; the revocation comes after that.
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect((await f.call(f.owner.token, 'POST', `/api/tokens/${issued.body.id}/revoke`)).status).toBe(200)
  const answer = once(socket, 'data')
  socket.write(body.slice(5))
  const [text] = (await answer) as [string]
  expect(text).toContain('"code":"token-revoked"')
})
