import type { LedgerRecord } from '@gatehouse/ledger/chain-check'
import { sql } from 'kysely'
import type { Db } from './database.ts'

const PAGE = 1_000

export interface LedgerHead {
  seq: number
  hash: Buffer
  /** The highest seq in the table at the same moment: the head's, unless somebody meddled. */
  last: number
}

/** The head as the database records it. */
export async function readLedgerHead(db: Db): Promise<LedgerHead> {
  const { rows } = await sql<LedgerHead>`
    select seq, hash, (select coalesce(max(seq), 0) from ledger_events) as last from ledger_head`.execute(db)
  const [head] = rows
  if (head === undefined) throw new Error('ledger_head has no row')
  return head
}

/**
 * The events after `from` up to `to`, in order, page by page: constant memory, and no long transaction, which an
 * append-only table does not need. What the table holds comes as it is, also when it is not a ledger any more.
 */
export async function* readRecords(db: Db, from: number, to: number): AsyncGenerator<LedgerRecord> {
  for (let after = from; ;) {
    const { rows } = await sql<LedgerRecord>`
      select seq, body, hash from ledger_events where seq > ${after} and seq <= ${to} order by seq limit ${PAGE}`.execute(
      db,
    )
    yield* rows
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = last.seq
  }
}
