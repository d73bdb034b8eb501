import { BuiltinError, LimitError, MAX_TEXT, type Machine } from '../machine.ts'
import { BigNum, numberText, type Value } from '../value.ts'
import { arrayAt, stringAt, type Builtins } from './operand.ts'
import { quote, regoText } from './value-text.ts'

/** What Go's fmt is given: an integer, a float64, or text. */
type Arg = { kind: 'int'; value: bigint } | { kind: 'float'; value: number } | { kind: 'string'; value: string }

function argOf(value: Value): Arg {
  if (typeof value === 'number' || value instanceof BigNum) {
    const text = numberText(value)
    if (/[.eE]/.test(text)) {
      const float = Number(text)
      return Number.isFinite(float) ? { kind: 'float', value: float } : { kind: 'string', value: text }
    }
    return { kind: 'int', value: BigInt(text) }
  }
  if (typeof value === 'string') return { kind: 'string', value }
  return { kind: 'string', value: regoText(value) }
}

interface Spec {
  minus: boolean
  plus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  width: number | null
  precision: number | null
}

const MAX_WIDTH = 1_000_000

function pad(text: string, spec: Spec, zeros = false): string {
  if (spec.width === null) return text
  const missing = spec.width - Array.from(text).length
  if (missing <= 0) return text
  if (spec.minus) return text + ' '.repeat(missing)
  if (!zeros) return ' '.repeat(missing) + text
  const sign = /^[+\- ]/.exec(text)?.[0] ?? ''
  return sign + '0'.repeat(missing) + text.slice(sign.length)
}

function signed(negative: boolean, body: string, spec: Spec): string {
  return (negative ? '-' : spec.plus ? '+' : spec.space ? ' ' : '') + body
}

function formatInt(value: bigint, verb: string, spec: Spec): string {
  const negative = value < 0n
  const abs = negative ? -value : value
  const radix = verb === 'b' ? 2 : verb === 'o' || verb === 'O' ? 8 : verb === 'x' || verb === 'X' ? 16 : 10
  let digits = abs.toString(radix)
  if (verb === 'X') digits = digits.toUpperCase()
  if (spec.precision !== null) digits = spec.precision === 0 && abs === 0n ? '' : digits.padStart(spec.precision, '0')
  const prefix =
    verb === 'O'
      ? '0o'
      : !spec.sharp
        ? ''
        : verb === 'x'
          ? '0x'
          : verb === 'X'
            ? '0X'
            : verb === 'o'
              ? '0'
              : verb === 'b'
                ? '0b'
                : ''
  return pad(signed(negative, prefix + digits, spec), spec, spec.zero && spec.precision === null)
}

/** `value * 10^places` as an integer, ties to even: `toFixed` and `toExponential` take the larger of two, Go does not. */
function scaled(value: number, places: number): bigint {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const all = bits.getBigUint64(0)
  const raw = Number((all >> 52n) & 0x7ffn)
  const mantissa = (all & 0xfffffffffffffn) | (raw === 0 ? 0n : 1n << 52n)
  const exponent = Math.max(raw, 1) - 1075
  const num = mantissa * 2n ** BigInt(Math.max(exponent, 0)) * 10n ** BigInt(Math.max(places, 0))
  const den = 2n ** BigInt(Math.max(-exponent, 0)) * 10n ** BigInt(Math.max(-places, 0))
  const floor = num / den
  const twice = 2n * (num - floor * den)
  return twice > den || (twice === den && floor % 2n === 1n) ? floor + 1n : floor
}

function fixedForm(value: number, precision: number): string {
  const places = Math.min(precision, 1000)
  const digits = scaled(value, places)
    .toString()
    .padStart(places + 1, '0')
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
}

function exponentForm(value: number, precision: number | null, upper: boolean): string {
  let text = value.toExponential()
  if (precision !== null && value !== 0) {
    const places = Math.min(precision, 1000)
    let exponent = Number(text.slice(text.indexOf('e') + 1))
    let digits = scaled(value, places - exponent).toString()
    if (digits.length > places + 1) {
      exponent++
      digits = digits.slice(0, -1)
    }
    text = `${digits.charAt(0)}${places === 0 ? '' : `.${digits.slice(1)}`}e${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`
  } else if (precision !== null) text = value.toExponential(Math.min(precision, 100))
  const fixed = text.replace(/e([+-])(\d)$/, 'e$10$2')
  return upper ? fixed.toUpperCase() : fixed
}

/** Go's `%g`: shortest digits, an exponent below 1e-4 and from `limit` on. */
function general(value: number, precision: number | null, limit: number, upper: boolean, sharp: boolean): string {
  if (value === 0) return '0'
  if (precision === null) {
    const shortest = value.toExponential()
    const exponent = Number(shortest.slice(shortest.indexOf('e') + 1))
    if (exponent < -4 || exponent >= limit) return exponentForm(value, null, upper)
    return plain(value)
  }
  const digits = Math.max(precision, 1)
  const rounded = value.toExponential(Math.min(digits - 1, 100))
  const exponent = Number(rounded.slice(rounded.indexOf('e') + 1))
  const needed = rounded.slice(0, rounded.indexOf('e')).replace('.', '').replace(/0+$/, '').length
  const edge = digits > needed && needed >= exponent + 1 ? Math.max(needed, 0) : digits
  const useExponent = exponent < -4 || exponent >= (sharp ? digits : Math.max(edge, exponent < digits ? digits : edge))
  if (useExponent) {
    const text = rounded.replace(/\.?0+e/, 'e').replace(/e([+-])(\d)$/, 'e$10$2')
    return upper ? text.toUpperCase() : text
  }
  const fixed = value.toFixed(Math.max(0, Math.min(digits - 1 - exponent, 100)))
  return fixed.includes('.') ? fixed.replace(/\.?0+$/, '') : fixed
}

/** Decimal digits without an exponent. */
function plain(value: number): string {
  const text = String(value)
  return text.includes('e') ? (value >= 1 ? BigInt(value).toString() : value.toFixed(20).replace(/0+$/, '')) : text
}

function formatFloat(value: number, verb: string, spec: Spec): string {
  const negative = value < 0 || Object.is(value, -0)
  const abs = Math.abs(value)
  let body: string
  if (verb === 'v') body = general(abs, spec.precision, 6, false, spec.sharp)
  else if (verb === 'g' || verb === 'G') body = general(abs, spec.precision, 6, verb === 'G', spec.sharp)
  else if (verb === 'e' || verb === 'E') body = exponentForm(abs, spec.precision ?? 6, verb === 'E')
  else if (verb === 'x' || verb === 'X') body = hexadecimal(abs, verb === 'X')
  else body = fixedForm(abs, spec.precision ?? 6)
  return pad(signed(negative, body, spec), spec, spec.zero)
}

/** Go's `%x` of a float: a hexadecimal mantissa and a binary exponent of two digits at least. */
function hexadecimal(value: number, upper: boolean): string {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const all = bits.getBigUint64(0)
  let exponent = Number((all >> 52n) & 0x7ffn) - 1023
  let mantissa = all & 0xfffffffffffffn
  if (exponent === -1023) {
    // A subnormal is brought to the form of others.
    exponent = mantissa === 0n ? 0 : -1022
    while (mantissa !== 0n && mantissa >> 52n === 0n) {
      mantissa <<= 1n
      exponent--
    }
    mantissa &= 0xfffffffffffffn
  }
  const digits = mantissa.toString(16).padStart(13, '0').replace(/0+$/, '')
  const lead = value === 0 ? '0' : '1'
  const size = Math.abs(exponent).toString().padStart(2, '0')
  const text = `0x${lead}${digits === '' ? '' : `.${digits}`}p${exponent < 0 ? '-' : '+'}${size}`
  return upper ? text.toUpperCase() : text
}

/** Go's CanBackquote: no backquote, no control character but tab, no byte order mark. */
function rawQuotable(text: string): boolean {
  return Array.from(text).every((char) => {
    const point = char.codePointAt(0) ?? 0
    return char !== '`' && point !== 0x7f && point !== 0xfeff && (point >= 32 || point === 9)
  })
}

function formatString(value: string, verb: string, spec: Spec): string {
  const cut = (text: string): string =>
    spec.precision === null ? text : Array.from(text).slice(0, spec.precision).join('')
  if (verb === 'q') {
    const text = cut(value)
    const raw = spec.sharp && rawQuotable(text)
    return pad(raw ? `\`${text}\`` : quote(text, spec.plus), spec)
  }
  if (verb === 'x' || verb === 'X') {
    const bytes = Buffer.from(value, 'utf8').subarray(0, spec.precision ?? undefined)
    let hex = bytes.toString('hex')
    if (verb === 'X') hex = hex.toUpperCase()
    const lead = spec.sharp ? `0${verb}` : ''
    if (spec.space) return pad((hex.match(/../g) ?? []).map((b) => lead + b).join(' '), spec)
    return pad(hex === '' ? '' : lead + hex, spec)
  }
  return pad(verb === 'v' && spec.sharp ? quote(value) : cut(value), spec, spec.zero)
}

const TYPE_NAMES = { int: 'int', float: 'float64', string: 'string' } as const

function typeNameOf(arg: Arg): string {
  if (arg.kind === 'int' && (arg.value > 9223372036854775807n || arg.value < -9223372036854775808n)) return '*big.Int'
  return arg.kind === 'int' ? 'int64' : TYPE_NAMES[arg.kind]
}

function valueText(arg: Arg): string {
  if (arg.kind === 'float')
    return general(Math.abs(arg.value), null, 6, false, false).replace(/^/, arg.value < 0 ? '-' : '')
  return arg.kind === 'int' ? arg.value.toString() : arg.value
}

function format(arg: Arg, verb: string, spec: Spec): string {
  if (verb === 'T') return pad(typeNameOf(arg), spec)
  if (arg.kind === 'int') {
    if (verb === 'v' || 'bdoOxX'.includes(verb)) return formatInt(arg.value, verb === 'v' ? 'd' : verb, spec)
    if (verb === 's' && typeNameOf(arg) === '*big.Int') return formatInt(arg.value, 'd', spec)
    if (verb === 'c' || verb === 'q' || verb === 'U') {
      const point = arg.value >= 0n && arg.value <= 0x10ffffn ? Number(arg.value) : 0xfffd
      const char = String.fromCodePoint(point).toWellFormed()
      if (verb === 'c') return pad(char, spec)
      if (verb === 'U') return pad(`U+${point.toString(16).toUpperCase().padStart(4, '0')}`, spec)
      return pad(`'${quote(char).slice(1, -1).replace('\\"', '"').replace("'", "\\'")}'`, spec)
    }
  }
  if (arg.kind === 'float' && (verb === 'v' || 'eEfFgGxX'.includes(verb))) return formatFloat(arg.value, verb, spec)
  if (arg.kind === 'string' && (verb === 'v' || 'sqxX'.includes(verb))) return formatString(arg.value, verb, spec)
  // A verb that does not suit is said with the value, written with the flags given; big integers write themselves.
  if (typeNameOf(arg) === '*big.Int') return `%!${verb}(big.Int=${valueText(arg)})`
  return `%!${verb}(${typeNameOf(arg)}=${format(arg, 'v', spec)})`
}

/** Go's `fmt.Sprintf` over integers, floats and text. */
export function sprintf(m: Machine, pattern: string, values: readonly Value[]): string {
  const args = values.map(argOf)
  const chars = Array.from(pattern)
  let out = ''
  let next = 0
  let reordered = false
  let badIndex = false
  let i = 0
  const number = (): number | null => {
    let digits = ''
    while (i < chars.length && /\d/.test(chars[i] ?? '')) digits += chars[i++]
    if (digits === '') return null
    if (digits.length > 7 || Number(digits) > MAX_WIDTH) throw new BuiltinError('a width or precision is too large')
    return Number(digits)
  }
  const position = (): void => {
    if (chars[i] !== '[') return
    const end = chars.indexOf(']', i)
    const index = Number(chars.slice(i + 1, end).join(''))
    reordered = true
    badIndex = end < 0 || !Number.isInteger(index) || index < 1 || index > args.length
    if (!badIndex) next = index - 1
    i = end < 0 ? chars.length : end + 1
  }
  const star = (): number | null => {
    const arg = args[next++]
    if (arg?.kind !== 'int' || arg.value > BigInt(MAX_WIDTH) || arg.value < -BigInt(MAX_WIDTH)) return null
    return Number(arg.value)
  }
  while (i < chars.length) {
    const char = chars[i++] ?? ''
    if (char !== '%') {
      out += char
      continue
    }
    const spec: Spec = {
      minus: false,
      plus: false,
      sharp: false,
      space: false,
      zero: false,
      width: null,
      precision: null,
    }
    for (; i < chars.length; i++) {
      const flag = chars[i]
      if (flag === '-') spec.minus = true
      else if (flag === '+') spec.plus = true
      else if (flag === '#') spec.sharp = true
      else if (flag === ' ') spec.space = true
      else if (flag === '0') spec.zero = true
      else break
    }
    position()
    if (chars[i] === '*') {
      i++
      const width = star()
      if (width === null) out += '%!(BADWIDTH)'
      else {
        spec.width = Math.abs(width)
        if (width < 0) spec.minus = true
      }
    } else spec.width = number()
    if (chars[i] === '.') {
      i++
      position()
      if (chars[i] === '*') {
        i++
        const precision = star()
        if (precision === null || precision < 0) out += '%!(BADPREC)'
        else spec.precision = precision
      } else spec.precision = number() ?? 0
    }
    position()
    const verb = chars[i++]
    if (verb === undefined) {
      out += '%!(NOVERB)'
      break
    }
    if (verb === '%') {
      out += '%'
      continue
    }
    if (badIndex) {
      badIndex = false
      out += `%!${verb}(BADINDEX)`
      continue
    }
    const arg = args[next++]
    out +=
      arg === undefined
        ? `%!${verb}(MISSING)`.replace('MISSING', reordered ? 'BADINDEX' : 'MISSING')
        : format(arg, verb, spec)
    if (out.length > MAX_TEXT) throw new LimitError('a text is too long')
  }
  if (!reordered && next < args.length) {
    const extra = args.slice(next).map((arg) => `${typeNameOf(arg)}=${valueText(arg)}`)
    out += `%!(EXTRA ${extra.join(', ')})`
  }
  m.spendText(out.length)
  return out
}

export const FORMATTING: Builtins = {
  sprintf: (m, a, b) => sprintf(m, stringAt(a, 1), arrayAt(b, 2)),
}
