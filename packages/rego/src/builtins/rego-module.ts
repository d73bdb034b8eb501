import type { BuiltinError } from '../machine.ts'
import { BUILTIN_NAMES } from './rego-builtin-names.ts'
import type { CommentList } from './rego-cursor.ts'
import { IMPORTABLE, V1_KEYWORDS } from './rego-lexer.ts'
import { dotted, trueBody, TRUE, type Body, type Import, type Rule, type Term } from './rego-nodes.ts'
import { headOf, RegoRules } from './rego-rules.ts'
import { nameOf } from './rego-terms.ts'

export interface Module {
  readonly path: readonly Term[]
  readonly imports: readonly Import[]
  readonly rules: readonly Rule[]
  readonly comments: CommentList | undefined
}

const IMPORT_ROOTS: ReadonlySet<string> = new Set(['data', 'input', 'future', 'rego'])

/** A module of Rego v1 as OPA 1.22 parses it, before any compiling. Throws BuiltinError where it is none. */
export class RegoModuleParser extends RegoRules {
  module(): Module {
    let path: readonly Term[] | undefined
    const imports: Import[] = []
    const rules: Rule[] = []
    while (!this.is('eof')) {
      if (this.isKeywordRuleName()) throw this.refused('a keyword cannot be the name of a rule')
      const found = this.is('package') ? this.package() : undefined
      if (found !== undefined) {
        if (path !== undefined) throw this.refused('unexpected package')
        path = found
        continue
      }
      if (path === undefined) throw this.refused('package expected')
      const imported = this.is('import') ? this.import() : undefined
      if (imported === undefined) rules.push(...this.ruleStatement())
      else imports.push(imported)
    }
    if (path === undefined || this.place.errors > 0) throw this.refused('package expected')
    for (const rule of rules) this.check(rule)
    return { path, imports, rules, comments: this.place.comments }
  }

  private refused(why: string): BuiltinError {
    return this.lexer.bad(why, this.place.token.start)
  }

  /** The keyword is one where no dot or bracket is right after it. */
  private keywordStatement(): boolean {
    if (['.', '['].includes(this.ahead(true))) return false
    this.scan()
    if (!this.is('ident')) {
      if (!this.isRefKeyword()) throw this.refused('a path is expected')
      this.asIdent()
    }
    return true
  }

  private package(): readonly Term[] | undefined {
    if (!this.keywordStatement()) return undefined
    const path = this.pathTerm()
    return [{ kind: 'var', name: 'data' }, ...path]
  }

  /** A reference of texts; its first name as a text too. */
  private pathTerm(): readonly Term[] {
    const term = this.term()
    const [first, ...rest] = term?.kind === 'var' ? [term] : term?.kind === 'ref' ? term.terms : []
    if (first?.kind !== 'var' || rest.some((one) => one.kind !== 'string') || this.is('-')) {
      throw this.refused('a path of names is expected')
    }
    return [{ kind: 'string', value: first.name }, ...rest]
  }

  private import(): Import | undefined {
    if (!this.keywordStatement()) return undefined
    const [first, ...rest] = this.plainly(() => this.pathTerm())
    const root = first?.kind === 'string' ? first.value : ''
    if (!IMPORT_ROOTS.has(root)) throw this.refused('an import begins with data, input, future or rego')
    const path: Term[] = [{ kind: 'var', name: root }, ...rest]
    const last = rest.at(-1)
    const isLanguage = root === 'rego' || root === 'future'
    if (this.is('as')) {
      this.scan()
      const alias = this.is('ident') && !isLanguage ? this.term() : undefined
      if (alias?.kind !== 'var' || this.is('-')) throw this.refused('the alias of an import is a name')
      return { path, alias: alias.name }
    }
    if (root !== 'future' && last?.kind === 'string' && V1_KEYWORDS.has(last.value)) {
      throw this.refused('an import cannot end with a keyword')
    }
    if (isLanguage) this.learnFrom(root, rest)
    return { path, alias: undefined }
  }

  private learnFrom(root: string, rest: readonly Term[]): void {
    const [first, keyword] = rest.map((one) => (one.kind === 'string' ? one.value : ''))
    if (root === 'rego' && first === 'v1' && rest.length === 1) return this.learn([])
    if (root === 'rego' && first === 'v2' && rest.length === 1) return this.learn([...IMPORTABLE])
    if (root !== 'future' || first !== 'keywords') throw this.refused('this of the language cannot be imported')
    // OPA takes every path but one of three names for all keywords.
    if (keyword === undefined || rest.length > 2) return this.learn([...IMPORTABLE])
    if (!IMPORTABLE.has(keyword)) throw this.refused(`there is no keyword ${keyword}`)
    return this.learn([keyword])
  }

  private ruleStatement(): Rule[] {
    const before = this.place
    const rules = this.rules()
    if (rules === undefined && this.place.errors === 0) {
      this.place = before
      const body = this.query(true, 'eof')
      if (body !== undefined && this.place.errors === 0) return [this.ruleFrom(body)]
    }
    if (rules === undefined || this.place.errors > 0) throw this.refused('no rule can be read')
    return rules
  }

  /** A rule without a body, `x := 1` and the like, has been read as an expression. */
  private ruleFrom(body: Body): Rule {
    const [one, second] = body
    const says = one?.says
    if (one === undefined || second !== undefined || one.withs.length > 0 || one.negated || says?.kind !== 'call') {
      throw this.refused('an expression cannot be the head of a rule')
    }
    const [operator, lhs, rhs] = says.terms
    const name = nameOf(operator)
    const plain = { body: trueBody(), isDefault: false, generatedBody: true, otherwise: undefined }
    if (name === 'assign' || name === 'eq') {
      if (lhs === undefined || rhs === undefined) throw this.refused('assignment requires two operands')
      const head = this.headOfAssignment(lhs)
      return { ...plain, head: { ...head, value: rhs, assign: name === 'assign' } }
    }
    const ref = operator?.kind === 'ref' ? operator.terms : []
    if (BUILTIN_NAMES.has(dotted(operator)) || says.terms.length < 2 || ref[0]?.kind !== 'var') {
      throw this.refused('a call cannot be the head of a rule')
    }
    return { ...plain, head: headOf(ref, { args: says.terms.slice(1), value: TRUE }) }
  }

  private headOfAssignment(lhs: Term): Rule['head'] {
    const isCall = lhs.kind === 'call'
    const named = isCall ? lhs.terms[0] : lhs
    if (named?.kind === 'var') return headOf([named])
    const ref = named?.kind === 'ref' ? named.terms : []
    const [first, second] = ref
    if (first?.kind !== 'var') throw this.refused('no name of a rule')
    if (isCall) return headOf(ref, { args: lhs.terms.slice(1) })
    return ref.length === 2 ? headOf(ref, { name: first.name, key: second }) : headOf(ref)
  }

  /** What Rego v1 demands of rules. */
  private check(rule: Rule): void {
    const { head } = rule
    if (head.ref.length < 2 && V1_KEYWORDS.has(head.name)) throw this.refused('a keyword cannot be the name of a rule')
    if (rule.generatedBody && head.generatedValue) throw this.refused('a rule has a value or a body')
    if (!rule.generatedBody && !head.usesIf && !rule.isDefault) throw this.refused('`if` is required before a body')
    if (head.value === undefined && !head.usesContains) throw this.refused('`contains` is required for partial sets')
    if (rule.otherwise !== undefined) this.check(rule.otherwise)
  }
}
