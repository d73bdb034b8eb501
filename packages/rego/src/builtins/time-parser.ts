import { BuiltinError } from '../machine.ts'
import { daysIn, isLeap, layoutParts, LONG_DAYS, LONG_MONTHS, short, type Civil } from './time-layout.ts'

/** A time that was read, and how far its zone is from UTC in seconds. */
export interface ReadTime extends Civil {
  readonly offset: number
}

/** Go's `time.Parse`, on a machine whose own zone is UTC: an abbreviation that is no UTC or GMT+n counts as UTC. */
export function parseTime(layout: string, text: string): ReadTime {
  return new LayoutReader(layout, text).read()
}

const ZONE = /^(?:ChST|MeST|WITA|[A-Z]{4}T(?![A-Z])|[A-Z]{3}T(?![A-Z])|[A-Z]{3}(?![A-Z]))/

class LayoutReader {
  private readonly layout: string
  private readonly text: string
  private rest: string
  private year = 0
  private month = -1
  private day = -1
  private yearDay = -1
  private hour = 0
  private minute = 0
  private second = 0
  private nanos = 0n
  private half = ''
  private zone: number | undefined
  private name = ''

  constructor(layout: string, text: string) {
    this.layout = layout
    this.text = text
    this.rest = text
  }

  read(): ReadTime {
    const parts = layoutParts(this.layout)
    for (const [i, part] of parts.entries()) {
      if (part.kind === 'text') this.skip(part.text)
      else if (part.kind === 'fraction') this.fraction(part.text, part.trim)
      else this.field(part.text, parts[i + 1]?.kind === 'fraction')
    }
    if (this.rest !== '') throw this.bad('extra text')
    if (this.half === 'pm' && this.hour < 12) this.hour += 12
    else if (this.half === 'am' && this.hour === 12) this.hour = 0
    this.calendar()
    let offset = this.zone ?? 0
    if (this.zone === undefined && this.name.length > 3 && this.name.startsWith('GMT')) {
      offset = Number(this.name.slice(3)) * 3600
    }
    const { year, month, day, hour, minute, second, nanos } = this
    return { year, month, day, hour, minute, second, nanos, offset }
  }

  private bad(what: string): BuiltinError {
    const show = (value: string): string => JSON.stringify(value.slice(0, 100))
    return new BuiltinError(`parsing time ${show(this.text)} as ${show(this.layout)}: ${what}`)
  }

  /** The first characters, taken off. */
  private take(pattern: RegExp): string {
    const match = pattern.exec(this.rest)
    if (match === null) throw this.bad('cannot parse')
    this.rest = this.rest.slice(match[0].length)
    return match[0]
  }

  /** Text of the layout; spaces stand for any number of them. */
  private skip(prefix: string): void {
    for (const char of prefix.replaceAll(/ +/g, ' ')) {
      if (char === ' ') {
        if (this.rest !== '' && !this.rest.startsWith(' ')) throw this.bad('cannot parse')
        this.rest = this.rest.replace(/^ +/, '')
      } else if (this.rest.startsWith(char)) this.rest = this.rest.slice(char.length)
      else throw this.bad('cannot parse')
    }
  }

  private name3(names: readonly string[]): number {
    const at = names.findIndex((name) => this.rest.slice(0, name.length).toLowerCase() === name.toLowerCase())
    if (at < 0) throw this.bad('cannot parse')
    this.rest = this.rest.slice((names[at] ?? '').length)
    return at
  }

  private number(fixed: boolean, limit: number, what: string): number {
    const value = Number(this.take(fixed ? /^\d\d/ : /^\d\d?/))
    if (value > limit) throw this.bad(`${what} out of range`)
    return value
  }

  private field(field: string, fractionFollows: boolean): void {
    switch (field) {
      case '06': {
        // Go reads a sign here too.
        const year = Number(this.take(/^(?:\d\d|[+-]\d)/))
        this.year = year + (year >= 69 ? 1900 : 2000)
        return
      }
      case '2006':
        this.year = Number(this.take(/^\d{4}/))
        return
      case 'Jan':
        this.month = this.name3(LONG_MONTHS.map(short)) + 1
        return
      case 'January':
        this.month = this.name3(LONG_MONTHS) + 1
        return
      case '1':
      case '01':
        this.month = this.number(field === '01', 12, 'month')
        if (this.month === 0) throw this.bad('month out of range')
        return
      case 'Mon':
        this.name3(LONG_DAYS.map(short))
        return
      case 'Monday':
        this.name3(LONG_DAYS)
        return
      case '2':
      case '_2':
      case '02':
        if (field === '_2') this.rest = this.rest.replace(/^ /, '')
        this.day = this.number(field === '02', 99, 'day')
        return
      case '__2':
      case '002':
        if (field === '__2') this.rest = this.rest.replace(/^ {1,2}/, '')
        this.yearDay = Number(this.take(field === '002' ? /^\d{3}/ : /^\d{1,3}/))
        return
      case '15':
        this.hour = this.number(false, 23, 'hour')
        return
      case '3':
      case '03':
        this.hour = this.number(field === '03', 12, 'hour')
        return
      case '4':
      case '04':
        this.minute = this.number(field === '04', 59, 'minute')
        return
      case '5':
      case '05':
        this.second = this.number(field === '05', 59, 'second')
        if (!fractionFollows && /^[.,]\d/.test(this.rest)) this.nanos = nanosOf(this.take(/^[.,]\d+/))
        return
      case 'PM':
        this.half = this.take(/^[AP]M/).toLowerCase()
        return
      case 'pm':
        this.half = this.take(/^[ap]m/)
        return
      case 'MST':
        this.abbreviation()
        return
      default:
        this.offset(field)
    }
  }

  private abbreviation(): void {
    if (this.rest.startsWith('UTC')) {
      this.rest = this.rest.slice(3)
      this.zone = 0
      return
    }
    const signed = /^(?:GMT)?([+-])(\d+)/.exec(this.rest)
    if (signed !== null && Number(signed[2]) <= 23) {
      this.name = signed[0]
      this.rest = this.rest.slice(this.name.length)
    } else if (this.rest.startsWith('GMT')) this.name = this.take(/^GMT/)
    else this.name = this.take(ZONE)
  }

  private offset(field: string): void {
    if (field.startsWith('Z') && this.rest.startsWith('Z')) {
      this.rest = this.rest.slice(1)
      this.zone = 0
      return
    }
    const colon = field.includes(':') ? ':' : ''
    const more = field.length > 6 && field !== 'Z07:00' && field !== '-07:00' ? 2 : field.length > 3 ? 1 : 0
    const text = this.take(new RegExp(`^[+-]\\d\\d${`${colon}\\d\\d`.repeat(more)}`))
    const [hours = 0, minutes = 0, seconds = 0] = (text.match(/\d\d/g) ?? []).map(Number)
    if (hours > 24 || minutes > 60 || seconds > 60) throw this.bad('time zone offset out of range')
    this.zone = (text.startsWith('-') ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds)
    // Go keeps -1 for no offset at all.
    if (this.zone === -1) this.zone = undefined
  }

  private fraction(field: string, trim: boolean): void {
    if (!trim) this.nanos = nanosOf(this.take(new RegExp(`^[.,]\\d{${field.length - 1}}`)))
    else if (/^[.,]\d/.test(this.rest)) this.nanos = nanosOf(this.take(/^[.,]\d+/))
  }

  private calendar(): void {
    if (this.yearDay >= 0) {
      const days = isLeap(this.year) ? 366 : 365
      if (this.yearDay < 1 || this.yearDay > days) throw this.bad('day-of-year out of range')
      let month = 1
      let day = this.yearDay
      while (day > daysIn(month, this.year)) day -= daysIn(month++, this.year)
      if (this.month >= 0 && this.month !== month) throw this.bad('day-of-year does not match month')
      if (this.day >= 0 && this.day !== day) throw this.bad('day-of-year does not match day')
      this.month = month
      this.day = day
    }
    if (this.month < 0) this.month = 1
    if (this.day < 0) this.day = 1
    if (this.day < 1 || this.day > daysIn(this.month, this.year)) throw this.bad('day out of range')
  }
}

function nanosOf(text: string): bigint {
  return BigInt(text.slice(1, 10).padEnd(9, '0'))
}
