import { BigNum, compare, equal, RegoObject, RegoSet, type Value } from './value.ts'

/** OPA's error codes, as `opa eval` reports them. */
export type EvaluationErrorCode =
  | 'eval_builtin_error'
  | 'eval_type_error'
  | 'eval_conflict_error'
  | 'eval_internal_error'

/** A rule contradicts itself, or (in strict mode) a builtin failed. Ends the evaluation. */
export class EvaluationError extends Error {
  readonly code: EvaluationErrorCode

  constructor(code: EvaluationErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** Steps, depth or sizes are used up. Ends the evaluation. */
export class LimitError extends Error {}

/** A builtin cannot give a result for these operands: undefined, or an error in strict mode. */
export class BuiltinError extends Error {
  readonly code: 'eval_builtin_error' | 'eval_type_error'

  constructor(message: string, code: 'eval_builtin_error' | 'eval_type_error' = 'eval_builtin_error') {
    // Most of these only say that a condition does not hold; taking a stack costs more than all else of them.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = stackTraceLimit
    this.code = code
  }
}

export interface MachineLimits {
  /** Steps: calls, loop turns, and what builtins cost by the size of their work. */
  readonly fuel: number
  /** Calls within calls. */
  readonly maxDepth: number
  readonly strictBuiltinErrors: boolean
}

/** Longest text and largest collection any builtin may make. */
export const MAX_TEXT = 8 * 1024 * 1024
export const MAX_ITEMS = 1_000_000

/** Results of calls that took more steps than this altogether are not kept. */
const MEMO_STEPS = 250_000

/** What one evaluation carries along. Never used twice. */
export class Machine {
  fuel: number
  depth = 0
  readonly maxDepth: number
  readonly strict: boolean
  /** Results of rules, and of calls (call-memo.ts), by function number; `with` swaps it for an empty one. */
  memo: unknown[] = []
  /** Steps of calls whose results may still be kept: they bound what is kept. */
  memoRoom = MEMO_STEPS
  readonly results: Value[] = []
  /** What builtins have charged for in this evaluation: compiled patterns for one. */
  readonly seen: Set<object> = new Set()

  constructor(limits: MachineLimits) {
    this.fuel = limits.fuel
    this.maxDepth = limits.maxDepth
    this.strict = limits.strictBuiltinErrors
  }

  /** Called when fuel or depth may have run out. */
  over(): never {
    throw new LimitError(this.fuel < 0 ? 'the policy took too many steps' : 'calls are nested too deep')
  }

  spend(steps: number): void {
    this.fuel -= steps
    if (this.fuel < 0) this.over()
  }

  /** Work in proportion to text: one step for 64 characters. */
  spendText(length: number): void {
    if (length > MAX_TEXT) throw new LimitError(`a text would be over ${MAX_TEXT} characters`)
    this.spend(length >> 6)
  }

  spendItems(count: number): void {
    if (count > MAX_ITEMS) throw new LimitError(`a collection would have more than ${MAX_ITEMS} members`)
    this.spend(count)
  }

  /** A builtin threw: undefined in OPA's default mode. */
  failed(error: unknown): undefined {
    if (!(error instanceof BuiltinError)) throw error
    if (this.strict) throw new EvaluationError(error.code, error.message)
    return undefined
  }
}

/** What a rule that was undefined leaves in the memo. */
export const UNDEFINED: unique symbol = Symbol('undefined')

/** The entries of an object by their plain keys; undefined for other values. In place of `instanceof`, which is slow until the engine has optimized it. */
type Entries = RegoObject['plain'] | undefined

export function dot(source: Value | undefined, key: Value): Value | undefined {
  const entries: Entries = (source as RegoObject | null | undefined)?.plain
  if (entries !== undefined)
    return typeof key !== 'object' || key === null ? entries.get(key) : (source as RegoObject).get(key)
  if (Array.isArray(source)) {
    const index = typeof key === 'number' ? key : key instanceof BigNum ? writtenIndex(key.text) : undefined
    return index !== undefined && Number.isInteger(index) && index >= 0 && index < source.length
      ? source[index]
      : undefined
  }
  if (source instanceof RegoSet) return source.has(key) ? key : undefined
  return undefined
}

/** `1.0` is a position to OPA, `1e0` is none. */
function writtenIndex(text: string): number | undefined {
  return /^-?\d{1,15}(?:\.0+)?$/.test(text) ? Number(text) : undefined
}

/**
 * A step of a reference that starts at `data`. OPA's store has text keys only, so an integer finds its text in an
 * object, and a text its position in an array.
 */
export function dotData(source: Value | undefined, key: Value): Value | undefined {
  const entries: Entries = (source as RegoObject | null | undefined)?.plain
  if (entries !== undefined && typeof key === 'string') return entries.get(key)
  const found = dot(source, key)
  if (typeof key === 'string' && Array.isArray(source))
    return /^[+-]?\d{1,15}$/.test(key) ? dot(source, Number(key)) : undefined
  return found === undefined && typeof key === 'number' && source instanceof RegoObject
    ? source.get(String(key))
    : found
}

export function length(value: Value | undefined): number {
  if (typeof value === 'string') return codePoints(value)
  if (Array.isArray(value)) return value.length
  return value instanceof RegoObject || value instanceof RegoSet ? value.size : 0
}

export function codePoints(text: string): number {
  let count = text.length
  for (let i = 0; i < text.length - 1; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0xd800 && unit <= 0xdbff) {
      count--
      i++
    }
  }
  return count
}

const NOTHING: Value[] = []

/** Keys of a scan; null for an array, whose keys are positions. */
export function scanKeys(source: Value | undefined): Value[] | null {
  if ((source as RegoObject | null | undefined)?.plain !== undefined) return (source as RegoObject).sorted().keys
  return source instanceof RegoSet ? source.sorted() : null
}

export function scanValues(source: Value | undefined): Value[] {
  if ((source as RegoObject | null | undefined)?.plain !== undefined) return (source as RegoObject).sorted().values
  if (Array.isArray(source)) return source
  return source instanceof RegoSet ? source.sorted() : NOTHING
}

export function assignOnce(old: Value | undefined, value: Value | undefined): Value | undefined {
  if (old !== undefined && !equal(old, value)) {
    throw new EvaluationError('eval_conflict_error', 'complete rules must not produce multiple outputs')
  }
  // Of numbers that are equal and written in two ways the first stays.
  return old === undefined ? value : old
}

export function append(array: Value | undefined, value: Value): void {
  if (!Array.isArray(array)) throw new EvaluationError('eval_internal_error', 'appending to what is no array')
  // Arrays of data are frozen: V8 throws where a hand-made plan writes to one.
  array.push(value)
}

export function insert(object: Value | undefined, key: Value, value: Value): void {
  if (!(object instanceof RegoObject))
    throw new EvaluationError('eval_internal_error', 'inserting into what is no object')
  object.set(key, value)
}

export function insertOnce(object: Value | undefined, key: Value, value: Value): void {
  if (!(object instanceof RegoObject))
    throw new EvaluationError('eval_internal_error', 'inserting into what is no object')
  const old = object.get(key)
  if (old === undefined) object.set(key, value)
  else if (!equal(old, value)) {
    throw new EvaluationError('eval_conflict_error', 'object keys must be unique')
  }
}

export function add(set: Value | undefined, value: Value): void {
  if (!(set instanceof RegoSet)) throw new EvaluationError('eval_internal_error', 'adding to what is no set')
  set.add(value)
}

/** `b` below `a`: where both have a key, objects are merged and of other values a's stands. */
export function merge(m: Machine, a: Value | undefined, b: Value | undefined): Value | undefined {
  if (a === undefined) return b
  if (!(a instanceof RegoObject) || !(b instanceof RegoObject)) return a
  m.spend(a.size + b.size)
  const out = a.copy()
  const { keys, values } = b.sorted()
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as Value
    const mine = a.get(key)
    const merged = mine === undefined ? values[i] : merge(m, mine, values[i])
    if (merged !== undefined) out.set(key, merged)
  }
  return out
}

/** The document with one place replaced; what is no object on the way is replaced by one. */
export function upsert(document: Value | undefined, path: readonly string[], value: Value): Value {
  const root = document instanceof RegoObject ? document.copy() : new RegoObject()
  let node = root
  for (const key of path.slice(0, -1)) {
    const next = node.get(key)
    const copy = next instanceof RegoObject ? next.copy() : new RegoObject()
    node.set(key, copy)
    node = copy
  }
  node.set(path.at(-1) ?? '', value)
  return root
}

export { compare, equal }
