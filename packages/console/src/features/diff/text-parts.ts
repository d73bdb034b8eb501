import type { HiddenCharacter } from '@gatehouse/core/delivery/proposals/diff-hidden-characters'

/** A piece of a line: text, text that changed within the line, or one hidden character to be shown by its name. */
export type TextPart =
  | { readonly kind: 'text' | 'changed'; readonly text: string }
  | { readonly kind: 'hidden'; readonly code: string; readonly why: HiddenCharacter['kind'] }

export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * Cuts a line into parts. A hidden character never reaches the screen itself: its name stands in its place, so that the line reads as
 * the compiler reads it. `changed` marks what differs from the line it replaces, in UTF-16 units.
 */
export function textParts(text: string, hidden: readonly HiddenCharacter[], changed: Span | null): TextPart[] {
  const parts: TextPart[] = []
  const plain = (start: number, end: number) => {
    const cuts = changed ? [changed.start, changed.end].filter((cut) => cut > start && cut < end) : []
    const bounds = [start, ...cuts, end]
    for (const [index, from] of bounds.slice(0, -1).entries()) {
      const to = bounds[index + 1] ?? end
      if (to <= from) continue
      const within = changed !== null && from >= changed.start && to <= changed.end
      parts.push({ kind: within ? 'changed' : 'text', text: text.slice(from, to) })
    }
  }
  let at = 0
  for (const character of hidden) {
    plain(at, character.at)
    parts.push({ kind: 'hidden', code: character.code, why: character.kind })
    at = character.at + ((text.codePointAt(character.at) ?? 0) > 0xffff ? 2 : 1)
  }
  plain(at, text.length)
  return parts
}

/** What differs between a removed line and the added one in its place: between their common start and common end. */
export function changedSpans(before: string, after: string): { readonly before: Span; readonly after: Span } | null {
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && before[start] === after[start]) start += 1
  let end = 0
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1
  // Lines with little in common read better whole.
  if (start + end < Math.max(before.length, after.length) * 0.3) return null
  return { before: { start, end: before.length - end }, after: { start, end: after.length - end } }
}
