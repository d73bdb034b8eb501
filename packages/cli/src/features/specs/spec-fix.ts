import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { applyEdits, type TextEdit } from '@gatehouse/core/specs/edits'
import type { Finding } from '@gatehouse/core/specs/lint/finding'

export interface FixedFinding {
  readonly rule: string
  readonly path: string
  readonly line: number
  readonly fix: string
}

export interface FixRound {
  readonly fixed: readonly FixedFinding[]
  /** The new texts, by path. */
  readonly texts: ReadonlyMap<string, string>
}

/** Applies the safe fixes to texts. Of two that touch one place the first is taken; the other is found again in the next round. */
export function fixTexts(findings: readonly Finding[], texts: ReadonlyMap<string, string>): FixRound {
  const byPath = new Map<string, Finding[]>()
  for (const finding of findings) {
    if (!finding.edits) continue
    const list = byPath.get(finding.place.path)
    if (list) list.push(finding)
    else byPath.set(finding.place.path, [finding])
  }
  const fixed: FixedFinding[] = []
  const changed = new Map<string, string>()
  for (const [path, list] of byPath) {
    const text = texts.get(path)
    if (text === undefined) continue
    const taken: TextEdit[] = []
    for (const { rule, place, fix, edits } of list) {
      const meets = (edits ?? []).some((edit) => taken.some((t) => edit.start <= t.end && t.start <= edit.end))
      if (meets) continue
      taken.push(...(edits ?? []))
      fixed.push({ rule, path, line: place.line, fix })
    }
    const applied = applyEdits(text, taken)
    if (applied.ok && applied.value !== text) changed.set(path, applied.value)
  }
  return { fixed, texts: changed }
}

/**
 * Writes a text where the file still holds what was read, byte for byte; false where it does not (it changed meanwhile, or is not UTF-8).
 */
export function writeFixed(root: string, path: string, before: string, after: string): boolean {
  const file = join(root, path)
  if (!readFileSync(file).equals(Buffer.from(before, 'utf8'))) return false
  writeFileSync(file, Buffer.from(after, 'utf8'))
  return true
}

/** Rounds of fixes: one can make room for another. Each round reads the new texts again. */
const ROUNDS = 5

/** Mends what can be mended safely. `changed` takes the new texts, by path; `again` finds anew with them; `open` leaves out what is accepted. */
export function fixAll(
  root: string,
  first: Iterable<Finding>,
  read: (path: string) => string | null,
  changed: Map<string, string>,
  isDry: boolean,
  open: (findings: Iterable<Finding>) => Iterable<Finding>,
  again: () => Iterable<Finding>,
): { fixed: FixedFinding[]; unfixed: string[] } {
  const before = new Map<string, string>()
  const fixed: FixedFinding[] = []
  let wanted = withEdits(first)
  for (let round = 0; round < ROUNDS; round += 1) {
    const texts = textsOf(wanted, read)
    for (const [path, text] of texts) if (!before.has(path)) before.set(path, text)
    const { fixed: now, texts: made } = fixTexts(wanted, texts)
    if (made.size === 0) break
    fixed.push(...now)
    for (const [path, text] of made) changed.set(path, text)
    wanted = withEdits(open(again()))
  }
  const unfixed: string[] = []
  if (!isDry)
    for (const [path, text] of changed) {
      const was = before.get(path) ?? ''
      if (text !== was && !writeFixed(root, path, was, text)) unfixed.push(path)
    }
  const lost = new Set(unfixed)
  return { fixed: fixed.filter((f) => !lost.has(f.path)), unfixed }
}

/** The texts of the files with a fix. */
function textsOf(findings: readonly Finding[], read: (path: string) => string | null): Map<string, string> {
  const texts = new Map<string, string>()
  for (const { place } of findings) {
    const text = texts.has(place.path) ? null : read(place.path)
    if (text !== null) texts.set(place.path, text)
  }
  return texts
}

function withEdits(findings: Iterable<Finding>): Finding[] {
  const found: Finding[] = []
  for (const finding of findings) if (finding.edits !== null) found.push(finding)
  return found
}
