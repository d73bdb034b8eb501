/**
 * What an event costs: transactions on one connection that append one event, beside transactions that insert the same
 * bytes into a plain table; and one transaction of 100 events. On a new embedded server with fsync on, as in production.
 * `node packages/server/src/db/ledger-append-bench.ts [transactions]` prints one line of JSON.
 */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { composeEvent } from '@gatehouse/ledger/event'
import { sampleDraft } from '@gatehouse/ledger/ledger-samples'
import { sql } from 'kysely'
import { openDatabase } from './database.ts'
import { appendEvents } from './ledger-append.ts'
import { verifyLedger } from './ledger-verify.ts'
import { migrate } from './migrate.ts'
import { startPostgres } from './postgres-server.ts'

const transactions = Number(process.argv[2] ?? 1_500)
const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
await chmod(folder, 0o755)
const server = await startPostgres({ folder, log: () => undefined })
try {
  await migrate(server.url('owner'))
  const owner = openDatabase(server.url('owner'), { role: 'owner', max: 1 })
  await sql`create table plain (seq bigint primary key, body bytea not null)`.execute(owner)
  await sql`grant insert on plain to gh_app`.execute(owner)
  await sql`update ledger_limits set skew = interval '100 years'`.execute(owner)
  await owner.destroy()
  const db = openDatabase(server.url('app'), { role: 'app', max: 1 })

  const rate = async (rounds: number, work: (round: number) => Promise<unknown>): Promise<number> => {
    const start = performance.now()
    for (let round = 0; round < rounds; round++) await work(round)
    return Math.round((rounds * 1_000) / (performance.now() - start))
  }
  const append = (round: number, many: number): Promise<unknown> =>
    db.transaction().execute((trx) =>
      appendEvents(
        trx,
        Array.from({ length: many }, () => sampleDraft(round)),
      ),
    )
  const plain = (round: number): Promise<unknown> => {
    const body = Buffer.from(composeEvent(sampleDraft(round), Math.abs(round) + 1))
    return db.transaction().execute((trx) => sql`insert into plain values (${round}, ${body})`.execute(trx))
  }

  await rate(100, (round) => append(round, 1))
  await rate(100, (round) => plain(-1 - round))
  // In turns, so that a slower moment of the machine falls on both.
  const appends: number[] = []
  const plains: number[] = []
  const share = Math.ceil(transactions / 5)
  for (let turn = 0; turn < 5; turn++) {
    appends.push(await rate(share, (round) => append(round, 1)))
    plains.push(await rate(share, (round) => plain(turn * share + round)))
  }
  const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
  const batches = await rate(50, (round) => append(round, 100))
  const start = performance.now()
  const verified = await verifyLedger(db)
  const verify_ms = Math.round(performance.now() - start)
  if (!verified.ok) throw new Error(verified.detail)
  await db.destroy()
  process.stdout.write(
    `${JSON.stringify({
      append_tx_per_s: median(appends),
      plain_tx_per_s: median(plains),
      ratio: Number((median(appends) / median(plains)).toFixed(2)),
      events_per_s_in_batches_of_100: batches * 100,
      verify_in_database: { events: verified.count, ms: verify_ms },
      fsync: 'on',
      node: process.version,
    })}\n`,
  )
} finally {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
}
