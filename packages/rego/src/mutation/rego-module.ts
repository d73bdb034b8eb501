import { RegoSourceError, tokenize, type Comment, type Token } from './rego-tokens.ts'

/** Tokens from `from` up to and without `to`. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Conditions that must all hold: of a rule, an `else`, an `every` or a comprehension. */
export interface Body {
  readonly kind: 'rule' | 'else' | 'every' | 'comprehension'
  readonly statements: readonly Span[]
  /** All of it, without braces or bar. */
  readonly span: Span
}

export interface Branch {
  /** From its first word (`else` for one) to the last of its value. */
  readonly head: Span
  /** Null where it holds always. */
  readonly body: Body | null
  readonly braced: boolean
  /** Token after its last. */
  readonly end: number
}

export interface Rule {
  /** As written: `violations`, `allowed`, `level_of`. */
  readonly name: string
  readonly isDefault: boolean
  readonly span: Span
  /** The first is the rule's own, the others are its `else`. */
  readonly branches: readonly Branch[]
  /** Every body in it, its branches' among them. */
  readonly bodies: readonly Body[]
}

export interface RegoModule {
  readonly source: string
  readonly tokens: readonly Token[]
  readonly comments: readonly Comment[]
  /** For each bracket, the one that belongs to it; -1 for other tokens. */
  readonly matches: readonly number[]
  /** `gatehouse.policies.agent_limits`. */
  readonly packageName: string
  readonly rules: readonly Rule[]
}

const INFIX = new Set([':=', '=', '==', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', '|', '&'])
const GOES_ON_AFTER = new Set(['as', 'contains', 'default', 'else', 'every', 'if', 'in', 'not', 'some', 'with'])
const GOES_ON_BEFORE = new Set(['as', 'contains', 'if', 'in', 'with'])

/**
 * The structure of a Rego v1 module, as far as changing its conditions needs it: rules, their branches, bodies and
 * statements. It is no check: what OPA would refuse may pass. Throws RegoSourceError with the line.
 */
export function parseModule(source: string): RegoModule {
  return new ModuleReader(source).read()
}

class ModuleReader {
  private readonly source: string
  private readonly tokens: readonly Token[]
  private readonly comments: readonly Comment[]
  private readonly matches: number[]
  private bodies: Body[] = []

  constructor(source: string) {
    this.source = source
    const { tokens, comments } = tokenize(source)
    this.tokens = tokens
    this.comments = comments
    this.matches = matchBrackets(tokens)
  }

  read(): RegoModule {
    const { source, tokens, comments, matches } = this
    const rules: Rule[] = []
    let packageName = ''
    let at = 0
    while (at < tokens.length) {
      const word = this.keyword(at)
      if (word === 'package' || word === 'import') {
        const end = this.statementEnd(at, tokens.length)
        if (word === 'package') packageName = pathText(tokens.slice(at + 1, end))
        at = end
      } else if (tokens[at]?.text === ';') at++
      else {
        const rule = this.rule(at)
        rules.push(rule)
        at = rule.span.to
      }
    }
    return { source, tokens, comments, matches, packageName, rules }
  }

  private rule(start: number): Rule {
    this.bodies = []
    const isDefault = this.keyword(start) === 'default'
    const branches = [this.branch(start, 'rule')]
    let end = branches[0]?.end ?? start + 1
    while (this.keyword(end) === 'else') {
      const branch = this.branch(end, 'else')
      branches.push(branch)
      end = branch.end
    }
    if (end <= start) throw this.error('a rule cannot be read', start)
    return {
      name: nameOf(this.tokens, isDefault ? start + 1 : start, end),
      isDefault,
      span: { from: start, to: end },
      branches,
      bodies: this.bodies,
    }
  }

  private branch(start: number, kind: 'rule' | 'else'): Branch {
    let at = start + 1
    const limit = this.tokens.length
    while (at < limit && this.keyword(at) !== 'if' && !this.ends(at)) at = this.next(at)
    const head = { from: start, to: at }
    this.walk(head)
    if (this.keyword(at) !== 'if') return { head, body: null, braced: false, end: at }
    const open = at + 1
    if (this.tokens[open]?.text === '{') {
      const close = this.matches[open] ?? open
      return { head, body: this.body(kind, { from: open + 1, to: close }), braced: true, end: close + 1 }
    }
    let end = this.statementEnd(open, limit)
    for (let i = open; i < end; i = this.next(i)) if (this.keyword(i) === 'else') end = i
    return { head, body: this.body(kind, { from: open, to: end }), braced: false, end }
  }

  private body(kind: Body['kind'], span: Span): Body {
    const statements: Span[] = []
    let at = span.from
    while (at < span.to) {
      if (this.tokens[at]?.text === ';') {
        at++
        continue
      }
      const to = this.statementEnd(at, span.to)
      statements.push({ from: at, to })
      at = to
    }
    const body = { kind, span, statements }
    this.bodies.push(body)
    for (const statement of statements) this.statement(statement)
    return body
  }

  private statement(span: Span): void {
    const open = this.matches[span.to - 1] ?? -1
    if (this.keyword(span.from) === 'every' && this.tokens[span.to - 1]?.text === '}' && open > span.from) {
      this.walk({ from: span.from, to: open })
      this.body('every', { from: open + 1, to: span.to - 1 })
    } else this.walk(span)
  }

  /** Finds the comprehensions within. */
  private walk(span: Span): void {
    for (let at = span.from; at < span.to; at++) {
      if (this.tokens[at]?.kind !== 'open') continue
      const close = this.matches[at] ?? at
      const bar = isLiteral(this.tokens, at) ? this.bar(at + 1, close) : -1
      if (bar < 0) this.walk({ from: at + 1, to: close })
      else {
        this.walk({ from: at + 1, to: bar })
        this.body('comprehension', { from: bar + 1, to: close })
      }
      at = close
    }
  }

  /** The bar of a comprehension: in the first element, before any comma. */
  private bar(from: number, to: number): number {
    for (let at = from; at < to; at = this.next(at)) {
      if (this.tokens[at]?.text === ',') return -1
      if (this.tokens[at]?.text === '|') return at
    }
    return -1
  }

  private statementEnd(start: number, limit: number): number {
    let at = this.next(start)
    while (at < limit && !this.ends(at)) at = this.next(at)
    return Math.min(at, limit)
  }

  /** Whether a statement that reached here is over. */
  private ends(at: number): boolean {
    const token = this.tokens[at]
    const before = this.tokens[at - 1]
    if (token === undefined || before === undefined) return true
    if (token.text === ';' || token.kind === 'close') return true
    if (!token.afterNewline) return false
    if (before.kind === 'operator' ? INFIX.has(before.text) : before.text === ',') return false
    if (before.kind === 'keyword' && GOES_ON_AFTER.has(before.text)) return false
    if (token.kind === 'operator') return !INFIX.has(token.text)
    return !(token.kind === 'keyword' && GOES_ON_BEFORE.has(token.text))
  }

  /** The token after this one, or after the bracket that this one opens. */
  private next(at: number): number {
    return (this.tokens[at]?.kind === 'open' ? (this.matches[at] ?? at) : at) + 1
  }

  private keyword(at: number): string | null {
    const token = this.tokens[at]
    return token?.kind === 'keyword' ? token.text : null
  }

  private error(message: string, at: number): RegoSourceError {
    return new RegoSourceError(message, this.tokens[at]?.line ?? 1)
  }
}

function matchBrackets(tokens: readonly Token[]): number[] {
  const matches = Array.from({ length: tokens.length }, () => -1)
  const open: number[] = []
  for (const [index, token] of tokens.entries()) {
    if (token.kind === 'open') open.push(index)
    if (token.kind !== 'close') continue
    const start = open.pop()
    if (start === undefined || '([{'.indexOf(tokens[start]?.text ?? '') !== ')]}'.indexOf(token.text))
      throw new RegoSourceError(`${token.text} closes nothing`, token.line)
    matches[start] = index
    matches[index] = start
  }
  const left = open.pop()
  if (left !== undefined) throw new RegoSourceError('a bracket is not closed', tokens[left]?.line ?? 1)
  return matches
}

/** Whether a token can be the end of a value. */
export function endsValue(token: Token | undefined): boolean {
  if (token === undefined) return false
  if (token.kind === 'keyword') return token.text === 'true' || token.text === 'false' || token.text === 'null'
  return token.kind !== 'operator' && token.kind !== 'open' && token.kind !== 'punctuation'
}

/** Whether a bracket begins a collection: not the key of a reference, not the arguments of a call. */
export function isLiteral(tokens: readonly Token[], open: number): boolean {
  const token = tokens[open]
  if (token?.text === '{') return true
  return token?.text === '[' && (token.afterSpace || !endsValue(tokens[open - 1]))
}

function pathText(tokens: readonly Token[]): string {
  return tokens
    .filter((token) => token.kind !== 'punctuation' && token.kind !== 'open' && token.kind !== 'close')
    .map((token) => (token.kind === 'string' ? token.text.slice(1, -1) : token.text))
    .join('.')
}

function nameOf(tokens: readonly Token[], from: number, to: number): string {
  let end = from + 1
  while (end < to && (tokens[end]?.text === '.' || tokens[end]?.kind === 'field')) end++
  return tokens
    .slice(from, end)
    .map((token) => token.text)
    .join('')
}
