/** Durations as OPA reads them: Go's, and days, weeks and years of 365 days. */
import { BuiltinError } from '../machine.ts'
import { fixedShortest } from './float-text.ts'

const UNIT_NANOS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}
const HOURS: Readonly<Record<string, number>> = { d: 24, w: 7 * 24, y: 365 * 24 }
const MOST = 1n << 63n

/** The duration in nanoseconds. Throws BuiltinError for what is none, or has more than 64 bits. */
export function parseDuration(text: string): bigint {
  const bad = new BuiltinError(`time: invalid duration ${JSON.stringify(text.slice(0, 100))}`)
  const plain = /[dwy]/.test(text) ? inHours(text) : text
  const [, sign = '', all = ''] = /^([+-]?)(.*)$/s.exec(plain ?? '') ?? []
  if (all === '0') return 0n
  if (all === '') throw bad
  let total = 0n
  for (let rest = all; rest !== '';) {
    const [segment = '', whole = '', fraction = '', name = ''] = /^(\d*)(?:\.(\d*))?([^.\d]*)/.exec(rest) ?? []
    const unit = UNIT_NANOS[name]
    if (unit === undefined || whole + fraction === '' || whole.length > 1000) throw bad
    const part = BigInt(whole === '' ? '0' : whole)
    if (part > MOST / BigInt(unit)) throw bad
    // Go multiplies fractions as doubles.
    const { digits, scale } = leadingFraction(fraction)
    total += part * BigInt(unit) + BigInt(Math.trunc(digits * (unit / scale)))
    if (total > MOST) throw bad
    rest = rest.slice(segment.length)
  }
  if (sign === '-') return -total
  if (total === MOST) throw bad
  return total
}

/** As many digits as 63 bits hold; the others are passed over. */
function leadingFraction(text: string): { digits: number; scale: number } {
  let digits = 0n
  let scale = 1
  for (const char of text) {
    if (digits > (MOST - 1n) / 10n) break
    const next = digits * 10n + BigInt(char)
    if (next > MOST) break
    digits = next
    scale *= 10
  }
  return { digits: Number(digits), scale }
}

/** Days, weeks and years written as hours; undefined for what OPA does not read then. */
function inHours(text: string): string | undefined {
  const [, sign = '', all = ''] =
    /^([+-]?)((?:[\d.]+(?:ms|us|µs|ns|[a-z]))+)$/.exec(text.length > 1000 ? '' : text) ?? []
  const segments = [...all.matchAll(/([\d.]+)(ms|us|µs|ns|[a-z])/g)].map(([segment, digits = '', unit = '']) => {
    const hours = HOURS[unit]
    if (hours === undefined) return segment
    if (!/^(?:\d+\.?\d*|\.\d+)$/.test(digits)) return undefined
    return `${fixedShortest(Number(digits) * hours)}h`
  })
  return segments.length === 0 || segments.includes(undefined) ? undefined : sign + segments.join('')
}
