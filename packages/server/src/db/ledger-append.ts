import { composeEvent, type LedgerEventDraft } from '@gatehouse/ledger/event'
import { sql } from 'kysely'
import type { Trx } from './database.ts'

/**
 * Appends events to the ledger, in order, as the last thing of a transaction: from here to its end the
 * transaction holds the ledger. Returns their seqs. Each governed row that the transaction changed must be
 * named in the `rows` of one of its events, or the commit is refused (SQLSTATE GH006, law 6).
 */
export async function appendEvents(trx: Trx, drafts: readonly LedgerEventDraft[]): Promise<number[]> {
  if (drafts.length === 0) return []
  const next = await sql<{ seq: number }>`select seq from ledger_next()`.execute(trx)
  const first = next.rows[0]?.seq
  if (first === undefined) throw new Error('ledger_next() returned no row')
  const bodies = drafts.map((draft, index) => Buffer.from(composeEvent(draft, first + index)))
  // One statement for all: `with ordinality` keeps their order, and the ledger is held for one round trip only.
  await sql`select ledger_append(${first}::bigint + ordinality - 1, body)
    from (select * from unnest(${bodies}::bytea[]) with ordinality as given(body, ordinality) order by ordinality) ordered`.execute(
    trx,
  )
  return bodies.map((_, index) => first + index)
}

/** True for the refusal of law 6: a governed row changed without its event. */
export function isMissingEvent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'GH006'
}
