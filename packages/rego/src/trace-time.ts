import { BuiltinError, Machine } from './machine.ts'
import { BUILTINS } from './builtins/registry.ts'
import { bigIntegerOf } from './builtins/operand.ts'
import { compare, isNumber, numberFromText, typeName, type Value } from './value.ts'

/** The last instant that OPA's nanoseconds reach: 2262-04-11T23:47:16.854775807Z. Nothing is said beyond it. */
export const HORIZON_NS = 9223372036854775807n

/** Milliseconds since the epoch that lie before the horizon. */
export const HORIZON_MS = Number(HORIZON_NS / 1_000_000n)

/**
 * A value made of `input.at` that moves with it: its text, its nanoseconds, and what is made of these by arithmetic.
 * `at` gives the value at another instant (nanoseconds since the epoch, from now to the horizon); it never falls while
 * time goes on (`direction` 1), or never rises (-1). So where a comparison with a constant turns can be searched.
 */
export class TimeValue {
  readonly now: Value
  readonly at: (ns: bigint) => Value
  readonly direction: 1 | -1
  /** Where the value is the instant's nanoseconds and this many more. */
  readonly shift: bigint | null
  /** Whether it is `input.at` itself. */
  readonly isClock: boolean

  constructor(now: Value, at: (ns: bigint) => Value, direction: 1 | -1, shift: bigint | null = null, isClock = false) {
    this.now = now
    this.at = at
    this.direction = direction
    this.shift = shift
    this.isClock = isClock
  }
}

/** A member of a list that stands still until an instant: the hour of `time.clock`. */
export class Still {
  readonly until: () => bigint

  constructor(until: () => bigint) {
    this.until = until
  }
}

/** The first of the instants in `(from, to]` where `turned` holds; null where it does not at `to`. It may not turn back. */
export function firstTurn(from: bigint, to: bigint, turned: (ns: bigint) => boolean): bigint | null {
  if (to <= from || !turned(to)) return null
  let low = from
  let high = to
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (turned(middle)) high = middle
    else low = middle
  }
  return high
}

/** RFC 3339 with milliseconds in UTC, as core's `Instant`, of nanoseconds since the epoch. */
export function instantText(ns: bigint): string {
  const ms = ns / 1_000_000n - (ns % 1_000_000n < 0n ? 1n : 0n)
  return new Date(Number(ms)).toISOString()
}

const CANONICAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** What builtins are called with at other instants: the evaluation itself pays for none of this. */
export function aside(): Machine {
  return new Machine({ fuel: Number.MAX_SAFE_INTEGER, maxDepth: 1, strictBuiltinErrors: false })
}

/** Nanoseconds since the epoch of an RFC 3339 text, as `time.parse_rfc3339_ns` reads it; null where it is none. */
export function instantNs(text: string): bigint | null {
  try {
    const value = BUILTINS.get('time.parse_rfc3339_ns')?.(aside(), text)
    return isNumber(value) ? bigIntegerOf(value) : null
  } catch (error) {
    if (error instanceof BuiltinError) return null
    throw error
  }
}

/**
 * Nanoseconds since the epoch of a text that is the one way in which core writes an instant, in which later instants are
 * later texts; null where it is not.
 */
export function canonicalNs(text: string): bigint | null {
  if (!CANONICAL.test(text)) return null
  const ms = Date.parse(text)
  // A day that does not exist may be read as another.
  const isOne = ms >= 0 && ms <= HORIZON_MS && new Date(ms).toISOString() === text
  return isOne ? BigInt(ms) * 1_000_000n : null
}

/**
 * Where the answer of a comparison with something that stands still turns; the horizon where it never does. The answer
 * may turn once only while the order rises: equality is asked for as the order's sign.
 */
export function comparisonTurns(
  value: TimeValue,
  other: Value,
  nowNs: bigint,
  answer: (order: number) => boolean | number,
): bigint {
  if (typeName(value.now) !== typeName(other)) return HORIZON_NS
  const now = answer(compare(value.now, other))
  const constant = value.shift !== null && isNumber(other) ? bigIntegerOf(other) : null
  if (value.shift !== null && constant !== null) {
    // Nanoseconds and an integer: equal at one instant, beyond it from the next on.
    const equal = constant - value.shift
    const turns = [equal, equal + 1n].filter((ns) => ns > nowNs && ns <= HORIZON_NS)
    return turns.find((ns) => answer(ns === equal ? 0 : 1) !== now) ?? HORIZON_NS
  }
  return firstTurn(nowNs, HORIZON_NS, (ns) => answer(compare(value.at(ns), other)) !== now) ?? HORIZON_NS
}

const SECOND = 1_000_000_000n
const HOUR = 3600n * SECOND
/** Longer than any day, also one on which clocks change. */
const DAY = 26n * HOUR

/**
 * When something read off a calendar changes next. Within `window` it changes once, but for zones whose clocks went back
 * over midnight from a minute after it: so where `offset` says that the clock was changed on the way, each minute of the
 * last hours before the change is looked at.
 */
export function calendarTurns(
  read: (ns: bigint) => Value,
  offset: ((ns: bigint) => number) | null,
  nowNs: bigint,
  window: bigint,
): bigint {
  const end = nowNs + window > HORIZON_NS ? HORIZON_NS : nowNs + window
  const now = read(nowNs)
  const turned = (ns: bigint): boolean => compare(read(ns), now) !== 0
  const found = firstTurn(nowNs, end, turned) ?? end
  if (offset === null || offset(nowNs) === offset(found)) return found
  const minute = 60n * SECOND
  const from = found - 3n * HOUR > nowNs ? found - 3n * HOUR : nowNs
  for (let ns = from - (from % minute) + minute; ns < found; ns += minute) {
    if (turned(ns)) return firstTurn(ns - minute > nowNs ? ns - minute : nowNs, ns, turned) ?? nowNs
  }
  return found
}

/** By position in `[hour, minute, second]` of `time.clock`: how far ahead the next change lies at most. */
export const CLOCK_WINDOWS: readonly bigint[] = [3n * HOUR, 90n * SECOND, 2n * SECOND]
export const DATE_WINDOW = DAY

/** The text of `input.at` as a value that moves; null where it is no RFC 3339 time. */
export function clockValue(text: string): { value: TimeValue; ns: bigint; canonical: boolean } | null {
  const canonical = canonicalNs(text)
  const ns = canonical ?? instantNs(text)
  if (ns === null) return null
  return { value: new TimeValue(text, instantText, 1, null, true), ns, canonical: canonical !== null }
}

/** Nanoseconds since the epoch as OPA's number. */
export function nsNumber(ns: bigint): Value {
  return numberFromText(ns.toString())
}
