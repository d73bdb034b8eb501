/** Which numbers OPA takes from a text: their binary exponent is bounded, so that no operation on them takes long. */
import { BigNum, RegoObject, type Value } from '../value.ts'

const MAX_BINARY_EXPONENT = 100_000

/** Leading digits that decide the binary exponent; more change it by nothing that a test could tell. */
const DIGITS = 40

const bits = (whole: bigint): number =>
  whole.toString(16).length * 4 - Math.clz32(parseInt(whole.toString(16)[0] ?? '0', 16)) + 28

/** Whether a number as JSON writes it lies within 2^100000 and 2^-100000. Without an exponent each one does. */
export function isNumberInRange(text: string): boolean {
  const [, whole = '', fraction = '', exponent] = /^[+-]?(\d*)(?:\.(\d*))?[eE]([+-]?\d+)$/.exec(text) ?? []
  if (exponent === undefined) return true
  const power = Number(exponent)
  const marker = text.search(/[eE]/)
  if (marker + Math.abs(power) <= MAX_BINARY_EXPONENT / 4) return true
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  if (digits === '') return exponent.length < 19
  const leading = BigInt(digits.slice(0, DIGITS))
  const shift = power - fraction.length + Math.max(0, digits.length - DIGITS)
  if (Math.abs(shift) > MAX_BINARY_EXPONENT) return false
  if (shift >= 0) return bits(leading * 10n ** BigInt(shift)) <= MAX_BINARY_EXPONENT
  const room = BigInt(Math.ceil(-shift * 3.33) + 64)
  return bits((leading << room) / 10n ** BigInt(-shift)) - Number(room) >= -MAX_BINARY_EXPONENT
}

/** Whether all numbers in a value read from this JSON text are in range. */
export function areNumbersInRange(text: string, value: Value): boolean {
  // Only long exponents, or long numbers with one, can be out of it.
  if (!(text.length > 20_000 ? /\d[eE]/ : /[\d.][eE][+-]?\d{4}/).test(text)) return true
  return inRange(value)
}

function inRange(value: Value): boolean {
  if (value instanceof BigNum) return isNumberInRange(value.text)
  if (Array.isArray(value)) return value.every(inRange)
  return !(value instanceof RegoObject) || value.sorted().values.every(inRange)
}
