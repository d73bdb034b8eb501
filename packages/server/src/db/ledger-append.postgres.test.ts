import type { LedgerEventDraft } from '@gatehouse/ledger/event'
import { LedgerEvent } from '@gatehouse/ledger/event'
import { chainHash, GENESIS_HASH, leafHash } from '@gatehouse/ledger/chain'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openDatabase, openPool, type Db, type Trx } from './database.ts'
import { appendEvents, isMissingEvent } from './ledger-append.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

let database: TestDatabase
let app: Db
beforeAll(async () => {
  database = await createTestDatabase()
  app = database.app
  await sql`create table things (id text primary key, note text not null default '')`.execute(database.owner)
  await sql`select govern('things')`.execute(database.owner)
  await sql`grant select, insert, update, delete on things to gh_app`.execute(database.owner)
})
afterAll(async () => database.drop())

let made = 0
let thing = ''
beforeEach(() => {
  thing = `thing_${++made}`
})

function event(rows: string[], change: Partial<LedgerEventDraft> = {}): LedgerEventDraft {
  return {
    time: '2026-11-21T10:00:00.000Z',
    category: 'governed',
    act: 'story.submit',
    actor: {
      kind: 'person',
      id: 'per_1',
      person_id: 'per_1',
      on_behalf_of: [],
      fingerprint: null,
      roles: [],
      scopes: [],
    },
    project_id: 'prj_1',
    subject: { kind: 'story', id: rows[0] ?? 'none' },
    outcome: 'ok',
    reason: null,
    correlation_id: 'req_1',
    decision_id: null,
    rows,
    digests: {},
    detail: { note: 'größe "1"' },
    ...change,
  }
}

const insert = (db: Db | Trx, id: string) => sql`insert into things (id) values (${id})`.execute(db)
const governed = <T>(work: (trx: Trx) => Promise<T>): Promise<T> => app.transaction().execute(work)
const head = async () => (await app.selectFrom('ledger_head').select('seq').executeTakeFirstOrThrow()).seq

async function refusal(work: Promise<unknown>): Promise<{ code: string | undefined; message: string }> {
  const error: unknown = await work.then(
    () => new Error('nothing was refused'),
    (thrown: unknown) => thrown,
  )
  return { code: (error as { code?: string }).code, message: (error as Error).message }
}

test('an event is stored as the exact bytes that are hashed, and chains to the one before', async () => {
  const seqs = await governed((trx) => appendEvents(trx, [event(['a']), event(['b'])]))
  const rows = await app.selectFrom('ledger_events').selectAll().where('seq', 'in', seqs).orderBy('seq').execute()
  expect(rows).toHaveLength(2)
  for (const [index, row] of rows.entries()) {
    const before = rows[index - 1]?.hash ?? row.prev_hash
    expect(row.hash).toEqual(Buffer.from(chainHash(before, row.body)))
    expect(row.leaf).toEqual(Buffer.from(leafHash(row.body)))
    const parsed = LedgerEvent.parse(JSON.parse(row.body.toString('utf8')))
    expect(parsed).toMatchObject({ version: 1, seq: row.seq, detail: { note: 'größe "1"' } })
    expect(row).toMatchObject({ act: 'story.submit', project_id: 'prj_1', correlation_id: 'req_1', outcome: 'ok' })
    expect(row.at).toEqual(new Date('2026-11-21T10:00:00.000Z'))
  }
  const first = await app.selectFrom('ledger_events').select('prev_hash').where('seq', '=', 1).executeTakeFirstOrThrow()
  expect(first.prev_hash).toEqual(Buffer.from(GENESIS_HASH))
})

test.each([
  ['insert', (db: Trx, id: string) => insert(db, id)],
  ['update', (db: Trx, id: string) => sql`update things set note = 'changed' where id = ${id}`.execute(db)],
  ['delete', (db: Trx, id: string) => sql`delete from things where id = ${id}`.execute(db)],
] as const)('%s of a governed row is refused at commit without an event that names it', async (kind, change) => {
  if (kind !== 'insert') {
    await governed(async (trx) => {
      await insert(trx, thing)
      await appendEvents(trx, [event([thing])])
    })
  }
  const without = await refusal(governed((trx) => change(trx, thing)))
  expect(without.code).toBe('GH006')
  expect(without.message).toContain(thing)
  expect(without.message).toContain('things')
  const other = governed(async (trx) => {
    await change(trx, thing)
    await appendEvents(trx, [event(['another'])])
  })
  expect((await refusal(other)).code).toBe('GH006')
  await governed(async (trx) => {
    await change(trx, thing)
    await appendEvents(trx, [event(['another', thing])])
  })
})

test('the refusal of law 6 is told by isMissingEvent', async () => {
  const error: unknown = await governed((trx) => insert(trx, thing)).catch((thrown: unknown) => thrown)
  expect(isMissingEvent(error)).toBe(true)
  expect(isMissingEvent(new Error('other'))).toBe(false)
})

test('an update that changes the id needs events for both ids', async () => {
  await governed(async (trx) => {
    await insert(trx, thing)
    await appendEvents(trx, [event([thing])])
  })
  const rename = (rows: string[]) =>
    governed(async (trx) => {
      await sql`update things set id = ${`${thing}_new`} where id = ${thing}`.execute(trx)
      await appendEvents(trx, [event(rows)])
    })
  expect((await refusal(rename([thing]))).code).toBe('GH006')
  expect((await refusal(rename([`${thing}_new`]))).code).toBe('GH006')
  await rename([thing, `${thing}_new`])
})

test("an earlier transaction's event does not cover a later change", async () => {
  await governed(async (trx) => {
    await insert(trx, thing)
    await appendEvents(trx, [event([thing])])
  })
  const later = governed((trx) => sql`update things set note = 'later' where id = ${thing}`.execute(trx))
  expect((await refusal(later)).code).toBe('GH006')
})

test('an event in a savepoint that was rolled back does not count', async () => {
  const work = governed(async (trx) => {
    await insert(trx, thing)
    await sql`savepoint s`.execute(trx)
    await appendEvents(trx, [event([thing])])
    await sql`rollback to savepoint s`.execute(trx)
  })
  expect((await refusal(work)).code).toBe('GH006')
})

test('an event in a savepoint that was kept counts', async () => {
  await governed(async (trx) => {
    await insert(trx, thing)
    await sql`savepoint s`.execute(trx)
    await appendEvents(trx, [event([thing])])
    await sql`release savepoint s`.execute(trx)
  })
})

test('a governed table cannot be truncated', async () => {
  expect((await refusal(sql`truncate things`.execute(database.owner))).code).toBe('GH006')
})

test('only a table with an id can be governed', async () => {
  await sql`create table nameless (note text)`.execute(database.owner)
  expect((await refusal(sql`select govern('nameless')`.execute(database.owner))).message).toContain('needs a column id')
})

test('a transaction that is rolled back leaves no gap', async () => {
  const before = await head()
  await refusal(
    governed(async (trx) => {
      await appendEvents(trx, [event(['a']), event(['b'])])
      throw new Error('changed my mind')
    }),
  )
  expect(await governed((trx) => appendEvents(trx, [event(['c'])]))).toEqual([before + 1])
})

test('eight appenders at once leave a gapless, chained ledger', async () => {
  const before = await head()
  const worker = async (name: string): Promise<void> => {
    for (let index = 0; index < 15; index++) {
      const work = governed(async (trx) => {
        await appendEvents(trx, [event([`${name}_${index}`]), event([`${name}_${index}_b`])])
        if (index % 5 === 4) throw new Error('rolled back')
      })
      await work.catch(() => undefined)
    }
  }
  await Promise.all(Array.from({ length: 8 }, (_, index) => worker(`w${index}`)))
  const rows = await app.selectFrom('ledger_events').select(['seq', 'prev_hash', 'hash']).orderBy('seq').execute()
  expect(rows.length).toBe(before + 8 * 12 * 2)
  for (const [index, row] of rows.entries()) {
    expect(row.seq).toBe(index + 1)
    expect(row.prev_hash).toEqual(rows[index - 1]?.hash ?? Buffer.from(GENESIS_HASH))
  }
})

test('a repeatable-read transaction with an old snapshot fails instead of appending at an old head', async () => {
  const work = app
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (trx) => {
      await sql`select 1 from ledger_head`.execute(trx)
      await governed((other) => appendEvents(other, [event(['x'])]))
      await appendEvents(trx, [event(['y'])])
    })
  expect((await refusal(work)).code).toBe('40001')
})

test.each([
  [
    'a seq that is not the next, though the body says the next',
    (seq: number) => [seq + 1, `{"seq":${seq},"version":1}`],
  ],
  ['a wrong seq', (seq: number) => [seq + 1, `{"seq":${seq + 1},"version":1}`]],
  ['a body with another seq', (seq: number) => [seq, `{"seq":${seq + 1},"version":1}`]],
  ['a body without a seq', (seq: number) => [seq, '{"version":1}']],
  ['a body of another version', (seq: number) => [seq, `{"seq":${seq},"version":2}`]],
  ['a body that is no JSON', (seq: number) => [seq, 'not json']],
  ['a body that is not UTF-8', (seq: number) => [seq, Buffer.from([0x22, 0xff, 0x22])]],
] as const)('ledger_append refuses %s', async (_, make) => {
  const [seq, body] = make((await head()) + 1)
  const call = governed((trx) => sql`select ledger_append(${seq}::bigint, ${Buffer.from(body as string)})`.execute(trx))
  expect((await refusal(call)).code).toBe('GH008')
})

test.each([
  `insert into ledger_events (seq, at, act, subject_id, correlation_id, outcome, body, prev_hash, hash, leaf)
     values (99999, now(), 'a.b', 's', 'c', 'ok', '{}', decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'))`,
  `update ledger_events set act = 'x.y'`,
  'delete from ledger_events',
  'truncate ledger_events cascade',
  `insert into ledger_event_rows values (pg_current_xact_id(), 'thing', 1)`,
  'delete from ledger_event_rows',
  'update ledger_head set seq = 5',
  'alter table ledger_events disable trigger all',
  'set session_replication_role = replica',
  `select govern('things')`,
])('app may not: %s', async (statement) => {
  expect((await refusal(sql.raw(statement).execute(app))).code).toBe('42501')
})

test.each(['gateway', 'broker'] as const)('%s appends but does not read the ledger', async (role) => {
  const db = database.as(role)
  await db.transaction().execute((trx) => appendEvents(trx, [event(['by another role'])]))
  expect((await refusal(db.selectFrom('ledger_events').select('seq').execute())).code).toBe('42501')
})

test('reader reads the ledger and appends nothing', async () => {
  const reader = database.as('reader')
  await reader.selectFrom('ledger_events').select('seq').limit(1).execute()
  expect((await refusal(reader.transaction().execute((trx) => appendEvents(trx, [event(['x'])])))).code).toBe('42501')
})

test.each([
  `update ledger_events set act = 'x.y'`,
  'delete from ledger_events',
  'truncate ledger_events cascade',
  `update ledger_event_rows set row_id = 'x'`,
  'delete from ledger_event_rows',
  'truncate ledger_event_rows',
  'update ledger_head set seq = seq + 1',
  'update ledger_head set seq = seq - 1',
  'delete from ledger_head',
])('the append-only triggers refuse even the owner: %s', async (statement) => {
  expect((await refusal(sql.raw(statement).execute(database.owner))).code).toBe('GH007')
})

test('the head does not jump over missing events, whoever wrote them', async () => {
  const jump = database.owner.transaction().execute(async (trx) => {
    await sql`insert into ledger_events (seq, at, act, subject_id, correlation_id, outcome, body, prev_hash, hash, leaf)
      select seq + 5, at, act, subject_id, correlation_id, outcome, body, prev_hash, hash, leaf
      from ledger_events order by seq desc limit 1`.execute(trx)
    await sql`update ledger_head set seq = seq + 5`.execute(trx)
  })
  expect((await refusal(jump)).code).toBe('GH007')
})

test('a transaction that holds the ledger and does nothing is ended, others are not', async () => {
  const db = openDatabase(database.url('app'), { role: 'app', max: 1 })
  const timeout = async (trx: Db | Trx) =>
    (await sql<{ t: string }>`select current_setting('idle_in_transaction_session_timeout') t`.execute(trx)).rows
  await db.transaction().execute(async (trx) => {
    expect(await timeout(trx)).toEqual([{ t: '0' }])
    await appendEvents(trx, [event(['x'])])
    expect(await timeout(trx)).toEqual([{ t: '15s' }])
  })
  expect(await timeout(db)).toEqual([{ t: '0' }])
  await db.destroy()
})

test('each appended event is announced to listeners on commit only', async () => {
  const heard: string[] = []
  const pool = openPool(database.url('app'), { role: 'app', max: 1 })
  const client = await pool.connect()
  client.on('notification', (message) => heard.push(message.payload ?? ''))
  await client.query('listen gatehouse_events')
  await governed(async (trx) => {
    await appendEvents(trx, [event(['x'])])
    throw new Error('rolled back')
  }).catch(() => undefined)
  const [seq] = await governed((trx) => appendEvents(trx, [event(['x'])]))
  await client.query('select 1')
  expect(heard).toEqual([String(seq)])
  client.release()
  await pool.end()
})
