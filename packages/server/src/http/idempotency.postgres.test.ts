import { afterAll, beforeAll, expect, test } from 'vitest'
import { addingPatch, startFixture, type Fixture, type Someone } from '../features/features-fixture.ts'

let f: Fixture
let ada: Someone
let bob: Someone
let count = 0

beforeAll(async () => {
  f = await startFixture({ name: 'idempotency' })
  await f.repository('demo', { 'a.txt': 'one\n' })
  ada = await f.person('ada', 'maintainer')
  bob = await f.person('bob', 'maintainer')
})
afterAll(() => f.close())

const body = () => ({ patch: addingPatch(`i${(count += 1)}.txt`, ['x']), repository: 'demo' })
const submit = (who: Someone, sent: unknown, key: string) =>
  f.call(who.token, 'POST', '/api/proposals', sent, { 'idempotency-key': key })
const proposals = async () => (await f.context.db.selectFrom('proposals').select('id').execute()).length

test('the same request under the same key is done once, and answered again as it was', async () => {
  const before = await proposals()
  const sent = body()
  const first = await submit(ada, sent, 'one')
  const again = await submit(ada, sent, 'one')
  expect([first.status, again.status]).toEqual([201, 201])
  expect(again.body).toEqual(first.body)
  expect([first.headers['idempotency-replayed'], again.headers['idempotency-replayed']]).toEqual([undefined, 'true'])
  expect(await proposals()).toBe(before + 1)
})

test('another body or another address under the same key is refused', async () => {
  await submit(ada, body(), 'two')
  const other = await submit(ada, body(), 'two')
  expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused'])
  const elsewhere = await f.call(ada.token, 'POST', '/api/proposals/prp_none/merge', undefined, {
    'idempotency-key': 'two',
  })
  expect(elsewhere.body.code).toBe('idempotency-key-reused')
})

test('a key is of one person: another may use the same', async () => {
  const [mine, theirs] = [await submit(ada, body(), 'three'), await submit(bob, body(), 'three')]
  expect([mine.status, theirs.status]).toEqual([201, 201])
  expect(theirs.body.id).not.toBe(mine.body.id)
})

test('ten at once under one key make one act; the others are told to ask again, or get its answer', async () => {
  const before = await proposals()
  const sent = body()
  const answers = await Promise.all(Array.from({ length: 10 }, () => submit(ada, sent, 'four')))
  expect(new Set(answers.map((a) => (a.status === 409 ? a.body.code : a.status)))).toEqual(
    new Set(['idempotency-in-flight', 201]),
  )
  expect(await proposals()).toBe(before + 1)
  expect(answers.find((a) => a.status === 409)?.body.retryable).toBe(true)
  expect((await submit(ada, sent, 'four')).headers['idempotency-replayed']).toBe('true')
})

test('what was refused may be tried again under its key', async () => {
  const sent = { patch: addingPatch('late.txt', ['x']), repository: 'later' }
  expect((await submit(ada, sent, 'five')).body.code).toBe('not-found')
  await f.repository('later', { 'a.txt': 'one\n' })
  expect((await submit(ada, sent, 'five')).status).toBe(201)
})

test('a key whose first request died is free after two minutes, and not before', async () => {
  const sent = body()
  await submit(ada, sent, 'six')
  await f.context.db
    .updateTable('idempotency_keys')
    .set({ status: null, body: null })
    .where('key', '=', 'six')
    .execute()
  expect((await submit(ada, sent, 'six')).body.code).toBe('idempotency-in-flight')
  f.ahead = 121_000
  const later = await submit(ada, sent, 'six')
  f.ahead = 0
  expect(later.status).toBe(201)
})

test('of ten who find a key abandoned, one acts', async () => {
  const sent = body()
  await submit(ada, sent, 'abandoned')
  await f.context.db
    .updateTable('idempotency_keys')
    .set({ status: null, body: null })
    .where('key', '=', 'abandoned')
    .execute()
  const before = await proposals()
  f.ahead = 121_000
  const answers = await Promise.all(Array.from({ length: 10 }, () => submit(ada, sent, 'abandoned')))
  f.ahead = 0
  expect(await proposals()).toBe(before + 1)
  expect(answers.some((a) => a.status === 201)).toBe(true)
})

test('an answer is kept for 24 hours; then its key is free, and those of others go with the next request that has one', async () => {
  const sent = body()
  const kept = async () => (await f.context.db.selectFrom('idempotency_keys').select('key').execute()).map((r) => r.key)
  const first = await submit(ada, sent, 'day')
  f.ahead = 23 * 3_600_000
  expect((await submit(ada, sent, 'day')).body).toEqual(first.body)
  expect(await kept()).toContain('day')
  f.ahead = 24 * 3_600_000 + 300_000
  expect((await submit(bob, body(), 'next')).status).toBe(201)
  expect(await kept()).toEqual(['next'])
  expect((await submit(ada, body(), 'day')).status).toBe(201)
  f.ahead = 0
})

test('more old keys than one request sweeps never keep their own from being used again', async () => {
  const created_at = new Date(Date.now() - 48 * 3_600_000)
  const rows = Array.from({ length: 1500 }, (_, i) => ({
    person_id: ada.id,
    key: `old-${i}`,
    request_hash: 'x',
    created_at,
  }))
  await f.context.db.insertInto('idempotency_keys').values(rows).execute()
  const left = () => f.context.db.selectFrom('idempotency_keys').select('key').where('key', 'like', 'old-%').execute()
  expect((await submit(ada, body(), 'old-1499')).status).toBe(201)
  expect((await left()).length).toBeLessThanOrEqual(501)
  await submit(ada, body(), 'another')
  expect((await left()).map((r) => r.key)).toEqual(['old-1499'])
})

test('a key with a space, or too long, is refused by name', async () => {
  for (const key of ['a b', 'x'.repeat(201)]) {
    const answer = await submit(ada, body(), key)
    expect([answer.status, answer.body.code]).toEqual([400, 'request-invalid'])
    expect(answer.body.detail).toContain('Idempotency-Key')
  }
})

test('the same merge, vote and token request at once are each done once', async () => {
  const made = await submit(ada, body(), 'seven')
  await f.work()
  const id = made.body.id as string
  const shown = await f.call(bob.token, 'GET', `/api/proposals/${id}`)
  const votes = await Promise.all(
    Array.from({ length: 5 }, () =>
      f.call(bob.token, 'POST', `/api/proposals/${id}/approve`, { intent_digest: shown.body.approval.intent_digest }),
    ),
  )
  expect(votes.map((v) => v.status).toSorted()).toEqual([200, 409, 409, 409, 409])
  const merges = await Promise.all(
    Array.from({ length: 5 }, () => f.call(ada.token, 'POST', `/api/proposals/${id}/merge`)),
  )
  expect(merges.map((m) => (m.status === 202 ? 202 : m.body.code)).toSorted()).toEqual([
    202,
    ...Array.from({ length: 4 }, () => 'grant-already-used'),
  ])
})
