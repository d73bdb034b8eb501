import { dotted, expr, type Body, type Expr, type With } from './rego-nodes.ts'
import { RegoTerms } from './rego-terms.ts'

/** A side of `and` or `or`, or what `not` stands before; `explicit` where it was written in braces. */
export interface Operand {
  readonly body: Body
  readonly explicit: boolean
}

/** What was read in parentheses: an operand, or undefined where they had to hold one and do not. */
interface Group {
  readonly operand: Operand | undefined
}

/** Builtins without a result always succeed: an operand of nothing else is refused. */
const VOID: ReadonlySet<string> = new Set(['print', 'internal.print', 'internal.test_case'])

/** `and` and `or` of Rego v2 with their groups and bodies (OPA 1.22). Undefined where none can be read. */
export abstract class RegoLogic extends RegoTerms {
  protected abstract comparison(): Expr | undefined

  protected get atOperator(): boolean {
    return this.is('and', 'or')
  }

  /** The operand with what `and` or `or` joins to it, and what `with` changes for all of that. */
  protected folded({ body, explicit }: Operand): Expr | undefined {
    const one = this.atOperator ? this.orChain({ body, explicit }) : body[0]
    return one !== undefined && this.modified(one) ? one : undefined
  }

  /** Operands that `or` joins, from the left; `and` binds tighter. */
  protected orChain(first: Operand): Expr | undefined {
    return this.nested(() => {
      let lhs = this.andChain(first)
      while (lhs !== undefined && this.is('or')) {
        this.scan()
        const operand = this.operand()
        const rhs = operand && this.andChain(operand)
        lhs = rhs && this.joined('or', lhs, rhs)
      }
      return lhs?.body[0]
    })
  }

  private andChain(first: Operand): Operand | undefined {
    if (!this.is('and')) return first
    return this.nested(() => {
      let lhs: Operand | undefined = first
      while (lhs !== undefined && this.is('and')) {
        this.scan()
        const rhs = this.operand()
        lhs = rhs && this.joined('and', lhs, rhs)
      }
      return lhs
    })
  }

  private joined(kind: 'and' | 'or', lhs: Operand, rhs: Operand): Operand {
    if (isVoid(lhs.body)) this.wrong()
    if (isVoid(rhs.body)) this.wrong()
    return { body: [expr({ kind, lhs, rhs })], explicit: false }
  }

  private operand(): Operand | undefined {
    if (this.is('{')) {
      this.scan()
      const body = this.body('}')
      if (body === undefined) return undefined
      this.scan()
      if (this.isAmbiguous(body)) this.wrong()
      return { body, explicit: true }
    }
    const negated = this.is('not') && !['.', '['].includes(this.ahead(true))
    if (negated) this.scan()
    if (negated && this.notBodies && this.is('{')) {
      const one = this.notBody()
      return one && { body: [one], explicit: false }
    }
    if (this.is('(') && this.logical && (!negated || this.notBodies)) {
      const group = this.group(true)
      if (group !== undefined) {
        const { operand } = group
        return operand === undefined || !negated ? operand : { body: [notExpr(operand)], explicit: false }
      }
    }
    const one = this.comparison()
    if (one === undefined) return undefined
    if (negated && this.notBodies) return { body: [notExpr({ body: [one], explicit: false })], explicit: false }
    one.negated = negated
    return { body: [one], explicit: false }
  }

  /** A body in braces after `not`. */
  protected notBody(): Expr | undefined {
    this.scan()
    const body = this.body('}')
    if (body === undefined) return undefined
    this.scan()
    return this.isAmbiguous(body) ? this.wrong() : notExpr({ body, explicit: true })
  }

  /** `{ a | b }` could be a comprehension too; OPA refuses it. */
  protected isAmbiguous([first]: Body): boolean {
    return first?.says.kind === 'call' && this.unions.has(first.says.terms) && first.first !== '('
  }

  /**
   * A group of operands in parentheses; undefined, and the place as before, where they hold a term. `isOperand` where
   * they stand after `and`, `or` or `not`.
   */
  protected group(isOperand: boolean): Group | undefined {
    return this.nested(() => {
      const before = this.place
      // As in OPA, terms that were read stay read: one that is wrong in a group is wrong in a term.
      const none = (): undefined => {
        this.place = before
      }
      const failed: Group = { operand: undefined }
      this.scan()
      if (this.is(')')) {
        if (!isOperand) return none()
        this.wrong()
        return failed
      }
      const first = this.operand()
      if (first === undefined) return none()
      const [one] = first.body
      if (this.atOperator) {
        const all = this.orChain(first)
        return all !== undefined && this.modified(all) && this.closed() ? inGroup(all) : failed
      }
      if (this.is('with') && !first.explicit && one !== undefined && first.body.length === 1) {
        if (!this.modified(one)) return failed
        if (this.atOperator) this.wrong()
        else if (this.closed()) return isOperand || this.atOperator ? inGroup(one) : none()
        return failed
      }
      if (first.explicit) {
        none()
        this.scan()
        const term = this.term()
        none()
        if (term !== undefined) return undefined
        this.wrong()
        return failed
      }
      const { kind } = one?.says ?? {}
      if (kind !== 'and' && kind !== 'or' && kind !== 'not' && one?.negated !== true) return none()
      return this.closed() ? { operand: first } : failed
    })
  }

  private closed(): boolean {
    if (!this.is(')')) return this.wrong() !== undefined
    this.scan()
    return true
  }

  /** Reads what `with` changes for the expression; false where that goes wrong. */
  protected modified(one: Expr): boolean {
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
}

function inGroup(one: Expr): Group {
  return { operand: { body: [one], explicit: false } }
}

export function notExpr({ body, explicit }: Operand): Expr {
  return expr({ kind: 'not', body, explicit })
}

function isVoid(body: Body): boolean {
  return body.every(({ negated, says }) => !negated && says.kind === 'call' && VOID.has(dotted(says.terms[0])))
}
