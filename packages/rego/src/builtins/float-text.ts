/** Floats as Go's `strconv.FormatFloat` writes them, from their exact value. All take a value that is not negative. */

/** Decimal digits without zeros at either end, and where the point stands: `0.digits * 10^point`. Empty for zero. */
interface Digits {
  readonly digits: string
  readonly point: number
}

/** No double has more digits than this; what is asked beyond is zeros. */
const MOST_DIGITS = 1100

function bitsOf(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const all = view.getBigUint64(0)
  const raw = Number((all >> 52n) & 0x7ffn)
  return { mantissa: (all & 0xfffffffffffffn) | (raw === 0 ? 0n : 1n << 52n), exponent: Math.max(raw, 1) - 1075 }
}

/** `value * 10^places` as an integer, ties to even: `toFixed` and `toExponential` take the larger of two, Go does not. */
function scaled(value: number, places: number): bigint {
  const { mantissa, exponent } = bitsOf(value)
  const num = mantissa * 2n ** BigInt(Math.max(exponent, 0)) * 10n ** BigInt(Math.max(places, 0))
  const den = 2n ** BigInt(Math.max(-exponent, 0)) * 10n ** BigInt(Math.max(-places, 0))
  const floor = num / den
  const twice = 2n * (num - floor * den)
  return twice > den || (twice === den && floor % 2n === 1n) ? floor + 1n : floor
}

function trimmed(digits: string, point: number): Digits {
  const cut = digits.replace(/0+$/, '')
  return cut === '' ? { digits: '', point: 0 } : { digits: cut, point }
}

/** The fewest digits that name this double alone. */
function shortest(value: number): Digits {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
  return trimmed(mantissa.replace('.', ''), value === 0 ? 0 : Number(exponent) + 1)
}

function atPlaces(value: number, places: number): Digits {
  const capped = Math.min(places, MOST_DIGITS)
  const whole = scaled(value, capped).toString()
  return trimmed(whole, whole.length - capped)
}

function atDigits(value: number, count: number): Digits {
  if (value === 0) return { digits: '', point: 0 }
  const capped = Math.min(count, MOST_DIGITS)
  // The shortest digits of a value may lie above it: 1e-6 is 9.99e-7 in more digits. So one place below is tried first.
  let point = shortest(value).point - 1
  let whole = scaled(value, capped - point).toString()
  if (whole.length > capped) whole = scaled(value, capped - ++point).toString()
  return trimmed(whole, point + whole.length - capped)
}

function exponentText(exponent: number): string {
  return `${exponent < 0 ? '-' : '+'}${Math.abs(exponent).toString().padStart(2, '0')}`
}

function withExponent({ digits, point }: Digits, places: number, letter: string): string {
  const all = digits === '' ? '0' : digits
  const rest = places > 0 ? `.${all.slice(1, places + 1).padEnd(places, '0')}` : ''
  return `${all.charAt(0)}${rest}${letter}${exponentText(digits === '' ? 0 : point - 1)}`
}

function fixed({ digits, point }: Digits, places: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0'
  if (places <= 0) return whole
  const behind = point >= 0 ? digits.slice(point) : '0'.repeat(Math.min(-point, places)) + digits
  return `${whole}.${behind.slice(0, places).padEnd(places, '0')}`
}

/** `%e` and `%E`, with `places` digits behind the point. */
export function exponentForm(value: number, places: number, letter: 'e' | 'E'): string {
  return withExponent(atDigits(value, places + 1), places, letter)
}

/** `%f`. */
export function fixedForm(value: number, places: number): string {
  return fixed(atPlaces(value, places), places)
}

/** `%f` with the fewest digits that name the value. */
export function fixedShortest(value: number): string {
  const found = shortest(value)
  return fixed(found, Math.max(found.digits.length - found.point, 0))
}

/** `%g` and `%G`: at most `count` digits, or as few as name the value where that is null. */
export function generalForm(value: number, count: number | null, letter: 'e' | 'E'): string {
  const asked = count === 0 ? 1 : count
  const found = asked === null ? shortest(value) : atDigits(value, asked)
  const { digits, point } = found
  let limit = asked ?? 6
  if (asked !== null && limit > digits.length && digits.length >= point) limit = digits.length
  if (point - 1 < -4 || point - 1 >= limit)
    return withExponent(found, Math.min(asked ?? digits.length, digits.length) - 1, letter)
  return fixed(found, Math.max(digits.length - point, 0))
}

/** `%b`: the mantissa as an integer, and a binary exponent. */
export function binaryForm(value: number): string {
  const { mantissa, exponent } = bitsOf(value)
  return `${mantissa}p${exponent < 0 ? '' : '+'}${exponent}`
}

const TOP = 60n

/** `%x` and `%X`: a hexadecimal mantissa of `places` digits, or as many as it has, and a binary exponent. */
export function hexadecimalForm(value: number, places: number | null, upper: boolean): string {
  let { mantissa, exponent } = bitsOf(value)
  exponent = mantissa === 0n ? 0 : exponent + 52
  mantissa <<= TOP - 52n
  while (mantissa !== 0n && mantissa >> TOP === 0n) {
    mantissa <<= 1n
    exponent--
  }
  if (places !== null && places < 15) {
    const step = 1n << (TOP - BigInt(places * 4))
    const below = mantissa % step
    mantissa -= below
    if (below * 2n > step || (below * 2n === step && (mantissa / step) % 2n === 1n)) mantissa += step
    if (mantissa >> (TOP + 1n) !== 0n) {
      mantissa >>= 1n
      exponent++
    }
  }
  const digits = (mantissa & ((1n << TOP) - 1n)).toString(16).padStart(15, '0')
  const rest = places === null ? digits.replace(/0+$/, '') : digits.slice(0, places).padEnd(places, '0')
  const text = `0x${mantissa >> TOP}${rest === '' ? '' : `.${rest}`}p${exponentText(exponent)}`
  return upper ? text.toUpperCase() : text
}
