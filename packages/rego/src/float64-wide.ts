/**
 * Binary floating point with a 64-bit mantissa, rounded to nearest even: what OPA computes with where an operand is
 * no integer (Go's `big.Float` at its default precision). Decimal arithmetic would give other last digits than OPA.
 */
export interface WideFloat {
  /** Signed mantissa, at most 64 bits; the value is `m * 2^e`. */
  readonly m: bigint
  readonly e: number
}

const BITS = 64

export class NumberRangeError extends Error {}

/** Beyond this decimal exponent a number is refused: building it would take memory without bound. */
export const MAX_EXPONENT = 10_000

const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,9}))?$/
const HEX_PATTERN = /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)p([+-]?\d+)$/i

/** Exact decimal of a JSON number's text: `m * 10^e`. Null where the text is no number. */
export function decimalOf(text: string): { m: bigint; e: number } | null {
  const match = PATTERN.exec(text)
  if (match === null) return text.includes('_') ? decimalOf(text.replaceAll('_', '')) : decimalOfHex(text)
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return null
  let e = Number(exponent) - fraction.length
  if (Math.abs(Number(exponent)) > MAX_EXPONENT || whole.length + fraction.length > 100_000) {
    throw new NumberRangeError('a number is too large to compute with')
  }
  let m = BigInt(whole + fraction)
  if (m === 0n) return { m: 0n, e: 0 }
  let digits = m.toString()
  const zeros = digits.length - digits.replace(/0+$/, '').length
  if (zeros > 0) {
    digits = digits.slice(0, -zeros)
    m = BigInt(digits)
    e += zeros
  }
  return { m: sign === '-' ? -m : m, e }
}

/** Of Go's hexadecimal form, `0x1.8p1`, which `to_number` takes. */
function decimalOfHex(text: string): { m: bigint; e: number } | null {
  const [, sign = '', whole = '', fraction = '', power] = HEX_PATTERN.exec(text) ?? []
  if (power === undefined || whole + fraction === '') return null
  const shift = Number(power) - fraction.length * 4
  if (Math.abs(shift) > MAX_EXPONENT) throw new NumberRangeError('a number is too large to compute with')
  const m = BigInt(`0x${whole}${fraction}`)
  return decimalOf(shift >= 0 ? `${sign}${m << BigInt(shift)}` : `${sign}${m * 5n ** BigInt(-shift)}e${shift}`)
}

function bitLength(n: bigint): number {
  if (n === 0n) return 0
  const hex = n.toString(16)
  return hex.length * 4 - Math.clz32(Number.parseInt(hex.charAt(0), 16)) + 28
}

/** Rounds `num / den * 2^e` to the nearest value of 64 (or so many) bits, ties to even. */
function round(num: bigint, den: bigint, e: number, bits: number = BITS): WideFloat {
  if (num === 0n) return { m: 0n, e: 0 }
  const negative = num < 0n
  let n = negative ? -num : num
  // Scale so that the quotient has at least two bits more than are kept.
  const shift = bits + 2 - (bitLength(n) - bitLength(den))
  let exponent = e
  if (shift > 0) {
    n <<= BigInt(shift)
    exponent -= shift
  }
  let q = n / den
  const exact = n % den === 0n
  const extra = bitLength(q) - bits
  if (extra > 0) {
    const unit = 1n << BigInt(extra)
    const rest = q & (unit - 1n)
    const half = unit >> 1n
    q >>= BigInt(extra)
    exponent += extra
    if (rest > half || (rest === half && (!exact || (q & 1n) === 1n))) q += 1n
  }
  return { m: negative ? -q : q, e: exponent }
}

export function wideFromDecimal(m: bigint, e: number): WideFloat {
  return e >= 0 ? round(m * 10n ** BigInt(e), 1n, 0) : round(m, 10n ** BigInt(-e), 0)
}

export function wideAdd(a: WideFloat, b: WideFloat): WideFloat {
  const e = Math.min(a.e, b.e)
  return round((a.m << BigInt(a.e - e)) + (b.m << BigInt(b.e - e)), 1n, e)
}

export function wideNegate(a: WideFloat): WideFloat {
  return { m: -a.m, e: a.e }
}

export function wideMultiply(a: WideFloat, b: WideFloat, bits: number = BITS): WideFloat {
  return round(a.m * b.m, 1n, a.e + b.e, bits)
}

/** The divisor is not zero. */
export function wideDivide(a: WideFloat, b: WideFloat): WideFloat {
  const sign = b.m < 0n ? -1n : 1n
  return round(a.m * sign, b.m * sign, a.e - b.e)
}

export function wideIsInteger(a: WideFloat): boolean {
  return a.e >= 0 || a.m % (1n << BigInt(-a.e)) === 0n
}

/** Toward zero. */
export function wideTruncate(a: WideFloat): bigint {
  return a.e >= 0 ? a.m << BigInt(a.e) : a.m / (1n << BigInt(-a.e))
}

/** Digits without zeros at the end, the value being `0.d1d2... * 10^point`. Cut where there are many. */
interface Digits {
  readonly digits: string
  readonly point: number
}

/** More than any value of 64 bits needs to be told from its neighbours. */
const DIGITS = 30

function digitsOf(m: bigint, e: number): Digits {
  const shift = BigInt(Math.abs(e))
  // So many decimal places that there are digits enough.
  const places = e >= 0 ? 0 : Math.max(0, Math.ceil((-e - bitLength(m)) * Math.LOG10E * Math.LN2)) + DIGITS
  const scaled = e >= 0 ? m << shift : (m * 10n ** BigInt(places)) >> shift
  const all = scaled.toString()
  const isExact = e >= 0 || scaled << shift === m * 10n ** BigInt(places)
  const digits = isExact ? all.replace(/0+$/, '') : all.slice(0, DIGITS - 2)
  return { digits, point: all.length - places }
}

/** Half goes to the even digit. */
function isRoundedUp(digits: string, at: number): boolean {
  const next = digits.charAt(at)
  if (next === '5' && digits.length === at + 1) return Number(digits.charAt(at - 1)) % 2 === 1
  return next >= '5'
}

/** The shortest decimal digits that name this value among all of so many bits, as Go's math/big finds them. */
function shortest(abs: WideFloat, bits: number): Digits {
  // Bring the mantissa to full length, so that the neighbours are half a unit away.
  const lift = bits - bitLength(abs.m)
  const m = abs.m << BigInt(lift)
  const e = abs.e - lift - 1
  const [low, mid, high] = [digitsOf(m * 2n - 1n, e), digitsOf(m * 2n, e), digitsOf(m * 2n + 1n, e)]
  const inclusive = (m & 1n) === 0n
  for (let i = 0; i < mid.digits.length; i++) {
    const [l, d, u] = [low, mid, high].map(({ digits }) => Number(digits.charAt(i) || '0')) as [number, number, number]
    const isDown = l !== d || (inclusive && i + 1 === low.digits.length)
    // Where the digits of the bound end here, rounding up would reach it.
    const isUp = d !== u && (inclusive || d + 1 < u || i + 1 < high.digits.length)
    if (!isDown && !isUp) continue
    if (i + 1 >= mid.digits.length) return mid
    const kept = mid.digits.slice(0, i + 1)
    const chosen = isUp && (!isDown || isRoundedUp(mid.digits, i + 1)) ? (BigInt(kept) + 1n).toString() : kept
    return { digits: chosen.replace(/0+$/, ''), point: mid.point + chosen.length - kept.length }
  }
  return mid
}

/** As OPA writes a computed number: integers in full, others in the shortest form, with an exponent below 1e-4 and from 1e6 on (Go's `%g`, shortest). */
export function wideText(a: WideFloat, bits: number = BITS): string {
  if (a.m === 0n) return '0'
  if (wideIsInteger(a)) return shortestInteger(a, bits)
  const sign = a.m < 0n ? '-' : ''
  const { digits, point } = shortest({ m: a.m < 0n ? -a.m : a.m, e: a.e }, bits)
  const exponent = point - 1
  if (exponent < -4 || exponent >= 6) return sign + scientific(digits, exponent)
  return sign + placePoint(digits, point)
}

function shortestInteger(a: WideFloat, bits: number): string {
  const sign = a.m < 0n ? '-' : ''
  const { digits, point } = shortest({ m: a.m < 0n ? -a.m : a.m, e: a.e }, bits)
  return sign + digits.padEnd(point, '0')
}

function scientific(digits: string, exponent: number): string {
  const mantissa = digits.length > 1 ? `${digits.charAt(0)}.${digits.slice(1)}` : digits
  const size = Math.abs(exponent).toString().padStart(2, '0')
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${size}`
}

function placePoint(digits: string, point: number): string {
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return digits.padEnd(point, '0')
  return `${digits.slice(0, point)}.${digits.slice(point)}`
}
