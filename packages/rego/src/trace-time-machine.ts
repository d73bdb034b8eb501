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

/** What a local holds in an evaluation that is followed. No list, object or set ever holds a TimeValue: see `timed`. */
export type Traced = Value | TimeValue
export type Composite = Value[] | RegoObject | RegoSet

/** By number, what generated code calls. */
export type NamedBuiltins = readonly { readonly name: string; readonly linked: LinkedBuiltin }[]

export function isComposite(value: unknown): value is Composite {
  return typeof value === 'object' && value !== null && !(value instanceof BigNum) && !(value instanceof TimeValue)
}

function isFrozen(value: Composite): boolean {
  return value instanceof RegoObject ? value.frozen : Object.isFrozen(value)
}

const TYPE_TESTS = new Set(['type_name', 'is_string', 'is_number', 'is_boolean', 'is_null', 'is_array', 'is_object'])

/**
 * The machine of an evaluation whose end is wanted. Takes the same steps for the same result; beside them it follows
 * what becomes of `input.at`, and with it until when the result holds. Nothing else is noted: see trace-machine.ts.
 */
export class TimeMachine extends Machine {
  /** `input.at` was read though it is no time. */
  unreadableTime = false
  protected readonly clock: TraceClock | null
  private readonly builtins: NamedBuiltins
  private readonly root: Value | undefined
  /** Copies of the input's root that `with` made, in which `at` is still the input's. */
  private readonly roots = new WeakSet<object>()
  /** Members that move with the time, of lists and objects that hold what they are now. */
  private readonly timed = new WeakMap<object, Map<Value, TimeValue | Still>>()
  /** Lists in which something moves at any depth; objects say it themselves, sets hold what was used. */
  private readonly carriers = new WeakSet<object>()
  /** Lists that were put into another: what is put into them later is in that one too. Objects and sets say it themselves. */
  private readonly inner = new WeakSet<object>()
  /** Whether anything at all may hold what moves: only hand-made plans and `with` make it so. */
  spread = false
  /** Whether some list may hold what moves. Read, as `spread`, by generated code. */
  listsMove = false
  /** Whether also what does not move is to be looked at. */
  protected readonly notesAll: boolean

  constructor(
    limits: MachineLimits,
    builtins: NamedBuiltins,
    input: Value | undefined,
    clock: { trace: TraceClock; value: TimeValue } | null,
    notesAll = false,
  ) {
    super(limits)
    this.builtins = builtins
    this.root = input
    this.clock = clock?.trace ?? null
    this.notesAll = notesAll
    if (isComposite(input) && clock !== null) this.timed.set(input, new Map([['at', clock.value]]))
    if (input instanceof RegoObject) input.moving = true
  }

  /** Whether nothing is to be noted of a use of this value. */
  private isPlain(value: Traced | undefined): boolean {
    if (this.notesAll) return false
    if (typeof value !== 'object' || value === null) return true
    if (this.spread || value === this.root || value instanceof TimeValue) return false
    return !this.isCarrier(value)
  }

  /** A document of the input is one evaluation's own, and so is its mark; those of data are frozen and never get one. */
  private isCarrier(value: object): boolean {
    return value instanceof RegoObject ? value.moving : this.listsMove && this.carriers.has(value)
  }

  private isRoot(value: unknown): boolean {
    return value === this.root || (this.spread && typeof value === 'object' && value !== null && this.roots.has(value))
  }

  /** A step into a document: gives what moves at that place. */
  protected step(source: Traced | undefined, key: Value, found: Value | undefined): Traced | undefined {
    if (this.isPlain(source) || !isComposite(source)) return found
    if (key === 'at' && this.clock === null && this.isRoot(source)) this.unreadableTime = true
    const moving = this.timed.get(source)?.get(key)
    if (moving instanceof Still) this.clock?.turnsAt(moving.until())
    return moving instanceof TimeValue ? moving : found
  }

  /** The value as it is now, for a use that cannot be followed. */
  used(value: Traced | undefined): Value {
    if (!this.notesAll && (typeof value !== 'object' || value === null)) return value as Value
    if (value instanceof TimeValue) {
      this.clock?.holdsNowOnly()
      return value.now
    }
    if (!this.isPlain(value) && isComposite(value)) this.usedWhole(value)
    return value as Value
  }

  protected usedWhole(value: Composite): void {
    if (this.clock === null) {
      if (value instanceof RegoObject && value.has('at') && this.isRoot(value)) this.unreadableTime = true
    } else if (this.clock.untilNs > this.clock.nowNs && this.mayMove(value)) this.settle(value, this.clock)
  }

  private mayMove(value: Composite): boolean {
    return this.spread || value === this.root || this.isCarrier(value)
  }

  /** Something that moves is in it from now on. */
  private carries(container: Composite): void {
    if (Array.isArray(container) ? this.inner.has(container) : container.held) this.spread = true
    if (container instanceof RegoObject) container.moving ||= !container.frozen
    else {
      this.carriers.add(container)
      this.listsMove = true
    }
  }

  /** Whether nothing below it moves, and need not be looked through. */
  protected isStill(value: Composite): boolean {
    return isFrozen(value)
  }

  /** All that moves inside is used as it is now. */
  private settle(value: Composite, clock: TraceClock): void {
    for (const moving of this.timed.get(value)?.values() ?? []) {
      if (moving instanceof Still) clock.turnsAt(moving.until())
      else clock.holdsNowOnly()
    }
    if (clock.untilNs === clock.nowNs || (value === this.root && !this.spread) || this.isStill(value)) return
    const members =
      value instanceof RegoObject ? value.sorted().values : value instanceof RegoSet ? value.sorted() : value
    for (const member of members) if (isComposite(member) && this.mayMove(member)) this.settle(member, clock)
  }

  /** A member is put into a list or object: what it is now, with a note where it moves. */
  protected hold(container: Traced | undefined, key: Value, value: Traced): Value {
    if (!isComposite(container)) return this.used(value)
    if (value instanceof TimeValue) {
      const known = this.timed.get(container)
      if (known === undefined) this.timed.set(container, new Map([[key, value]]))
      else known.set(key, value)
      this.carries(container)
      return value.now
    }
    if (this.mayMove(container)) this.timed.get(container)?.delete(key)
    if (isComposite(value)) {
      if (Array.isArray(value)) this.inner.add(value)
      else value.held = true
      if (this.mayMove(value)) this.carries(container)
    }
    return value
  }

  dot(source: Traced | undefined, key: Traced): Traced | undefined {
    return this.find(dot, source, key)
  }

  dotData(source: Traced | undefined, key: Traced): Traced | undefined {
    return this.find(dotData, source, key)
  }

  /** Told of each step, comparison and call, where somebody watches. */
  protected looked(_source: Value | undefined, _key: Value, _found: boolean): void {}
  protected compared(_a: Value | undefined, _b: Value | undefined): void {}
  protected called(_builtin: string, _operands: readonly Value[]): void {}

  private find(how: typeof dot, source: Traced | undefined, key: Traced): Traced | undefined {
    if (this.isPlain(source) && this.isPlain(key)) return how(source as Value | undefined, key as Value)
    const at = this.used(key)
    if (source instanceof TimeValue) return undefined
    const found = how(source, at)
    this.looked(source, at, found !== undefined)
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
    if (this.isPlain(a) && this.isPlain(b)) return equal(a as Value | undefined, b as Value | undefined)
    return this.order(a, b, Math.sign) === 0
  }

  less(a: Traced | undefined, b: Traced | undefined): boolean {
    if (this.isPlain(a) && this.isPlain(b)) return compare(a as Value | undefined, b as Value | undefined) < 0
    return this.order(a, b, (order) => order < 0) < 0
  }

  lessOrEqual(a: Traced | undefined, b: Traced | undefined): boolean {
    if (this.isPlain(a) && this.isPlain(b)) return compare(a as Value | undefined, b as Value | undefined) <= 0
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
    this.compared(x, y)
    return typeof x === 'string' && typeof y === 'string' && x === y ? 0 : compare(x, y)
  }

  /** A builtin of one operand, of two, of any number. */
  call1(index: number, linked: LinkedBuiltin, a: Traced): Traced | undefined {
    return this.isPlain(a) ? linked(this, a as Value) : this.call(index, [a])
  }

  call2(index: number, linked: LinkedBuiltin, a: Traced, b: Traced): Traced | undefined {
    return this.isPlain(a) && this.isPlain(b) ? linked(this, a as Value, b as Value) : this.call(index, [a, b])
  }

  call(index: number, operands: readonly Traced[]): Traced | undefined {
    const { name, linked } = this.builtins[index] as NamedBuiltins[number]
    if (operands.every((o) => this.isPlain(o))) return linked(this, ...(operands as Value[]))
    const plain = operands.map((o) => (o instanceof TimeValue ? o.now : o))
    this.called(name, plain)
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
        this.carries(result)
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
    return old
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
    const wasRoot = this.isRoot(from)
    const out = upsert(from, path, value instanceof TimeValue ? value.now : value)
    let to: Value | undefined = out
    this.spread = true
    if (wasRoot && path[0] !== 'at') this.roots.add(out as RegoObject)
    for (const [i, key] of path.entries()) {
      if (!(to instanceof RegoObject) || !(from instanceof RegoObject)) break
      const next: Value | undefined = from.get(key)
      this.copied(from, to, key, i === path.length - 1 || !(next instanceof RegoObject))
      const members = [...(this.timed.get(from) ?? [])].filter(([member]) => member !== key)
      if (members.length > 0) this.timed.set(to, new Map(members))
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

  /** `with` made a copy on its way; at its end the place is another one. */
  protected copied(_from: RegoObject, _to: RegoObject, _key: string, _replaced: boolean): void {}

  /** An answer of the entrypoint. */
  result(value: Traced): void {
    this.results.push(this.used(value))
  }
}
