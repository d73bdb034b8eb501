import type { FoundId } from './identifiers.ts'

export interface DependencyPhrase {
  /** Who waits; null: the item the phrase stands in. */
  readonly from: string | null
  readonly to: string
  readonly kind: 'depends' | 'blocks'
  /** Indices of the phrase's target in the text. */
  readonly at: number
  readonly end: number
  readonly sure: boolean
}

const WAITS =
  /\b(?:depend(?:s|ing|ent)? (?:up)?on|dependenc(?:y|ies)(?: on)?|deps?|blocked by|requires?|needs?|waits? (?:for|on)|prerequisites?|prereqs?|after|follows|depende de|dépend de|hängt ab von|依赖|依存|의존)\b|依赖|依存|의존/giu
const LEADS = /\b(?:blocks?|blocking|before|precedes?|must precede|bloquea|bloque|blockiert|阻塞)\b/giu
const ARROW = /→|-{1,2}>|=>|⟶|⇒/g
const GAP = /^(?:[\s,;&+*`()[\]:]|and\b|und\b|y\b|e\b|et\b|or\b|、|，|和|と){0,12}$/iu
/** More pairs than this on one line are two ranges crossed by mistake. */
const PAIRS_MAX = 2000

/**
 * The waits that one line tells. In a line of a task the phrase must stand right before the identifiers (`depends on T012, T013`); in a section on
 * dependencies (`listed`) what stands left and right of the phrase counts, arrows too.
 */
export function dependencyPhrases(text: string, ids: readonly FoundId[], listed: boolean): DependencyPhrase[] {
  const tasks = ids.filter((id) => id.kind === 'task' || id.kind === 'check' || id.kind === 'story')
  if (tasks.length === 0) return []
  const found: DependencyPhrase[] = []
  const add = (phrase: DependencyPhrase) => {
    if (found.length < PAIRS_MAX && phrase.from !== phrase.to) found.push(phrase)
  }
  if (listed) readListed(text, tasks, add)
  else {
    for (const [pattern, kind] of [[WAITS, 'depends'] as const, [LEADS, 'blocks'] as const]) {
      for (const match of text.matchAll(pattern)) {
        const word = match[0].toLowerCase()
        for (const id of followers(text, tasks, match.index + match[0].length))
          add({ from: null, to: id.id, kind, at: id.from, end: id.to, sure: word !== 'after' && word !== 'before' })
      }
    }
  }
  return found
}

/** The identifiers that follow an index with nothing but commas and the like between. */
function followers(text: string, ids: readonly FoundId[], at: number): FoundId[] {
  const taken: FoundId[] = []
  let end = at
  for (const id of ids) {
    if (id.from < at) continue
    if (id.from >= end && !GAP.test(text.slice(end, Math.min(id.from, end + 40)))) break
    if (id.from - end > 40) break
    taken.push(id)
    end = Math.max(end, id.to)
  }
  return taken
}

/** Each clause by itself: what stands behind a semicolon or full stop is another matter. */
function readListed(text: string, ids: readonly FoundId[], add: (phrase: DependencyPhrase) => void): void {
  let from = 0
  for (const end of [...[...text.matchAll(/[;.](?=\s)/g)].map((m) => m.index), text.length]) {
    const held = ids.filter((id) => id.from >= from && id.to <= end)
    if (held.length > 0) readClause(text.slice(0, end), held, from, add)
    from = end
  }
}

function readClause(
  text: string,
  ids: readonly FoundId[],
  from: number,
  add: (phrase: DependencyPhrase) => void,
): void {
  const arrows = [...text.slice(from).matchAll(ARROW)].slice(0, 200)
  for (const arrow of arrows) {
    const at = from + arrow.index
    cross(followers(text, ids, at + arrow[0].length), leaders(text, ids, at), 'depends', add)
  }
  if (arrows.length > 0) return
  const waits = text.slice(from).matchAll(WAITS).next().value
  const leads = text.slice(from).matchAll(LEADS).next().value
  const word = waits ?? leads
  if (!word) return
  const at = from + word.index
  const left = ids.filter((id) => id.to <= at)
  const right = behind(text, ids, at + word[0].length)
  // `T008 blocks T009, T015` is kept from the one that waits: T009 waits for T008.
  if (waits) cross(left, right, 'depends', add)
  else cross(right, left, 'depends', add)
}

/** The identifiers right before an index. */
function leaders(text: string, ids: readonly FoundId[], at: number): FoundId[] {
  const taken: FoundId[] = []
  let begin = at
  for (const id of [...ids].reverse()) {
    if (id.to > at) continue
    if (id.to <= begin && (begin - id.to > 40 || !GAP.test(text.slice(id.to, begin)))) break
    taken.push(id)
    begin = Math.min(begin, id.from)
  }
  return taken
}

/** The identifiers behind an index, two words and a bracket before the first allowed: `before implementation (T008-T014)`. */
function behind(text: string, ids: readonly FoundId[], at: number): FoundId[] {
  const first = ids.find((id) => id.from >= at)
  if (!first || first.from - at > 60) return []
  const gap = text.slice(at, first.from)
  return /^[\s*`(,:]{0,8}(?:[\p{L}\p{N}-]{1,24}[\s*`(]{1,4}){0,2}$/u.test(gap) ? followers(text, ids, first.from) : []
}

function cross(
  waiting: readonly FoundId[],
  first: readonly FoundId[],
  kind: 'depends' | 'blocks',
  add: (phrase: DependencyPhrase) => void,
): void {
  let pairs = 0
  for (const a of waiting) {
    for (const b of first) {
      if (pairs >= PAIRS_MAX) return
      pairs += 1
      add({ from: a.id, to: b.id, kind, at: b.from, end: b.to, sure: true })
    }
  }
}

/** `_Requirements: 1.1, 2.3_` of Kiro: the numbers behind the word, with their indices. */
export function numberedReferences(text: string): { id: string; from: number; to: number }[] {
  const match = /(?<![A-Za-z])requirements?[_*]{0,2}:[_*]{0,2}\s{0,4}/i.exec(text)
  if (!match) return []
  const begin = match.index + match[0].length
  return [...text.slice(begin).matchAll(/(?<![\w.])(\d{1,4}(?:\.\d{1,4}){0,3})(?![A-Za-z0-9])/g)].map((m) => ({
    id: m[1] as string,
    from: begin + m.index,
    to: begin + m.index + m[0].length,
  }))
}
