import type { Statement } from './plan.ts'

/**
 * How the compiler says each operation in JavaScript. Operands are names and literals that the compiler has made. There
 * are two: `PLAIN` below, and the one of `trace-dialect.ts`, which also notes what was read and when it could change.
 */
export interface Dialect {
  /** Said before a statement; empty in the plain one, which therefore costs nothing for being explainable. */
  before(statement: Statement): string
  /** Said when a function is entered, by its number, and where control leaves it. */
  enter(func: number): string
  readonly leave: string
  dot(fromData: boolean, source: string, key: string): string
  length(source: string): string
  /** Declares `k<t>` and `v<t>`, keys and values of a loop, and what `item` needs. */
  scan(t: number, source: string): string
  /** The value of this turn `i<t>`. */
  item(t: number, key: string): string
  equal(a: string, b: string): string
  /** Code of a builtin that compares, or null where the builtin is none of these. */
  comparison(builtin: string, a: string, b: string): string | null
  /** Code of a builtin that tells a type, or null where the builtin is none of these. It costs a step, as a call does. */
  typeTest(builtin: string, a: string): string | null
  builtin(index: number, operands: readonly string[]): string
  /** A part of a computed path. */
  key(operand: string): string
  assignOnce(old: string, value: string): string
  append(array: string, value: string): string
  add(set: string, value: string): string
  insert(object: string, key: string, value: string): string
  insertOnce(object: string, key: string, value: string): string
  merge(a: string, b: string): string
  upsert(document: string, path: string, value: string): string
  result(value: string): string
}

/** A text or a boolean of the plan, as the compiler names it. */
export const CONSTANT = /^(?:s\d+|true|false)$/

/** Texts and booleans are equal where JavaScript says so. */
function same(a: string, b: string): string {
  return CONSTANT.test(a) || CONSTANT.test(b) ? `(${a} === ${b})` : `equal(${a},${b})`
}

/** Comparisons cannot fail and cost no fuel of their own: written as code. */
const COMPARISONS: ReadonlyMap<string, (a: string, b: string) => string> = new Map([
  ['equal', same],
  ['neq', (a, b) => `!${same(a, b)}`],
  ['lt', (a, b) => `compare(${a},${b})<0`],
  ['lte', (a, b) => `compare(${a},${b})<=0`],
  ['gt', (a, b) => `compare(${a},${b})>0`],
  ['gte', (a, b) => `compare(${a},${b})>=0`],
])

const TYPE_TESTS: ReadonlyMap<string, (a: string) => string> = new Map([
  ['is_string', (a) => `typeof ${a} === 'string'`],
  ['is_object', (a) => `${a} instanceof RegoObject`],
  ['is_array', (a) => `Array.isArray(${a})`],
])

export const PLAIN: Dialect = {
  before: () => '',
  enter: () => '',
  leave: '',
  dot: (fromData, source, key) => `${fromData ? 'dotData' : 'dot'}(${source},${key})`,
  length: (source) => `length(${source})`,
  scan: (t, source) => `const k${t} = scanKeys(${source}), v${t} = scanValues(${source});`,
  item: (t) => `v${t}[i${t}]`,
  equal: same,
  comparison: (builtin, a, b) => COMPARISONS.get(builtin)?.(a, b) ?? null,
  typeTest: (builtin, a) => TYPE_TESTS.get(builtin)?.(a) ?? null,
  builtin: (index, operands) => `b${index}(${['m', ...operands].join(',')})`,
  key: (operand) => operand,
  assignOnce: (old, value) => `assignOnce(${old},${value})`,
  append: (array, value) => `append(${array},${value})`,
  add: (set, value) => `add(${set},${value})`,
  insert: (object, key, value) => `insert(${object},${key},${value})`,
  insertOnce: (object, key, value) => `insertOnce(${object},${key},${value})`,
  merge: (a, b) => `merge(m,${a},${b})`,
  upsert: (document, path, value) => `upsert(${document},${path},${value})`,
  result: (value) => `m.results.push(${value})`,
}
