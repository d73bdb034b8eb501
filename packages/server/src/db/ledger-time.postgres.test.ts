import { sampleDraft } from '@gatehouse/ledger/ledger-samples'
import { instant } from '@gatehouse/core/kernel/time'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { toProblem } from '../http/problem-handler.ts'
import { appendEvents } from './ledger-append.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

let database: TestDatabase
const MINUTE = 60_000

beforeAll(async () => {
  database = await createTestDatabase()
  await sql`update ledger_limits set skew = interval '10 minutes'`.execute(database.owner)
})
afterAll(() => database.drop())

const append = (...offsets: number[]) =>
  database.app.transaction().execute((trx) =>
    appendEvents(
      trx,
      offsets.map((ms) => ({ ...sampleDraft(1), time: instant(Date.now() + ms) })),
    ),
  )
const refused = (work: Promise<unknown>) =>
  work.then(
    () => 'appended',
    (error: unknown) => toProblem(error).slug,
  )

test('an event says the time of the database, give or take ten minutes: none is dated back or ahead', async () => {
  expect(await append(0)).toEqual([1])
  for (const offset of [-11 * MINUTE, 11 * MINUTE, -365 * 24 * 60 * MINUTE]) {
    expect(await refused(append(offset)), String(offset)).toBe('clocks-disagree')
    expect(await refused(append(0, offset)), String(offset)).toBe('clocks-disagree')
  }
  // Who began first may end last.
  expect(await append(8 * MINUTE, -8 * MINUTE)).toEqual([2, 3])
})

test('an event without a time is refused', async () => {
  const { rows } = await sql<{ seq: number }>`select seq::int from ledger_head`.execute(database.app)
  const seq = (rows[0]?.seq ?? 0) + 1
  const body = Buffer.from(JSON.stringify({ seq, version: 1 }))
  const direct = database.app.transaction().execute(async (trx) => {
    await sql`select ledger_append_all(${seq}::bigint, ${[body]}::bytea[])`.execute(trx)
  })
  await expect(direct).rejects.toMatchObject({ code: 'GH009' })
})

test('the application cannot widen the limit', async () => {
  for (const role of ['app', 'broker', 'gateway', 'reader'] as const) {
    const widened = sql`update ledger_limits set skew = interval '100 years'`.execute(database.as(role))
    await expect(widened, role).rejects.toMatchObject({ code: '42501' })
  }
})
