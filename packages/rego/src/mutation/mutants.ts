import { endsValue, isLiteral, type Body, type RegoModule, type Rule, type Span } from './rego-module.ts'
import type { Token } from './rego-tokens.ts'

/** Replaces a part of the source; `start` and `end` are offsets. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

export const MUTATORS = {
  'rule-removed': 'a rule or one of its branches never holds',
  'else-removed': 'an else never holds',
  'condition-dropped': 'a condition of a body always holds',
  'condition-negated': 'a condition holds where it did not, and the other way round',
  comparison: 'a comparison operator is exchanged',
  arithmetic: 'an arithmetic or set operator is exchanged',
  number: 'a number is one more or one less',
  string: 'a text is another one',
  boolean: 'true becomes false, false true, null false',
  collection: 'a constant collection is emptied, an empty one filled',
  quantifier: 'every becomes some, some becomes every',
  builtin: 'a builtin is exchanged for its counterpart, or left out',
} as const

export type MutatorName = keyof typeof MUTATORS

/** One small change of a policy, that a test should notice. */
export interface Mutant {
  readonly mutator: MutatorName
  /** Where the change begins, counted from 1. */
  readonly line: number
  readonly column: number
  /** In a sentence's part: `> becomes >=`. */
  readonly change: string
  readonly edits: readonly Edit[]
  /** Position of its rule in the module. */
  readonly rule: number
}

const COMPARISONS: Readonly<Record<string, readonly string[]>> = {
  '==': ['!='],
  '=': ['!='],
  '!=': ['=='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
}
const ARITHMETIC: Readonly<Record<string, string>> = {
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '|': '&',
  '&': '|',
}

/** Builtins for which another one takes the same operands. */
const COUNTERPARTS: Readonly<Record<string, string>> = {
  startswith: 'endswith',
  endswith: 'startswith',
  contains: 'startswith',
  'strings.any_prefix_match': 'strings.any_suffix_match',
  'strings.any_suffix_match': 'strings.any_prefix_match',
  min: 'max',
  max: 'min',
  lower: 'upper',
  upper: 'lower',
  trim_prefix: 'trim_suffix',
  trim_suffix: 'trim_prefix',
  trim_left: 'trim_right',
  trim_right: 'trim_left',
  floor: 'ceil',
  ceil: 'floor',
  sum: 'product',
  product: 'sum',
  union: 'intersection',
  intersection: 'union',
  'object.remove': 'object.filter',
  'object.filter': 'object.remove',
  'json.remove': 'json.filter',
  'json.filter': 'json.remove',
  'bits.and': 'bits.or',
  'bits.or': 'bits.and',
}

/** Builtins of one operand that can be left out. */
const REMOVABLE = new Set([
  'lower',
  'upper',
  'sort',
  'trim_space',
  'abs',
  'floor',
  'ceil',
  'round',
  'array.reverse',
  'strings.reverse',
])

/** Every mutant of a module, in the order of the source. */
export function mutantsOf(module: RegoModule): Mutant[] {
  const mutants = module.rules.flatMap((rule, index) => new RuleMutator(module, rule, index).all())
  return mutants.toSorted((a, b) => a.line - b.line || a.column - b.column)
}

/** The source with a mutant's edits made. */
export function applyEdits(source: string, edits: readonly Edit[]): string {
  let text = ''
  let at = 0
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    text += source.slice(at, edit.start) + edit.text
    at = edit.end
  }
  return text + source.slice(at)
}

class RuleMutator {
  private readonly module: RegoModule
  private readonly tokens: readonly Token[]
  private readonly rule: Rule
  private readonly index: number
  private readonly out: Mutant[] = []

  constructor(module: RegoModule, rule: Rule, index: number) {
    this.module = module
    this.tokens = module.tokens
    this.rule = rule
    this.index = index
  }

  all(): readonly Mutant[] {
    if (!this.rule.isDefault) this.branches()
    for (const body of this.rule.bodies) this.statements(body)
    const bars = new Set(this.rule.bodies.filter((b) => b.kind === 'comprehension').map((b) => b.span.from - 1))
    for (let at = this.rule.span.from; at < this.rule.span.to; at++) {
      this.operator(at, bars)
      this.constant(at)
      this.collection(at)
      this.builtin(at)
    }
    return this.out
  }

  private add(mutator: MutatorName, at: number, change: string, edits: readonly Edit[]): void {
    const { line, column } = this.token(at)
    this.out.push({ mutator, line, column, change, edits, rule: this.index })
  }

  private token(at: number): Token {
    const token = this.tokens[at]
    if (token === undefined) throw new RangeError(`there is no token ${at}`)
    return token
  }

  private offsets(span: Span): { readonly start: number; readonly end: number } {
    return { start: this.token(span.from).start, end: this.token(span.to - 1).end }
  }

  private text(span: Span): string {
    const { start, end } = this.offsets(span)
    return short(this.module.source.slice(start, end))
  }

  private branches(): void {
    for (const [number, branch] of this.rule.branches.entries()) {
      const what = number === 0 ? `this branch of ${this.rule.name} never holds` : 'this else never holds'
      const { body } = branch
      const end = this.offsets(branch.head).end
      const inside = body === null ? { start: end, end } : this.offsets(body.span)
      // What gives values to the head's names stays.
      const edits =
        body === null
          ? [{ start: end, end, text: ' if { false }' }]
          : branch.braced
            ? [{ start: inside.start, end: inside.start, text: 'false; ' }]
            : [
                { start: inside.start, end: inside.start, text: '{ false; ' },
                { start: inside.end, end: inside.end, text: ' }' },
              ]
      this.add(number === 0 ? 'rule-removed' : 'else-removed', branch.head.from, what, edits)
    }
  }

  private statements(body: Body): void {
    for (const statement of body.statements) {
      const first = this.token(statement.from)
      const where = this.offsets(statement)
      const keyword = first.kind === 'keyword' ? first.text : ''
      if (!this.bindsForOthers(statement, body) && this.text(statement) !== 'true')
        this.add('condition-dropped', statement.from, `${this.text(statement)} is dropped`, [
          { ...where, text: 'true' },
        ])
      if (keyword === 'not') {
        const next = this.token(statement.from + 1)
        this.add('condition-negated', statement.from, 'not is taken away', [
          { start: first.start, end: next.start, text: '' },
        ])
      } else if (keyword === 'every') this.everyToSome(statement)
      else if (keyword === 'some') this.someToEvery(statement, body)
      else if (!this.has(statement, ':='))
        this.add('condition-negated', statement.from, `${this.text(statement)} is negated`, [
          { start: where.start, end: where.start, text: 'not ' },
        ])
    }
  }

  /** Whether a statement gives values to names that are used elsewhere: without it the rule cannot be compiled. */
  private bindsForOthers(statement: Span, body: Body): boolean {
    const names = this.bound(statement)
    if (names.size === 0) return false
    const { rule } = this
    // Names of a comprehension or an every are seen by its own head as well: the rule around is wide enough.
    for (let at = rule.span.from; at < rule.span.to; at++) {
      if (at === statement.from) at = statement.to
      const token = this.tokens[at]
      if (at < rule.span.to && token?.kind === 'name' && names.has(token.text)) return true
    }
    return body.statements.length === 0
  }

  private bound(statement: Span): Set<string> {
    const some = this.token(statement.from).text === 'some'
    let end = statement.from
    while (end < statement.to && !(some ? this.isKeyword(end, 'in') : this.token(end).text === ':=')) end++
    if (end === statement.to && !some) return new Set()
    return new Set(
      this.tokens
        .slice(statement.from, end)
        .filter((token) => token.kind === 'name')
        .map((token) => token.text),
    )
  }

  private isKeyword(at: number, text: string): boolean {
    const token = this.tokens[at]
    return token?.kind === 'keyword' && token.text === text
  }

  /** Whether an operator stands in the statement, outside of brackets. */
  private has(statement: Span, operator: string): boolean {
    for (let at = statement.from; at < statement.to; at++) {
      if (this.token(at).text === operator && this.token(at).kind === 'operator') return true
      if (this.token(at).kind === 'open') at = this.module.matches[at] ?? at
    }
    return false
  }

  private hasKeyword(statement: Span, text: string): boolean {
    for (let at = statement.from; at < statement.to; at++) if (this.isKeyword(at, text)) return true
    return false
  }

  private everyToSome(statement: Span): void {
    const open = this.module.matches[statement.to - 1] ?? -1
    if (open <= statement.from) return
    const [every, brace, close] = [this.token(statement.from), this.token(open), this.token(statement.to - 1)]
    this.add('quantifier', statement.from, 'every becomes some', [
      { start: every.start, end: every.end, text: 'some' },
      { start: brace.start, end: brace.end, text: '\n' },
      { start: close.start, end: close.end, text: '' },
    ])
  }

  /** `some x in xs` and what follows becomes `every x in xs { what follows }`. */
  private someToEvery(statement: Span, body: Body): void {
    const last = body.statements.at(-1)
    const next = body.statements[body.statements.indexOf(statement) + 1]
    if (last === undefined || next === undefined || !this.hasKeyword(statement, 'in')) return
    const names = this.bound(statement)
    for (let at = this.rule.span.from; at < this.rule.span.to; at++) {
      if (at === body.span.from) at = body.span.to
      const token = this.tokens[at]
      // A name that the head gives has no one value in an every.
      if (at < this.rule.span.to && token?.kind === 'name' && names.has(token.text)) return
    }
    const some = this.token(statement.from)
    const [end, follows, final] = [this.token(statement.to - 1), this.token(next.from), this.token(last.to - 1)]
    this.add('quantifier', statement.from, 'some becomes every', [
      { start: some.start, end: some.end, text: 'every' },
      { start: end.end, end: follows.start, text: ' { ' },
      { start: final.end, end: final.end, text: ' }' },
    ])
  }

  private operator(at: number, bars: ReadonlySet<number>): void {
    const token = this.token(at)
    if (token.kind !== 'operator' || bars.has(at)) return
    // What has no value before it is the sign of a number; the `=` of a head gives the rule its value.
    if (!endsValue(this.tokens[at - 1])) return
    if (token.text === '=' && this.rule.branches.some(({ head }) => at >= head.from && at < head.to)) return
    const others = COMPARISONS[token.text] ?? []
    const swap = (mutator: MutatorName, text: string) =>
      this.add(mutator, at, `${token.text} becomes ${text}`, [{ start: token.start, end: token.end, text }])
    for (const other of others) swap('comparison', other)
    const arithmetic = ARITHMETIC[token.text]
    if (arithmetic !== undefined) swap('arithmetic', arithmetic)
  }

  private constant(at: number): void {
    const token = this.token(at)
    const to = (mutator: MutatorName, text: string) =>
      this.add(mutator, at, `${short(token.text)} becomes ${text}`, [{ start: token.start, end: token.end, text }])
    if (token.kind === 'number') {
      // No list has a place before its first.
      const first = token.text === '0' && this.tokens[at - 1]?.text === '[' && !isLiteral(this.tokens, at - 1)
      for (const text of neighbours(token.text)) if (!(first && text === '-1')) to('number', text)
    }
    if (token.kind === 'string') to('string', token.text.length > 2 ? '""' : '"mutated"')
    else if (token.kind === 'keyword' && token.text === 'true') to('boolean', 'false')
    else if (token.kind === 'keyword' && token.text === 'false') to('boolean', 'true')
    else if (token.kind === 'keyword' && token.text === 'null') to('boolean', 'false')
  }

  private collection(at: number): void {
    const token = this.token(at)
    const close = this.module.matches[at] ?? -1
    if (token.kind !== 'open') return
    if (token.text === '(') {
      // `set()` is the empty set.
      if (close === at + 1 && this.token(at - 1).text === 'set' && this.token(at - 1).kind === 'name')
        this.replace(at - 1, close, '{"mutated"}')
      return
    }
    if (!isLiteral(this.tokens, at) || this.rule.bodies.some(({ span }) => span.from === at + 1 && span.to === close))
      return
    if (close === at + 1) return this.replace(at, close, token.text === '[' ? '["mutated"]' : '{"mutated": true}')
    let pairs = false
    for (let i = at + 1; i < close; i++) {
      const inner = this.token(i)
      const scalar = inner.kind === 'string' || inner.kind === 'number' || /^(?:true|false|null)$/.test(inner.text)
      if (!scalar && inner.text !== ',' && inner.text !== ':') return
      pairs ||= inner.text === ':'
    }
    this.replace(at, close, token.text === '[' ? '[]' : pairs ? '{}' : 'set()')
  }

  private replace(from: number, last: number, text: string): void {
    const span = { from, to: last + 1 }
    this.add('collection', from, `${this.text(span)} becomes ${text}`, [{ ...this.offsets(span), text }])
  }

  private builtin(at: number): void {
    if (this.token(at).kind !== 'name' || this.token(at - 1 < 0 ? at : at - 1).text === '.') return
    let end = at + 1
    while (this.tokens[end]?.text === '.' && this.tokens[end + 1]?.kind === 'field') end += 2
    const open = this.tokens[end]
    if (open?.text !== '(' || open.afterSpace || at === this.rule.span.from) return
    const name = this.tokens
      .slice(at, end)
      .map((token) => token.text)
      .join('')
    const { start, end: nameEnd } = this.offsets({ from: at, to: end })
    const other = Object.hasOwn(COUNTERPARTS, name) ? COUNTERPARTS[name] : undefined
    if (other !== undefined) this.add('builtin', at, `${name} becomes ${other}`, [{ start, end: nameEnd, text: other }])
    if (REMOVABLE.has(name)) {
      const close = this.token(this.module.matches[end] ?? end)
      this.add('builtin', at, `${name} is left out`, [
        { start, end: nameEnd, text: '' },
        { start: close.end, end: close.end, text: '' },
      ])
    }
  }
}

/** A number one more and one less, as text: integers of any size stay exact. */
function neighbours(text: string): string[] {
  if (/^\d+$/.test(text)) return [String(BigInt(text) + 1n), String(BigInt(text) - 1n)]
  const value = Number(text)
  return [String(value + 1), String(value - 1)].filter((other) => Number(other) !== value)
}

/** Source on one line, cut. */
function short(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  return line.length > 120 ? `${line.slice(0, 119)}…` : line
}
