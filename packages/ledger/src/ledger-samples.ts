import { chainHash, GENESIS_HASH, leafHash } from './chain.ts'
import type { LedgerRecord } from './chain-check.ts'
import { toHex } from './encoding.ts'
import { composeEvent, type LedgerEventDraft } from './event.ts'
import { writeExport } from './export-file.ts'
import { merkleRoot } from './merkle.ts'

/** A draft for tests and benches, with `index` in it. */
export function sampleDraft(index: number): LedgerEventDraft {
  return {
    time: new Date(Date.UTC(2026, 10, 21, 10, 0, index % 60)).toISOString(),
    category: 'governed',
    act: 'proposal.approve',
    actor: {
      kind: 'person',
      id: 'per_01931a2b3c4d7e8f9a0b1c2d3e4f5a6b',
      person_id: 'per_01931a2b3c4d7e8f9a0b1c2d3e4f5a6b',
      on_behalf_of: [],
      fingerprint: null,
      roles: ['maintainer'],
      scopes: [],
    },
    project_id: 'prj_01931a2b3c4d7e8f9a0b1c2d3e4f5a6b',
    subject: { kind: 'proposal', id: `prp_${index}` },
    outcome: 'ok',
    reason: null,
    correlation_id: `req_${index}`,
    decision_id: null,
    rows: [`apv_${index}`],
    digests: {},
    detail: { title: `größer ${index}` },
  }
}

/** A chained ledger of `count` sample events. */
export function sampleRecords(count: number): LedgerRecord[] {
  let head = GENESIS_HASH
  return Array.from({ length: count }, (_, index) => {
    const body = composeEvent(sampleDraft(index), index + 1)
    head = chainHash(head, body)
    return { seq: index + 1, body, hash: head }
  })
}

/** The text of an export of `records`. */
export async function sampleExport(records: readonly LedgerRecord[]): Promise<string> {
  const head_hash = toHex(records.at(-1)?.hash ?? GENESIS_HASH)
  const root_hash = toHex(merkleRoot(records.map((record) => leafHash(record.body))))
  let text = ''
  for await (const line of writeExport({ count: records.length, head_hash, root_hash }, records)) text += line
  return text
}
