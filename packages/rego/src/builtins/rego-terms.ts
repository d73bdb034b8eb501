import { RegoCursor } from './rego-cursor.ts'
import type { TokenKind } from './rego-lexer.ts'
import {
  callTerm,
  COLLECTIONS,
  isRoot,
  objectTerm,
  refTerm,
  setTerm,
  variable,
  type Body,
  type Expr,
  type ListTerm,
  type Term,
} from './rego-nodes.ts'

/** Infix operators as OPA calls them, the loosest binding first; `in` is looser than all. */
const LEVELS: readonly Readonly<Partial<Record<TokenKind, string>>>[] = [
  { '==': 'equal', '!=': 'neq', '<': 'lt', '>': 'gt', '<=': 'lte', '>=': 'gte' },
  { '|': 'or' },
  { '&': 'and' },
  { '+': 'plus', '-': 'minus' },
  { '*': 'mul', '/': 'div', '%': 'rem' },
]
/** Above this binary exponent OPA refuses a number. */
const MAX_EXPONENT = 100_000
const REF_HEADS: ReadonlySet<Term['kind']> = new Set(['var', ...COLLECTIONS, 'call'])

function member(parts: 2 | 3): Term {
  return refTerm([variable('internal'), { kind: 'string', value: `member_${parts}` }])
}

function operator(name: string): Term {
  return refTerm([variable(name)])
}

function isTooBig(text: string): boolean {
  const [, whole = '', fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:e(.+))?$/i.exec(text) ?? []
  const digits = whole + fraction
  const significant = digits.replace(/^0+/, '')
  if (significant === '') return false
  const leading = Math.log10(Number(`0.${significant.slice(0, 17)}`))
  const decimal = Number(exponent) + whole.length - (digits.length - significant.length) + leading
  return Math.abs(Math.floor(decimal * Math.log2(10)) + 1) > MAX_EXPONENT
}

/** Terms of Rego (OPA 1.22), infix operators and comprehensions among them. Undefined where none can be read. */
export abstract class RegoTerms extends RegoCursor {
  protected abstract body(end: TokenKind): Body | undefined
  protected abstract literal(): Expr | undefined
  /** Operands of calls that were written with `|`. */
  protected readonly unions = new WeakSet<readonly Term[]>()

  /** A term with infix operators; `pairs` where `key, value in list` may stand. */
  protected infix(pairs = true): Term | undefined {
    return this.nested(() => {
      let lhs = this.level(0)
      if (lhs === undefined) return undefined
      let chain = 0
      for (;;) {
        const next = this.membership(lhs, pairs)
        if (next === undefined) break
        lhs = next.term
        this.deeper(1)
        chain++
        if (!next.done || !this.is('in')) break
      }
      this.deeper(-chain)
      return lhs
    })
  }

  /** `lhs in list` or `lhs, value in list`; undefined where neither follows. */
  private membership(lhs: Term, pairs: boolean): { term: Term; done: boolean } | undefined {
    if (pairs && this.is(',')) {
      const before = this.place
      this.scan()
      const middle = this.level(0)
      if (middle !== undefined && this.is('in')) {
        this.scan()
        const rhs = this.level(0)
        if (rhs !== undefined) return { term: callTerm([member(3), lhs, middle, rhs]), done: true }
      }
      this.place = before
    }
    this.keywordRef()
    if (!this.is('in')) return undefined
    this.scan()
    const rhs = this.level(0)
    return rhs === undefined ? { term: lhs, done: false } : { term: callTerm([member(2), lhs, rhs]), done: true }
  }

  private level(n: number): Term | undefined {
    const operators = LEVELS[n]
    if (operators === undefined) return this.term()
    let lhs = this.level(n + 1)
    if (lhs === undefined) return undefined
    let chain = 0
    for (let name = operators[this.kind]; name !== undefined; name = operators[this.kind]) {
      this.scan()
      const rhs = this.level(n + 1)
      if (rhs === undefined) break
      const call = callTerm([operator(name), lhs, rhs])
      if (name === 'or') this.unions.add(call.terms)
      lhs = call
      this.deeper(1)
      chain++
    }
    this.deeper(-chain)
    return lhs
  }

  protected term(): Term | undefined {
    return this.remember(() => this.nested(() => this.freshTerm()))
  }

  private freshTerm(): Term | undefined {
    // No operator can stand here: `and(x, y)` calls the builtin.
    if (this.is('and', 'or') && this.ahead(true) === '(') this.asIdent()
    if (this.is('-')) {
      const before = this.place
      this.scan()
      if (this.is('ident', 'contains')) {
        const term = this.finished(this.variableHere())
        return term && callTerm([operator('minus'), { kind: 'number', text: '0' }, term])
      }
      this.place = before
    }
    const term = this.simple()
    return term && this.finished(term)
  }

  private simple(): Term | undefined {
    const { kind, text } = this.place.token
    if (kind === 'ident' || kind === 'contains') return this.variableHere()
    if (kind === 'string') return { kind, value: text }
    if (kind === 'number' || kind === '-' || kind === '.') return this.number()
    if (kind === 'null') return { kind }
    if (kind === 'true' || kind === 'false') return { kind: 'boolean', value: kind === 'true' }
    if (kind === 'part' || kind === 'part-end') return this.templateString(false)
    if (kind === 'raw-part' || kind === 'raw-part-end') return this.templateString(true)
    if (kind === '[') return this.array()
    if (kind === '{') return this.setOrObject()
    return kind === '(' ? this.inParentheses() : this.wrong()
  }

  private inParentheses(): Term | undefined {
    this.scan()
    const term = this.infix()
    if (term === undefined) return undefined
    return this.is(')') ? term : this.wrong()
  }

  private number(): Term | undefined {
    let text = ''
    for (const sign of ['-', '.'] as const) {
      if (!this.is(sign)) continue
      text += sign
      this.scan()
      if (!this.is('number', '.')) return this.wrong()
    }
    if (!this.is('number')) return this.wrong()
    const digits = this.place.token.text
    // OPA reads `.5` too, and then cannot write it as JSON.
    if (text.endsWith('.') || /^0\d/.test(digits)) return this.wrong()
    text += digits
    return isTooBig(text) ? this.wrong() : { kind: 'number', text }
  }

  /** Steps over the term's last token, and on into a reference that begins right there. */
  private finished(head: Term): Term | undefined {
    this.scan(true)
    if (this.is('(', '.', '[')) return this.ref(head)
    if (this.is('space')) this.scan()
    return isRoot(head) ? refTerm([head]) : head
  }

  /** As for a term, but white space may stand before brackets, and no operator right after. */
  protected headRef(head: Term): Term | undefined {
    this.scan(true)
    if (this.is('+', '-', '*', '/', '%', '&', '|', '==', '!=', '>', '>=', '<', '<=')) this.wrong()
    if (this.is('space')) this.scan()
    if (this.is('(', '.', '[')) return this.ref(head)
    return isRoot(head) ? refTerm([head]) : head
  }

  private ref(head: Term): Term | undefined {
    return this.nested(() => {
      if (!REF_HEADS.has(head.kind)) this.wrong()
      const terms = [head]
      for (;;) {
        if (this.is('.')) {
          this.scan(true)
          if (!this.is('ident') && !this.isRefKeyword()) return this.wrong()
          terms.push({ kind: 'string', value: this.place.token.text })
          this.scan(true)
        } else if (this.is('[')) {
          this.scan()
          const term = this.infix()
          if (term === undefined) return undefined
          if (!this.is(']')) return this.wrong()
          terms.push(term)
          this.scan(true)
        } else if (this.is('(')) {
          return this.call(refTerm(terms))
        } else {
          if (this.is('space')) this.scan()
          return refTerm(terms)
        }
      }
    })
  }

  private call(name: ListTerm): Term | undefined {
    this.scan()
    const operands = this.list(')', [])
    if (operands === undefined) return undefined
    this.scan(true)
    const [first] = name.terms
    const isSet = operands.length === 0 && name.terms.length === 1 && first?.kind === 'var' && first.name === 'set'
    const term = isSet ? setTerm([]) : callTerm([name, ...operands])
    if (this.is('.', '[')) return this.ref(term)
    if (this.is('space')) this.scan()
    return term
  }

  /** Terms up to the bracket that closes them, which stays; a comma may stand before it. */
  private list(end: ']' | '}' | ')', terms: Term[]): Term[] | undefined {
    while (!this.is(end)) {
      const term = this.infix(false)
      if (term === undefined) return undefined
      terms.push(term)
      if (this.is(end)) break
      if (!this.is(',')) return this.wrong()
      this.scan()
    }
    return terms
  }

  /** Steps over a comma that leads: then there is no comprehension. */
  private leadingComma(): boolean {
    if (!this.is(',')) return false
    this.scan()
    return true
  }

  private array(): Term | undefined {
    const terms = (all: Term[] | undefined): Term | undefined => all && { kind: 'array', terms: all }
    this.scan()
    if (this.is(']')) return terms([])
    const comma = this.leadingComma()
    const before = this.place
    const head = this.term()
    if (head === undefined) return undefined
    if (this.is(']')) return terms([head])
    if (this.is(',')) {
      this.scan()
      return terms(this.list(']', [head]))
    }
    if (this.is('|') && !comma) {
      this.scan()
      const body = this.body(']')
      if (body !== undefined) return { kind: 'arraycomprehension', term: head, body }
      if (!this.is(',')) return undefined
    }
    this.place = before
    // A list of none here would be `[, ]`, which has no first term.
    return terms(this.list(']', []))
  }

  private setOrObject(): Term | undefined {
    this.scan()
    if (this.is('}')) return objectTerm([])
    const comma = this.leadingComma()
    const before = this.place
    let head = this.term()
    if (head === undefined) return undefined
    if (this.is('}', ',')) return this.restOfSet(head)
    if (this.is(':')) return this.object(head, !comma)
    if (this.is('|') && !comma) {
      this.scan()
      const body = this.body('}')
      if (body !== undefined) return { kind: 'setcomprehension', term: head, body }
      if (!this.is(',')) return undefined
      this.place = before
      const terms = this.list('}', [])
      return terms && setTerm(terms)
    }
    this.place = before
    head = this.infix(false)
    if (head === undefined) return undefined
    if (this.is('}', ',')) return this.restOfSet(head)
    return this.is(':') ? this.object(head, !comma) : this.wrong()
  }

  private restOfSet(head: Term): Term | undefined {
    if (this.is(',')) this.scan()
    const terms = this.list('}', [head])
    return terms && setTerm(terms)
  }

  /** From the colon after the first key on. */
  private object(key: Term, comprehension: boolean): Term | undefined {
    this.scan()
    const before = this.place
    const first = this.term()
    if (first === undefined) return undefined
    if (comprehension && this.is('}', ',')) return this.restOfObject(key, first)
    if (comprehension && this.is('|')) {
      this.scan()
      const body = this.body('}')
      if (body !== undefined) return { kind: 'objectcomprehension', key, value: first, body }
    }
    this.place = before
    const value = this.infix(false)
    if (value === undefined) return undefined
    return this.is('}', ',') ? this.restOfObject(key, value) : this.wrong()
  }

  private restOfObject(firstKey: Term, firstValue: Term): Term | undefined {
    const pairs: [Term, Term][] = [[firstKey, firstValue]]
    while (this.is(',')) {
      this.scan()
      if (this.is('}')) break
      const key = this.infix(false)
      if (key === undefined) return undefined
      if (!this.is(':')) return this.wrong()
      this.scan()
      const value = this.infix(false)
      if (value === undefined) return undefined
      pairs.push([key, value])
      if (!this.is('}', ',')) return this.wrong()
    }
    return objectTerm(pairs)
  }

  private templateString(multiLine: boolean): Term | undefined {
    const parts: (Term | Expr)[] = []
    for (;;) {
      const { kind, text } = this.place.token
      if (text !== '') parts.push({ kind: 'string', value: text })
      if (kind.endsWith('-end')) return { kind: 'templatestring', parts, multiLine }
      const { comments } = this.place
      this.scan()
      const said = this.place.comments === comments
      const part = this.literal()
      if (part === undefined || part.negated) return this.wrong()
      const { says } = part
      if (says.kind === 'every' || says.kind === 'some') return this.wrong()
      if (says.kind === 'call' && ['eq', 'assign'].includes(nameOf(says.terms[0]))) return this.wrong()
      const scalar = says.kind === 'term' && ['string', 'number', 'boolean', 'null'].includes(says.term.kind)
      parts.push(says.kind === 'term' && scalar && said ? says.term : part)
      if (!this.is('}')) return this.wrong()
      this.scan(true, multiLine ? 'raw' : 'text')
    }
  }
}

/** The name of an operator of one part; the empty text for any other. */
export function nameOf(term: Term | undefined): string {
  const first = term?.kind === 'ref' && term.terms.length === 1 ? term.terms[0] : undefined
  return first?.kind === 'var' ? first.name : ''
}
