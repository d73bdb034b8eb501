import { toHex } from '@gatehouse/ledger/encoding'
import { writeExport } from '@gatehouse/ledger/export-file'
import { merkleRange } from '@gatehouse/ledger/merkle'
import { sql } from 'kysely'
import type { Db } from './database.ts'
import { readLedgerHead, readRecords } from './ledger-records.ts'

const LEAVES_PAGE = 10_000

async function rootOf(db: Db, to: number): Promise<Uint8Array> {
  const tree = merkleRange()
  for (let after = 0; after < to; after += LEAVES_PAGE) {
    const { rows } = await sql<{ leaf: Buffer }>`
      select leaf from ledger_events where seq > ${after} and seq <= ${Math.min(to, after + LEAVES_PAGE)} order by seq`.execute(
      db,
    )
    for (const { leaf } of rows) tree.add(leaf)
  }
  return tree.root()
}

/**
 * The ledger as an export (JSON Lines, see `@gatehouse/ledger/export-file`), as far as its head at the start; each string
 * ends with a newline. Streams: constant memory. It writes what is there without judging it: verify what you exported.
 */
export async function* exportLedger(db: Db): AsyncGenerator<string> {
  const head = await readLedgerHead(db)
  const root_hash = toHex(await rootOf(db, head.seq))
  yield* writeExport({ count: head.seq, head_hash: toHex(head.hash), root_hash }, readRecords(db, 0, head.seq))
}
