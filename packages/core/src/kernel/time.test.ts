import fc from 'fast-check'
import { expect, test } from 'vitest'
import { instant, isInstant, isPast, millis, plus, type Instant } from './time.ts'

const time = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) })

test('an instant says its milliseconds, and comes back the same', () => {
  fc.assert(
    fc.property(time, (at) => {
      expect(millis(instant(at))).toBe(at)
      expect(isInstant(instant(at))).toBe(true)
    }),
  )
})

test('what is not a day, not UTC or not in milliseconds is no instant', () => {
  for (const text of [
    '2026-02-30T00:00:00.000Z',
    '2026-01-01T24:00:00.000Z',
    '2026-13-01T00:00:00.000Z',
    '2026-01-01T00:00:00Z',
    '2026-01-01T00:00:00.000+00:00',
    '2026-01-01',
    '',
    '2026-01-01T00:00:00.000Z\n',
  ])
    expect(isInstant(text), `"${text}"`).toBe(false)
})

test('instants sort as text', () => {
  fc.assert(fc.property(time, time, (a, b) => instant(a) < instant(b) === a < b))
})

test('a deadline is past at its own instant, and where it cannot be read', () => {
  const at = instant(1000)
  expect(isPast(plus(at, 1), at)).toBe(false)
  expect(isPast(at, at)).toBe(true)
  expect(isPast('later' as Instant, at)).toBe(true)
  expect(isPast(at, 'now' as Instant)).toBe(true)
})
