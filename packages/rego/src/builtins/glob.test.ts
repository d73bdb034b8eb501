import fc from 'fast-check'
import { RE2JS } from 're2js'
import { expect, test } from 'vitest'
import { globPattern, GlobStates } from './glob.ts'

const text = (...units: string[]): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...units), { maxLength: 12 }).map((parts) => parts.join(''))

const byRe2 = (glob: string, delimiters: readonly string[], given: string): boolean =>
  RE2JS.compile(globPattern(glob, delimiters), RE2JS.DOTALL).matcher(given).find()

test('globs that are read by their states match what their regular expressions match', () => {
  const globs = text('*', '**', '?', 'a', 'b', '/', '.', '*.', '/**', ',', '-')
  const texts = text('a', 'b', '/', '.', 'ab', '\n', ',', '-', '?', '*', 'é')
  const delimiters = fc.constantFrom([], ['/'], ['.'], ['/', '.'], ['a'], ['-'])
  fc.assert(
    fc.property(globs, delimiters, texts, (glob, kinds, given) => {
      fc.pre(glob.length <= 30)
      expect(GlobStates.of(glob, kinds)?.match(given)).toBe(byRe2(glob, kinds, given))
    }),
    { numRuns: 3000 },
  )
})

test('a glob of thirty letters has its last state', () => {
  const glob = `${'ab?'.repeat(9)}**c`
  expect(glob).toHaveLength(30)
  expect(GlobStates.of(glob, ['/'])?.match('abc'.repeat(10))).toBe(true)
  expect(GlobStates.of('a'.repeat(30), ['/'])?.match('a'.repeat(30))).toBe(true)
  expect(GlobStates.of('a'.repeat(30), ['/'])?.match('a'.repeat(29))).toBe(false)
  expect(GlobStates.of('a'.repeat(31), ['/'])).toBeNull()
})

test('what else a glob can have is left to its regular expression', () => {
  for (const glob of ['[ab]', '{a,b}', '\\*', 'a}', '\u{1f600}', '\udc80'])
    expect([glob, GlobStates.of(glob, ['/'])]).toEqual([glob, null])
  expect(GlobStates.of('a*', ['\u{1f600}'])).toBeNull()
})

test('a text with characters of two units, or half of one, is left to it too', () => {
  expect(GlobStates.of('?', [])?.match('\u{1f600}')).toBeNull()
  expect(GlobStates.of('a*', ['/'])?.match('a\udc80')).toBeNull()
  // What comes after the end of all hope does not matter.
  expect(GlobStates.of('b*', ['/'])?.match('a\u{1f600}')).toBe(false)
})
