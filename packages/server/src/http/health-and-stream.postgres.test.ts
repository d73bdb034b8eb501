import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDatabase } from '../db/database.ts'
import { startFixture, type Fixture, type Someone } from '../features/features-fixture.ts'
import { buildApp } from './app.ts'
import { tokenHash } from './actor.ts'

let f: Fixture
let ada: Someone
let address: string

beforeAll(async () => {
  f = await startFixture({ name: 'stream' })
  ada = await f.person('ada', 'viewer')
  address = await f.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(() => f.close())

test('while all is well both health addresses say so, without a token', async () => {
  expect((await f.call(null, 'GET', '/healthz')).body).toEqual({ status: 'ok' })
  expect((await f.call(null, 'GET', '/readyz')).body).toEqual({
    status: 'ready',
    checks: { database: 'ok', ledger: 'ok', policy: 'ok' },
  })
})

test('without its database the server lives, is not ready, and says to everybody that it is the database', async () => {
  const dead = openDatabase('postgres://nobody@127.0.0.1:1/none', { role: 'app', name: 'dead' })
  const app = await buildApp({ ...f.context, db: dead }, { consoleFolder: null, wakeup: f.wakeup })
  const get = (url: string) => app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${ada.token}` } })
  expect((await get('/healthz')).statusCode).toBe(200)
  const ready = await get('/readyz')
  expect(ready.statusCode).toBe(503)
  expect(ready.json()).toMatchObject({ status: 'not-ready', checks: { policy: 'ok' } })
  expect(ready.json<{ checks: { database: string } }>().checks.database).not.toBe('ok')
  const asked = await get('/api/whoami')
  expect([asked.statusCode, asked.json<{ code: string; retryable: boolean }>()]).toMatchObject([
    503,
    { code: 'database-unavailable', retryable: true },
  ])
  await app.close()
  await dead.destroy()
})

test('a policy that does not answer for itself makes the server not ready', async () => {
  const policy = {
    ...f.context.policy,
    identity: () => {
      throw new Error('no bundle')
    },
  }
  const app = await buildApp({ ...f.context, policy }, { consoleFolder: null, wakeup: f.wakeup })
  const ready = await app.inject({ method: 'GET', url: '/readyz' })
  expect([ready.statusCode, ready.json<{ checks: object }>().checks]).toEqual([
    503,
    { database: 'ok', ledger: 'ok', policy: 'failed' },
  ])
  await app.close()
})

test('connections that the database ends are replaced, and the next request works', async () => {
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name in ('test-app', 'test-events') and pid <> pg_backend_pid()`
    .execute(f.database.owner)
    .catch(() => undefined)
  const answers = await Promise.all(Array.from({ length: 5 }, () => f.call(ada.token, 'GET', '/api/whoami')))
  for (const answer of answers) expect([200, 503]).toContain(answer.status)
  expect((await f.call(ada.token, 'GET', '/api/whoami')).status).toBe(200)
})

interface Stream {
  readonly status: number
  /** Ids of the events so far. */
  readonly ids: number[]
  readonly acts: string[]
  readonly ended: Promise<void>
  close(): void
}

async function stream(token: string, headers: Record<string, string> = {}, query = ''): Promise<Stream> {
  const abort = new AbortController()
  const response = await fetch(`${address}/api/events${query}`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: abort.signal,
  })
  const ids: number[] = []
  const acts: string[] = []
  const read = async () => {
    let rest = ''
    for await (const chunk of response.body ?? []) {
      const parts = (rest + Buffer.from(chunk).toString()).split('\n\n')
      rest = parts.pop() ?? ''
      for (const part of parts) {
        const id = /^id: (\d+)$/m.exec(part)?.[1]
        const data = /^data: (.*)$/m.exec(part)?.[1]
        if (id === undefined || data === undefined) continue
        ids.push(Number(id))
        acts.push((JSON.parse(data) as { act: string }).act)
      }
    }
  }
  const ended = read().catch(() => undefined)
  return { status: response.status, ids, acts, ended, close: () => abort.abort() }
}

async function until(what: () => boolean, limit = 8000): Promise<boolean> {
  for (const end = Date.now() + limit; Date.now() < end; await sleep(20)) if (what()) return true
  return what()
}

const head = async () => (await f.context.db.selectFrom('ledger_head').select('seq').executeTakeFirstOrThrow()).seq

test('a stream shows each commit within moments, and goes on by Last-Event-ID without a gap or a double', async () => {
  const start = await head()
  const live = await stream(ada.token)
  expect(live.status).toBe(200)
  await f.person('one', 'viewer')
  expect(await until(() => live.acts.includes('token.issue'))).toBe(true)
  expect(live.ids).toEqual([start + 1, start + 2])
  live.close()
  await f.person('two', 'viewer')
  const resumed = await stream(ada.token, { 'last-event-id': String(start + 1) })
  expect(await until(() => resumed.ids.length >= 3)).toBe(true)
  expect(resumed.ids).toEqual([start + 2, start + 3, start + 4])
  resumed.close()
  const whole = await stream(ada.token, {}, '?after=0')
  expect(await until(() => whole.ids.length >= start + 4)).toBe(true)
  expect(whole.ids).toEqual(Array.from({ length: start + 4 }, (_, i) => i + 1))
  whole.close()
})

test('an act that is rolled back shows nowhere', async () => {
  const live = await stream(ada.token)
  const before = await head()
  await f.call(f.owner.token, 'POST', '/api/persons', { login: 'one', role: 'viewer' })
  await f.person('three', 'viewer')
  expect(await until(() => live.ids.length >= 2)).toBe(true)
  expect(live.ids).toEqual([before + 1, before + 2])
  live.close()
})

test('without a token there is no stream; and who loses the token hears no more', async () => {
  expect((await stream('gh_nothing')).status).toBe(401)
  const eve = await f.person('eve', 'viewer')
  const live = await stream(eve.token)
  expect(live.status).toBe(200)
  const { id } = await f.context.db
    .selectFrom('tokens')
    .select('id')
    .where('hash', '=', tokenHash(f.context.tokenPepper, eve.token))
    .executeTakeFirstOrThrow()
  expect((await f.call(f.owner.token, 'POST', `/api/tokens/${id}/revoke`)).status).toBe(200)
  expect(await Promise.race([live.ended.then(() => true), sleep(8000, false)])).toBe(true)
  const seen = live.ids.length
  await f.person('four', 'viewer')
  expect(live.ids.length).toBe(seen)
})

interface ApiChild {
  readonly child: ChildProcess
  readonly lines: string[]
  readonly address: string
}

async function startApi(): Promise<ApiChild> {
  const child = fork(fileURLToPath(new URL('../main-api.ts', import.meta.url)), {
    env: {
      ...process.env,
      GATEHOUSE_DATA: f.folder,
      GATEHOUSE_ENVIRONMENT: 'testing',
      GATEHOUSE_PORT: '0',
      GATEHOUSE_DATABASE_URL_APP: f.database.url('app'),
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const lines: string[] = []
  let rest = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString()).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  })
  const [message] = (await once(child, 'message')) as [{ address: string }]
  return { child, lines, address: message.address }
}

test('a real API process logs JSON lines with who, where and which request, no token ever, and ends at once though a stream is open', async () => {
  // The process takes the pepper it finds, so that this test's tokens are its own too.
  mkdirSync(`${f.folder}/secrets`, { recursive: true })
  writeFileSync(`${f.folder}/secrets/token-pepper`, f.context.tokenPepper.toString('hex'))
  const api = await startApi()
  try {
    const ask = (path: string, init: { method?: string; body?: string; headers?: Record<string, string> } = {}) =>
      fetch(`${api.address}${path}`, {
        ...init,
        headers: {
          authorization: `Bearer ${ada.token}`,
          'x-correlation-id': 'trace-me-12345',
          cookie: 'gatehouse_session=gh_cookie-secret',
          ...init.headers,
        },
      })
    expect((await ask('/api/whoami')).headers.get('x-correlation-id')).toBe('trace-me-12345')
    expect((await ask(`/api/stories?x=${ada.token}`)).status).toBeLessThan(500)
    await ask('/api/sessions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: ada.token }),
    })
    await ask('/api/sessions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: 'gh_wrong-secret' }),
    })
    await ask('/dev-agent/proposals')
    expect(
      (await ask('/api/whoami', { headers: { 'x-correlation-id': 'bad id\u00e9' } })).headers.get('x-correlation-id'),
    ).toMatch(/^req_/)
    const open = await ask('/api/events')
    expect(open.status).toBe(200)
    expect(await until(() => api.lines.filter((l) => l.includes('"request"')).length >= 6)).toBe(true)
    const logged = api.lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    for (const line of logged)
      expect(line).toMatchObject({
        environment: 'testing',
        name: 'api',
        level: expect.any(String),
        time: expect.any(String),
        msg: expect.any(String),
      })
    const requests = logged.filter((l) => l['msg'] === 'request')
    for (const line of requests) expect(line['correlation_id']).toMatch(/^(trace-me-12345|req_[0-9a-f]{32})$/)
    for (const path of ['/api/whoami', '/dev-agent/proposals'])
      expect(
        requests.find((l) => l['path'] === path),
        path,
      ).toMatchObject({ user_id: ada.id })
    const text = api.lines.join('\n')
    for (const secret of [ada.token, 'cookie-secret', 'wrong-secret']) expect(text).not.toContain(secret)
    const started = Date.now()
    const ended = once(api.child, 'exit')
    api.child.kill('SIGTERM')
    const [code] = await ended
    expect(code).toBe(0)
    expect(Date.now() - started).toBeLessThan(60_000)
  } finally {
    if (api.child.exitCode === null && api.child.signalCode === null) api.child.kill('SIGKILL')
  }
})

test('a stream ends when its token is revoked, before anything more is told', async () => {
  const gone = await f.person('gone', 'viewer')
  const issued = await f.call(f.owner.token, 'POST', '/api/persons/gone/tokens', { label: 'stream' })
  const live = await stream(issued.body.token as string)
  expect(live.status).toBe(200)
  await f.person('seen', 'viewer')
  expect(await until(() => live.acts.includes('person.add'))).toBe(true)
  await f.call(f.owner.token, 'POST', `/api/tokens/${issued.body.id}/revoke`)
  await live.ended
  expect(live.acts).not.toContain('token.revoke')
  expect((await f.call(gone.token, 'GET', '/api/whoami')).status).toBe(200)
})
