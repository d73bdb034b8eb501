/**
 * Generated policies of Rego with the data and inputs they ask for, all from one seed. Nearly all compile; those that
 * OPA refuses are left out by who runs them.
 */
import { Chance } from './opa-policy-chance.ts'
import {
  documentRef,
  expression,
  variableOf,
  type FunctionName,
  type RuleName,
  type Scope,
  type Type,
} from './opa-policy-expressions.ts'
import { body } from './opa-policy-statements.ts'
import { documentText, KEYS, literal } from './opa-policy-values.ts'

/** One clause of a rule: `head if { lines }`, and what follows it. An `else` clause belongs to the one before. */
export interface Clause {
  readonly head: string
  readonly lines: readonly string[]
}

export interface GeneratedRule {
  readonly name: string
  /** True for a function, which is no entrypoint. */
  readonly isFunction: boolean
  readonly clauses: readonly Clause[]
}

export interface GeneratedModule {
  /** `PKG` or `PKG_lib`: PKG stands for the policy's own name. */
  readonly package: string
  readonly rules: readonly GeneratedRule[]
}

export interface GeneratedPolicy {
  readonly seed: number
  readonly modules: readonly GeneratedModule[]
  /** JSON texts: a JavaScript number would not hold each number. `data` is `data.PKG_d`, `base` is `data.PKG.base`. */
  readonly data: string
  readonly base: string
  readonly inputs: readonly string[]
}

interface Made {
  readonly rule: GeneratedRule
  readonly name?: RuleName
  readonly fn?: FunctionName
}

type Maker = (scope: Scope, name: string) => Made

const TYPES: readonly Type[] = ['any', 'number', 'text', 'boolean', 'list', 'object', 'set']

/** A clause whose head is made of what its body binds. */
function clause(scope: Scope, head: (inner: Scope) => string, most = 3): Clause {
  const { lines, scope: inner } = body(scope, most)
  return { head: head({ ...inner, depth: 1 }), lines }
}

function complete(scope: Scope, name: string, isBoolean: boolean): Made {
  const c = scope.chance
  const type = isBoolean ? 'boolean' : c.pick(TYPES)
  // Mostly one value in all bodies; else they may contradict each other, which is OPA's conflict error.
  const constant = !isBoolean && c.yes(0.45) ? literal(c, 1) : undefined
  const value = (inner: Scope): string =>
    isBoolean ? (c.yes(0.85) ? 'true' : 'false') : (constant ?? expression(inner, type))
  const clauses: Clause[] = []
  if (c.yes(0.3)) clauses.push({ head: `default ${name} := ${isBoolean ? 'false' : literal(c, 2)}`, lines: [] })
  for (let i = c.pick([1, 1, 1, 2, 2, 3]); i > 0; i--) {
    clauses.push(clause(scope, (inner) => (isBoolean && c.yes() ? name : `${name} := ${value(inner)}`)))
    if (c.yes(0.25)) clauses.push(...c.many(1, 2, () => clause(scope, (inner) => `else := ${value(inner)}`, 2)))
  }
  return {
    rule: { name, isFunction: false, clauses },
    name: { ref: name, type: constant !== undefined || type === 'any' ? 'odd' : type },
  }
}

const partialSet: Maker = (scope, name) => {
  const clauses = scope.chance.many(1, 3, () =>
    clause(scope, (inner) => `${name} contains ${expression(inner, 'any')}`),
  )
  return { rule: { name, isFunction: false, clauses }, name: { ref: name, type: 'set' } }
}

const partialObject: Maker = (scope, name) => {
  const c = scope.chance
  // OPA cannot plan heads with a constant that is no text.
  const key = (inner: Scope): string =>
    c.yes(0.3) ? JSON.stringify(c.pick(KEYS)) : (variableOf(inner, 'any') ?? documentRef(inner))
  const form = c.int(0, 5)
  const head = (inner: Scope): string => {
    const value = c.yes(0.4) ? '1' : expression(inner, 'any')
    if (form <= 2) return `${name}[${key(inner)}] := ${value}`
    if (form === 3) return `${name}[${key(inner)}][${key(inner)}] := ${value}`
    if (form === 4) return `${name}[${key(inner)}] contains ${value}`
    return `${name}.${c.pick(['a', 'b', 'c'])}[${key(inner)}] := ${value}`
  }
  const clauses = c.many(1, 3, () => clause(scope, head))
  return { rule: { name, isFunction: false, clauses }, name: { ref: name, type: 'object' } }
}

const func: Maker = (scope, name) => {
  const c = scope.chance
  const arity = c.int(1, 2)
  const open = c.yes(0.45)
  const clauses: Clause[] = []
  if (c.yes(0.25))
    clauses.push({
      head: `default ${name}(${Array.from({ length: arity }, () => '_').join(', ')}) := ${literal(c, 1)}`,
      lines: [],
    })
  const constant = c.yes(0.35) ? literal(c, 1) : undefined
  const type = c.pick(TYPES)
  for (let i = c.int(1, 3); i > 0; i--) {
    const args = Array.from({ length: arity }, () => {
      const variable = scope.fresh()
      if (open || c.yes(0.4)) return { text: variable, names: [variable] }
      const other = scope.fresh()
      if (c.yes(0.4)) return { text: literal(c, 1, false), names: [] }
      return c.yes()
        ? { text: `[${variable}, ${other}]`, names: [variable, other] }
        : { text: `{"a": ${variable}}`, names: [variable] }
    })
    const variables = args.flatMap((a) => a.names).map((n) => ({ name: n, type: 'any' as const }))
    const head = `${name}(${args.map((a) => a.text).join(', ')})`
    const inside = { ...scope, variables }
    const value = (inner: Scope): string => constant ?? expression(inner, type)
    clauses.push(clause(inside, (inner) => `${head} := ${value(inner)}`, 2))
    if (c.yes(0.2)) clauses.push(clause(inside, (inner) => `else := ${value(inner)}`, 2))
  }
  return {
    rule: { name, isFunction: true, clauses },
    fn: { ref: name, arity, open, type: constant !== undefined || type === 'any' ? 'odd' : type },
  }
}

const RULES: readonly Maker[] = [
  (scope, name) => complete(scope, name, false),
  (scope, name) => complete(scope, name, false),
  (scope, name) => complete(scope, name, true),
  partialSet,
  partialSet,
  partialObject,
  partialObject,
]

/** The policy of a seed. The same seed gives the same text. */
export function generatePolicy(seed: number): GeneratedPolicy {
  const c = new Chance(seed)
  let count = 0
  const names = { rules: [] as RuleName[], functions: [] as FunctionName[] }
  const module = (pack: string, prefix: string, functions: number, rules: number): GeneratedModule => {
    const made: GeneratedRule[] = []
    const add = (maker: Maker, name: string): void => {
      const { rule, name: ruleName, fn } = maker(scope(), name)
      made.push(rule)
      if (ruleName) names.rules.push(ruleName)
      if (fn) names.functions.push(fn)
    }
    for (let i = 0; i < functions; i++) add(func, `${prefix}f${i}`)
    for (let i = 0; i < rules; i++) add(c.pick(RULES), `${prefix}r${i}`)
    return { package: pack, rules: made }
  }
  const scope = (): Scope => ({
    chance: c,
    variables: [],
    depth: c.pick([1, 2, 2, 3]),
    body,
    rules: [...names.rules],
    functions: [...names.functions],
    fresh: () => `v${count++}`,
  })
  const modules: GeneratedModule[] = []
  if (c.yes(0.4)) {
    modules.push(module('PKG_lib', 'l', 1, c.int(1, 2)))
    names.rules = names.rules.map((rule) => ({ ...rule, ref: `data.PKG_lib.${rule.ref}` }))
    names.functions = names.functions.map((fn) => ({ ...fn, ref: `data.PKG_lib.${fn.ref}` }))
  }
  modules.push(module('PKG', '', c.int(0, 2), c.int(2, 5)))
  return { seed, modules, data: documentText(c), base: documentText(c), inputs: c.many(3, 4, () => documentText(c)) }
}

/** The module's Rego. */
export function moduleText(module: GeneratedModule, name: string): string {
  const rules = module.rules.map(({ clauses }) =>
    clauses
      .map(({ head, lines }) => {
        const text = lines.length === 0 ? head : `${head} if {\n${lines.map((line) => `\t${line}\n`).join('')}}`
        return head.startsWith('else') ? ` ${text}` : `\n\n${text}`
      })
      .join(''),
  )
  return `package PKGNAME${rules.join('')}\n`.replaceAll('PKGNAME', module.package).replaceAll('PKG', name)
}
