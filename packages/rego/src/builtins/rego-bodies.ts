import type { TokenKind } from './rego-lexer.ts'
import { notExpr, RegoLogic } from './rego-logic.ts'
import { dotted, expr, type Body, type Expr, type Term } from './rego-nodes.ts'

/** Bodies of Rego rules: expressions with `some`, `every`, `not` and `with`. Undefined where none can be read. */
export abstract class RegoBodies extends RegoLogic {
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
    const first = this.place.token.text
    return this.nested(() => {
      const one = this.oneLiteral()
      if (one !== undefined) one.first = first
      return one
    })
  }

  private oneLiteral(): Expr | undefined {
    const braced = this.is('{') && this.logical ? this.bracedOperand() : undefined
    if (braced !== undefined) return braced.one
    if (this.is('(') && this.logical) {
      const group = this.group(false)
      if (group !== undefined) return group.operand && this.folded(group.operand)
    }
    if (this.keywordRef()) return this.plainLiteral(false)
    const negated = this.is('not')
    if (negated) this.scan()
    if (negated && this.notBodies && this.is('{')) {
      const one = this.notBody()
      return one && this.folded({ body: [one], explicit: false })
    }
    if (negated && this.is('some', 'every')) return this.wrong()
    if (this.is('some')) return this.some()
    return this.is('every') ? this.every() : this.plainLiteral(negated)
  }

  /** Braces that `and` or `or` follows hold a body; undefined, and the place as before, for any other. */
  private bracedOperand(): { readonly one: Expr | undefined } | undefined {
    const before = this.place
    this.scan()
    const body = this.body('}')
    if (body !== undefined) {
      this.scan()
      if (this.atOperator) {
        if (this.isAmbiguous(body)) return { one: this.wrong() }
        return { one: this.folded({ body, explicit: true }) }
      }
    }
    this.place = before
    this.forget()
    return undefined
  }

  private plainLiteral(negated: boolean): Expr | undefined {
    if (negated && this.notBodies && this.is('(')) {
      const group = this.group(true)
      if (group !== undefined) return group.operand && this.folded({ body: [notExpr(group.operand)], explicit: false })
    }
    const braced = this.is('{') && !negated
    let one = this.comparison()
    if (one === undefined) return undefined
    const changed = this.is('with')
    if (!this.modified(one)) return undefined
    if (negated && this.notBodies) {
      const { withs } = one
      one.withs = []
      one = { ...notExpr({ body: [one], explicit: false }), withs }
    } else one.negated = negated
    if (!this.atOperator) return one
    // `with` could be meant for the whole, and braces for a body.
    return changed || braced ? this.wrong() : this.folded({ body: [one], explicit: false })
  }

  protected override comparison(): Expr | undefined {
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
