/** Generated bodies of rules: statements that bind variables, ask, loop and replace documents. */
import {
  call,
  collection,
  deeper,
  documentRef,
  expression,
  unknown,
  variableOf,
  type Scope,
  type Type,
  type Variable,
} from './opa-policy-expressions.ts'
import { KEYS, literal } from './opa-policy-values.ts'

interface Step {
  readonly text: string
  readonly bound: readonly Variable[]
}

const TYPES: readonly Type[] = ['any', 'number', 'text', 'boolean', 'list', 'object', 'set']
const none = (text: string): Step => ({ text, bound: [] })
const small = (scope: Scope): Scope => ({ ...scope, depth: Math.min(scope.depth, 2) })

/** A pattern with new variables, and what it binds. */
function pattern(scope: Scope, depth: number): Step {
  const c = scope.chance
  const name = scope.fresh()
  const one: Step = { text: name, bound: [{ name, type: 'any' }] }
  if (depth === 0 || c.yes(0.3)) return one
  const inner = pattern(scope, depth - 1)
  const form = c.int(0, 3)
  if (form === 0) return { text: `[${name}, ${inner.text}]`, bound: [...one.bound, ...inner.bound] }
  if (form === 1) return { text: `[${inner.text}, _]`, bound: inner.bound }
  if (form === 2) return { text: `{${JSON.stringify(c.pick(KEYS))}: ${inner.text}}`, bound: inner.bound }
  return { text: `{"k": ${name}, "a": ${inner.text}, "b": _}`, bound: [...one.bound, ...inner.bound] }
}

/** What may match a pattern and of whose form the compiler knows nothing. */
function matching(scope: Scope): string {
  const found = unknown(scope, ['list', 'obj', 'recs', 'deep', 'mixed'])
  return found.includes('.') && scope.chance.yes(0.6) ? `${found}[_]` : found
}

/** Functions are replaced last: OPA's planner puts what follows one in another place (two of the kept cases). */
function replacement(scope: Scope, last: boolean): string {
  const c = scope.chance
  const value = expression({ ...scope, depth: 1 }, 'any')
  const forms = [`input as ${value}`, `input.${c.pick(['n', 's', 'list', 'obj', 'new.deep'])} as ${value}`]
  forms.push(
    `data.PKG_d.${c.pick(['n', 's', 'list', 'obj', 'mixed', 'new.deep'])} as ${value}`,
    `data.PKG_d as ${value}`,
  )
  const [rule] = scope.rules
  if (rule !== undefined)
    forms.push(`${qualified(rule.ref)} as ${value}`, `${qualified(c.pick(scope.rules).ref)} as ${value}`)
  if (!last) return c.pick(forms)
  forms.push(`count as ${c.int(1, 9)}`, 'upper as lower', `type_name as "x"`)
  const one = scope.functions.find((f) => f.arity === 1 && f.open)
  if (one !== undefined) forms.push(`upper as ${qualified(one.ref)}`, `count as ${qualified(one.ref)}`)
  if (one !== undefined) forms.push(`${qualified(one.ref)} as ${c.pick(['type_name', 'is_string', '1'])}`)
  return c.pick(forms)
}

/** Rules and functions of the module are replaced by their full name. */
const qualified = (ref: string): string =>
  ref.startsWith('data.') ? ref : ref.startsWith('l') ? `data.PKG_lib.${ref}` : `data.PKG.${ref}`

type Maker = (scope: Scope) => Step

const assigned: Maker = (scope) => {
  const type = scope.chance.pick(TYPES)
  const text = expression(scope, type)
  const name = scope.fresh()
  return { text: `${name} := ${text}`, bound: [{ name, type: type === 'any' ? 'odd' : type }] }
}
const asked: Maker = (scope) => none(expression(scope, 'boolean'))
const someIn: Maker = (scope) => {
  const { text, item } = collection(small(scope))
  const name = scope.fresh()
  return { text: `some ${name} in ${text}`, bound: [{ name, type: item }] }
}
const someKeyIn: Maker = (scope) => {
  const { text, item } = collection(small(scope))
  const [key, value] = [scope.fresh(), scope.fresh()]
  const bound: Variable[] = [
    { name: key, type: item },
    { name: value, type: item },
  ]
  return { text: `some ${key}, ${value} in ${text}`, bound }
}
const somePattern: Maker = (scope) => {
  const { text: left, bound } = pattern(scope, 1)
  return { text: `some ${left} in ${documentRef(scope, ['list', 'obj', 'recs', 'deep', 'mixed'])}`, bound }
}
const iterated: Maker = (scope) => {
  const c = scope.chance
  const key = scope.fresh()
  const rule = scope.rules.length > 0 && c.yes(0.3) ? c.pick([...scope.rules.filter(composite), undefined]) : undefined
  const root = rule?.ref ?? documentRef(scope, ['list', 'obj', 'recs', 'deep', 'mixed'])
  const bound: Variable[] = [{ name: key, type: 'any' }]
  if (c.yes(0.4)) return { text: `some ${key}; ${root}[${key}]${c.yes(0.3) ? '[_]' : ''}`, bound }
  const value = scope.fresh()
  const left = c.yes(0.6) ? `${value} := ` : `${value} = `
  const path = c.yes(0.3) ? `[_][${key}]` : c.yes(0.3) ? `[${key}].${c.pick(['a', 'b', 'k'])}` : `[${key}]`
  return { text: `some ${key}; ${left}${root}${path}`, bound: [...bound, { name: value, type: 'any' }] }
}
const composite = (rule: { readonly type: Type }): boolean => rule.type === 'object' || rule.type === 'list'
const negated: Maker = (scope) => none(`not ${expression(small(scope), scope.chance.yes(0.7) ? 'boolean' : 'any')}`)
const every: Maker = (scope) => {
  const over = collection(small(scope))
  const name = scope.fresh()
  const key = scope.chance.yes(0.4) ? scope.fresh() : undefined
  const names = key === undefined ? [name] : [key, name]
  const variables = [...scope.variables, ...names.map((n): Variable => ({ name: n, type: over.item }))]
  const { lines } = scope.body({ ...scope, variables, depth: scope.depth - 1 }, 2)
  const unused = names.filter((n) => !lines.some((line) => new RegExp(`\\b${n}\\b`).test(line)))
  const all = [...lines, ...unused.map((n) => `${n} != ${scope.chance.pick(['1', '"a"', 'null'])}`)]
  return none(`every ${names.join(', ')} in ${over.text} { ${all.join('; ')} }`)
}
const destructured: Maker = (scope) => {
  const right = matching(scope)
  const { text, bound } = pattern(scope, 2)
  return { text: `${text} ${scope.chance.yes() ? ':=' : '='} ${right}`, bound }
}
const unified: Maker = (scope) => {
  const c = scope.chance
  const known = variableOf(scope, 'any')
  const name = scope.fresh()
  const left = known === undefined ? literal(c, 1) : c.pick([known, `[${known}, 1]`, `{"a": ${known}}`])
  if (c.yes(0.4)) return none(`${left} = ${matching(scope)}`)
  const right = `[${expression(small(scope), 'any')}, ${matching(scope)}]`
  return { text: `[${name}, ${left}] = ${right}`, bound: [{ name, type: 'odd' }] }
}
const replaced: Maker = (scope) => {
  const c = scope.chance
  const count = c.int(1, 2)
  const ending = Array.from({ length: count }, (_, i) => ` with ${replacement(scope, i === count - 1)}`).join('')
  const target = scope.rules.length > 0 && c.yes(0.6) ? c.pick(scope.rules).ref : expression(small(scope), 'any')
  if (c.yes(0.2)) return none(`not ${target}${ending}`)
  const name = scope.fresh()
  return { text: `${name} := ${target}${ending}`, bound: [{ name, type: 'odd' }] }
}
const walked: Maker = (scope) => {
  const over = matching(scope)
  const [path, value] = [scope.fresh(), scope.fresh()]
  return {
    text: `walk(${over}, [${path}, ${value}])`,
    bound: [
      { name: path, type: 'list' },
      { name: value, type: 'any' },
    ],
  }
}
const member: Maker = (scope) => none(`${unknown(scope)} in ${collection(deeper(scope)).text}`)
const called: Maker = (scope) => {
  const fn = scope.functions.length === 0 ? undefined : scope.chance.pick(scope.functions)
  if (fn === undefined) return assigned(scope)
  if (scope.chance.yes(0.3)) return none(call(scope, fn))
  const name = scope.fresh()
  return { text: `${name} := ${call(scope, fn)}`, bound: [{ name, type: 'odd' }] }
}

const MAKERS: readonly Maker[] = [
  assigned,
  assigned,
  assigned,
  asked,
  asked,
  asked,
  someIn,
  someIn,
  someKeyIn,
  somePattern,
  iterated,
  iterated,
  negated,
  every,
  destructured,
  unified,
  replaced,
  walked,
  member,
  called,
  called,
]

/** One to `most` statements, each seeing what those before it bound. */
export function body(scope: Scope, most: number): { lines: string[]; scope: Scope } {
  const lines: string[] = []
  let inner = scope
  const count = scope.chance.int(1, Math.max(1, most))
  for (let i = 0; i < count; i++) {
    const step = scope.chance.pick(inner.depth > 0 ? MAKERS : [asked, someIn, someKeyIn, iterated, assigned])(inner)
    lines.push(step.text)
    inner = { ...inner, variables: [...inner.variables, ...step.bound] }
  }
  return { lines, scope: inner }
}
