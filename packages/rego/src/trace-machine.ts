import type { LinkedBuiltin } from './compiler.ts'
import { BUILTINS } from './builtins/registry.ts'
import {
  add,
  append,
  assignOnce,
  BuiltinError,
  compare,
  dot,
  dotData,
  equal,
  insert,
  insertOnce,
  length,
  Machine,
  merge,
  upsert,
  type MachineLimits,
} from './machine.ts'
import type { TraceClock } from './trace-clock.ts'
import { Still, TimeValue } from './trace-time.ts'
import { BigNum, RegoObject, RegoSet, type Value } from './value.ts'

/** What a local holds in a traced evaluation. No list, object or set ever holds a TimeValue: see `timed`. */
export type Traced = Value | TimeValue
type Composite = Value[] | RegoObject | RegoSet

/** What a traced evaluation tells beside its result. */
export interface TraceTables {
  readonly builtins: readonly { readonly name: string; readonly linked: LinkedBuiltin }[]
  readonly sites: number
}

/** Told of each comparison, for those who look for values that would compare otherwise. */
export interface Watcher {
  compared(a: Value | undefined, b: Value | undefined): void
  called(builtin: string, operands: readonly Value[]): void
  looked(source: Value | undefined, key: Value, found: boolean): void
}

function isComposite(value: unknown): value is Composite {
  return typeof value === 'object' && value !== null && !(value instanceof BigNum) && !(value instanceof TimeValue)
}

function isFrozen(value: Composite): boolean {
  return value instanceof RegoObject ? value.frozen : Object.isFrozen(value)
}

/** A step of a JSON pointer (RFC 6901). */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

const TYPE_TESTS = new Set(['type_name', 'is_string', 'is_number', 'is_boolean', 'is_null', 'is_array', 'is_object'])

/**
 * The machine of an evaluation that is explained. Takes the same steps for the same result; beside them it notes which
 * parts of the input were read, which rules fired, which lines were run, and until when the result holds.
 */
export class TraceMachine extends Machine {
  readonly hits: Uint8Array
  /** By point (see trace-dialect.ts): what the body of the rule read itself. */
  readonly fired = new Map<number, Set<string>>()
  /** JSON pointers that were read; `true` where the whole of what is there was. */
  readonly pointersRead = new Map<string, boolean>()
  /** `input.at` was read though it is no time. */
  unreadableTime = false
  /** What the running body of a rule has read. */
  reads: Set<string> = new Set()
  watcher: Watcher | null = null
  private readonly tables: TraceTables
  private readonly clock: TraceClock | null
  private readonly root: Value | undefined
  private readonly pointers = new WeakMap<object, string>()
  /** Keys that `with` put something else at. */
  private readonly replaced = new WeakMap<object, ReadonlySet<Value>>()
  /** Members that move with the time, of lists and objects that hold what they are now. */
  private readonly timed = new WeakMap<object, Map<Value, TimeValue | Still>>()
  /** Whether anything but the input's root may hold what moves. */
  private spread = false

  constructor(
    limits: MachineLimits,
    tables: TraceTables,
    input: Value | undefined,
    clock: { trace: TraceClock; value: TimeValue } | null,
  ) {
    super(limits)
    this.tables = tables
    this.hits = new Uint8Array(tables.sites)
    this.root = input
    this.clock = clock?.trace ?? null
    if (isComposite(input)) this.pointers.set(input, '')
    if (isComposite(input) && clock !== null) this.timed.set(input, new Map([['at', clock.value]]))
  }

  enter(): Set<string> {
    const before = this.reads
    this.reads = new Set()
    return before
  }

  /** A body of a rule begins. */
  begin(): void {
    this.reads = new Set()
  }

  fire(point: number, site: number): void {
    this.hits[site] = 1
    const known = this.fired.get(point)
    if (known === undefined) this.fired.set(point, new Set(this.reads))
    else for (const pointer of this.reads) known.add(pointer)
  }

  private note(pointer: string, whole: boolean): void {
    this.reads.add(pointer)
    if (whole || !this.pointersRead.has(pointer)) this.pointersRead.set(pointer, whole)
    if (pointer === '/at' && this.clock === null) this.unreadableTime = true
  }

  /** A step into a document: notes it, and gives what moves at that place. */
  private step(source: Traced | undefined, key: Value, found: Value | undefined): Traced | undefined {
    if (!isComposite(source)) return found
    const pointer = this.pointers.get(source)
    if (pointer !== undefined && !this.replaced.get(source)?.has(key)) {
      if (typeof key === 'string' || typeof key === 'number') {
        const path = `${pointer}/${escaped(String(key))}`
        this.note(path, !isComposite(found))
        if (isComposite(found)) this.pointers.set(found, path)
      } else this.note(pointer, true)
    }
    const moving = this.timed.get(source)?.get(key)
    if (moving instanceof Still) this.clock?.turnsAt(moving.until())
    return moving instanceof TimeValue ? moving : found
  }

  /** The value as it is now, for a use that cannot be followed. */
  used(value: Traced | undefined): Value {
    if (value instanceof TimeValue) {
      this.clock?.holdsNowOnly()
      return value.now
    }
    if (isComposite(value)) this.usedWhole(value)
    return value as Value
  }

  private usedWhole(value: Composite): void {
    const pointer = this.pointers.get(value)
    if (pointer !== undefined) this.note(pointer, true)
    if (value === this.root && this.clock === null && value instanceof RegoObject && value.has('at'))
      this.unreadableTime = true
    if (this.clock !== null && this.clock.untilNs > this.clock.nowNs && (this.spread || value === this.root))
      this.settle(value, this.clock)
  }

  /** All that moves inside is used as it is now. */
  private settle(value: Composite, clock: TraceClock): void {
    for (const moving of this.timed.get(value)?.values() ?? []) {
      if (moving instanceof Still) clock.turnsAt(moving.until())
      else clock.holdsNowOnly()
    }
    // Below the input's root nothing moves: `hold` sees to that.
    const pointer = this.pointers.get(value)
    if (isFrozen(value) || clock.untilNs === clock.nowNs || (pointer !== undefined && pointer !== '')) return
    const members =
      value instanceof RegoObject ? value.sorted().values : value instanceof RegoSet ? value.sorted() : value
    for (const member of members) if (isComposite(member)) this.settle(member, clock)
  }

  /** A member is put into a list or object: what it is now, with a note where it moves. */
  private hold(container: Traced | undefined, key: Value, value: Traced): Value {
    if (!isComposite(container)) return this.used(value)
    if (value instanceof TimeValue) {
      const pointer = this.pointers.get(container)
      if (pointer !== undefined && pointer !== '') return this.used(value)
      const known = this.timed.get(container)
      if (known === undefined) this.timed.set(container, new Map([[key, value]]))
      else known.set(key, value)
      this.spread = true
      return value.now
    }
    this.timed.get(container)?.delete(key)
    if (isComposite(value)) {
      const pointer = this.pointers.get(value)
      if (pointer !== undefined) this.note(pointer, true)
      if (pointer === '') this.spread = true
    }
    return value
  }

  dot(source: Traced | undefined, key: Traced): Traced | undefined {
    return this.find(dot, source, key)
  }

  dotData(source: Traced | undefined, key: Traced): Traced | undefined {
    return this.find(dotData, source, key)
  }

  private find(how: typeof dot, source: Traced | undefined, key: Traced): Traced | undefined {
    const at = this.used(key)
    if (source instanceof TimeValue) return undefined
    const found = how(source, at)
    this.watcher?.looked(source, at, found !== undefined)
    return this.step(source, at, found)
  }

  length(value: Traced | undefined): number {
    if (!(value instanceof TimeValue)) return length(value)
    if (!(value.isClock && this.clock?.canonical === true)) this.clock?.holdsNowOnly()
    return length(value.now)
  }

  /** What a loop goes through. */
  source(value: Traced | undefined): Value | undefined {
    return value instanceof TimeValue ? undefined : value
  }

  item(source: Value | undefined, key: Value, value: Value): Traced | undefined {
    return this.step(source, key, value)
  }

  equal(a: Traced | undefined, b: Traced | undefined): boolean {
    return this.order(a, b, Math.sign) === 0
  }

  less(a: Traced | undefined, b: Traced | undefined): boolean {
    return this.order(a, b, (order) => order < 0) < 0
  }

  lessOrEqual(a: Traced | undefined, b: Traced | undefined): boolean {
    return this.order(a, b, (order) => order <= 0) <= 0
  }

  /** OPA's order of two values; `answer` is what the policy asks of it. */
  private order(a: Traced | undefined, b: Traced | undefined, answer: (order: number) => boolean | number): number {
    const [x, y] = [a, b].map((v) => (v instanceof TimeValue ? v.now : v))
    if (a instanceof TimeValue && b instanceof TimeValue) this.clock?.comparedBoth(a, b)
    else if (a instanceof TimeValue && y !== undefined) this.clock?.compared(a, y, answer)
    else if (b instanceof TimeValue && x !== undefined) this.clock?.compared(b, x, (order) => answer(-order))
    else if (isComposite(a) && isComposite(b)) {
      this.usedWhole(a)
      this.usedWhole(b)
    }
    this.watcher?.compared(x, y)
    return typeof x === 'string' && typeof y === 'string' && x === y ? 0 : compare(x, y)
  }

  call(index: number, operands: readonly Traced[]): Traced | undefined {
    const { name, linked } = this.tables.builtins[index] as TraceTables['builtins'][number]
    const plain = operands.map((o) => (o instanceof TimeValue ? o.now : o))
    this.watcher?.called(name, plain)
    if (name === 'object.get') return this.get(linked, operands, plain)
    const zoned = this.zoned(operands[0])
    const moving = operands.map((o, i) => (o instanceof TimeValue ? o : i === 0 ? zoned?.time : undefined))
    for (const [i, operand] of operands.entries()) {
      if (isComposite(operand) && moving[i] === undefined && !TYPE_TESTS.has(name)) this.usedWhole(operand)
    }
    const result = linked(this, ...plain)
    const { clock } = this
    const builtin = BUILTINS.get(name)
    if (clock === null || builtin === undefined || moving.every((o) => o === undefined)) return result
    try {
      const moved = clock.call(name, builtin, { plain, moving, zone: zoned?.zone ?? null })
      if (moved === null) clock.holdsNowOnly()
      else if (moved.value instanceof TimeValue && result !== undefined) return moved.value
      else if (moved.still !== undefined && Array.isArray(result)) {
        this.timed.set(result, new Map(moved.still.map((still, i) => [i, still])))
        this.spread = true
      }
    } catch (error) {
      // What has no result now has none at any other time either: only then is nothing noted.
      if (!(error instanceof BuiltinError)) throw error
      if (result !== undefined) clock.holdsNowOnly()
    }
    return result
  }

  /** `[time, zone]`, as calendar builtins take it. */
  private zoned(operand: Traced | undefined): { time: TimeValue; zone: string } | null {
    if (!Array.isArray(operand) || operand.length !== 2 || typeof operand[1] !== 'string') return null
    const members = this.timed.get(operand)
    const time = members?.get(0)
    return time instanceof TimeValue && members?.size === 1 ? { time, zone: operand[1] } : null
  }

  /** `object.get` reads one place, not the whole object. */
  private get(linked: LinkedBuiltin, operands: readonly Traced[], plain: readonly Value[]): Traced | undefined {
    const result = linked(this, ...plain)
    const [object, path, fallback] = operands
    const steps = Array.isArray(path) ? path : [path as Traced]
    let at: Traced | undefined = object
    for (const step of steps) at = at === undefined ? undefined : this.dot(at, step)
    if (isComposite(path)) this.usedWhole(path)
    const found = at === undefined ? fallback : at
    const now = found instanceof TimeValue ? found.now : found
    if (result !== undefined && now !== undefined && equal(result, now)) return found
    for (const operand of operands) this.used(operand)
    return result
  }

  assignOnce(old: Traced, value: Traced): Traced {
    if (!this.equal(old, value)) assignOnce(this.used(old), this.used(value))
    return value
  }

  append(array: Traced | undefined, value: Traced): void {
    const at = Array.isArray(array) ? array.length : 0
    append(this.source(array), this.hold(array, at, value))
  }

  add(set: Traced | undefined, value: Traced): void {
    add(this.source(set), this.used(value))
  }

  insert(object: Traced | undefined, key: Traced, value: Traced): void {
    const at = this.used(key)
    insert(this.source(object), at, this.hold(object, at, value))
  }

  insertOnce(object: Traced | undefined, key: Traced, value: Traced): void {
    const at = this.used(key)
    const old = object instanceof RegoObject ? object.get(at) : undefined
    if (old === undefined) this.insert(object, at, value)
    else {
      this.used(this.step(object, at, old))
      insertOnce(this.source(object), at, this.used(value))
    }
  }

  merge(a: Traced | undefined, b: Traced | undefined): Traced | undefined {
    if (a === undefined) return b
    if (!(a instanceof RegoObject) || !(b instanceof RegoObject)) return a
    this.usedWhole(a)
    this.usedWhole(b)
    return merge(this, a, b)
  }

  /** `with input.a.b as value`: the copies on the way stand for the same places, but for the one replaced. */
  upsert(document: Traced | undefined, path: readonly string[], value: Traced): Value {
    let from = this.source(document)
    const out = upsert(from, path, value instanceof TimeValue ? value.now : value)
    let to: Value | undefined = out
    let pointer = isComposite(from) ? this.pointers.get(from) : undefined
    this.spread = true
    for (const [i, key] of path.entries()) {
      if (!(to instanceof RegoObject) || !(from instanceof RegoObject)) break
      const next: Value | undefined = from.get(key)
      if (pointer !== undefined) this.pointers.set(to, pointer)
      const here = i === path.length - 1 || !(next instanceof RegoObject) ? [key] : []
      this.replaced.set(to, new Set([...(this.replaced.get(from) ?? []), ...here]))
      const members = [...(this.timed.get(from) ?? [])].filter(([member]) => member !== key)
      if (members.length > 0) this.timed.set(to, new Map(members))
      if (pointer !== undefined) pointer = `${pointer}/${escaped(key)}`
      from = next
      to = to.get(key)
    }
    if (value instanceof TimeValue) {
      const last = path
        .slice(0, -1)
        .reduce<Value | undefined>((node, key) => (node instanceof RegoObject ? node.get(key) : undefined), out)
      if (last instanceof RegoObject)
        this.timed.set(last, new Map([...(this.timed.get(last) ?? []), [path.at(-1) ?? '', value]]))
    }
    return out
  }

  /** An answer of the entrypoint. */
  result(value: Traced): void {
    this.results.push(this.used(value))
  }
}
