import type { Builtin } from './builtins/operand.ts'
import { bigIntegerOf } from './builtins/operand.ts'
import { BUILTINS } from './builtins/registry.ts'
import { BuiltinError } from './machine.ts'
import {
  aside,
  calendarTurns,
  CLOCK_WINDOWS,
  comparisonTurns,
  DATE_WINDOW,
  firstTurn,
  HORIZON_NS,
  instantText,
  nsNumber,
  Still,
  TimeValue,
} from './trace-time.ts'
import { compare, isNumber, type Value } from './value.ts'

/** Searches of one evaluation; each looks at a value some sixty times. */
const MAX_SEARCHES = 2000
/** Arithmetic upon arithmetic on the time. */
const MAX_STEPS = 16
const DAY_NS = 86_400_000_000_000n

/** What a builtin makes of a value that moves; `still` is a list whose members stand still for a while. */
export type Moved =
  | { readonly value: Value | TimeValue; readonly still?: readonly Still[] }
  /** What it makes of it cannot be told for other instants. */
  | null

/** The operands of a builtin: at least one of them moves, or is `[time, zone]` with a time that does. */
export interface Operands {
  readonly plain: readonly Value[]
  readonly moving: readonly (TimeValue | undefined)[]
  /** The zone where operand 0 is `[time, zone]`. */
  readonly zone: string | null
}

/** `input.at` of one evaluation, and how long what was said of it holds. */
export class TraceClock {
  readonly nowNs: bigint
  /** Whether later instants are later texts. */
  readonly canonical: boolean
  /** Nanoseconds since the epoch: before this instant the evaluation goes the same way. `nowNs`: this instant only. */
  untilNs = HORIZON_NS
  private searches = 0
  private readonly steps = new WeakMap<TimeValue, number>()

  constructor(nowNs: bigint, canonical: boolean) {
    this.nowNs = nowNs
    this.canonical = canonical
  }

  turnsAt(ns: bigint): void {
    if (ns < this.untilNs) this.untilNs = ns > this.nowNs ? ns : this.nowNs
  }

  /** Used in a way that cannot be followed. */
  holdsNowOnly(): void {
    this.untilNs = this.nowNs
  }

  /** A comparison of a moving value with one that stands still. */
  compared(value: TimeValue, other: Value, answer: (order: number) => boolean | number): void {
    if (typeof value.now === 'string' && typeof other === 'string' && !this.canonical) this.holdsNowOnly()
    else if (++this.searches > MAX_SEARCHES) this.holdsNowOnly()
    else this.turnsAt(comparisonTurns(value, other, this.nowNs, answer))
  }

  /** A comparison of two moving values: told where both move alike. */
  comparedBoth(a: TimeValue, b: TimeValue): void {
    if (typeof a.now !== typeof b.now && (typeof a.now === 'string') !== (typeof b.now === 'string')) return
    const alike = (a.shift !== null && b.shift !== null) || (a.isClock && b.isClock)
    if (!alike) this.holdsNowOnly()
  }

  /** What a builtin makes of moving operands. May throw BuiltinError, as the builtin does. */
  call(name: string, builtin: Builtin, operands: Operands): Moved {
    const { plain, moving, zone } = operands
    const [a, b] = moving
    const m = aside()
    switch (name) {
      case 'time.parse_rfc3339_ns':
        return a?.isClock === true ? { value: this.nanoseconds() } : null
      case 'plus':
      case 'minus':
        return this.sum(name === 'plus', builtin, plain, a, b)
      case 'mul':
      case 'div':
        return this.scaled(name === 'mul', builtin, plain, a, b)
      case 'floor':
      case 'ceil':
      case 'round':
        if (a === undefined || a.direction !== 1 || !isNumber(a.now) || compare(a.now, 0) < 0) return null
        return this.made(a, builtin(m, a.now), (ns) => builtin(m, a.at(ns)), 1, null)
      case 'time.add_date':
        return zone === null ? this.days(plain, a) : null
      case 'time.weekday':
      case 'time.date':
      case 'time.clock':
        return this.calendar(name, builtin, a, zone)
      case 'substring':
        return a?.isClock === true && plain[1] === 0 ? this.prefix(plain, builtin) : null
      case 'startswith':
        return a?.isClock === true && typeof plain[1] === 'string' ? this.starts(plain[1], builtin) : null
      case 'count':
        return a?.isClock === true && this.canonical ? { value: builtin(m, a.now) } : null
      case 'type_name':
      case 'is_string':
      case 'is_number':
      case 'is_boolean':
      case 'is_null':
      case 'is_array':
      case 'is_object':
      case 'is_set':
        return a === undefined ? null : { value: builtin(m, a.now) }
      default:
        return null
    }
  }

  private nanoseconds(): TimeValue {
    return new TimeValue(nsNumber(this.nowNs), nsNumber, 1, 0n)
  }

  private made(from: TimeValue, now: Value, at: (ns: bigint) => Value, direction: 1 | -1, shift: bigint | null): Moved {
    const steps = (this.steps.get(from) ?? 0) + 1
    if (steps > MAX_STEPS) return null
    const value = new TimeValue(now, at, direction, shift)
    this.steps.set(value, steps)
    return { value }
  }

  private sum(plus: boolean, builtin: Builtin, plain: readonly Value[], a?: TimeValue, b?: TimeValue): Moved {
    const m = aside()
    const [x = 0, y = 0] = plain
    if (!isNumber(x) || !isNumber(y)) return null
    const now = builtin(m, x, y)
    if (a !== undefined && b !== undefined) {
      // Two that move alike stay as far apart as they are.
      return !plus && a.shift !== null && b.shift !== null ? { value: now } : null
    }
    if (a !== undefined) {
      const by = bigIntegerOf(y)
      const shift = a.shift === null || by === null ? null : a.shift + (plus ? by : -by)
      return this.made(a, now, (ns) => builtin(m, a.at(ns), y), a.direction, shift)
    }
    if (b === undefined) return null
    const by = bigIntegerOf(x)
    const shift = plus && b.shift !== null && by !== null ? b.shift + by : null
    return this.made(b, now, (ns) => builtin(m, x, b.at(ns)), plus ? b.direction : b.direction === 1 ? -1 : 1, shift)
  }

  private scaled(times: boolean, builtin: Builtin, plain: readonly Value[], a?: TimeValue, b?: TimeValue): Moved {
    const m = aside()
    const [x = 0, y = 0] = plain
    if ((a === undefined) === (b === undefined) || !isNumber(x) || !isNumber(y)) return null
    const moving = a ?? b
    const by = a === undefined ? x : y
    // A constant divided by the time falls, but not where the time passes zero.
    if (moving === undefined || (!times && a === undefined) || compare(by, 0) === 0) return null
    const direction = compare(by, 0) > 0 ? moving.direction : moving.direction === 1 ? -1 : 1
    const at = (ns: bigint): Value => (a === undefined ? builtin(m, x, moving.at(ns)) : builtin(m, moving.at(ns), y))
    return this.made(moving, builtin(m, x, y), at, direction, null)
  }

  private days(plain: readonly Value[], a?: TimeValue): Moved {
    const [, years, months, days] = plain
    const by = isNumber(days) ? bigIntegerOf(days) : null
    // Months are of different lengths: a later day may land on an earlier one.
    if (a === undefined || a.shift === null || by === null || years !== 0 || months !== 0) return null
    const shift = a.shift + by * DAY_NS
    const at = (ns: bigint): Value => nsNumber(ns + shift)
    if (this.nowNs + shift < 0n || HORIZON_NS + shift < 0n) return null
    // Beyond the horizon OPA has no result: the answer holds until the sum gets there.
    if (shift > 0n) this.turnsAt(HORIZON_NS - shift)
    return this.made(a, at(this.nowNs), at, 1, shift)
  }

  private calendar(name: string, builtin: Builtin, a: TimeValue | undefined, zone: string | null): Moved {
    if (a === undefined || a.shift === null || ++this.searches > MAX_SEARCHES / 10) return null
    const { shift, now } = a
    if (this.nowNs + shift < 0n) return null
    const m = aside()
    const read = (ns: bigint): Value => {
      const moment = nsNumber(ns + shift > HORIZON_NS ? HORIZON_NS : ns + shift)
      return builtin(m, zone === null ? moment : [moment, zone])
    }
    const value = builtin(m, zone === null ? now : [now, zone])
    const offset = zone === null || zone === 'UTC' || zone === '' ? null : offsetIn(zone, shift)
    if (shift > 0n) this.turnsAt(HORIZON_NS - shift)
    if (name !== 'time.clock') {
      this.turnsAt(calendarTurns(read, offset, this.nowNs, DATE_WINDOW))
      return { value }
    }
    const part = (index: number) => (ns: bigint) => (read(ns) as Value[])[index] ?? 0
    const still = CLOCK_WINDOWS.map(
      (window, index) => new Still(() => calendarTurns(part(index), offset, this.nowNs, window)),
    )
    return { value, still }
  }

  private prefix(plain: readonly Value[], builtin: Builtin): Moved {
    const [text = '', , count = 0] = plain
    if (!this.canonical) return null
    const value = builtin(aside(), text, 0, count)
    if (typeof value !== 'string') return null
    const turned = (ns: bigint): boolean => !instantText(ns).startsWith(value)
    this.turnsAt(firstTurn(this.nowNs, HORIZON_NS, turned) ?? HORIZON_NS)
    return { value }
  }

  private starts(prefix: string, builtin: Builtin): Moved {
    if (!this.canonical) return null
    const side = (ns: bigint): number => {
      const text = instantText(ns)
      return text.startsWith(prefix) ? 0 : Math.sign(compare(text, prefix))
    }
    const now = side(this.nowNs)
    this.turnsAt(firstTurn(this.nowNs, HORIZON_NS, (ns) => side(ns) !== now) ?? HORIZON_NS)
    return { value: builtin(aside(), instantText(this.nowNs), prefix) }
  }
}

/** How far a zone is from UTC, in seconds of the day, at an instant that many nanoseconds later. */
function offsetIn(zone: string, shift: bigint): (ns: bigint) => number {
  const clock = BUILTINS.get('time.clock')
  const m = aside()
  const seconds = (operand: Value): number => {
    const parts = clock?.(m, operand)
    if (!Array.isArray(parts)) throw new BuiltinError('the zone has no clock')
    const [hour, minute, second] = parts.map(Number)
    return (hour ?? 0) * 3600 + (minute ?? 0) * 60 + (second ?? 0)
  }
  return (ns) => {
    const moment = nsNumber(ns + shift > HORIZON_NS ? HORIZON_NS : ns + shift)
    return (seconds([moment, zone]) - seconds(moment) + 86_400) % 86_400
  }
}
