import { chainHash, equalBytes, GENESIS_HASH, leafHash } from './chain.ts'
import { merkleRange } from './merkle.ts'

/** One event as it is kept: its bytes and the chain hash recorded for it. */
export interface LedgerRecord {
  seq: number
  body: Uint8Array
  hash: Uint8Array
}

export type RecordFault = { code: 'gap' | 'bad-event' | 'hash-mismatch'; detail: string }

export interface ChainCheck {
  /** Takes the next record. What is wrong with it, or undefined. After a fault the check is over. */
  add(record: LedgerRecord): RecordFault | undefined
  count(): number
  /** Chain hash of the last record; 32 zero bytes before the first. */
  head(): Uint8Array
  /** Merkle root (RFC 6962) of all records so far. */
  root(): Uint8Array
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function statedPlace(body: Uint8Array): { seq: unknown; version: unknown } | undefined {
  try {
    const event: unknown = JSON.parse(decoder.decode(body))
    if (typeof event !== 'object' || event === null) return undefined
    return { seq: 'seq' in event ? event.seq : undefined, version: 'version' in event ? event.version : undefined }
  } catch {
    return undefined
  }
}

/**
 * Checks a ledger record by record from seq 1, in constant memory: no gap, each body says its own seq, each hash is
 * `SHA256(prev || body)` over the stored bytes. Nothing is canonicalised again.
 */
export function chainCheck(): ChainCheck {
  const tree = merkleRange()
  let head = GENESIS_HASH
  return {
    add({ seq, body, hash }) {
      const expected = tree.size() + 1
      if (seq !== expected) return { code: 'gap', detail: `expected event ${expected}, found event ${seq}` }
      const computed = chainHash(head, body)
      if (!equalBytes(computed, hash)) {
        return {
          code: 'hash-mismatch',
          detail: `event ${seq}: its bytes and the chain before it do not give the recorded hash`,
        }
      }
      const stated = statedPlace(body)
      if (stated === undefined) return { code: 'bad-event', detail: `event ${seq}: its body is not JSON in UTF-8` }
      if (stated.seq !== seq || stated.version !== 1) {
        return {
          code: 'bad-event',
          detail: `event ${seq}: its body says seq ${String(stated.seq)}, version ${String(stated.version)}`,
        }
      }
      head = computed
      tree.add(leafHash(body))
      return undefined
    },
    count: () => tree.size(),
    head: () => head,
    root: () => tree.root(),
  }
}
