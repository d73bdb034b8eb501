import { textBytes } from './byte-text.ts'
import { decimalOf } from './float64-wide.ts'

/**
 * A Rego value. A JavaScript number stands for the decimal it prints as; every number that does not print as its own
 * text (beyond 2^53, `1.0`, `1e3`) is a `BigNum`. Objects and sets are Maps and Sets: no prototype can be reached.
 */
export type Value = null | boolean | number | string | BigNum | Value[] | RegoObject | RegoSet
export type Primitive = null | boolean | number | string

/** A number kept as OPA would write it. */
export class BigNum {
  readonly text: string
  private decimal: { m: bigint; e: number } | undefined
  private integer: bigint | null | undefined

  constructor(text: string) {
    this.text = text
  }

  /** The number where it is an integer, else null. */
  whole(): bigint | null {
    if (this.integer !== undefined) return this.integer
    if (/^-?\d{1,40}$/.test(this.text)) this.integer = BigInt(this.text)
    else {
      const { m, e } = this.exact()
      // What is too large to be written out again and again is not kept.
      if (e > 40) return m * 10n ** BigInt(e)
      this.integer = e >= 0 ? m * 10n ** BigInt(e) : null
    }
    return this.integer
  }

  exact(): { m: bigint; e: number } {
    this.decimal ??= decimalOf(this.text) ?? { m: 0n, e: 0 }
    return this.decimal
  }
}

/** Writing to a document that is shared by evaluations: only a hand-made plan tries. */
export class FrozenError extends Error {}

export class RegoObject {
  /** No other kind of value has a member of this name: where code is hot, it is how an object is told. */
  readonly plain: Map<Primitive, Value> = new Map()
  /** Entries whose key is a composite or a big number, by the key's canonical text. */
  composite: Map<string, { key: Value; value: Value }> | undefined
  /** Keys as they were written where that is another text of the number: `1.50` of 1.5. */
  private written: Map<Primitive, BigNum> | undefined
  private order: { keys: Value[]; values: Value[] } | undefined
  frozen = false
  /** What evaluations that follow the time note of it: whether something in it may move, whether it is in another. */
  moving = false
  held = false

  get size(): number {
    return this.plain.size + (this.composite?.size ?? 0)
  }

  get(key: Value): Value | undefined {
    if (typeof key !== 'object' || key === null) return this.plain.get(key)
    const found = keyOf(key)
    return 'plain' in found ? this.plain.get(found.plain) : this.composite?.get(found.text)?.value
  }

  has(key: Value): boolean {
    return this.get(key) !== undefined
  }

  set(key: Value, value: Value): void {
    if (this.frozen) throw new FrozenError('this document cannot be changed')
    this.order = undefined
    if (typeof key !== 'object' || key === null) {
      this.plain.set(key, value)
      return
    }
    const found = keyOf(key)
    if ('plain' in found) {
      if (key instanceof BigNum && !this.plain.has(found.plain)) (this.written ??= new Map()).set(found.plain, key)
      this.plain.set(found.plain, value)
      return
    }
    // The first text of a key stands, as in OPA.
    const old = this.composite?.get(found.text)
    ;(this.composite ??= new Map()).set(found.text, { key: old?.key ?? key, value })
  }

  /** Keys in OPA's order, and the values beside them. */
  sorted(): { keys: Value[]; values: Value[] } {
    if (this.order !== undefined) return this.order
    const keys: Value[] = writtenOf(this.plain.keys(), this.written)
    if (this.composite !== undefined) for (const { key } of this.composite.values()) keys.push(key)
    ordered(keys)
    const values: Value[] = []
    for (const key of keys) values.push(this.get(key) as Value)
    this.order = { keys, values }
    return this.order
  }

  /** The entries whose keys `keep` says, with their keys as they were written. */
  filter(keep: (key: Value) => boolean): RegoObject {
    const kept = new RegoObject()
    for (const [plain, value] of this.plain) {
      const key = this.written?.get(plain) ?? plain
      if (keep(key)) kept.set(key, value)
    }
    if (this.composite !== undefined)
      for (const { key, value } of this.composite.values()) if (keep(key)) kept.set(key, value)
    return kept
  }

  copy(): RegoObject {
    const copy = new RegoObject()
    for (const [key, value] of this.plain) copy.plain.set(key, value)
    if (this.composite !== undefined) copy.composite = new Map(this.composite)
    if (this.written !== undefined) copy.written = new Map(this.written)
    return copy
  }
}

export class RegoSet {
  /** Made when there is a member: most sets of an evaluation stay empty. */
  private simple: Set<Primitive> | undefined
  /** A composite member that is the only one: its canonical text is made when there is another to tell it from. */
  private single: BigNum | Value[] | RegoObject | RegoSet | undefined
  private composite: Map<string, Value> | undefined
  private written: Map<Primitive, BigNum> | undefined
  private order: Value[] | undefined
  /** As of an object. */
  held = false

  get size(): number {
    return (this.simple?.size ?? 0) + (this.single === undefined ? (this.composite?.size ?? 0) : 1)
  }

  has(value: Value): boolean {
    if (typeof value !== 'object' || value === null) return this.simple?.has(value) ?? false
    if (this.single !== undefined && !(value instanceof BigNum)) return equal(this.single, value)
    const found = keyOf(value)
    return 'plain' in found ? (this.simple?.has(found.plain) ?? false) : this.members().has(found.text)
  }

  add(value: Value): void {
    this.order = undefined
    if (typeof value !== 'object' || value === null) {
      ;(this.simple ??= new Set()).add(value)
      return
    }
    if (this.single === undefined && this.composite === undefined && !(value instanceof BigNum)) {
      this.single = value
      return
    }
    const found = keyOf(value)
    if ('plain' in found) {
      this.simple ??= new Set()
      if (value instanceof BigNum && !this.simple.has(found.plain)) (this.written ??= new Map()).set(found.plain, value)
      this.simple.add(found.plain)
    } else {
      const members = this.members()
      if (!members.has(found.text)) members.set(found.text, value)
    }
  }

  /** Composite members by their canonical text. */
  private members(): Map<string, Value> {
    this.composite ??= new Map()
    if (this.single !== undefined) {
      this.composite.set(canonicalKey(this.single), this.single)
      this.single = undefined
    }
    return this.composite
  }

  copy(): RegoSet {
    const copy = new RegoSet()
    if (this.simple !== undefined) copy.simple = new Set(this.simple)
    if (this.composite !== undefined) copy.composite = new Map(this.composite)
    if (this.written !== undefined) copy.written = new Map(this.written)
    copy.single = this.single
    return copy
  }

  /** Members in OPA's order. */
  sorted(): Value[] {
    return (this.order ??= ordered(this.unordered()))
  }

  /** Members in the order in which they came. */
  unordered(): Value[] {
    const all: Value[] = this.simple === undefined ? [] : writtenOf(this.simple, this.written)
    if (this.single !== undefined) all.push(this.single)
    else if (this.composite !== undefined) all.push(...this.composite.values())
    return all
  }
}

function writtenOf(plain: Iterable<Primitive>, written: ReadonlyMap<Primitive, BigNum> | undefined): Value[] {
  return written === undefined ? [...plain] : Array.from(plain, (value) => written.get(value) ?? value)
}

export function setOf(values: Iterable<Value>): RegoSet {
  const set = new RegoSet()
  for (const value of values) set.add(value)
  return set
}

export function objectOf(entries: Iterable<readonly [Value, Value]>): RegoObject {
  const object = new RegoObject()
  for (const [key, value] of entries) object.set(key, value)
  return object
}

/** How a value is found as a key: equal values, equal keys. */
function keyOf(value: BigNum | Value[] | RegoObject | RegoSet): { plain: Primitive } | { text: string } {
  if (value instanceof BigNum) {
    const plain = plainNumber(value)
    return plain === null ? { text: canonicalKey(value) } : { plain }
  }
  return { text: canonicalKey(value) }
}

/** The JavaScript number that stands for the same decimal, or null. */
function plainNumber(value: BigNum): number | null {
  const { m, e } = value.exact()
  const text = `${m}e${e}`
  const near = Number(text)
  if (!Number.isFinite(near) || (Number.isInteger(near) && !Number.isSafeInteger(near))) return null
  const back = decimalOf(String(near))
  return back !== null && back.m === m && back.e === e ? near : null
}

function canonicalKey(value: Value): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return `#${value === 0 ? 0 : value}`
  // Its length before it: no text can be taken for another one, and none is gone through.
  if (typeof value === 'string') return `${value.length}"${value}`
  if (value instanceof BigNum) {
    const plain = plainNumber(value)
    if (plain !== null) return `#${plain}`
    const { m, e } = value.exact()
    return `#${m}e${e}`
  }
  if (Array.isArray(value)) return `[${canonicalKeys(value)}]`
  if (value instanceof RegoSet) return `<${canonicalKeys(value.sorted())}>`
  const { keys, values } = value.sorted()
  let text = '{'
  for (let i = 0; i < keys.length; i++) text += `${canonicalKey(keys[i] as Value)}:${canonicalKey(values[i] as Value)},`
  return `${text}}`
}

function canonicalKeys(values: readonly Value[]): string {
  let text = ''
  for (const value of values) text += `${canonicalKey(value)},`
  return text
}

/** A number from its text: a JavaScript number where that prints the same, else a BigNum. */
export function numberFromText(text: string): number | BigNum {
  const near = Number(text)
  return String(near) === text && (Number.isSafeInteger(near) || !Number.isInteger(near)) ? near : new BigNum(text)
}

/** As OPA prints it: JavaScript writes exponents with one digit, Go with two at least. */
export function numberText(value: number | BigNum): string {
  if (typeof value !== 'number') return value.text
  return value === 0 ? '0' : String(value)
}

export function isNumber(value: Value | undefined): value is number | BigNum {
  return typeof value === 'number' || value instanceof BigNum
}

const RANK = { null: 0, boolean: 1, number: 2, string: 3, array: 4, object: 5, set: 6 } as const
export type TypeName = keyof typeof RANK

export function typeName(value: Value): TypeName {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'number' || value instanceof BigNum) return 'number'
  if (typeof value === 'string') return 'string'
  if (Array.isArray(value)) return 'array'
  return value instanceof RegoSet ? 'set' : 'object'
}

/** By Unicode code points, which is the order of UTF-8 bytes; JavaScript's `<` differs above U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = a.length < b.length ? a.length : b.length
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x !== y) {
      if ((isStray(x) || isStray(y)) && !(a.isWellFormed() && b.isWellFormed()))
        return textBytes(a).compare(textBytes(b))
      if (x >= 0xd800 && y >= 0xd800) return rankUnit(x) - rankUnit(y)
      return x - y
    }
  }
  return a.length - b.length
}

const isStray = (unit: number): boolean => unit >= 0xdc80 && unit <= 0xdcff

function rankUnit(unit: number): number {
  return unit <= 0xdfff ? unit + 0x10000 : unit
}

function exactOf(value: number | BigNum): { m: bigint; e: number } {
  return typeof value === 'number' ? (decimalOf(String(value)) ?? { m: 0n, e: 0 }) : value.exact()
}

/** An integer that is not too long, without taking its decimal form apart. */
function writtenWhole(value: number | BigNum): bigint | number | null {
  if (typeof value === 'number') return Number.isInteger(value) ? value : null
  return value.text.length <= 40 ? value.whole() : null
}

function compareNumbers(a: number | BigNum, b: number | BigNum): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (a instanceof BigNum && b instanceof BigNum && a.text === b.text) return 0
  const p = writtenWhole(a)
  const q = p === null ? null : writtenWhole(b)
  if (p !== null && q !== null) return p < q ? -1 : p > q ? 1 : 0
  const x = exactOf(a)
  const y = exactOf(b)
  const e = Math.min(x.e, y.e)
  const left = x.m * 10n ** BigInt(x.e - e)
  const right = y.m * 10n ** BigInt(y.e - e)
  return left < right ? -1 : left > right ? 1 : 0
}

const FEW = 20

/** Sorts in place by OPA's order. For few texts, as most objects have them, that is done without the engine's sort. */
function ordered(values: Value[]): Value[] {
  if (values.length < 2) return values
  if (values.length > FEW) return values.sort(compare)
  for (let i = 1; i < values.length; i++) {
    const value = values[i] as Value
    let at = i
    for (; at > 0 && compare(values[at - 1], value) > 0; at--) values[at] = values[at - 1] as Value
    values[at] = value
  }
  return values
}

/** OPA's total order: null, booleans, numbers, strings, arrays, objects, sets. Negative, zero or positive. */
export function compare(a: Value | undefined, b: Value | undefined): number {
  if (a === b) return 0
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (a === undefined) return -1
  if (b === undefined) return 1
  const rank = RANK[typeName(a)] - RANK[typeName(b)]
  if (rank !== 0) return rank
  if (typeof a === 'boolean') return a ? 1 : -1
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b)
  if (Array.isArray(a) && Array.isArray(b)) return compareLists(a, b)
  if (a instanceof RegoSet && b instanceof RegoSet) return compareLists(a.sorted(), b.sorted())
  if (a instanceof RegoObject && b instanceof RegoObject) {
    const x = a.sorted()
    const y = b.sorted()
    const length = Math.min(x.keys.length, y.keys.length)
    for (let i = 0; i < length; i++) {
      const byKey = compare(x.keys[i], y.keys[i])
      if (byKey !== 0) return byKey
      const byValue = compare(x.values[i], y.values[i])
      if (byValue !== 0) return byValue
    }
    return x.keys.length - y.keys.length
  }
  return 0
}

function compareLists(a: readonly Value[], b: readonly Value[]): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const order = compare(a[i], b[i])
    if (order !== 0) return order
  }
  return a.length - b.length
}

export function equal(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true
  // Only numbers that are written in two ways, and composites, are equal without being the same.
  if (typeof a === 'string' || typeof b === 'string' || a === null || b === null) return false
  return compare(a, b) === 0
}
