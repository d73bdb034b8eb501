import { afterAll, beforeAll, expect, test } from 'vitest'
import { PROBLEMS, isProblemSlug } from '@gatehouse/core/kernel/problems'
import { performAct } from '../db/act.ts'
import { startFixture, type Fixture, type Someone } from '../features/features-fixture.ts'
import { newTokenText } from './actor.ts'

let f: Fixture
let ada: Someone
const DAY = 86_400_000

beforeAll(async () => {
  f = await startFixture({ name: 'authentication' })
  ada = await f.person('ada', 'maintainer')
})
afterAll(() => f.close())

const whoami = (headers: Record<string, string>) => f.call(null, 'GET', '/api/whoami', undefined, headers)
const basic = (password: string) => `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`

test.each([
  ['no header', {}, 'token-missing'],
  ['an empty bearer', { authorization: 'Bearer ' }, 'token-missing'],
  ['another scheme', { authorization: 'Digest abc' }, 'token-missing'],
  [
    'a basic header without a password',
    { authorization: `Basic ${Buffer.from('ada:').toString('base64')}` },
    'token-missing',
  ],
  ['a basic header that is no base64', { authorization: 'Basic %%%' }, 'token-missing'],
  ['a token of nobody', { authorization: `Bearer ${newTokenText()}` }, 'token-invalid'],
  ['a word that is no token', { authorization: "Bearer ' or 1=1 --" }, 'token-invalid'],
  ['a cookie of nobody', { cookie: `gatehouse_session=${newTokenText()}` }, 'token-invalid'],
])('%s is refused with a problem that says what to do', async (_what, headers, slug) => {
  const answer = await whoami(headers)
  expect(answer.status).toBe(401)
  expect(answer.body).toMatchObject({
    code: slug,
    type: `https://gatehouse.dev/problems/${slug}`,
    status: 401,
    retryable: false,
  })
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.headers['www-authenticate']).toContain('Bearer')
  expect(answer.body.instance).toBe(answer.headers['x-correlation-id'])
  expect(answer.body.detail.length).toBeGreaterThan(10)
})

test('a token works as bearer and as the password of git, until it expires or is revoked', async () => {
  const issued = await f.call(f.owner.token, 'POST', '/api/persons/ada/tokens', { label: 'short', expires_in_days: 1 })
  const { token, id } = issued.body
  expect((await whoami({ authorization: `Bearer ${token}` })).body.person.login).toBe('ada')
  expect((await whoami({ authorization: `bEaReR ${token}` })).status).toBe(200)
  expect((await whoami({ authorization: basic(token) })).status).toBe(200)
  f.ahead = DAY - 5000
  expect((await whoami({ authorization: `Bearer ${token}` })).status).toBe(200)
  f.ahead = DAY + 1000
  expect((await whoami({ authorization: `Bearer ${token}` })).body.code).toBe('token-expired')
  f.ahead = 0
  expect((await f.call(f.owner.token, 'POST', `/api/tokens/${id}/revoke`)).body.revoked_at).not.toBeNull()
  expect((await whoami({ authorization: `Bearer ${token}` })).body.code).toBe('token-revoked')
  const again = await f.call(f.owner.token, 'POST', `/api/tokens/${id}/revoke`)
  expect(again.status).toBe(200)
})

test('the database holds no token, and no answer but the first shows one', async () => {
  const rows = await f.context.db.selectFrom('tokens').selectAll().execute()
  expect(
    JSON.stringify(
      rows.map((r) => [r.label, r.hash.toString('latin1'), r.hash.toString('hex'), r.hash.toString('base64')]),
    ),
  ).not.toContain(ada.token.slice(3))
  const { rows: keys } = { rows: await f.context.db.selectFrom('idempotency_keys').selectAll().execute() }
  const issue = () =>
    f.call(f.owner.token, 'POST', '/api/persons/ada/tokens', { label: 'k' }, { 'idempotency-key': 'issue-1' })
  const [first, second] = [await issue(), await issue()]
  expect([first.status, second.status]).toEqual([201, 201])
  expect(second.body.token).not.toBe(first.body.token)
  expect(second.headers['idempotency-replayed']).toBeUndefined()
  expect(await f.context.db.selectFrom('idempotency_keys').selectAll().execute()).toEqual(keys)
  expect(JSON.stringify(await f.events())).not.toContain(first.body.token)
  expect(JSON.stringify(f.log)).not.toContain(first.body.token)
})

test('somebody who is in no project is told so, whatever their token', async () => {
  const gone = await f.person('gone', 'viewer')
  await f.call(f.owner.token, 'POST', '/api/persons/gone/role', { role: null })
  const answer = await f.call(gone.token, 'GET', '/api/stories')
  expect([answer.status, answer.body.code]).toEqual([403, 'forbidden'])
  const back = await f.call(f.owner.token, 'POST', '/api/persons', { login: 'gone', role: 'viewer' })
  expect([back.status, back.body.id]).toEqual([201, gone.id])
  expect((await f.call(gone.token, 'GET', '/api/stories')).body.code).toBe('token-revoked')
})

async function session(): Promise<string> {
  const answer = await f.call(null, 'POST', '/api/sessions', { token: ada.token })
  const cookie = String(answer.headers['set-cookie'])
  expect(cookie).toContain('HttpOnly')
  expect(cookie).toContain('SameSite=Strict')
  expect(cookie).not.toContain(ada.token)
  return cookie.split(';')[0] ?? ''
}

test.each([
  ['nothing says where it came from', {}, 403],
  ['another site sent it', { 'sec-fetch-site': 'cross-site' }, 403],
  ['a sibling site sent it', { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:7410' }, 403],
  ['the origin is another', { origin: 'http://evil.example' }, 403],
  ['the origin is nothing', { origin: 'null' }, 403],
  ['it came from our own page', { 'sec-fetch-site': 'same-origin' }, 404],
  ['an old browser says our origin', { origin: 'http://127.0.0.1:7410' }, 404],
])('a console session acts only from our own pages: %s', async (_what, headers, status) => {
  const cookie = await session()
  const answer = await f.call(null, 'POST', '/api/proposals/prp_none/merge', undefined, { cookie, ...headers })
  expect([answer.status, answer.body.code]).toEqual([status, status === 403 ? 'cross-site-request' : 'not-found'])
  expect((await whoami({ cookie })).status).toBe(200)
})

test('signing out ends the session and its cookie, and leaves the token it was made from', async () => {
  const cookie = await session()
  expect((await f.call(null, 'DELETE', '/api/sessions', undefined, { cookie })).body.code).toBe('cross-site-request')
  const closed = await f.call(null, 'DELETE', '/api/sessions', undefined, { cookie, 'sec-fetch-site': 'same-origin' })
  expect(closed.body).toEqual({ closed: true })
  expect((await whoami({ cookie })).body.code).toBe('token-revoked')
  expect((await f.call(ada.token, 'GET', '/api/whoami')).status).toBe(200)
  f.ahead = DAY
  const old = await f.call(null, 'POST', '/api/sessions', { token: ada.token })
  f.ahead = 0
  expect(old.status).toBe(200)
})

test('a session lasts half a day', async () => {
  const cookie = await session()
  f.ahead = DAY / 2 + 1000
  const late = await whoami({ cookie })
  f.ahead = 0
  expect(late.body.code).toBe('token-expired')
})

test('every problem has a slug of the catalogue, its title and its status, also where no route is', async () => {
  for (const [method, path] of [
    ['GET', '/api/nothing'],
    ['DELETE', '/api/whoami'],
    ['GET', '/nowhere/else'],
    ['POST', '/'],
    ['GET', '/api/%ff'],
  ] as const) {
    const answer = await f.call(ada.token, method, path)
    expect(isProblemSlug(String(answer.body?.code)), `${method} ${path}: ${answer.text}`).toBe(true)
    const row = PROBLEMS[answer.body.code as keyof typeof PROBLEMS]
    expect(answer.body).toMatchObject({ title: row.title, status: row.status, retryable: row.retryable })
    expect(answer.status).toBe(row.status)
  }
})

test('a session opens no other session, ends with its token at the latest, and when a token of its person is revoked', async () => {
  const issued = await f.call(f.owner.token, 'POST', '/api/persons/ada/tokens', {
    label: 'to lose',
    expires_in_days: 1,
  })
  f.ahead = DAY - 60_000
  const opened = await f.call(null, 'POST', '/api/sessions', { token: issued.body.token })
  const text = /gatehouse_session=([^;]+)/.exec(String(opened.headers['set-cookie']))?.[1] ?? ''
  const again = await f.call(null, 'POST', '/api/sessions', { token: text })
  f.ahead = DAY + 1000
  const late = await whoami({ authorization: `Bearer ${text}` })
  f.ahead = 0
  expect([again.status, again.body.code]).toEqual([403, 'forbidden'])
  expect(late.body.code).toBe('token-expired')
  const cookie = await session()
  expect((await whoami({ cookie })).status).toBe(200)
  await f.call(f.owner.token, 'POST', `/api/tokens/${issued.body.id}/revoke`)
  expect((await whoami({ cookie })).body.code).toBe('token-revoked')
  expect((await f.call(ada.token, 'GET', '/api/whoami')).status).toBe(200)
})

test('the ledger ties a token to whoever issued it by the fingerprint that its acts carry', async () => {
  const issued = await f.call(f.owner.token, 'POST', '/api/persons/ada/tokens', { label: 'lent' })
  const [event] = await f.events({ subject: issued.body.id, act: 'token.issue' })
  expect(event.actor.person_id).toBe(f.owner.id)
  await f.call(issued.body.token, 'POST', '/api/sessions', { token: issued.body.token })
  const acts = (await f.events({ act: 'token.issue' })).filter((e) => e.actor.fingerprint === event.detail.fingerprint)
  expect(acts.map((e) => e.actor.person_id)).toEqual([ada.id])
})

test('an owner of one project issues no token that would speak for a member of another', async () => {
  const both = await f.person('both', 'viewer')
  await performAct(f.context, f.owner.acting(), async ({ trx, record }) => {
    const [created_at, id] = [f.context.clock(), 'prj_other']
    await trx.insertInto('projects').values({ id, name: 'other', created_at }).execute()
    await trx
      .insertInto('memberships')
      .values({ id: 'mem_other', project_id: id, person_id: both.id, role: 'owner', created_at })
      .execute()
    record({ act: 'person.add', subject: { kind: 'person', id: both.id }, rows: [id, 'mem_other'] })
  })
  const answer = await f.call(f.owner.token, 'POST', '/api/persons/both/tokens', { label: 'x' })
  expect([answer.status, answer.body.code]).toEqual([403, 'forbidden'])
})
