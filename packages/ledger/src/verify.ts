import { chainCheck, type ChainCheck } from './chain-check.ts'
import { toHex } from './encoding.ts'
import { parseHeader, parseRecord, type ExportHeader } from './export-file.ts'

export type VerifyCode =
  | 'bad-header'
  | 'bad-event'
  | 'gap'
  | 'hash-mismatch'
  | 'truncated'
  | 'extra-event'
  | 'head-mismatch'
  | 'root-mismatch'
  | 'column-mismatch'

export interface VerifyFault {
  ok: false
  code: VerifyCode
  /** The event it is about, where it is one. */
  seq: number | null
  /** Line of the file, from 1; null when it is not about a file. */
  line: number | null
  detail: string
}

export type VerifyResult = { ok: true; count: number; head_hash: string; root_hash: string } | VerifyFault

/** What is known from elsewhere (a checkpoint, a note kept apart), hexadecimal. Without these a whole rewritten file passes. */
export interface VerifyAnchors {
  expect_head?: string | undefined
  expect_root?: string | undefined
}

function fault(code: VerifyCode, seq: number | null, line: number | null, detail: string): VerifyFault {
  return { ok: false, code, seq, line, detail }
}

/** Compares what was computed with what is known from elsewhere. */
export function compareAnchors(check: ChainCheck, anchors: VerifyAnchors): VerifyResult {
  const found = { count: check.count(), head_hash: toHex(check.head()), root_hash: toHex(check.root()) }
  const { expect_head, expect_root } = anchors
  if (expect_head !== undefined && expect_head.toLowerCase() !== found.head_hash) {
    return fault('head-mismatch', found.count, null, `the head is ${found.head_hash}, expected was ${expect_head}`)
  }
  if (expect_root !== undefined && expect_root.toLowerCase() !== found.root_hash) {
    return fault('root-mismatch', found.count, null, `the root is ${found.root_hash}, expected was ${expect_root}`)
  }
  return { ok: true, ...found }
}

function compareHeader(check: ChainCheck, header: ExportHeader): VerifyFault | undefined {
  const count = check.count()
  const headAgrees = toHex(check.head()) === header.head_hash
  const rootAgrees = toHex(check.root()) === header.root_hash
  if (count !== header.count) {
    // Head and root are those of the events found: then it is the count that is wrong.
    if (headAgrees && rootAgrees) {
      return fault(
        'bad-header',
        null,
        1,
        `the header says ${header.count} events, its head and root are those of ${count}`,
      )
    }
    return count < header.count
      ? fault('truncated', count + 1, count + 2, `the file ends after event ${count}, its header says ${header.count}`)
      : fault(
          'extra-event',
          header.count + 1,
          header.count + 2,
          `event ${header.count + 1} follows, the header says ${header.count}`,
        )
  }
  if (!headAgrees) {
    return fault(
      'head-mismatch',
      null,
      1,
      `the header says head ${header.head_hash}, the events give ${toHex(check.head())}`,
    )
  }
  if (!rootAgrees) {
    return fault(
      'root-mismatch',
      null,
      1,
      `the header says root ${header.root_hash}, the events give ${toHex(check.root())}`,
    )
  }
  return undefined
}

/**
 * Verifies an exported ledger offline, line by line, in constant memory. `lines` come without their line feeds (see
 * `exportLines`). The first fault is told with its line and seq. What it proves: the file is whole and unchanged since
 * the head or root that you know from elsewhere (`anchors`); without an anchor, only that it agrees with itself.
 */
export async function verifyExport(
  lines: AsyncIterable<string> | Iterable<string>,
  anchors: VerifyAnchors = {},
): Promise<VerifyResult> {
  const check = chainCheck()
  let header: ExportHeader | undefined
  let line = 0
  for await (const text of lines) {
    line += 1
    if (header === undefined) {
      header = parseHeader(text)
      if (header === undefined)
        return fault('bad-header', null, 1, 'the first line is not the header of a ledger export')
      continue
    }
    const record = parseRecord(text)
    if (record === undefined) {
      return fault('bad-event', check.count() + 1, line, `line ${line} is not an event as an export writes it`)
    }
    const wrong = check.add(record)
    if (wrong !== undefined) return fault(wrong.code, check.count() + 1, line, `line ${line}: ${wrong.detail}`)
  }
  if (header === undefined) return fault('bad-header', null, 1, 'the file is empty')
  return compareHeader(check, header) ?? compareAnchors(check, anchors)
}
