import { expect, test } from 'vitest'
import { bytesText, durationText, relativeTime } from './relative-time.ts'

const now = Date.parse('2026-11-21T12:00:00.000Z')
const second = 1000

test.each([
  [0, 'just now'],
  [-59, '59 s ago'],
  [-60, '1 min ago'],
  [-3599, '59 min ago'],
  [-3600 * 26, '1 d ago'],
  [-86_400 * 40, '1 mo ago'],
  [-86_400 * 800, '2 y ago'],
  [5, 'in a moment'],
  [86_400 * 6, 'in 6 d'],
])('%d seconds are "%s"', (seconds, text) => expect(relativeTime(now + seconds * second, now)).toBe(text))

test.each([
  [12.4, '12 ms'],
  [999.4, '999 ms'],
  [1000, '1.0 s'],
  [9990, '10.0 s'],
  [59_949, '60 s'],
  [59_950, '1 min 00 s'],
  [125_000, '2 min 05 s'],
  [3_600_000, '1 h 00 min'],
])('%d ms last "%s"', (milliseconds, text) => expect(durationText(milliseconds)).toBe(text))

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [999_950, '1.0 MB'],
  [51_200_031, '51.2 MB'],
])('%d bytes are "%s"', (bytes, text) => expect(bytesText(bytes)).toBe(text))
