/** Generated expressions of Rego: text that compiles, by the type that the place wants. */
import type { Chance } from './opa-policy-chance.ts'
import { FIELDS, KEYS, literal, NUMBERS, TEXTS } from './opa-policy-values.ts'

/** `any` is what the compiler knows nothing of; `odd` what it may know more of than we do. */
export type Type = 'any' | 'odd' | 'number' | 'text' | 'boolean' | 'list' | 'object' | 'set'

export interface Variable {
  readonly name: string
  readonly type: Type
}

export interface RuleName {
  /** As other rules refer to it: `r1` or `data.PKG_lib.r1`. */
  readonly ref: string
  readonly type: Type
}

export interface FunctionName {
  readonly ref: string
  readonly type: Type
  readonly arity: number
  /** Its arguments are plain variables: it takes values of any type. */
  readonly open: boolean
}

/** What an expression may refer to, and how deep it may still go. */
export interface Scope {
  readonly chance: Chance
  readonly variables: readonly Variable[]
  readonly rules: readonly RuleName[]
  readonly functions: readonly FunctionName[]
  readonly depth: number
  /** Names that no other variable of the module has. */
  readonly fresh: () => string
  /** A body of one to `most` statements, and the scope behind it. */
  readonly body: (scope: Scope, most: number) => { readonly lines: readonly string[]; readonly scope: Scope }
}

export const deeper = (scope: Scope): Scope => ({ ...scope, depth: scope.depth - 1 })

const ROOTS = ['input', 'data.PKG_d', 'data.PKG.base']

/** A reference without variables: `input.obj["a"]`. */
export function documentRef(scope: Scope, fields: readonly string[] = FIELDS): string {
  const c = scope.chance
  const root = c.pick(['input', 'input', ...ROOTS])
  return `${root}.${c.pick(fields)}`
}

function step(scope: Scope): string {
  const c = scope.chance
  if (c.yes(0.35)) return `.${c.pick(['a', 'b', 'c', 'k'])}`
  if (c.yes(0.4)) return `[${JSON.stringify(c.pick(KEYS))}]`
  if (c.yes(0.4)) return `[${c.int(-1, 2)}]`
  const variable = variableOf(scope, 'any')
  return variable === undefined || c.yes(0.3) ? `[${documentRef(scope, ['n', 's', 'mixed'])}]` : `[${variable}]`
}

export function variableOf(scope: Scope, type: Type): string | undefined {
  // A variable that is used as two types does not compile, so the unknown ones are used as any one seldom.
  const open = type === 'any' || scope.chance.yes(0.4)
  const fitting = scope.variables.filter((v) => type === 'any' || v.type === type || (open && v.type === 'any'))
  return fitting.length === 0 ? undefined : scope.chance.pick(fitting).name
}

function ruleOf(scope: Scope, type: Type): string | undefined {
  const fitting = scope.rules.filter((r) => type === 'any' || r.type === type || r.type === 'any')
  return fitting.length === 0 ? undefined : scope.chance.pick(fitting).ref
}

/** What the compiler knows nothing of: a variable, or a reference into a document. */
export function unknown(scope: Scope, fields: readonly string[] = FIELDS): string {
  const known = scope.variables.filter((v) => v.type === 'any')
  if (known.length > 0 && scope.chance.yes(0.6)) return scope.chance.pick(known).name
  return documentRef(scope, fields)
}

/** A call of a generated function. Where it matches patterns the compiler knows its arguments' types. */
export function call(scope: Scope, fn: FunctionName): string {
  const argument = (): string => (fn.open ? expression(deeper(scope), 'any') : unknown(scope))
  return `${fn.ref}(${Array.from({ length: fn.arity }, argument).join(', ')})`
}

/** Comprehension of a kind; its body's variables are seen by its head. */
function comprehension(scope: Scope, kind: 'list' | 'set' | 'object', item: Type = 'any'): string {
  const { lines, scope: inner } = scope.body(deeper(scope), 2)
  const body = lines.join('; ')
  const head = expression({ ...inner, depth: Math.min(inner.depth, 1) }, item)
  if (kind === 'list') return `[${head} | ${body}]`
  if (kind === 'set') return `{${head} | ${body}}`
  const key = expression({ ...inner, depth: 0 }, inner.chance.yes(0.8) ? 'text' : 'any')
  return `{${key}: ${head} | ${body}}`
}

type Maker = (scope: Scope) => string
const on =
  (...types: readonly Type[]) =>
  (form: string): Maker =>
  (scope) => {
    let at = 0
    const text = form.replaceAll('?', () => expression(deeper(scope), types[at++] ?? types[0] ?? 'any'))
    // An operation stands in parentheses: heads of comprehensions and operands want it so.
    return form.startsWith('?') ? `(${text})` : text
  }
const forms = (types: readonly Type[], ...list: readonly string[]): Maker[] => list.map(on(...types))
const comprehended =
  (kind: 'list' | 'set' | 'object', item?: Type): Maker =>
  (scope) =>
    comprehension(scope, kind, item)
const called =
  (type: Type): Maker =>
  (scope) => {
    const fitting = scope.functions.filter((f) => type === 'any' || f.type === type)
    const fn = fitting.length === 0 ? undefined : scope.chance.pick(fitting)
    if (fn === undefined) return documentRef(scope)
    return call(scope, fn)
  }
const referred =
  (...fields: readonly string[]): Maker =>
  (scope) =>
    documentRef(scope, scope.chance.yes(0.9) ? fields : FIELDS)
const ruled =
  (type: Type): Maker =>
  (scope) =>
    ruleOf(scope, type) ?? documentRef(scope)

const MAKERS: Readonly<Record<Type, readonly Maker[]>> = {
  number: [
    referred('n'),
    referred('n'),
    ruled('number'),
    called('number'),
    ...forms(['number'], '? + ?', '? - ?', '? * ?', '? / ?', '? % ?', 'abs(?)', 'round(?)', 'ceil(?)', 'floor(?)'),
    ...forms(['list'], 'count(?)', 'max(?)', 'min(?)'),
    (scope) => `sum(${documentRef(scope, ['list', 'obj'])})`,
    (scope) => `product(${documentRef(scope, ['list'])})`,
    ...forms(['set'], 'count(?)', 'max(?)'),
    ...forms(['object'], 'count(?)'),
    ...forms(['text'], 'count(?)', 'to_number(?)', 'indexof(?, ?)', 'units.parse_bytes(?)', 'strings.count(?, ?)'),
    ...forms(['number'], 'bits.and(?, ?)', 'bits.or(?, ?)', 'bits.lsh(?, 2)'),
    (scope) => `object.get(${expression(deeper(scope), 'object')}, ${JSON.stringify(scope.chance.pick(KEYS))}, 0)`,
  ],
  text: [
    referred('s'),
    referred('s'),
    ruled('text'),
    called('text'),
    ...forms(
      ['text'],
      'upper(?)',
      'lower(?)',
      'trim(?, "a")',
      'replace(?, "a", ?)',
      'concat("-", [?, ?])',
      'trim_prefix(?, ?)',
    ),
    ...forms(
      ['text'],
      'base64.encode(?)',
      'strings.reverse(?)',
      'crypto.md5(?)',
      'urlquery.encode(?)',
      'substring(?, 1, 2)',
    ),
    ...forms(['list'], 'concat("", ?)'),
    ...forms(
      ['any'],
      'type_name(?)',
      'json.marshal(?)',
      'sprintf("%v", [?])',
      'sprintf("%v %s", [?, ?])',
      '$"{?}"',
      '$"x {?} y {?}"',
    ),
    ...forms(['number', 'any'], 'sprintf("%d|%v", [?, ?])', 'format_int(?, 10)', 'sprintf("%.2f", [?])'),
    ...forms(['text'], `substring(?, input.n, 2)`),
  ],
  boolean: [
    referred('b'),
    ruled('boolean'),
    called('boolean'),
    ...forms(['any'], '? == ?', '? != ?', '? < ?', '? >= ?', 'is_string(?)', 'is_number(?)', 'is_null(?)', 'is_set(?)'),
    ...forms(['number'], '? > ?', '? <= ?', '? == ?'),
    ...forms(
      ['text'],
      'startswith(?, ?)',
      'contains(?, ?)',
      'regex.match("^[a-b]+$", ?)',
      'json.is_valid(?)',
      'glob.match("*", [], ?)',
    ),
    ...(['list', 'set', 'object'] as const).map(
      (type): Maker =>
        (scope) =>
          `(${unknown(scope)} in ${expression(deeper(scope), type)})`,
    ),
    (scope) => `("a", ${unknown(scope)} in ${documentRef(scope, ['obj', 'mixed'])})`,
    ...forms(['object'], 'object.subset(?, ?)'),
    ...forms(['set'], 'object.subset(?, ?)'),
  ],
  list: [
    referred('list', 'recs'),
    referred('list', 'recs'),
    ruled('list'),
    called('list'),
    comprehended('list'),
    comprehended('list', 'number'),
    ...forms(['any'], '[?]', '[?, ?]', '[?, ?, ?]'),
    ...forms(['list'], 'array.concat(?, ?)', 'sort(?)', 'array.reverse(?)', 'array.slice(?, 0, 2)', 'array.flatten(?)'),
    ...forms(['set'], 'sort(?)'),
    ...forms(['text'], 'split(?, ?)', 'split(?, ",")', 'json.unmarshal(?)', 'regex.split("[,.]", ?)'),
    () => 'numbers.range(1, 3)',
    (scope) => `[p | walk(${expression(deeper(scope), 'any')}, p)]`,
  ],
  set: [
    ruled('set'),
    comprehended('set'),
    comprehended('set', 'text'),
    ...forms(['any'], '{?}', '{?, ?}'),
    ...forms(['set'], '? | ?', '? & ?', '? - ?', 'union({?, ?})', 'intersection({?, ?})'),
    ...forms(['object'], 'object.keys(?)'),
    ...forms(['list'], '{v | some v in ?}'),
    (scope) => `graph.reachable(${documentRef(scope, ['graph'])}, ${expression(deeper(scope), 'list')})`,
    (scope) => `graph.reachable_paths(${documentRef(scope, ['graph'])}, ${expression(deeper(scope), 'set')})`,
  ],
  object: [
    referred('obj', 'deep'),
    referred('obj', 'deep'),
    ruled('object'),
    comprehended('object'),
    ...forms(['any'], '{"a": ?}', '{"a": ?, "b": ?}', '{?: 1}', '{"a": {"b": ?}, "c": [?]}'),
    ...forms(
      ['object'],
      'object.union(?, ?)',
      'object.remove(?, ["a"])',
      'object.filter(?, {"a", "b"})',
      'object.union_n([?, ?])',
    ),
    ...forms(['object'], 'json.filter(?, ["a/b", "b"])', 'json.remove(?, ["a", "b/a"])'),
    ...forms(['object', 'any'], 'json.patch(?, [{"op": "add", "path": "/a", "value": ?}])', 'object.get(?, "a", ?)'),
    ...forms(['object', 'any'], 'json.patch(?, [{"op": "remove", "path": "/b"}])', 'object.get(?, ["a", "b"], ?)'),
  ],
  any: [
    (scope) => `${documentRef(scope)}${step(scope)}`,
    (scope) => `${documentRef(scope)}${step(scope)}${step(scope)}`,
    called('any'),
    ruled('any'),
  ],
  odd: [called('any'), ruled('any')],
}

const NAMED: readonly Type[] = ['number', 'text', 'boolean', 'list', 'object', 'set']

function plain(scope: Scope, type: Type): string {
  const c = scope.chance
  const variable = variableOf(scope, type)
  if (variable !== undefined && c.yes(0.65)) return variable
  if (type === 'number') return c.yes(0.5) ? c.pick(NUMBERS) : documentRef(scope, ['n'])
  if (type === 'text') return c.yes(0.5) ? JSON.stringify(c.pick(TEXTS)) : documentRef(scope, ['s'])
  if (type === 'boolean') return c.yes(0.4) ? c.pick(['true', 'false']) : documentRef(scope, ['b'])
  if (type === 'list') return documentRef(scope, ['list', 'recs'])
  if (type === 'object') return documentRef(scope, ['obj', 'deep'])
  if (type === 'set') return c.pick(['set()', '{1, 2}', '{"a", "b"}', '{v | some v in input.list}'])
  return c.yes(0.5) ? documentRef(scope) : literal(c, 2)
}

/** An expression of a type as the compiler sees it, or of none that it knows. */
export function expression(scope: Scope, type: Type): string {
  const c = scope.chance
  if (scope.depth <= 0 || c.yes(0.25)) return plain(scope, type)
  if (type === 'any' && c.yes(0.6)) return expression(scope, c.pick(NAMED))
  const variable = variableOf(scope, type)
  if (variable !== undefined && c.yes(0.25)) return variable
  return c.pick(MAKERS[type])(scope)
}

/** A collection's text, and what is known of its members. */
export function collection(scope: Scope): { readonly text: string; readonly item: Type } {
  const text = expression(scope, scope.chance.pick(['list', 'list', 'object', 'object', 'set']))
  return { text, item: /^(?:input|data\.PKG_d|data\.PKG\.base)\b/.test(text) ? 'any' : 'odd' }
}
