import { composeEvent, type LedgerEventDraft } from '@gatehouse/ledger/event'
import { sql } from 'kysely'
import type { Trx } from './database.ts'

const HOLD_MS = '15000'

/**
 * Appends events to the ledger, in order, as the last thing of a transaction: from here to its end the
 * transaction holds the ledger, for 15 s at most when it does nothing. Returns their seqs. Each governed row that the transaction changed must be
 * named in the `rows` of one of its events, or the commit is refused (SQLSTATE GH006, law 6).
 */
export async function appendEvents(trx: Trx, drafts: readonly LedgerEventDraft[]): Promise<number[]> {
  if (drafts.length === 0) return []
  // Who freezes while holding the ledger loses the transaction, or everybody would wait for him.
  const next = await sql<{ seq: number }>`
    select seq, set_config('idle_in_transaction_session_timeout', ${HOLD_MS}, true) from ledger_next()`.execute(trx)
  const first = next.rows[0]?.seq
  if (first === undefined) throw new Error('ledger_next() returned no row')
  const bodies = drafts.map((draft, index) => Buffer.from(composeEvent(draft, first + index)))
  await sql`select ledger_append_all(${first}::bigint, ${bodies}::bytea[])`.execute(trx)
  return bodies.map((_, index) => first + index)
}

/** True for the refusal of law 6: a governed row changed without its event. */
export function isMissingEvent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'GH006'
}
