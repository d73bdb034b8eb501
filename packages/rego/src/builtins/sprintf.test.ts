import { expect, test } from 'vitest'
import { Machine, LimitError, MAX_TEXT } from '../machine.ts'
import { BigNum, type Value } from '../value.ts'
import { stringAt } from './operand.ts'
import { link } from './link.ts'
import { sprintf } from './sprintf.ts'

const machine = (fuel = 1_000_000): Machine => new Machine({ fuel, maxDepth: 100, strictBuiltinErrors: false })

// What Go's fmt.Sprintf writes: what is read at once, and beside it what only looks as if it could be.
test.for<[pattern: string, values: Value[], text: string]>([
  ['%s is %d of %v and %v', ['a', 3, 'b', 4], 'a is 3 of b and 4'],
  ['no directive', [], 'no directive'],
  ['%d%%', [50], '50%'],
  ['%s', [5], '%!s(int64=5)'],
  ['%d', ['a'], '%!d(string=a)'],
  ['%v', [1.5], '1.5'],
  ['%d', [new BigNum('12345678901234567890')], '12345678901234567890'],
  ['%v', [['a', 1]], '["a", 1]'],
  ['%v', [null], 'null'],
  ['%3d|%-3d|%03d', [7, 7, 7], '  7|7  |007'],
  ['%s %s', ['a'], 'a %!s(MISSING)'],
  ['%s', ['a', 'b'], 'a%!(EXTRA string=b)'],
  ['no directive', [1], 'no directive%!(EXTRA int64=1)'],
  ['%', ['a'], '%!(NOVERB)%!(EXTRA string=a)'],
  ['%s %', ['a'], 'a %!(NOVERB)'],
  ['%[2]s%[1]s', ['a', 'b'], 'ba'],
  ['%s %d', ['%d', -1], '%d -1'],
])('sprintf(%j, %j)', ([pattern, values, text]) => {
  expect(sprintf(machine(), pattern, values)).toBe(text)
})

test('a text that would be too long is refused, however simple its pattern is', () => {
  // All of it together is longer than any text of JavaScript's: it must be refused before it is put together.
  const texts = Array.from({ length: 100 }, () => 'x'.repeat(MAX_TEXT))
  expect(() => sprintf(machine(), '%s'.repeat(100), texts)).toThrow(LimitError)
})

test('a builtin of three operands is charged for what it makes, and undefined where it fails', () => {
  const made = link((_m, a, b, c) =>
    [a, b, c]
      .map((part) => stringAt(part, 1))
      .join('')
      .repeat(640),
  )
  const m = machine()
  expect(made(m, 'ab', 'c', 'd')).toBe('abcd'.repeat(640))
  expect(m.fuel).toBe(1_000_000 - 1 - 40)
  expect(made(m, 'ab', 'c', 1)).toBeUndefined()
  expect(() => made(machine(0), 'ab', 'c', 'd')).toThrow(LimitError)
})
