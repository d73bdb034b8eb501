import { compare, compareText, numberFromText } from '../value.ts'

/** A term of Rego as OPA's syntax tree has it; infix operators are calls. */
export type Term =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'templatestring'; readonly parts: readonly (Term | Expr)[]; readonly multiLine: boolean }
  | { readonly kind: 'var'; readonly name: string }
  | { readonly kind: 'ref' | 'array' | 'set' | 'call'; readonly terms: readonly Term[] }
  | { readonly kind: 'object'; readonly pairs: readonly (readonly [Term, Term])[] }
  | { readonly kind: 'arraycomprehension' | 'setcomprehension'; readonly term: Term; readonly body: Body }
  | { readonly kind: 'objectcomprehension'; readonly key: Term; readonly value: Term; readonly body: Body }

export type ListTerm = Extract<Term, { terms: readonly Term[] }>
export type Body = readonly Expr[]

export interface With {
  readonly target: Term
  readonly value: Term
}

/** What an expression of a body says. */
export type Statement =
  | { readonly kind: 'some'; readonly symbols: readonly Term[] }
  | { readonly kind: 'term'; readonly term: Term }
  | { readonly kind: 'call'; readonly terms: readonly Term[] }
  | {
      readonly kind: 'every'
      readonly key: Term | undefined
      readonly value: Term
      readonly domain: Term
      readonly body: Body
    }
  | { readonly kind: 'not'; readonly body: Body; readonly explicit: boolean }
  | { readonly kind: 'and' | 'or'; readonly lhs: Side; readonly rhs: Side }

/** Of `and` and `or`; `explicit` where it was written in braces. */
interface Side {
  readonly body: Body
  readonly explicit: boolean
}

export interface Expr {
  readonly kind: 'expr'
  readonly says: Statement
  /** The first token it was written with. */
  first: string
  index: number
  withs: readonly With[]
  negated: boolean
  generated: boolean
}

export interface Head {
  name: string
  ref: readonly Term[]
  /** Undefined where no brackets were written. */
  args: readonly Term[] | undefined
  key: Term | undefined
  value: Term | undefined
  assign: boolean
  /** Which of `if` and `contains` the rule was written with. */
  usesIf: boolean
  usesContains: boolean
  generatedValue: boolean
}

export interface Rule {
  readonly head: Head
  readonly body: Body
  readonly isDefault: boolean
  readonly generatedBody: boolean
  readonly otherwise: Rule | undefined
}

export interface Import {
  readonly path: readonly Term[]
  readonly alias: string | undefined
}

export const TRUE: Term = { kind: 'boolean', value: true }

export function expr(says: Statement, withs: readonly With[] = []): Expr {
  return { kind: 'expr', says, first: '', index: 0, withs, negated: false, generated: false }
}

/** The body of a rule that has none. */
export function trueBody(): Body {
  return [{ ...expr({ kind: 'term', term: TRUE }), generated: true }]
}

export function variable(name: string): Term {
  return { kind: 'var', name }
}

export function refTerm(terms: readonly Term[]): ListTerm {
  return { kind: 'ref', terms }
}

export function callTerm(terms: readonly Term[]): ListTerm {
  return { kind: 'call', terms }
}

/** A wildcard `_` as the parser has numbered it. */
export function isWildcard(term: Term): boolean {
  return term.kind === 'var' && term.name.startsWith('$')
}

/** `data` or `input`, which stand for references even alone. */
export function isRoot(term: Term): boolean {
  return term.kind === 'var' && (term.name === 'data' || term.name === 'input')
}

/** A reference of plain names, with dots; the empty text for any other. */
export function dotted(term: Term | undefined): string {
  if (term?.kind !== 'ref') return ''
  const [head, ...rest] = term.terms
  if (head?.kind !== 'var') return ''
  const names = rest.map((one) => (one.kind === 'string' ? one.value : ''))
  return names.includes('') ? '' : [head.name, ...names].join('.')
}

/** Members in OPA's order; of equal ones the first. */
export function setTerm(members: readonly Term[]): Term {
  const order = members.toSorted(compareTerms)
  const terms = order.filter((term, i) => i === 0 || compareTerms(order[i - 1] as Term, term) !== 0)
  return { kind: 'set', terms }
}

/** Pairs in the order of their keys; of equal keys the first, with the last value. */
export function objectTerm(pairs: readonly (readonly [Term, Term])[]): Term {
  const order = pairs.toSorted(([a], [b]) => compareTerms(a, b))
  const kept: (readonly [Term, Term])[] = []
  for (const [key, value] of order) {
    const last = kept.at(-1)
    if (last !== undefined && compareTerms(last[0], key) === 0) kept[kept.length - 1] = [last[0], value]
    else kept.push([key, value])
  }
  return { kind: 'object', pairs: kept }
}

/** Holds no variable, as far as OPA looks. */
export function isGround(term: Term): boolean {
  if (term.kind === 'var' || term.kind === 'templatestring') return false
  if ('terms' in term) return (term.kind === 'ref' ? term.terms.slice(1) : term.terms).every(isGround)
  if ('pairs' in term) return term.pairs.every(([key, value]) => isGround(key) && isGround(value))
  if (!('body' in term)) return true
  const heads = 'term' in term ? [term.term] : [term.key, term.value]
  return heads.every(isGround) && term.body.every(isGroundExpr)
}

function isGroundExpr({ says }: Expr): boolean {
  if (says.kind === 'term') return isGround(says.term)
  if (says.kind === 'call') return says.terms.slice(1).every(isGround)
  if (says.kind === 'and' || says.kind === 'or') return [...says.lhs.body, ...says.rhs.body].every(isGroundExpr)
  return says.kind === 'not' && says.body.every(isGroundExpr)
}

/** Terms that hold others. */
export const COLLECTIONS: readonly Term['kind'][] = [
  'array',
  'object',
  'set',
  'arraycomprehension',
  'objectcomprehension',
  'setcomprehension',
]

const RANKS: readonly Term['kind'][] = [
  'null',
  'boolean',
  'number',
  'string',
  'templatestring',
  'var',
  'ref',
  ...COLLECTIONS,
  'call',
]
const SAYS: readonly Statement['kind'][] = ['some', 'term', 'call', 'every', 'not', 'and', 'or']

function compareLists<T>(a: readonly T[], b: readonly T[], each: (a: T, b: T) => number): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const order = each(a[i] as T, b[i] as T)
    if (order !== 0) return order
  }
  return a.length - b.length
}

/** OPA's order of terms, by which the members of a set and the keys of an object are written. */
export function compareTerms(a: Term, b: Term): number {
  if (a === b) return 0
  if (a.kind === 'boolean' && b.kind === 'boolean') return Number(a.value) - Number(b.value)
  if (a.kind === 'number' && b.kind === 'number') return compare(numberFromText(a.text), numberFromText(b.text))
  if (a.kind === 'string' && b.kind === 'string') return compareText(a.value, b.value)
  if (a.kind === 'var' && b.kind === 'var') return compareText(a.name, b.name)
  if (a.kind !== b.kind) return RANKS.indexOf(a.kind) - RANKS.indexOf(b.kind)
  if ('terms' in a && 'terms' in b) return compareLists(a.terms, b.terms, compareTerms)
  if (a.kind === 'object' && b.kind === 'object') {
    return compareLists(a.pairs, b.pairs, (x, y) => compareTerms(x[0], y[0]) || compareTerms(x[1], y[1]))
  }
  if ('term' in a && 'term' in b) return compareTerms(a.term, b.term) || compareBodies(a.body, b.body)
  if (a.kind === 'objectcomprehension' && b.kind === 'objectcomprehension') {
    return compareTerms(a.key, b.key) || compareTerms(a.value, b.value) || compareBodies(a.body, b.body)
  }
  if (a.kind === 'templatestring' && b.kind === 'templatestring') {
    if (a.multiLine !== b.multiLine) return a.multiLine ? 1 : -1
    return a.parts.length - b.parts.length || compareLists(a.parts, b.parts, compareParts)
  }
  return 0
}

function compareParts(a: Term | Expr, b: Term | Expr): number {
  if (a.kind === 'expr') return b.kind === 'expr' ? compareExprs(a, b) : 1
  return b.kind === 'expr' ? -1 : compareTerms(a, b)
}

function compareBodies(a: Body, b: Body): number {
  return compareLists(a, b, compareExprs)
}

function compareExprs(a: Expr, b: Expr): number {
  return (
    SAYS.indexOf(a.says.kind) - SAYS.indexOf(b.says.kind) ||
    a.index - b.index ||
    Number(a.negated) - Number(b.negated) ||
    compareStatements(a.says, b.says) ||
    compareLists(a.withs, b.withs, (x, y) => compareTerms(x.target, y.target) || compareTerms(x.value, y.value))
  )
}

function compareStatements(a: Statement, b: Statement): number {
  if (a.kind === 'term' && b.kind === 'term') return compareTerms(a.term, b.term)
  if (a.kind === 'call' && b.kind === 'call') return compareLists(a.terms, b.terms, compareTerms)
  if (a.kind === 'some' && b.kind === 'some') return compareLists(a.symbols, b.symbols, compareTerms)
  if (a.kind === 'not' && b.kind === 'not') return compareBodies(a.body, b.body)
  if ('lhs' in a && 'lhs' in b) return compareBodies(a.lhs.body, b.lhs.body) || compareBodies(a.rhs.body, b.rhs.body)
  if (a.kind !== 'every' || b.kind !== 'every') return 0
  const keys = a.key !== undefined && b.key !== undefined ? compareTerms(a.key, b.key) : 0
  return keys || compareTerms(a.value, b.value) || compareTerms(a.domain, b.domain) || compareBodies(a.body, b.body)
}
