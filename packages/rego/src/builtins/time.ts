import { BuiltinError } from '../machine.ts'
import { BigNum, type Value } from '../value.ts'
import { wideIsInteger, wideTruncate } from '../float64-wide.ts'
import { wide } from './arithmetic.ts'
import { NondeterministicError } from './nondeterministic.ts'
import { bigIntegerOf, fromBigInteger, integerAt, numberAt, operandError, stringAt, type Builtins } from './operand.ts'
import { parseDuration } from './time-duration.ts'
import { daysIn, formatTime, layoutOf, LONG_DAYS, type Civil } from './time-layout.ts'
import { parseTime } from './time-parser.ts'
import { knownZone } from './time-zones.ts'

const RFC3339 = layoutOf('RFC3339')
const NANOS = 1_000_000_000n
const MIN_NS = -9223372036854775808n
const MAX_NS = 9223372036854775807n

function floorDivide(a: bigint, b: bigint): bigint {
  const q = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? q - 1n : q
}

/** Seconds since the epoch of a proleptic Gregorian date; months and days beyond their ends carry over. */
function secondsOf(year: number, month: number, day: number, hour: number, minute: number, second: number): bigint {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second, 0)
  const ms = date.getTime()
  if (Number.isNaN(ms)) throw new BuiltinError('time outside of valid range')
  return BigInt(ms) / 1000n
}

function checked(ns: bigint): Value {
  if (ns < MIN_NS || ns > MAX_NS) throw new BuiltinError('time outside of valid range')
  return fromBigInteger(ns)
}

/** The number that so many digits at a position say; NaN where they are none. */
function digitsAt(text: string, from: number, count: number): number {
  let value = 0
  for (let i = from; i < from + count; i++) {
    const digit = text.charCodeAt(i) - 48
    if (!(digit >= 0 && digit <= 9)) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

/** Nanoseconds of a time in UTC as it is mostly written; null for others, which are read by their layout. */
function parsedUtc(text: string): Value | null {
  const { length } = text
  if (length < 20 || length > 30 || length === 21 || text.charAt(length - 1) !== 'Z') return null
  if (text.charAt(4) !== '-' || text.charAt(7) !== '-' || text.charAt(10) !== 'T') return null
  if (text.charAt(13) !== ':' || text.charAt(16) !== ':' || (length > 20 && text.charAt(19) !== '.')) return null
  const [year, month, day] = [digitsAt(text, 0, 4), digitsAt(text, 5, 2), digitsAt(text, 8, 2)]
  const [hour, minute, second] = [digitsAt(text, 11, 2), digitsAt(text, 14, 2), digitsAt(text, 17, 2)]
  const fraction = text.slice(20, -1)
  // Within these years nanoseconds are positive, fit 64 bits and are more than a JavaScript number holds.
  const isDate = year >= 1971 && year <= 2261 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(month, year)
  const isTime = hour <= 23 && minute <= 59 && second <= 59 && !Number.isNaN(digitsAt(text, 20, fraction.length))
  if (!isDate || !isTime) return null
  const seconds = Date.UTC(year, month - 1, day, hour, minute, second) / 1000
  return new BigNum(`${seconds}${fraction.padEnd(9, '0')}`)
}

/** Times that were read last: one evaluation reads the same few again and again. */
const INSTANTS = new Map<string, Value>()
const MAX_INSTANTS = 1000

function instantOf(text: string): Value {
  const known = INSTANTS.get(text)
  if (known !== undefined) return known
  const instant = parsedUtc(text) ?? parsed(RFC3339, text)
  if (INSTANTS.size >= MAX_INSTANTS) INSTANTS.clear()
  // Longer texts are no times that anybody writes.
  if (text.length <= 40) INSTANTS.set(text, instant)
  return instant
}

/** Nanoseconds of a text by a layout of Go. */
function parsed(layout: string, text: string): Value {
  const t = parseTime(layout, text)
  const seconds = secondsOf(t.year, t.month, t.day, t.hour, t.minute, t.second)
  return checked((seconds - BigInt(t.offset)) * NANOS + t.nanos)
}

function offsetSeconds(seconds: bigint, zone: string): bigint {
  const timeZone = knownZone(zone)
  if (timeZone === undefined) throw new BuiltinError(`unknown time zone ${zone.slice(0, 100)}`)
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    era: 'short',
  })
  const parts = new Map(format.formatToParts(new Date(Number(seconds) * 1000)).map((part) => [part.type, part.value]))
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type) ?? '0')
  const year = parts.get('era') === 'BC' ? 1 - number('year') : number('year')
  return secondsOf(year, number('month'), number('day'), number('hour'), number('minute'), number('second')) - seconds
}

interface Moment {
  readonly ns: bigint
  readonly zone: string
  /** How the moment is to be written; empty where nothing is said. */
  readonly layout: string
}

/** The integer that a fraction becomes in 64 binary digits; null where it stays one. */
function roundedInteger(value: number | BigNum): bigint | null {
  const near = wide(value)
  return wideIsInteger(near) ? wideTruncate(near) : null
}

/** `ns` or `[ns, zone]` or `[ns, zone, layout]`. */
function momentAt(value: Value): Moment {
  const list = Array.isArray(value) ? value : [value]
  const [time, zone = '', layout = ''] = list
  if (time === undefined)
    throw operandError(1, 'must be either number (ns) or [number (ns), string (tz)] but got array')
  const number = numberAt(time, 1)
  const ns = bigIntegerOf(number) ?? roundedInteger(number)
  if (ns === null) throw new BuiltinError('timestamp too big')
  if (ns < MIN_NS || ns > MAX_NS) throw new BuiltinError('timestamp too big')
  const name = stringAt(zone, 1)
  if (name === 'Local') throw new NondeterministicError('the zone Local is the machine’s own; name a zone')
  return { ns, zone: name, layout: list.length > 2 ? stringAt(layout, 1) : '' }
}

function offsetAt(moment: Moment): bigint {
  return moment.zone === '' || moment.zone === 'UTC' ? 0n : offsetSeconds(floorDivide(moment.ns, NANOS), moment.zone)
}

function civil(moment: Moment): Civil {
  const seconds = floorDivide(moment.ns, NANOS)
  const nanos = moment.ns - seconds * NANOS
  const offset = offsetAt(moment)
  const date = new Date(Number((seconds + offset) * 1000n))
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    nanos,
  }
}

/** Nanoseconds of a civil time in a zone: the offset is found in two steps, as clocks change. */
function fromCivil(c: Civil, zone: string): bigint {
  const local = secondsOf(c.year, c.month, c.day, c.hour, c.minute, c.second)
  if (zone === '' || zone === 'UTC') return local * NANOS + c.nanos
  let offset = offsetSeconds(local, zone)
  offset = offsetSeconds(local - offset, zone)
  return (local - offset) * NANOS + c.nanos
}

function difference(a: Moment, b: Moment): Value {
  const zone = a.zone
  const [from, to] = a.ns <= b.ns ? [a.ns, b.ns] : [b.ns, a.ns]
  const x = civil({ ...a, ns: from, zone })
  const y = civil({ ...a, ns: to, zone })
  let year = y.year - x.year
  let month = y.month - x.month
  let day = y.day - x.day
  let hour = y.hour - x.hour
  let minute = y.minute - x.minute
  let second = y.second - x.second
  if (second < 0) {
    second += 60
    minute--
  }
  if (minute < 0) {
    minute += 60
    hour--
  }
  if (hour < 0) {
    hour += 24
    day--
  }
  if (day < 0) {
    day += new Date(Date.UTC(2000 + (x.year % 400), x.month, 0)).getUTCDate()
    month--
  }
  if (month < 0) {
    month += 12
    year--
  }
  return [year, month, day, hour, minute, second]
}

/** How a zone is called at a moment. Only UTC's name is known: no list of the others' names is the same everywhere. */
function abbreviation(moment: Moment): string {
  if (moment.zone === '' || moment.zone === 'UTC') return 'UTC'
  throw new NondeterministicError(
    `the short name of the zone ${moment.zone.slice(0, 60)} is not known here; write the layout with -07:00 in place of MST`,
  )
}

export const TIME: Builtins = {
  'time.parse_rfc3339_ns': (m, a) => {
    const text = stringAt(a, 1)
    // The price is that of reading it by the layout, whichever way is taken.
    m.spendText((RFC3339.length + text.length) * 16)
    return instantOf(text)
  },
  'time.parse_ns': (m, a, b) => {
    const layout = layoutOf(stringAt(a, 1))
    const text = stringAt(b, 2)
    m.spendText((layout.length + text.length) * 16)
    return parsed(layout, text)
  },
  'time.format': (m, a) => {
    const moment = momentAt(a)
    const layout = layoutOf(moment.layout === '' ? 'RFC3339Nano' : moment.layout)
    m.spendText(layout.length * 16)
    const shown = civil(moment)
    const offset = Number(offsetAt(moment))
    const days = Number(floorDivide(secondsOf(shown.year, shown.month, shown.day, 0, 0, 0), 86_400n))
    return formatTime({ ...shown, days, offset, zone: () => abbreviation(moment) }, layout)
  },
  'time.parse_duration_ns': (_m, a) => fromBigInteger(parseDuration(stringAt(a, 1))),
  'time.date': (_m, a) => {
    const c = civil(momentAt(a))
    return [c.year, c.month, c.day]
  },
  'time.clock': (_m, a) => {
    const c = civil(momentAt(a))
    return [c.hour, c.minute, c.second]
  },
  'time.weekday': (_m, a) => {
    const c = civil(momentAt(a))
    const days = floorDivide(secondsOf(c.year, c.month, c.day, 0, 0, 0), 86_400n)
    return LONG_DAYS[Number((((days + 4n) % 7n) + 7n) % 7n)] ?? ''
  },
  'time.add_date': (_m, a, b, c, d) => {
    const moment = momentAt(a)
    const years = integerAt(b, 2)
    const months = integerAt(c, 3)
    const days = integerAt(d, 4)
    const at = civil(moment)
    const moved = { ...at, year: at.year + years, month: at.month + months, day: at.day + days }
    return checked(fromCivil(moved, moment.zone))
  },
  'time.diff': (_m, a, b) => difference(momentAt(a), momentAt(b)),
}
