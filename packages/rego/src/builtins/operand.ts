import { BuiltinError, type Machine } from '../machine.ts'
import { BigNum, isNumber, numberText, RegoObject, RegoSet, typeName, type Value } from '../value.ts'

/** A builtin: throws BuiltinError where it has no result. Its number of parameters is its arity plus one. */
export type Builtin = (m: Machine, ...operands: Value[]) => Value
export type Builtins = Readonly<Record<string, Builtin>>

/** The builtin has no result, and that is no error: undefined also in strict mode. */
export class NoValueError extends BuiltinError {}

/** The operand at this position (from 1) has the wrong type, said in OPA's words. */
export function typeError(position: number, value: Value, ...expected: string[]): BuiltinError {
  const wanted = expected.length === 1 ? expected[0] : `one of {${expected.join(', ')}}`
  return new BuiltinError(`operand ${position} must be ${wanted} but got ${typeName(value)}`, 'eval_type_error')
}

export function elementError(position: number, composite: Value, value: Value, ...expected: string[]): BuiltinError {
  const outer = typeName(composite)
  const wanted = expected.length === 1 ? `${outer} of ${expected[0]}s` : `${outer} of (any of) {${expected.join(', ')}}`
  return new BuiltinError(
    `operand ${position} must be ${wanted} but got ${outer} containing ${typeName(value)}`,
    'eval_type_error',
  )
}

export function operandError(position: number, message: string): BuiltinError {
  return new BuiltinError(`operand ${position} ${message}`, 'eval_type_error')
}

export function stringAt(value: Value, position: number): string {
  if (typeof value !== 'string') throw typeError(position, value, 'string')
  return value
}

export function numberAt(value: Value, position: number): number | BigNum {
  if (!isNumber(value)) throw typeError(position, value, 'number')
  return value
}

/** An integer of 64 bits as OPA reads one: `1.0` is one, `1e0` is none. Beyond 2^53 the nearest double. */
export function integerAt(value: Value, position: number): number {
  const number = numberAt(value, position)
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number
  const whole = writtenInteger(number)
  if (whole === null) throw operandError(position, 'must be integer number but got floating-point number')
  return Number(whole)
}

export function bigIntegerAt(value: Value, position: number): bigint {
  if (!isNumber(value)) throw typeError(position, value, 'integer')
  const big = bigIntegerOf(value)
  if (big === null) throw operandError(position, 'must be integer number but got floating-point number')
  return big
}

/** The number as an integer, however it is written; null where it is none. */
export function bigIntegerOf(value: number | BigNum): bigint | null {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : null
  return value.whole()
}

/** An integer of 64 bits that is also written as one: OPA reads `1e9` as none here, `1.0` as one. Null for others. */
export function writtenInteger(value: number | BigNum): bigint | null {
  return integerOfText(numberText(value))
}

/** The same of a text, which may lack digits on either side of the point. OPA reads at most 19 characters. */
export function integerOfText(text: string): bigint | null {
  const match = /^([+-]?)(?=.{1,19}$)(\d*)(?:\.0*)?$/.exec(text)
  if (match === null) return null
  const [, sign, digits] = match
  const whole = BigInt(`${sign === '-' ? '-' : ''}${digits || '0'}`)
  return BigInt.asIntN(64, whole) === whole ? whole : null
}

export function fromBigInteger(value: bigint): number | BigNum {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : new BigNum(value.toString())
}

/** A key of what came from JSON, where all keys are text. */
export function keyText(key: Value): string {
  return typeof key === 'string' ? key : ''
}

export function booleanAt(value: Value, position: number): boolean {
  if (typeof value !== 'boolean') throw typeError(position, value, 'boolean')
  return value
}

export function arrayAt(value: Value, position: number): Value[] {
  if (!Array.isArray(value)) throw typeError(position, value, 'array')
  return value
}

export function objectAt(value: Value, position: number): RegoObject {
  if (!(value instanceof RegoObject)) throw typeError(position, value, 'object')
  return value
}

export function setAt(value: Value, position: number): RegoSet {
  if (!(value instanceof RegoSet)) throw typeError(position, value, 'set')
  return value
}

/** Strings of an array or set, in order. */
export function stringsAt(value: Value, position: number): string[] {
  const items = Array.isArray(value) ? value : value instanceof RegoSet ? value.sorted() : undefined
  if (items === undefined) throw typeError(position, value, 'array', 'set')
  return items.map((item) => {
    if (typeof item !== 'string') throw elementError(position, value, item, 'string')
    return item
  })
}
