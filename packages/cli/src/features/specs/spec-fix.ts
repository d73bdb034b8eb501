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
