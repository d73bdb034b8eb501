import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Finding } from '@gatehouse/core/specs/lint/finding'
import { PieceWriter, StreamedList, writeJson } from './streamed-json.ts'

/** Where a baseline is looked for, and written, when none is named. */
export const BASELINE_FILE = join('.gatehouse', 'specs-baseline.json')

interface Entry {
  readonly rule: string
  readonly path: string
  readonly fingerprint: string
}

/** The fingerprints of findings that are known and accepted. A file that was named must be there and well-formed: nothing is let pass by mistake. */
export function readBaseline(file: string, isNamed: boolean): ReadonlySet<string> {
  if (!existsSync(file)) {
    if (!isNamed) return new Set()
    throw new Problem('spec-baseline-unreadable', `${file} does not exist: make it with --write-baseline`)
  }
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Problem(
      'spec-baseline-unreadable',
      `${file}: ${error instanceof Error ? error.message : String(error)}; make it again with --write-baseline`,
    )
  }
  const { version, findings } = (value ?? {}) as { version?: unknown; findings?: unknown }
  if (version !== 1 || !Array.isArray(findings))
    throw new Problem(
      'spec-baseline-unreadable',
      `${file} is no baseline of version 1: make it again with --write-baseline`,
    )
  const known = new Set<string>()
  for (const [i, entry] of findings.entries()) {
    const { fingerprint } = (entry ?? {}) as { fingerprint?: unknown }
    if (typeof fingerprint !== 'string' || !/^[0-9a-f]{32}$/.test(fingerprint))
      throw new Problem('spec-baseline-unreadable', `${file}: findings[${i}].fingerprint is not 32 hex digits`)
    known.add(fingerprint)
  }
  return known
}

/** Writes a baseline of all findings, given by path, sorted so that a diff of it reads well. */
export function writeBaseline(file: string, findings: Iterable<Finding>): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    const open = openSync(file, 'w')
    try {
      const pieces = new PieceWriter((piece) => {
        const bytes = Buffer.from(piece)
        for (let done = 0; done < bytes.length;) done += writeSync(open, bytes, done)
      })
      writeJson({ version: 1, findings: new StreamedList(entriesOf(findings)) }, (text) => pieces.write(text))
      pieces.write('\n')
      pieces.flush()
    } finally {
      closeSync(open)
    }
  } catch (error) {
    throw new Problem('usage', `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** By path, rule and fingerprint, a file at a time. */
function* entriesOf(findings: Iterable<Finding>): Generator<Entry> {
  let entries: Entry[] = []
  const sorted = () =>
    entries.toSorted((a, b) => (`${a.rule}\n${a.fingerprint}` < `${b.rule}\n${b.fingerprint}` ? -1 : 1))
  for (const { rule, place, fingerprint } of findings) {
    if (entries.length > 0 && entries[0]?.path !== place.path) {
      yield* sorted()
      entries = []
    }
    entries.push({ rule, path: place.path, fingerprint })
  }
  yield* sorted()
}
