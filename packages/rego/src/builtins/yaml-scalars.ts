import { bytesText } from '../byte-text.ts'
import { BuiltinError } from '../machine.ts'
import type { BigNum, Value } from '../value.ts'
import { numberFromText } from '../value.ts'
import { base64Bytes } from './encoding.ts'
import { fromBigInteger } from './operand.ts'
import { formatTime } from './time-layout.ts'
import { parseTime, type ReadTime } from './time-parser.ts'

/** What a scalar of YAML is: go-yaml's tag and value. */
export type Scalar =
  | { readonly tag: 'str'; readonly value: string }
  | { readonly tag: 'null'; readonly value: null }
  | { readonly tag: 'bool'; readonly value: boolean }
  | { readonly tag: 'int'; readonly value: bigint }
  | { readonly tag: 'float'; readonly value: number }
  | { readonly tag: 'timestamp'; readonly value: ReadTime }

const WORDS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...['true', 'True', 'TRUE'].map((word): [string, Scalar] => [word, { tag: 'bool', value: true }]),
  ...['false', 'False', 'FALSE'].map((word): [string, Scalar] => [word, { tag: 'bool', value: false }]),
  ...['', '~', 'null', 'Null', 'NULL'].map((word): [string, Scalar] => [word, { tag: 'null', value: null }]),
  ...['.nan', '.NaN', '.NAN'].map((word): [string, Scalar] => [word, { tag: 'float', value: Number.NaN }]),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word): [string, Scalar] => [
    word,
    { tag: 'float', value: Infinity },
  ]),
  ...['-.inf', '-.Inf', '-.INF'].map((word): [string, Scalar] => [word, { tag: 'float', value: -Infinity }]),
])

const MIN_INT = -(1n << 63n)
const MAX_INT = (1n << 63n) - 1n
const MAX_UINT = (1n << 64n) - 1n

/** An integer as Go reads it with base 0, where underscores are gone: 0x, 0o, 0b, and octal after a bare zero. */
function integer(text: string): bigint | undefined {
  const match = /^([+-]?)(?:0([xX])([0-9a-fA-F]+)|0([bB])([01]+)|0[oO]?([0-7]+)|(0|[1-9]\d*))$/.exec(text)
  if (match === null || text.length > 80) return undefined
  const [, sign, hex, hexDigits, bits, bitDigits, octal, decimal = '0'] = match
  const size =
    hex !== undefined
      ? BigInt(`0x${hexDigits}`)
      : bits !== undefined
        ? BigInt(`0b${bitDigits}`)
        : octal !== undefined
          ? BigInt(`0o${octal}`)
          : BigInt(decimal)
  const value = sign === '-' ? -size : size
  if (value < MIN_INT || value > MAX_UINT) return undefined
  // Beyond 63 bits only what has no sign is read.
  return value > MAX_INT && sign === '+' ? undefined : value
}

/** A second sign behind `0b` or `0o`, which go-yaml hands on to Go. */
function signedInteger(text: string): bigint | undefined {
  const match = /^0([bo])([+-])(\d+)$/.exec(text)
  if (match === null) return undefined
  const value = integer(`${match[2]}0${match[1]}${match[3]}`)
  return value !== undefined && value <= MAX_INT ? value : undefined
}

const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/

function float(text: string): number | undefined {
  const value = FLOAT.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}

const TIMES = [
  '2006-1-2T15:4:5.999999999Z07:00',
  '2006-1-2t15:4:5.999999999Z07:00',
  '2006-1-2 15:4:5.999999999',
  '2006-1-2',
]

function timestamp(text: string): ReadTime | undefined {
  if (!/^\d{4}-/.test(text) || text.length > 60) return undefined
  for (const layout of TIMES) {
    try {
      return parseTime(layout, text)
    } catch (error) {
      if (!(error instanceof BuiltinError)) throw error
    }
  }
  return undefined
}

/** What plain text is without a tag (YAML 1.2 core, with what go-yaml keeps of 1.1). */
export function plainScalar(text: string): Scalar {
  const first = text.charAt(0)
  const word = /^(?:[yYnNtTfFoO~.+-]|$)/.test(text) ? WORDS.get(text) : undefined
  if (word !== undefined) return word
  if (first === '.') {
    const value = float(text)
    return value === undefined ? { tag: 'str', value: text } : { tag: 'float', value }
  }
  if (/^[0-9+-]/.test(first)) {
    const time = timestamp(text)
    if (time !== undefined) return { tag: 'timestamp', value: time }
    const plain = text.replaceAll('_', '')
    const whole = integer(plain)
    if (whole !== undefined) return { tag: 'int', value: whole }
    const value = float(plain)
    if (value !== undefined) return { tag: 'float', value }
    const signed = signedInteger(plain)
    if (signed !== undefined) return { tag: 'int', value: signed }
  }
  return { tag: 'str', value: text }
}

/** go-yaml's short tag of plain text that has none of its own. */
export function implicitTag(text: string): string {
  return text === '<<' ? '!!merge' : `!!${plainScalar(text).tag}`
}

const RESOLVED: ReadonlySet<string> = new Set(['!!bool', '!!int', '!!float', '!!null', '!!timestamp'])

/** What a scalar with this short tag is. Throws BuiltinError where the text does not suit the tag. */
export function taggedScalar(tag: string, text: string): Scalar {
  if (tag === '!!binary') return { tag: 'str', value: bytesText(base64Bytes(text, 'standard')).toWellFormed() }
  if (!RESOLVED.has(tag)) return { tag: 'str', value: text }
  const found = plainScalar(text)
  if (`!!${found.tag}` === tag) return found
  if (tag === '!!float' && found.tag === 'int' && found.value <= MAX_INT)
    return { tag: 'float', value: Number(found.value) }
  throw new BuiltinError(`yaml: cannot decode !!${found.tag} as a ${tag}`)
}

/** The value in JSON; what is not finite has none. */
export function scalarValue(scalar: Scalar): Value {
  if (scalar.tag === 'int') return fromBigInteger(scalar.value)
  if (scalar.tag === 'float') return floatValue(scalar.value)
  if (scalar.tag === 'timestamp') {
    const t = scalar.value
    const shown = { ...t, days: 0, zone: () => '' }
    return formatTime(shown, '2006-01-02T15:04:05.999999999Z07:00')
  }
  return scalar.value
}

function floatValue(value: number): number | BigNum {
  if (!Number.isFinite(value)) throw new BuiltinError(`json: unsupported value: ${value}`)
  return numberFromText(Object.is(value, -0) ? '-0' : String(value))
}

/** Go's shortest form of a double by `%g`: with an exponent below 1e-4 and from 1e6 on. */
export function shortFloat(value: number): string {
  return short(value, value.toExponential())
}

/** The same of the nearest number of 32 bits, which is how go-yaml writes keys. */
export function shortFloat32(value: number): string {
  const near = Math.fround(value)
  if (Number.isNaN(near)) return '.nan'
  if (!Number.isFinite(near)) return near > 0 ? '.inf' : '-.inf'
  for (let digits = 0; digits < 9; digits++) {
    const text = near.toExponential(digits)
    if (Math.fround(Number(text)) === near) return short(near, text)
  }
  return short(near, near.toExponential())
}

function short(value: number, scientific: string): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', exponent = '0'] = scientific.split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return String(Number(scientific))
  return `${mantissa}e${power < 0 ? '-' : '+'}${Math.abs(power).toString().padStart(2, '0')}`
}
