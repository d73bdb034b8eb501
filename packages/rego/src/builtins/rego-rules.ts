import { RegoBodies } from './rego-bodies.ts'
import type { TokenKind } from './rego-lexer.ts'
import {
  isGround,
  isWildcard,
  refTerm,
  trueBody,
  TRUE,
  type Body,
  type Expr,
  type Head,
  type ListTerm,
  type Rule,
  type Term,
} from './rego-nodes.ts'

const PATHS: readonly TokenKind[] = [':=', '=', '(']
const JOINS: readonly TokenKind[] = [':=', '=', 'if', 'contains']
const NAMES: readonly TokenKind[] = [...JOINS, '(']
/** What may not follow a keyword that begins a statement: then it would name a rule. */
const NO_RULE_NAMES: Readonly<Partial<Record<TokenKind, readonly TokenKind[]>>> = {
  every: NAMES,
  if: NAMES,
  in: NAMES,
  some: NAMES,
  as: NAMES,
  package: PATHS,
  import: PATHS,
  not: JOINS,
  and: JOINS,
  or: JOINS,
  contains: ['if', 'contains'],
}

/** A head with this reference and no more. */
export function headOf(ref: readonly Term[], more: Partial<Head> = {}): Head {
  const [first] = ref
  const name = ref.length === 1 && first?.kind === 'var' ? first.name : ''
  const none = { args: undefined, key: undefined, value: undefined }
  const flags = { assign: false, usesIf: false, usesContains: false, generatedValue: false }
  return { name, ref, ...none, ...flags, ...more }
}

/** Rules of Rego with bodies, `else` and defaults. Undefined where none can be read. */
export class RegoRules extends RegoBodies {
  protected isKeywordRuleName(): boolean {
    const followers = NO_RULE_NAMES[this.kind]
    return followers?.includes(this.ahead(false)) ?? false
  }

  protected rules(): Rule[] | undefined {
    this.keywordRef()
    const isDefault = this.is('default')
    if (isDefault) {
      this.scan()
      this.keywordRef()
    }
    if (!this.is('ident')) return isDefault ? this.wrong() : undefined
    const head = this.head()
    if (head === undefined) return undefined
    if (isDefault) return this.defaultRule(head)
    if (!this.dressed(head)) return undefined
    let body: Body | undefined
    if (head.usesIf) body = this.bodyAfterIf()
    // Without `if` a body is an error of its own in Rego v1.
    else if (this.is('{')) return this.wrong()
    else if (head.usesContains) {
      return [{ head, body: trueBody(), isDefault, generatedBody: true, otherwise: undefined }]
    }
    if (body === undefined) return undefined
    let otherwise: Rule | undefined
    if (this.is('else') && !this.keywordRef()) {
      if ((head.ref.length > 1 && !isGround(refTerm(head.ref))) || head.key !== undefined) return this.wrong()
      otherwise = this.otherwise(head)
      if (otherwise === undefined) return undefined
    }
    return this.chained({ head, body, isDefault, generatedBody: false, otherwise })
  }

  /** More bodies in braces are more rules with the same head. */
  private chained(rule: Rule): Rule[] | undefined {
    const rules = [rule]
    while (this.is('{')) {
      if (rule.otherwise !== undefined) return this.wrong()
      this.scan()
      const body = this.body('}')
      if (body === undefined) return undefined
      this.scan()
      const head = { ...rule.head, args: this.freshArgs(rule.head.args) }
      rules.push({ head, body, isDefault: false, generatedBody: false, otherwise: undefined })
    }
    return rules
  }

  private freshArgs(args: readonly Term[] | undefined): readonly Term[] | undefined {
    return args?.map((arg) => (isWildcard(arg) ? this.wildcard() : arg))
  }

  /** What a head of two parts means by what follows it; false for what is no rule. Steps on to what follows. */
  private dressed(head: Head): boolean {
    head.usesIf = this.is('if')
    const [first, second] = head.ref
    if (head.usesContains || second === undefined || head.ref.length !== 2) return true
    const noArgs = (head.args?.length ?? 0) === 0
    if (head.usesIf) {
      if (noArgs && (!isGround(second) || second.kind === 'ref')) head.key = second
      if (head.value === undefined) {
        head.generatedValue = true
        head.value = TRUE
        return true
      }
    } else if (!noArgs) return true
    if (first?.kind !== 'var') return false
    head.name = first.name
    return true
  }

  private bodyAfterIf(): Body | undefined {
    this.scan()
    const before = this.place
    const brace = this.is('{')
    const one = this.literal()
    if (one !== undefined && !(brace && one.says.kind === 'term' && one.says.term.kind === 'set')) return [one]
    if (!brace) return undefined
    this.place = before
    this.scan()
    const body = this.body('}')
    if (body !== undefined) this.scan()
    return body
  }

  private otherwise(head: Head): Rule | undefined {
    return this.nested(() => {
      const mine: Head = {
        ...head,
        args: this.freshArgs(head.args),
        usesIf: false,
        usesContains: false,
        generatedValue: false,
      }
      this.scan()
      if (this.is('{', 'if')) {
        mine.generatedValue = true
        mine.value = TRUE
      } else if (this.is(':=', '=')) {
        mine.assign = this.is(':=')
        this.scan()
        mine.value = this.infix()
        if (mine.value === undefined) return undefined
      } else return this.wrong()
      const plain = { head: mine, isDefault: false }
      if (this.is('{')) return this.wrong()
      if (!this.is('if')) return { ...plain, body: trueBody(), generatedBody: true, otherwise: undefined }
      mine.usesIf = true
      this.scan()
      const body = this.elseBody()
      if (body === undefined) return undefined
      let otherwise: Rule | undefined
      if (this.is('else')) {
        otherwise = this.otherwise(head)
        if (otherwise === undefined) return undefined
      }
      return { ...plain, body, generatedBody: false, otherwise }
    })
  }

  private elseBody(): Body | undefined {
    if (this.is('eof')) return this.wrong()
    if (!this.is('{')) {
      const one: Expr | undefined = this.literal()
      return one && [one]
    }
    this.scan()
    const body = this.body('}')
    if (body !== undefined) this.scan()
    return body
  }

  private head(): Head | undefined {
    const term = this.headRef(this.variableHere())
    const head = term && this.namedHead(term)
    if (head === undefined) return undefined
    if (this.is('contains')) {
      if (head.args !== undefined) this.wrong()
      this.scan()
      head.usesContains = true
      head.key = this.infix() ?? this.wrong()
      return head
    }
    if (this.is('=', ':=')) {
      head.assign = this.is(':=')
      this.scan()
      head.value = this.infix() ?? this.wrong()
    } else if (head.ref.length !== 2 || (head.args?.length ?? 0) > 0) {
      head.generatedValue = true
      head.value = TRUE
    }
    return head
  }

  private namedHead(term: Term): Head | undefined {
    if (term.kind === 'var') return headOf([term])
    if (term.kind === 'ref') return headOf(term.terms)
    if (term.kind !== 'call') return undefined
    const [operator, ...args] = term.terms
    const ref = (operator as ListTerm).terms
    return ref[0]?.kind === 'var' ? headOf(ref, { args }) : this.wrong()
  }

  private defaultRule(head: Head): Rule[] | undefined {
    const args = (head.args ?? []).map((arg) => (arg.kind === 'var' ? arg.name : ''))
    const isBad = args.includes('') || new Set(args).size !== args.length
    if (head.value === undefined || head.usesContains || refersIn(head.value) || isBad) return this.wrong()
    return [{ head, body: trueBody(), isDefault: true, generatedBody: false, otherwise: undefined }]
  }
}

/** Whether a default value refers to anything; a comprehension may. */
function refersIn(term: Term): boolean {
  if (term.kind === 'var' || term.kind === 'ref' || term.kind === 'call') return true
  if ('terms' in term) return term.terms.some(refersIn)
  if ('pairs' in term) return term.pairs.some(([key, value]) => refersIn(key) || refersIn(value))
  if (term.kind !== 'templatestring') return false
  return term.parts.some((part) => {
    if (part.kind !== 'expr') return refersIn(part)
    return part.says.kind !== 'term' || refersIn(part.says.term)
  })
}
