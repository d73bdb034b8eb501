import { text } from 'node:stream/consumers'
import { parseHeader } from '@gatehouse/ledger/export-file'
import { sampleDraft } from '@gatehouse/ledger/ledger-samples'
import { verifyExport } from '@gatehouse/ledger/verify'
import { sql } from 'kysely'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { appendEvents } from './ledger-append.ts'
import { exportLedger } from './ledger-export.ts'
import { verifyLedger } from './ledger-verify.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

const COUNT = 1_205
let database: TestDatabase
beforeEach(async () => {
  database = await createTestDatabase()
  const drafts = Array.from({ length: COUNT }, (_, index) => sampleDraft(index))
  await database.app.transaction().execute((trx) => appendEvents(trx, drafts))
})
afterEach(async () => database.drop())

const linesOf = async (parts: AsyncIterable<string>) => (await text(parts)).trimEnd().split('\n')
const lines = () => linesOf(exportLedger(database.app))

/** What whoever owns the database can do: the triggers are off, then on again. */
async function tamper(statement: string): Promise<void> {
  const owner = database.owner
  for (const table of ['ledger_events', 'ledger_head', 'ledger_event_rows']) {
    await sql.raw(`alter table ${table} disable trigger user`).execute(owner)
  }
  await sql.raw(statement).execute(owner)
}

test('the ledger verifies in the database and as an export, with the same head and root', async () => {
  const inside = await verifyLedger(database.as('reader'))
  expect(inside).toMatchObject({ ok: true, count: COUNT })
  const exported = await lines()
  expect(await verifyExport(exported)).toEqual(inside)
  expect(parseHeader(exported[0] ?? '')).toMatchObject({ count: COUNT })
})

test.each([
  [
    'a changed byte',
    `update ledger_events set body = set_byte(body, 40, get_byte(body, 40) # 1) where seq = 1003`,
    'hash-mismatch',
    1003,
  ],
  [
    'a changed hash',
    `update ledger_events set hash = set_byte(hash, 0, get_byte(hash, 0) # 1) where seq = 7`,
    'hash-mismatch',
    7,
  ],
  [
    'a changed leaf',
    `update ledger_events set leaf = set_byte(leaf, 0, get_byte(leaf, 0) # 1) where seq = 7`,
    'column-mismatch',
    7,
  ],
  [
    'a changed act beside the bytes',
    `update ledger_events set act = 'story.submit' where seq = 9`,
    'column-mismatch',
    9,
  ],
  [
    'a project taken away beside the bytes',
    `update ledger_events set project_id = null where seq = 9`,
    'column-mismatch',
    9,
  ],
  [
    'an event after the head',
    `insert into ledger_events select seq + 1, at, act, project_id, subject_id,
    correlation_id, outcome, body, prev_hash, sha256(hash), leaf from ledger_events where seq = ${COUNT}`,
    'extra-event',
    COUNT + 1,
  ],
  ['a removed event', `delete from ledger_events where seq = 1001`, 'gap', 1001],
  ['a cut end', `delete from ledger_events where seq > 1200`, 'truncated', 1201],
  ['a changed head', `update ledger_head set hash = set_byte(hash, 0, get_byte(hash, 0) # 1)`, 'head-mismatch', COUNT],
] as const)('%s is found and placed', async (_, statement, code, seq) => {
  await tamper(statement)
  expect(await verifyLedger(database.app)).toMatchObject({ ok: false, code, seq, line: null })
})

test('a changed byte is found in an export of the changed ledger too, on its line', async () => {
  await tamper(`update ledger_events set body = set_byte(body, 40, get_byte(body, 40) # 1) where seq = 1003`)
  expect(await verifyExport(await lines())).toMatchObject({ ok: false, code: 'hash-mismatch', seq: 1003, line: 1004 })
})

test('a cut ledger whose head was moved back is found only with an anchor', async () => {
  const before = await verifyLedger(database.app)
  if (!before.ok) throw new Error(before.detail)
  await tamper(`delete from ledger_events where seq > 1000;
    update ledger_head set seq = 1000, hash = (select hash from ledger_events where seq = 1000)`)
  expect(await verifyLedger(database.app)).toMatchObject({ ok: true, count: 1000 })
  expect(await verifyLedger(database.app, { expect_head: before.head_hash })).toMatchObject({
    ok: false,
    code: 'head-mismatch',
  })
})

test('an export made while others append is whole', async () => {
  const reading = exportLedger(database.app)
  const first = await reading.next()
  await database.app.transaction().execute((trx) => appendEvents(trx, [sampleDraft(0)]))
  const all = [String(first.value).trimEnd(), ...(await linesOf(reading))]
  expect(await verifyExport(all)).toMatchObject({ ok: true, count: COUNT })
})
