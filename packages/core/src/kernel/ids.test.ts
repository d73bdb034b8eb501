import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ID_PREFIXES, idOf, isId, makeId, newId, type IdKind } from './ids.ts'

const kinds = Object.keys(ID_PREFIXES) as IdKind[]
const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 })
const time = fc.integer({ min: 0, max: 2 ** 48 - 1 })

test('an id is its prefix and a UUID of version 7 and variant 10 (RFC 9562, section 5.7)', () => {
  fc.assert(
    fc.property(fc.constantFrom(...kinds), time, bytes, (kind, at, random) => {
      const id = makeId(kind, at, random)
      const [prefix, hex = ''] = id.split('_')
      expect(prefix).toBe(ID_PREFIXES[kind])
      expect(hex).toMatch(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/)
      expect(Number.parseInt(hex.slice(0, 12), 16)).toBe(at)
      expect(isId(kind, id)).toBe(true)
      expect(idOf(kind).parse(id)).toBe(id)
    }),
  )
})

test('ids sort by their time', () => {
  fc.assert(
    fc.property(time, time, bytes, bytes, (a, b, x, y) => {
      fc.pre(a < b)
      expect(makeId('story', a, x) < makeId('story', b, y)).toBe(true)
    }),
  )
})

test('an id is of one kind only, and of nothing longer or in capitals', () => {
  const id = newId('task', Date.UTC(2026, 0, 1))
  expect(kinds.filter((kind) => isId(kind, id))).toEqual(['task'])
  for (const text of [`${id}\n`, `${id}0`, ` ${id}`, id.toUpperCase(), id.slice(0, -1), '']) {
    expect(isId('task', text)).toBe(false)
    expect(idOf('task').safeParse(text).success).toBe(false)
  }
})

test('prefixes are unlike each other', () => {
  expect(new Set(Object.values(ID_PREFIXES)).size).toBe(kinds.length)
})

test('too little randomness is a bug', () => {
  expect(() => makeId('run', 0, new Uint8Array(9))).toThrow(RangeError)
})

test('ten thousand ids of one instant are all different', () => {
  expect(new Set(Array.from({ length: 10_000 }, () => newId('request', 1))).size).toBe(10_000)
})
