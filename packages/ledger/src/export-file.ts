import { hexToBytes } from '@noble/hashes/utils.js'
import type { LedgerRecord } from './chain-check.ts'
import { fromBase64, toBase64, toHex } from './encoding.ts'

/**
 * An exported ledger is JSON Lines: a header, then one line for each event from seq 1 on. Each line is written in
 * exactly one way (keys in this order, no space), and a line that is written otherwise is not accepted.
 */
export const EXPORT_SCHEMA = 'gatehouse.ledger-export/v1'

/** Longer than any event's line; a reader refuses more instead of filling its memory. */
export const EXPORT_LINE_MAX = 131_072

export interface ExportHeader {
  schema: typeof EXPORT_SCHEMA
  /** Number of events. */
  count: number
  /** Chain hash of the last event, hexadecimal. */
  head_hash: string
  /** Merkle root (RFC 6962) over all events, hexadecimal. */
  root_hash: string
}

/** The header's line, without a newline. */
export function headerLine(header: Omit<ExportHeader, 'schema'>): string {
  const { count, head_hash, root_hash } = header
  return JSON.stringify({ schema: EXPORT_SCHEMA, count, head_hash, root_hash })
}

/** An event's line, without a newline. */
export function recordLine(record: LedgerRecord): string {
  return `{"seq":${record.seq},"body":"${toBase64(record.body)}","hash":"${toHex(record.hash)}"}`
}

const HEADER =
  /^\{"schema":"gatehouse\.ledger-export\/v1","count":(0|[1-9]\d{0,14}),"head_hash":"([0-9a-f]{64})","root_hash":"([0-9a-f]{64})"\}$/
const RECORD = /^\{"seq":([1-9]\d{0,14}),"body":"([A-Za-z0-9+/]+={0,2})","hash":"([0-9a-f]{64})"\}$/

export function parseHeader(line: string): ExportHeader | undefined {
  const [, count, head_hash, root_hash] = HEADER.exec(line) ?? []
  if (count === undefined || head_hash === undefined || root_hash === undefined) return undefined
  return { schema: EXPORT_SCHEMA, count: Number(count), head_hash, root_hash }
}

export function parseRecord(line: string): LedgerRecord | undefined {
  if (line.length > EXPORT_LINE_MAX) return undefined
  const [, seq, base64, hash] = RECORD.exec(line) ?? []
  if (seq === undefined || base64 === undefined || hash === undefined) return undefined
  const body = fromBase64(base64)
  return body === undefined ? undefined : { seq: Number(seq), body, hash: hexToBytes(hash) }
}

/** Writes an export: each string ends with a newline. `records` must be the events 1 to `header.count`, in order. */
export async function* writeExport(
  header: Omit<ExportHeader, 'schema'>,
  records: AsyncIterable<LedgerRecord> | Iterable<LedgerRecord>,
): AsyncGenerator<string> {
  yield `${headerLine(header)}\n`
  for await (const record of records) yield `${recordLine(record)}\n`
}

/**
 * The lines of a file, given its bytes in pieces; only a line feed ends a line. Memory is bounded: a line that is too
 * long comes as its beginning, too long to be accepted, and ends the reading.
 */
export async function* exportLines(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  // Bytes that are not UTF-8 become U+FFFD, which no line may contain; a byte order mark stays and is refused too.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
    if (rest.length > EXPORT_LINE_MAX) {
      yield rest
      return
    }
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}
