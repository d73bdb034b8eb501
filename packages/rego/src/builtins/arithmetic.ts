import { BuiltinError, LimitError, type Machine } from '../machine.ts'
import {
  decimalOf,
  wideAdd,
  wideDivide,
  wideFromDecimal,
  wideMultiply,
  wideNegate,
  wideText,
  wideTruncate,
  type WideFloat,
} from '../float64-wide.ts'
import { BigNum, isNumber, numberFromText, numberText, RegoSet, setOf, type Value } from '../value.ts'
import { isNumberInRange } from './number-range.ts'
import {
  bigIntegerAt,
  bigIntegerOf,
  elementError,
  fromBigInteger,
  numberAt,
  operandError,
  typeError,
  type Builtins,
} from './operand.ts'

type Num = number | BigNum

/** The number as OPA computes with it where it is no integer. */
export function wide(value: Num): WideFloat {
  const { m, e } = decimalOf(numberText(value)) ?? { m: 0n, e: 0 }
  return wideFromDecimal(m, e)
}

export function fromWide(value: WideFloat): Num {
  return numberFromText(wideText(value))
}

const MAX_DIGITS = 20_000

function charge(m: Machine, a: Num, b: Num): void {
  if (typeof a === 'number' && typeof b === 'number') return
  const digits = numberText(a).length + numberText(b).length
  if (digits > MAX_DIGITS) throw new LimitError('a number has too many digits')
  m.spend(digits >> 3)
}

function small(value: Num): value is number {
  return typeof value === 'number' && Number.isInteger(value)
}

function sum(m: Machine, a: Num, b: Num): Num {
  if (small(a) && small(b)) {
    const fast = a + b
    if (Number.isSafeInteger(fast)) return fast
  }
  charge(m, a, b)
  const x = bigIntegerOf(a)
  const y = x === null ? null : bigIntegerOf(b)
  if (x !== null && y !== null) return fromBigInteger(x + y)
  return fromWide(wideAdd(wide(a), wide(b)))
}

function difference(m: Machine, a: Num, b: Num): Num {
  if (small(a) && small(b)) {
    const fast = a - b
    if (Number.isSafeInteger(fast)) return fast
  }
  charge(m, a, b)
  const x = bigIntegerOf(a)
  const y = x === null ? null : bigIntegerOf(b)
  if (x !== null && y !== null) return fromBigInteger(x - y)
  return fromWide(wideAdd(wide(a), wideNegate(wide(b))))
}

function product(m: Machine, a: Num, b: Num): Num {
  if (small(a) && small(b)) {
    const fast = a * b
    if (Number.isSafeInteger(fast)) return fast === 0 ? 0 : fast
  }
  charge(m, a, b)
  const x = bigIntegerOf(a)
  const y = x === null ? null : bigIntegerOf(b)
  if (x !== null && y !== null) return fromBigInteger(x * y)
  return signedZero(fromWide(wideMultiply(wide(a), wide(b))), a, b)
}

/** Floating point knows a negative zero, and OPA writes it. */
function signedZero(result: Num, a: Num, b: Num): Num {
  const negative = numberText(a).startsWith('-') !== numberText(b).startsWith('-')
  return result === 0 && negative ? new BigNum('-0') : result
}

function quotient(m: Machine, a: Num, b: Num): Num {
  if (small(a) && small(b) && a !== 0 && b !== 0 && a % b === 0) return a / b
  charge(m, a, b)
  const divisor = wide(b)
  if (divisor.m === 0n) throw new BuiltinError('divide by zero')
  return signedZero(fromWide(wideDivide(wide(a), divisor)), a, b)
}

function remainder(m: Machine, a: Num, b: Num): Num {
  charge(m, a, b)
  const x = bigIntegerOf(a)
  const y = bigIntegerOf(b)
  if (x === null || y === null) throw new BuiltinError('modulo on floating-point number')
  if (y === 0n) throw new BuiltinError('modulo by zero')
  return fromBigInteger(x % y)
}

function isWhole(value: WideFloat): boolean {
  return value.e >= 0 || value.m % (1n << BigInt(-value.e)) === 0n
}

function rounded(value: Value, how: (x: WideFloat) => bigint): Value {
  const number = numberAt(value, 1)
  if (small(number)) return number
  // What is read is rounded to 64 bits; the integer made of it is written in full.
  return fromBigInteger(how(wide(number)))
}

const HALF: WideFloat = { m: 1n, e: -1 }

/** Members of an array or set, all numbers. */
function numbersAt(value: Value): Num[] {
  const items = Array.isArray(value) ? value : value instanceof RegoSet ? value.sorted() : undefined
  if (items === undefined) throw typeError(1, value, 'set', 'array')
  return items.map((item) => {
    if (!isNumber(item)) throw elementError(1, value, item, 'number')
    return item
  })
}

function range(m: Machine, from: Value, to: Value, step: bigint): Value {
  const start = bigIntegerAt(from, 1)
  const end = bigIntegerAt(to, 2)
  const span = start <= end ? end - start : start - end
  if (span / step > 1_000_000n) throw new LimitError('numbers.range has more than 1000000 members')
  m.spendItems(Number(span / step))
  const out: Value[] = []
  if (start <= end) for (let i = start; i <= end; i += step) out.push(fromBigInteger(i))
  else for (let i = start; i >= end; i -= step) out.push(fromBigInteger(i))
  return out
}

function shift(a: Value, b: Value, left: boolean): Value {
  const value = bigIntegerAt(a, 1)
  const by = bigIntegerAt(b, 2)
  if (by < 0n) throw operandError(2, 'must be an unsigned integer number but got a negative integer')
  // OPA shifts by the low 64 bits of what was asked.
  const bits = BigInt.asUintN(64, by)
  if (left && bits > 65_536n) throw new LimitError('bits.lsh shifts by more than 65536')
  return fromBigInteger(left ? value << bits : value >> (bits > 1_000_000n ? 1_000_000n : bits))
}

export const ARITHMETIC: Builtins = {
  plus: (m, a, b) => sum(m, numberAt(a, 1), numberAt(b, 2)),
  minus: (m, a, b) => {
    if (isNumber(a) && isNumber(b)) return difference(m, a, b)
    if (a instanceof RegoSet && b instanceof RegoSet) {
      m.spend(a.size)
      return setOf(a.sorted().filter((item) => !b.has(item)))
    }
    if (!isNumber(a) && !(a instanceof RegoSet)) throw typeError(1, a, 'number', 'set')
    throw isNumber(b) ? typeError(2, b, 'set') : typeError(2, b, 'number')
  },
  mul: (m, a, b) => product(m, numberAt(a, 1), numberAt(b, 2)),
  div: (m, a, b) => quotient(m, numberAt(a, 1), numberAt(b, 2)),
  rem: (m, a, b) => remainder(m, numberAt(a, 1), numberAt(b, 2)),
  abs: (_m, a) => {
    const number = numberAt(a, 1)
    if (small(number)) return Math.abs(number)
    const value = wide(number)
    return fromWide(value.m < 0n ? wideNegate(value) : value)
  },
  round: (_m, a) => rounded(a, (x) => wideTruncate(wideAdd(x, x.m < 0n ? wideNegate(HALF) : HALF))),
  // OPA looks at the sign of the truncated number, which between -1 and 0 is none: ceil(-0.5) is 1, floor(-0.5) is 0.
  ceil: (_m, a) => rounded(a, (x) => wideTruncate(x) + (wideTruncate(x) >= 0n && !isWhole(x) ? 1n : 0n)),
  floor: (_m, a) => rounded(a, (x) => wideTruncate(x) - (wideTruncate(x) < 0n && !isWhole(x) ? 1n : 0n)),
  sum: (m, a) => {
    const numbers = numbersAt(a)
    m.spend(numbers.length)
    if (numbers.every((n) => bigIntegerOf(n) !== null)) return numbers.reduce((acc, n) => sum(m, acc, n), 0 as Num)
    return fromWide(numbers.map(wide).reduce(wideAdd, { m: 0n, e: 0 }))
  },
  product: (m, a) => {
    const numbers = numbersAt(a)
    m.spend(numbers.length)
    if (numbers.every((n) => bigIntegerOf(n) !== null)) return numbers.reduce((acc, n) => product(m, acc, n), 1 as Num)
    // OPA multiplies into a float of 53 bits here, which began as the double 1.
    const result = numbers.map(wide).reduce((acc, n) => wideMultiply(acc, n, 53), { m: 1n, e: 0 })
    const negative = numbers.filter((n) => numberText(n).startsWith('-')).length % 2 === 1
    return result.m === 0n && negative ? new BigNum('-0') : numberFromText(wideText(result, 53))
  },
  'numbers.range': (m, a, b) => range(m, a, b, 1n),
  'numbers.range_step': (m, a, b, c) => {
    bigIntegerAt(a, 1)
    bigIntegerAt(b, 2)
    const step = bigIntegerAt(c, 3)
    if (step <= 0n) throw new BuiltinError('numbers.range_step: step must be a positive integer')
    return range(m, a, b, step)
  },
  'bits.and': (_m, a, b) => fromBigInteger(bigIntegerAt(a, 1) & bigIntegerAt(b, 2)),
  'bits.or': (_m, a, b) => fromBigInteger(bigIntegerAt(a, 1) | bigIntegerAt(b, 2)),
  'bits.xor': (_m, a, b) => fromBigInteger(bigIntegerAt(a, 1) ^ bigIntegerAt(b, 2)),
  'bits.negate': (_m, a) => fromBigInteger(~bigIntegerAt(a, 1)),
  'bits.lsh': (_m, a, b) => shift(a, b, true),
  'bits.rsh': (_m, a, b) => shift(a, b, false),
  format_int: (_m, a, b) => {
    const number = numberAt(a, 1)
    const base = numberAt(b, 2)
    const radix = typeof base === 'number' && [2, 8, 10, 16].includes(base) ? base : 0
    if (radix === 0) throw operandError(2, 'must be one of {2, 8, 10, 16}')
    return wideTruncateExact(number).toString(radix)
  },
  to_number: (_m, a) => {
    if (a === null) return 0
    if (typeof a === 'boolean') return a ? 1 : 0
    if (isNumber(a)) return a
    if (typeof a === 'string') {
      if (a.length < 10_000 && isNumberText(a)) {
        if (!isDoubleText(a) || !isNumberInRange(a)) throw new BuiltinError('value out of range')
        return numberFromText(a)
      }
      if (/^[+-]*(?:inf|infinity|nan)$/i.test(a)) throw typeError(1, a, 'valid number string')
      throw new BuiltinError('invalid syntax')
    }
    throw typeError(1, a, 'null', 'boolean', 'number', 'string')
  },
}

/** What Go's `strconv.ParseFloat` reads: decimal or hexadecimal, single underscores between digits or after `0x`. */
function isNumberText(text: string): boolean {
  const plain = text.replaceAll('_', '')
  const hex = /^[+-]?0x/i.test(plain)
  if (
    !(hex ? /^[+-]?0x(?:[\da-f]+\.?[\da-f]*|\.[\da-f]+)p[+-]?\d+$/i : /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i).test(
      plain,
    )
  )
    return false
  return plain === text || !(hex ? /(?<![\da-fx])_|_(?![\da-f])/i : /(?<!\d)_|_(?!\d)/).test(text)
}

/** Whether the number is below the largest double. */
function isDoubleText(text: string): boolean {
  const plain = text.replaceAll('_', '')
  const power = /^[+-]?0x.*p([+-]?\d+)$/i.exec(plain)?.[1]
  if (power === undefined) return Number.isFinite(Number(plain))
  if (Math.abs(Number(power)) > 2000) return false
  const { m, e } = decimalOf(plain) ?? { m: 0n, e: 0 }
  return Number.isFinite(Number(`${m}e${e}`))
}

function wideTruncateExact(value: Num): bigint {
  // Only what is written as an integer is taken exactly.
  const text = numberText(value)
  return /^[+-]?\d+$/.test(text) ? BigInt(text) : wideTruncate(wide(value))
}
