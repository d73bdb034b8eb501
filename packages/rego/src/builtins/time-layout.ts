/** A moment as calendar and clock in some zone. */
export interface Civil {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** Nanoseconds below the second. */
  readonly nanos: bigint
}

/** A moment to be written: its zone's distance from UTC in seconds, and how the zone is called then. */
export interface Shown extends Civil {
  /** Days since 1970 in the zone. */
  readonly days: number
  readonly offset: number
  readonly zone: () => string
}

/** What a layout may name, longest first where one begins another (Go, package time). */
const FIELDS = [
  'January',
  'Jan',
  'Monday',
  'Mon',
  'MST',
  '01',
  '02',
  '03',
  '04',
  '05',
  '06',
  '002',
  '15',
  '1',
  '2006',
  '2',
  '_2006',
  '_2',
  '__2',
  '3',
  '4',
  '5',
  'PM',
  'pm',
  '-070000',
  '-07:00:00',
  '-0700',
  '-07:00',
  '-07',
  'Z070000',
  'Z07:00:00',
  'Z0700',
  'Z07:00',
  'Z07',
] as const

type Part =
  | { readonly kind: 'text' | 'field'; readonly text: string }
  | { readonly kind: 'fraction'; readonly text: string; readonly trim: boolean }

const NAMED: Readonly<Record<string, string>> = {
  ANSIC: 'Mon Jan _2 15:04:05 2006',
  UnixDate: 'Mon Jan _2 15:04:05 MST 2006',
  RubyDate: 'Mon Jan 02 15:04:05 -0700 2006',
  RFC822: '02 Jan 06 15:04 MST',
  RFC822Z: '02 Jan 06 15:04 -0700',
  RFC850: 'Monday, 02-Jan-06 15:04:05 MST',
  RFC1123: 'Mon, 02 Jan 2006 15:04:05 MST',
  RFC1123Z: 'Mon, 02 Jan 2006 15:04:05 -0700',
  RFC3339: '2006-01-02T15:04:05Z07:00',
  RFC3339Nano: '2006-01-02T15:04:05.999999999Z07:00',
}

/** A layout by its name in Go, or as it is. */
export function layoutOf(text: string): string {
  return Object.hasOwn(NAMED, text) ? (NAMED[text] ?? text) : text
}

export const LONG_DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
export const LONG_MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
export const short = (name: string): string => name.slice(0, 3)

function fieldAt(layout: string, at: number): Part | undefined {
  for (const field of FIELDS) {
    if (!layout.startsWith(field, at)) continue
    // `Month` is no `Mon`.
    const next = layout.charAt(at + field.length)
    if ((field === 'Jan' || field === 'Mon') && next >= 'a' && next <= 'z') continue
    return { kind: 'field', text: field }
  }
  const fraction = /^[.,](?:0+|9+)(?!\d)/.exec(layout.slice(at, at + 4000))
  if (fraction === null) return undefined
  return { kind: 'fraction', text: fraction[0], trim: fraction[0].charAt(1) === '9' }
}

const KNOWN = new Map<string, readonly Part[]>()
const MAX_KNOWN = 100

/** The fields of a layout. Those of the layouts seen first are kept. */
export function layoutParts(layout: string): readonly Part[] {
  const known = KNOWN.get(layout)
  if (known !== undefined) return known
  const parts = readLayout(layout)
  if (KNOWN.size < MAX_KNOWN && layout.length < 100) KNOWN.set(layout, parts)
  return parts
}

function readLayout(layout: string): Part[] {
  const out: Part[] = []
  let from = 0
  const text = (to: number): void => {
    if (to > from) out.push({ kind: 'text', text: layout.slice(from, to) })
  }
  for (let at = 0; at < layout.length;) {
    const part = fieldAt(layout, at)
    if (part === undefined) {
      at++
      continue
    }
    // `_2006` is an underscore before a year.
    const lead = part.text === '_2006' ? 1 : 0
    text(at + lead)
    out.push(lead === 1 ? { kind: 'field', text: '2006' } : part)
    at += part.text.length
    from = at
  }
  text(layout.length)
  return out
}

function padded(value: number, width: number): string {
  return (value < 0 ? '-' : '') + Math.abs(value).toString().padStart(width, '0')
}

function dayOfYear(shown: Shown): number {
  let days = shown.day
  for (let month = 1; month < shown.month; month++) days += daysIn(month, shown.year)
  return days
}

export function daysIn(month: number, year: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

export function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

function zoneText(offset: number, field: string): string {
  if (offset === 0 && field.startsWith('Z')) return 'Z'
  const minutes = Math.trunc(Math.abs(offset) / 60)
  const colon = field.includes(':') ? ':' : ''
  // Go looks at the sign of whole minutes.
  let out = (Math.trunc(offset / 60) < 0 ? '-' : '+') + padded(Math.trunc(minutes / 60), 2)
  if (field.length > 3) out += colon + padded(minutes % 60, 2)
  if (field.length > 6) out += colon + padded(Math.abs(offset) % 60, 2)
  return out
}

function fractionText(nanos: bigint, part: Part & { kind: 'fraction' }): string {
  const digits = Math.min(part.text.length - 1, 9)
  let text = nanos.toString().padStart(9, '0').slice(0, digits)
  if (part.trim) {
    text = text.replace(/0+$/, '')
    if (text === '') return ''
  }
  return part.text.charAt(0) + text
}

/** Go's `Time.Format`. */
export function formatTime(shown: Shown, layout: string): string {
  const weekday = LONG_DAYS[(((shown.days + 4) % 7) + 7) % 7] ?? ''
  const month = LONG_MONTHS[shown.month - 1] ?? ''
  const hour12 = shown.hour % 12 === 0 ? 12 : shown.hour % 12
  const field = (text: string): string => {
    switch (text) {
      case 'January':
        return month
      case 'Jan':
        return short(month)
      case '1':
        return String(shown.month)
      case '01':
        return padded(shown.month, 2)
      case 'Monday':
        return weekday
      case 'Mon':
        return short(weekday)
      case '2':
        return String(shown.day)
      case '_2':
        return String(shown.day).padStart(2, ' ')
      case '02':
        return padded(shown.day, 2)
      case '__2':
        return String(dayOfYear(shown)).padStart(3, ' ')
      case '002':
        return padded(dayOfYear(shown), 3)
      case '15':
        return padded(shown.hour, 2)
      case '3':
        return String(hour12)
      case '03':
        return padded(hour12, 2)
      case '4':
        return String(shown.minute)
      case '04':
        return padded(shown.minute, 2)
      case '5':
        return String(shown.second)
      case '05':
        return padded(shown.second, 2)
      case '2006':
        return padded(shown.year, 4)
      case '06':
        return padded(Math.abs(shown.year) % 100, 2)
      case 'PM':
        return shown.hour >= 12 ? 'PM' : 'AM'
      case 'pm':
        return shown.hour >= 12 ? 'pm' : 'am'
      case 'MST':
        return shown.zone()
      default:
        return zoneText(shown.offset, text)
    }
  }
  return layoutParts(layout)
    .map((part) => {
      if (part.kind === 'text') return part.text
      return part.kind === 'fraction' ? fractionText(shown.nanos, part) : field(part.text)
    })
    .join('')
}
