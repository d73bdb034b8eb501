import type { TokenKind } from './rego-lexer.ts'
import { dotted, expr, type Body, type Expr, type Term, type With } from './rego-nodes.ts'
import { RegoTerms } from './rego-terms.ts'

/** Bodies of Rego rules: expressions with `some`, `every`, `not` and `with`. Undefined where none can be read. */
export abstract class RegoBodies extends RegoTerms {
  protected override body(end: TokenKind): Body | undefined {
    return this.nested(() => this.query(false, end))
  }

  /** Expressions apart by `;` or new lines; `single` stops after one that no `;` follows. */
  protected query(single: boolean, end: TokenKind): Body | undefined {
    if (this.is(end)) return this.wrong()
    const body: Expr[] = []
    for (;;) {
      const one = this.literal()
      if (one === undefined) return undefined
      one.index = body.length
      body.push(one)
      if (this.is(';')) {
        this.scan()
        continue
      }
      if (this.is(end) || single) return body
      if (!this.place.afterNewline) return this.place.errors === 0 ? this.wrong() : undefined
    }
  }

  protected override literal(): Expr | undefined {
    return this.nested(() => {
      if (this.logical) this.refuseOperands()
      if (this.keywordRef()) return this.plainLiteral(false)
      const negated = this.is('not')
      if (negated) this.scan()
      if (negated && this.notBodies && this.is('{')) return this.notBody()
      if (negated && this.is('some', 'every')) return this.wrong()
      if (this.is('some')) return this.some()
      return this.is('every') ? this.every() : this.plainLiteral(negated)
    })
  }

  /** Braces that `and` or `or` follows hold a body: the cursor refuses these when it comes upon the operator. */
  private refuseOperands(): void {
    this.refuseGroups()
    if (!this.is('{')) return
    const before = this.place
    this.scan()
    if (this.body('}') !== undefined) this.scan()
    this.place = before
    this.forget()
  }

  /** A group of `and`, `or` and `not` in parentheses reads otherwise than a term. */
  private refuseGroups(): void {
    if (this.is('(') && ['not', '(', '{'].includes(this.ahead(false))) {
      throw this.unsupported('groups in parentheses after keywords imported from the future')
    }
  }

  private plainLiteral(negated: boolean): Expr | undefined {
    if (negated && this.notBodies) this.refuseGroups()
    const one = this.comparison()
    if (one === undefined) return undefined
    if (!this.modified(one)) return undefined
    if (!negated || !this.notBodies) {
      one.negated = negated
      return one
    }
    const { withs } = one
    one.withs = []
    return expr({ kind: 'not', body: [one], explicit: false }, withs)
  }

  private comparison(): Expr | undefined {
    const lhs = this.infix()
    if (lhs === undefined) return undefined
    const name = this.is(':=') ? 'assign' : this.is('=') ? 'eq' : undefined
    if (name !== undefined) {
      this.scan()
      const rhs = this.infix()
      const operator: Term = { kind: 'ref', terms: [{ kind: 'var', name }] }
      return rhs && expr({ kind: 'call', terms: [operator, lhs, rhs] })
    }
    return expr(lhs.kind === 'call' ? { kind: 'call', terms: lhs.terms } : { kind: 'term', term: lhs })
  }

  private notBody(): Expr | undefined {
    this.scan()
    const body = this.body('}')
    if (body === undefined) return undefined
    this.scan()
    // `{ a | b }` could be a comprehension too; OPA refuses it.
    const [first] = body
    if (first?.says.kind === 'call' && dotted(first.says.terms[0]) === 'or') {
      throw this.unsupported('a body after `not` that begins with a union')
    }
    const one = expr({ kind: 'not', body, explicit: true })
    return this.modified(one) ? one : undefined
  }

  /** Reads what `with` changes for the expression; false where that goes wrong. */
  private modified(one: Expr): boolean {
    const withs: With[] = []
    while (this.is('with')) {
      this.scan()
      if (!this.is('ident')) return this.wrong() !== undefined
      const target = this.term()
      if (target === undefined) return false
      if (target.kind !== 'ref' && target.kind !== 'var') this.wrong()
      if (!this.is('as')) return this.wrong() !== undefined
      this.scan()
      const value = this.infix()
      if (value === undefined) return false
      withs.push({ target, value })
    }
    if (withs.length > 0) one.withs = withs
    return true
  }

  private some(): Expr | undefined {
    const before = this.place
    this.scan()
    const term = this.infix()
    if (term?.kind === 'call') {
      if (memberParts(term.terms) === undefined) return this.wrong()
      const one = expr({ kind: 'some', symbols: [term] })
      return this.modified(one) ? one : undefined
    }
    this.place = before
    const symbols: Term[] = []
    do {
      this.scan()
      if (!this.is('ident')) return this.wrong()
      symbols.push(this.variableHere())
      this.scan()
    } while (this.is(','))
    return expr({ kind: 'some', symbols })
  }

  private every(): Expr | undefined {
    this.scan()
    const term = this.infix()
    if (term === undefined) return undefined
    const parts = term.kind === 'call' ? memberParts(term.terms) : undefined
    if (parts === undefined) return this.wrong()
    const { key, value, domain } = parts
    if ((key !== undefined && key.kind !== 'var') || value.kind !== 'var' || !this.is('{')) return this.wrong()
    this.scan()
    const body = this.body('}')
    if (body === undefined) return undefined
    this.scan()
    const one = expr({ kind: 'every', key, value, domain, body })
    return this.modified(one) ? one : undefined
  }
}

/** Of `value in domain` and `key, value in domain`; undefined for any other call. */
function memberParts(terms: readonly Term[]): { key: Term | undefined; value: Term; domain: Term } | undefined {
  const [name, first, second, third] = terms
  if (first === undefined || second === undefined) return undefined
  if (dotted(name) === 'internal.member_2' && terms.length === 3)
    return { key: undefined, value: first, domain: second }
  if (dotted(name) !== 'internal.member_3' || terms.length !== 4 || third === undefined) return undefined
  return { key: first, value: second, domain: third }
}
