/** One value under one verb of Go's `fmt`: what stands behind a `%` in `sprintf`. */
import { textBytes } from '../byte-text.ts'
import { LimitError, MAX_TEXT } from '../machine.ts'
import { binaryForm, exponentForm, fixedForm, generalForm, hexadecimalForm } from './float-text.ts'
import { NondeterministicError } from './nondeterministic.ts'
import { isPrintable, quote } from './value-text.ts'

/** What Go's fmt is given: an integer of 64 bits or a larger one, a float64, or text. */
export type Arg =
  | { readonly kind: 'int' | 'big'; readonly value: bigint }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }

/** The flags of a directive. Under `%v`, `#` and `+` ask for Go's syntax and for names of fields instead. */
export interface Flags {
  minus: boolean
  plus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  sharpV: boolean
  plusV: boolean
  width: number | null
  precision: number | null
}

export function noFlags(): Flags {
  return {
    minus: false,
    plus: false,
    sharp: false,
    space: false,
    zero: false,
    sharpV: false,
    plusV: false,
    width: null,
    precision: null,
  }
}

const TYPE_NAMES = { int: 'int64', big: '*big.Int', float: 'float64', string: 'string' } as const

export function typeNameOf(arg: Arg): string {
  return TYPE_NAMES[arg.kind]
}

function repeated(char: string, count: number): string {
  if (count > MAX_TEXT) throw new LimitError('a text is too long')
  return count > 0 ? char.repeat(count) : ''
}

function lengthOf(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

/** Pads by code points; with zeros only on the left. */
function pad(text: string, flags: Flags, zeros = flags.zero): string {
  if (flags.width === null) return text
  const missing = flags.width - lengthOf(text)
  return flags.minus ? text + repeated(' ', missing) : repeated(zeros ? '0' : ' ', missing) + text
}

function signOf(negative: boolean, flags: Flags): string {
  return negative ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
}

const RADIX: Readonly<Record<string, number>> = { b: 2, o: 8, O: 8, x: 16, X: 16 }

function magnitude(value: bigint, verb: string): string {
  const digits = (value < 0n ? -value : value).toString(RADIX[verb] ?? 10)
  return verb === 'X' ? digits.toUpperCase() : digits
}

function prefixOf(verb: string, sharp: boolean, digits: string): string {
  if (verb === 'O') return `0o${sharp && !digits.startsWith('0') ? '0' : ''}`
  if (!sharp) return ''
  if (verb === 'o') return digits.startsWith('0') ? '' : '0'
  return verb === 'b' || verb === 'x' || verb === 'X' ? `0${verb}` : ''
}

function formatInt(value: bigint, verb: string, flags: Flags): string {
  const { precision, width } = flags
  if (precision === 0 && value === 0n) return repeated(' ', width ?? 0)
  const sign = signOf(value < 0n, flags)
  let least = precision ?? 0
  // Zeros that fill the width count the sign, but not what `#` writes.
  if (precision === null && flags.zero && !flags.minus && width !== null) least = width - sign.length
  const digits = magnitude(value, verb)
  const filled = repeated('0', least - digits.length) + digits
  return pad(sign + prefixOf(verb, flags.sharp, filled) + filled, flags, false)
}

/** Large integers write themselves, by rules that differ in small things. */
function formatBig(value: bigint, verb: string, flags: Flags): string {
  if (!'bdoOxXsv'.includes(verb)) return `%!${verb}(big.Int=${value})`
  const { precision, width } = flags
  const sign = signOf(value < 0n, { ...flags, plus: flags.plus || flags.plusV })
  const digits = magnitude(value, verb)
  const sharp = flags.sharp || flags.sharpV
  const prefix = verb === 'O' ? '0o' : sharp ? prefixOf(verb, true, digits) : ''
  let zeros = Math.max(0, (precision ?? 0) - digits.length)
  const missing = (width ?? 0) - sign.length - prefix.length - zeros - digits.length
  if (missing > 0 && !flags.minus && flags.zero && precision === null) zeros = missing
  return pad(`${sign}${prefix}${repeated('0', zeros)}${digits}`, flags, false)
}

/** A large integer under a verb that is none: the parts of Go's struct. */
function formatBigParts(value: bigint, flags: Flags): string {
  const words: bigint[] = []
  for (let rest = value < 0n ? -value : value; rest > 0n; rest >>= 64n) words.push(BigInt.asUintN(64, rest))
  const negative = pad(String(value < 0n), flags)
  if (flags.sharpV) {
    const list = words.map((word) => formatInt(word, 'x', { ...flags, sharp: true })).join(', ')
    return `&big.Int{neg:${negative}, abs:big.nat{${list}}}`
  }
  const list = `[${words.map((word) => formatInt(word, 'd', flags)).join(' ')}]`
  return flags.plusV ? `&{neg:${negative} abs:${list}}` : `&{${negative} ${list}}`
}

function codePoint(value: bigint): string {
  return value >= 0n && value <= 0x10ffffn ? String.fromCodePoint(Number(value)).toWellFormed() : '\ufffd'
}

function formatUnicode(value: bigint, flags: Flags): string {
  const digits = BigInt.asUintN(64, value).toString(16).toUpperCase()
  const char = value >= 0n && value <= 0x10ffffn ? String.fromCodePoint(Number(value)) : ''
  const shown = flags.sharp && char !== '' && isPrintable(char) ? ` '${char}'` : ''
  return pad(`U+${repeated('0', Math.max(4, flags.precision ?? 0) - digits.length)}${digits}${shown}`, flags, false)
}

function quotedChar(char: string, ascii: boolean): string {
  if (char === "'") return `'\\''`
  return char === '"' ? `'"'` : `'${quote(char, ascii).slice(1, -1)}'`
}

/** `%#g` and the like keep the point and the zeros that the digits asked for leave. */
function withPoint(text: string, verb: string, precision: number | null): string {
  const [, mantissa = '', tail = ''] = (/[xX]/.test(verb) ? /^([^pP]*)(.*)$/ : /^([^eE]*)(.*)$/).exec(text) ?? []
  let digits = 'gGx'.includes(verb) ? (precision ?? 6) : 0
  const pointed = mantissa.includes('.') ? mantissa : `${mantissa}.`
  const significant = mantissa.replace('.', '').replace(/^0+/, '')
  digits -= significant.length
  if (mantissa === '0') digits--
  return `${pointed}${repeated('0', digits)}${tail}`
}

function formatFloat(value: number, asked: string, flags: Flags): string {
  const verb = asked === 'v' ? 'g' : asked === 'F' ? 'f' : asked
  const negative = value < 0 || Object.is(value, -0)
  const abs = Math.abs(value)
  const { precision } = flags
  repeated('0', precision ?? 0)
  let body: string
  if (verb === 'g' || verb === 'G') body = generalForm(abs, precision, verb === 'G' ? 'E' : 'e')
  else if (verb === 'e' || verb === 'E') body = exponentForm(abs, precision ?? 6, verb)
  else if (verb === 'x' || verb === 'X') body = hexadecimalForm(abs, precision, verb === 'X')
  else if (verb === 'b') body = binaryForm(abs)
  else body = fixedForm(abs, precision ?? 6)
  if (flags.sharp && verb !== 'b') body = withPoint(body, verb, precision)
  const sign = signOf(negative, flags)
  if (sign !== '' && flags.zero && !flags.minus && flags.width !== null)
    return sign + repeated('0', flags.width - sign.length - body.length) + body
  return pad(sign + body, flags)
}

/** Go's CanBackquote: no backquote, no control character but tab, no byte order mark. */
function rawQuotable(text: string): boolean {
  return Array.from(text).every((char) => {
    const point = char.codePointAt(0) ?? 0
    return char !== '`' && point !== 0x7f && point !== 0xfeff && (point >= 32 || point === 9)
  })
}

function formatBytes(text: string, upper: boolean, flags: Flags): string {
  const hex = textBytes(text)
    .subarray(0, flags.precision ?? undefined)
    .toString('hex')
  const digits = upper ? hex.toUpperCase() : hex
  if (digits === '') return pad('', flags)
  const lead = flags.sharp ? (upper ? '0X' : '0x') : ''
  const body = flags.space ? (digits.match(/../g) ?? []).map((byte) => lead + byte).join(' ') : lead + digits
  return pad(body, flags)
}

function formatString(value: string, verb: string, flags: Flags): string {
  if (verb === 'x' || verb === 'X') return formatBytes(value, verb === 'X', flags)
  const text = flags.precision === null ? value : Array.from(value).slice(0, flags.precision).join('')
  if (verb !== 'q' && !flags.sharpV) return pad(text, flags)
  if (flags.sharp && rawQuotable(text)) return pad(`\`${text}\``, flags)
  return pad(quote(text, flags.plus), flags)
}

/** The value under this verb, or Go's remark that the verb does not suit it. `%v` and `%w` have set their flags before. */
export function formatArg(arg: Arg, verb: string, flags: Flags): string {
  if (verb === 'T') return formatString(typeNameOf(arg), 's', flags)
  const isWritten = verb === 'v'
  if (arg.kind === 'big' && verb !== 'w' && verb !== 'p') return formatBig(arg.value, verb, flags)
  if (arg.kind === 'int') {
    if (isWritten || 'bdoOxX'.includes(verb)) return formatInt(arg.value, isWritten ? 'd' : verb, flags)
    if (verb === 'U') return formatUnicode(arg.value, flags)
    if (verb === 'c') return pad(codePoint(arg.value), flags)
    if (verb === 'q') return pad(quotedChar(codePoint(arg.value), flags.plus), flags)
  }
  if (arg.kind === 'float' && (isWritten || 'beEfFgGxX'.includes(verb))) return formatFloat(arg.value, verb, flags)
  if (arg.kind === 'string' && (isWritten || 'sqxX'.includes(verb))) return formatString(arg.value, verb, flags)
  if (arg.kind === 'big' && verb === 'p') throw new NondeterministicError('`%p` of a large integer is an address')
  const said = arg.kind === 'big' ? formatBigParts(arg.value, flags) : formatArg(arg, 'v', flags)
  return `%!${verb}(${typeNameOf(arg)}=${said})`
}
