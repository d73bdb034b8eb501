import type { SymbolFact } from '@gatehouse/core/specs/evidence-grades'
import type { SourceTexts } from './file-facts.ts'
import type { FileChange, History } from './git-history.ts'
import type { TaskPast } from './task-history.ts'

const NONE = /^0+$/

/** The first change of a file that may be work for a task; null where there is none. */
export function firstChange(
  path: string,
  { written, tickedAtCreation }: TaskPast,
  history: History,
): FileChange | null {
  if (written === null) return null
  const order = history.byPath.get(path)?.find((at) => at > written || (tickedAtCreation && at === written))
  const changes = order === undefined ? [] : (history.commits[order]?.changes ?? [])
  return changes.find((change) => change.path === path) ?? null
}

/** The last commit that changed a file after the task was written, and until it was ticked; null where there is none. */
export function lastChange(path: string, { written, ticked }: TaskPast, history: History | null): number | null {
  if (written === null) return null
  return history?.byPath.get(path)?.findLast((at) => at >= written && (ticked === null || at <= ticked)) ?? null
}

/** Since when a file has a name, seen from a task: by the file as it was before its first change for the task. */
export function sinceWhen(
  name: string,
  path: string,
  past: TaskPast,
  history: History | null,
  sources: SourceTexts,
): NonNullable<SymbolFact['since']> {
  if (history === null) return 'unknown'
  const change = firstChange(path, past, history)
  if (change === null) return 'same'
  const isRoot = past.written !== null && history.commits[past.written]?.parents === 0
  if (past.tickedAtCreation && isRoot && history.byPath.get(path)?.at(-1) === past.written) return 'import'
  if (NONE.test(change.before)) return 'new'
  const before = sources.blob(change.before)
  if (before === null) return 'changed'
  const word = name.slice(Math.max(name.lastIndexOf('.'), name.lastIndexOf('#'), name.lastIndexOf(':')) + 1)
  return wordsOf(before).has(word) ? 'changed' : 'new'
}

function wordsOf(text: string): Set<string> {
  return new Set(text.match(/[\p{L}_$][\p{L}\p{N}_$]*/gu))
}
