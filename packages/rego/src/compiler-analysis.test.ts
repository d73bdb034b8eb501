import { expect, test } from 'vitest'
import { isAgain } from './compiler-analysis.ts'
import type { Operand, Statement } from './plan.ts'

const insert = (
  object: number,
  key: Operand,
  value: Operand,
  type: 'ObjectInsert' | 'ObjectInsertOnce' = 'ObjectInsert',
): Statement => ({
  type,
  object,
  key,
  value,
  location: null,
})

test('an insertion is left out where the statement before is the same, and only there', () => {
  const [key, other, value] = [{ string: 1 }, { local: 1 }, { local: 7 }]
  const first = insert(3, key, value)
  expect(isAgain(insert(3, { string: 1 }, { local: 7 }), first)).toBe(true)
  for (const second of [insert(4, key, value), insert(3, other, value), insert(3, key, other)])
    expect(isAgain(second, first)).toBe(false)
  expect(isAgain(first, undefined)).toBe(false)
  const once = insert(3, key, value, 'ObjectInsertOnce')
  expect(isAgain(once, once)).toBe(false)
})
