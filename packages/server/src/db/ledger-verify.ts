import { equalBytes } from '@gatehouse/ledger/chain'
import { chainCheck } from '@gatehouse/ledger/chain-check'
import { toHex } from '@gatehouse/ledger/encoding'
import { compareAnchors, type VerifyAnchors, type VerifyResult } from '@gatehouse/ledger/verify'
import { sql } from 'kysely'
import type { Db } from './database.ts'
import { readLedgerHead, readRecords } from './ledger-records.ts'

/** The first event whose columns, which queries use, are not what its bytes say. The bytes are known to be good by now. */
async function wrongColumns(db: Db, to: number): Promise<number | undefined> {
  const { rows } = await sql<{ seq: number }>`
    select e.seq from ledger_events e, lateral (select convert_from(e.body, 'UTF8')::jsonb as doc) d
    where e.seq <= ${to} and (e.leaf <> sha256('\\x00'::bytea || e.body)
      or (e.act, e.project_id, e.subject_id, e.correlation_id, e.outcome, e.at) is distinct from (d.doc ->> 'act',
        d.doc ->> 'project_id', d.doc #>> '{subject,id}', d.doc ->> 'correlation_id', d.doc ->> 'outcome',
        (d.doc ->> 'time')::timestamptz))
    order by e.seq limit 1`.execute(db)
  return rows[0]?.seq
}

/**
 * Verifies the ledger in the database, as far as its head at the start, with the code that verifies an export: chain,
 * gaps, the head recorded and what the columns beside each event's bytes say. `line` is null in the result. Needs the role app or reader.
 */
export async function verifyLedger(db: Db, anchors: VerifyAnchors = {}): Promise<VerifyResult> {
  const head = await readLedgerHead(db)
  const check = chainCheck()
  for await (const record of readRecords(db, 0, head.seq)) {
    const wrong = check.add(record)
    if (wrong !== undefined) return { ok: false, line: null, seq: check.count() + 1, ...wrong }
  }
  const count = check.count()
  if (count < head.seq) {
    const detail = `the ledger ends after event ${count}, its head says ${head.seq}`
    return { ok: false, code: 'truncated', seq: count + 1, line: null, detail }
  }
  if (!equalBytes(check.head(), head.hash)) {
    const detail = `the head says ${toHex(head.hash)}, the events give ${toHex(check.head())}`
    return { ok: false, code: 'head-mismatch', seq: count, line: null, detail }
  }
  if (head.last > head.seq) {
    const detail = `event ${head.seq + 1} stands after the head`
    return { ok: false, code: 'extra-event', seq: head.seq + 1, line: null, detail }
  }
  const wrong = await wrongColumns(db, head.seq)
  if (wrong !== undefined) {
    const detail = `event ${wrong}: the columns beside its bytes do not say what the bytes say`
    return { ok: false, code: 'column-mismatch', seq: wrong, line: null, detail }
  }
  return compareAnchors(check, anchors)
}
