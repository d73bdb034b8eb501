import { BuiltinError } from '../machine.ts'
import type { Value } from '../value.ts'
import { bigIntegerAt, fromBigInteger, integerAt, numberAt, operandError, stringAt, type Builtins } from './operand.ts'

const NANOS = 1_000_000_000n
const MIN_NS = -9223372036854775808n
const MAX_NS = 9223372036854775807n

/** A moment as calendar and clock in some zone, and how far that is from UTC. */
interface Civil {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** Nanoseconds below the second. */
  readonly nanos: bigint
}

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

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/

/** RFC 3339 as Go reads it: upper-case T and Z, no leap second, days that exist. */
function parseRfc3339(text: string): bigint {
  const bad = (): BuiltinError =>
    new BuiltinError(`parsing time ${JSON.stringify(text.slice(0, 100))} as "2006-01-02T15:04:05Z07:00": cannot parse`)
  const match = text.length > 100 ? null : RFC3339.exec(text)
  if (match === null) throw bad()
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const days = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()
  if (month < 1 || month > 12 || day < 1 || day > days || hour > 23 || minute > 59 || second > 59) throw bad()
  const zone = match[8] ?? 'Z'
  const offset =
    zone === 'Z' ? 0 : (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))) * (zone.startsWith('-') ? -60 : 60)
  if (zone !== 'Z' && (Number(zone.slice(1, 3)) > 24 || Number(zone.slice(4)) > 60)) throw bad()
  const nanos = BigInt((match[7] ?? '').slice(0, 9).padEnd(9, '0'))
  return (secondsOf(year, month, day, hour, minute, second) - BigInt(offset)) * NANOS + nanos
}

const UNIT_NANOS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: NANOS,
  m: 60n * NANOS,
  h: 3600n * NANOS,
  d: 86_400n * NANOS,
  w: 604_800n * NANOS,
  y: 31_536_000n * NANOS,
}

function parseDuration(text: string): bigint {
  const bad = (): BuiltinError => new BuiltinError(`time: invalid duration ${JSON.stringify(text.slice(0, 100))}`)
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h|d|w|y))+|0)$/.exec(
    text.length > 200 ? '' : text,
  )
  if (match === null) throw bad()
  let total = 0n
  for (const [, whole = '', fraction = '', unit = ''] of (match[2] ?? '').matchAll(
    /(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h|d|w|y)/g,
  )) {
    const scale = UNIT_NANOS[unit] ?? 0n
    total += BigInt(whole === '' ? '0' : whole) * scale
    if (fraction !== '') total += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length)
  }
  if (match[1] === '-') total = -total
  if (total < MIN_NS || total > MAX_NS) throw bad()
  return total
}

function offsetSeconds(seconds: bigint, zone: string): bigint {
  let format: Intl.DateTimeFormat
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      era: 'short',
    })
  } catch {
    throw new BuiltinError(`unknown time zone ${zone.slice(0, 100)}`)
  }
  const parts = new Map(format.formatToParts(new Date(Number(seconds) * 1000)).map((part) => [part.type, part.value]))
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type) ?? '0')
  const year = parts.get('era') === 'BC' ? 1 - number('year') : number('year')
  return secondsOf(year, number('month'), number('day'), number('hour'), number('minute'), number('second')) - seconds
}

interface Moment {
  readonly ns: bigint
  readonly zone: string
}

/** `ns` or `[ns, zone]` or `[ns, zone, layout]`. */
function momentAt(value: Value): Moment {
  const list = Array.isArray(value) ? value : [value]
  const [time, zone = ''] = list
  if (time === undefined)
    throw operandError(1, 'must be either number (ns) or [number (ns), string (tz)] but got array')
  const number = numberAt(time, 1)
  let ns: bigint
  try {
    ns = bigIntegerAt(number, 1)
  } catch {
    throw new BuiltinError('timestamp too big')
  }
  if (ns < MIN_NS || ns > MAX_NS) throw new BuiltinError('timestamp too big')
  const name = stringAt(zone, 1)
  if (name === 'Local') throw new BuiltinError('the zone Local is the machine’s and not known to policies')
  return { ns, zone: name }
}

function civil(moment: Moment): Civil {
  const seconds = floorDivide(moment.ns, NANOS)
  const nanos = moment.ns - seconds * NANOS
  const offset = moment.zone === '' || moment.zone === 'UTC' ? 0n : offsetSeconds(seconds, moment.zone)
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

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const

function difference(a: Moment, b: Moment): Value {
  const zone = a.zone
  const [from, to] = a.ns <= b.ns ? [a.ns, b.ns] : [b.ns, a.ns]
  const x = civil({ ns: from, zone })
  const y = civil({ ns: to, zone })
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

export const TIME: Builtins = {
  'time.parse_rfc3339_ns': (_m, a) => checked(parseRfc3339(stringAt(a, 1))),
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
    return WEEKDAYS[Number((((days + 4n) % 7n) + 7n) % 7n)] ?? ''
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
