import type { ScenarioStep, StepKeyword } from './model.ts'
import type { Source } from './source.ts'

const SPOKEN: readonly (readonly [StepKeyword, string])[] = [
  [
    'given',
    'given, dado, dada, dados, dadas, dato, soit, étant donné, étant donnée, étant donné que, gegeven, mając, zakładając, giả sử, cho, якщо, припустимо, بافتراض, بفرض, gegeben, gegeben sei, angenommen, дано, пусть, 假设, 假如, 给定, 給定, 假設, 已知, 前提, 前提条件, 조건, 주어진, 주어진 상황, 전제',
  ],
  [
    'when',
    'when, if, while, cuando, quando, quand, lorsque, als, wanneer, gdy, kiedy, khi, коли, عندما, متى, wenn, когда, 当, 當, 如果, もし, 操作, とき, 만일, 만약, 언제, 때, 동작',
  ],
  [
    'then',
    'then, entonces, então, allora, alors, dan, wtedy, thì, тоді, إذن, إذاً, ثم, dann, тогда, то, 那么, 那麼, 则, 則, 应当, 應, ならば, 結果, 그러면, 결과',
  ],
  ['and', 'and, y, e, et, und, и, 并且, 並且, 而且, 且, かつ, また, 그리고'],
  ['but', 'but, pero, mas, mais, aber, но, 但是, しかし, 하지만'],
]
const WORDS = new Map(SPOKEN.flatMap(([keyword, words]) => words.split(', ').map((word) => [word, keyword] as const)))

/** Emphasised words of at most three parts. */
const MARKED = /(\*\*\*|\*\*|__|\*|_)(\p{L}{1,14}(?: \p{L}{1,8}){0,2}):?\1:?/gu
const PLAIN_START = /^\s{0,8}(given|when|then|and|but)\b[:,]?(?=\s)/i
/** `Migrating tests. Given the old ones, when ...`: a title before the first step. */
const LATER_START = /^(?:[^.:;!?\n]{1,120}[.:;!?][*_]{0,3}|.{1,120}?\s[\u2010-\u2015-])\s{1,3}(Given)\b[:,]?(?=\s)/
/** `IF` and `WHILE` are EARS for `WHEN`. */
const UPPER = /(?<![\p{L}\p{N}])(GIVEN|WHEN|THEN|AND|BUT|IF|WHILE)(?![\p{L}\p{N}])/gu
const AFTER_COMMA = /[,;.]\s{1,3}(when|then|and|but)\b/gi

/**
 * The Given, When and Then of one line from index `from`. Emphasised and capital keywords count wherever they stand, plain ones at the start and,
 * once one was found, behind a comma.
 */
export function stepsOf(source: Source, no: number, text: string, from: number): ScenarioStep[] {
  const body = text.slice(from)
  const marks = keywords(body)
  return marks.map((mark, i) => {
    const end = marks[i + 1]?.from ?? body.trimEnd().length
    const words = body.slice(mark.to, end)
    return {
      keyword: mark.keyword,
      text: words.replace(/^[\s:,：，]+/, '').replace(/[\s,;，；]+$/, ''),
      place: source.at(no, from + mark.from, from + Math.max(mark.to, mark.to + words.trimEnd().length)),
    }
  })
}

interface Mark {
  readonly keyword: StepKeyword
  readonly from: number
  readonly to: number
}

function keywords(body: string): Mark[] {
  const marked = matches(MARKED, body, 2)
  if (marked.length > 0) return marked
  const start = PLAIN_START.exec(body) ?? LATER_START.exec(body)
  const upper = matches(UPPER, body, 1)
  // `AND` in capitals within a sentence is emphasis: one of the three must lead.
  if (upper.length > 0 && (start || upper.some((m) => m.keyword !== 'and' && m.keyword !== 'but'))) {
    if (start || body.slice(0, upper[0]?.from).trim() === '') return upper
  }
  if (!start) return []
  const first = start[1] as string
  const head: Mark = {
    keyword: WORDS.get(first.toLowerCase()) as StepKeyword,
    from: start[0].lastIndexOf(first),
    to: start[0].length,
  }
  // A list of sub-clauses: `and` splits a step only once a Then is open or in lines of their own.
  const rest = matches(AFTER_COMMA, body, 1).filter((m) => m.keyword === 'when' || m.keyword === 'then')
  return [head, ...rest.filter((m) => m.from >= head.to)]
}

function matches(pattern: RegExp, body: string, group: number): Mark[] {
  pattern.lastIndex = 0
  return [...body.matchAll(pattern)].flatMap((m) => {
    const word = m[group] as string
    const keyword = WORDS.get(word.toLowerCase())
    if (!keyword) return []
    const from = m.index + (group === 2 ? 0 : m[0].length - word.length)
    return [{ keyword, from, to: m.index + m[0].length }]
  })
}

/**
 * Adds the steps of a further line of a scenario. Words before its first keyword, or all of them, go on with the step above.
 */
export function addSteps(
  walk: { readonly source: Source },
  block: { readonly no: number; readonly text: string; readonly from: number },
  steps: ScenarioStep[],
): void {
  const more = stepsOf(walk.source, block.no, block.text, block.from)
  const lineStart = walk.source.lines[block.no - 1]?.start ?? 0
  const before = block.text.slice(block.from, more[0] ? more[0].place.start - lineStart : undefined).trim()
  const last = steps.at(-1)
  if (last && before !== '') {
    const to = block.text.indexOf(before, block.from) + before.length
    const end = walk.source.at(block.no, 0, to)
    steps[steps.length - 1] = {
      ...last,
      text: `${last.text} ${before.replace(/[\s,;]+$/, '')}`,
      place: { ...last.place, endLine: end.endLine, endColumn: end.endColumn, end: end.end },
    }
  }
  steps.push(...more)
}

const NEGATIVE =
  /\bnegative\b|\bmust not\b|\bshall not\b|\bshould not\b|\bmay not\b|\bcannot\b|\bnever\b|\brejects?\b|\brefus\w{1,4}\b|\bis (?:denied|blocked|ignored)\b|\bfails?\b with/i

/** Whether a criterion tells what must not happen. */
export function isNegative(text: string): boolean {
  return NEGATIVE.test(text)
}

const MODAL = /\b(MUST NOT|SHALL NOT|SHOULD NOT|MUST|SHALL|SHOULD|MAY|WILL|CAN)\b/
const PLAIN_MODAL = /\b(must not|shall not|should not|must|shall|should|may)\b/i

/** The word of obligation, upper case; capitals win over plain ones. */
export function modalOf(text: string): string | null {
  return (MODAL.exec(text)?.[1] ?? PLAIN_MODAL.exec(text)?.[1] ?? null)?.toUpperCase() ?? null
}
