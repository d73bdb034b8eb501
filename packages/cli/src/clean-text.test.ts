/* oxlint-disable no-control-regex -- control characters are what must not be there */
import { expect, test } from 'vitest'
import fc from 'fast-check'
import { cleanLine, cleanLines, columnsOf, fit, jsonText, pad, printable, spelledLines } from './clean-text.ts'

test.each([
  ['a colour', 'a\u001b[31mb', 'ab'],
  ['a C1 control sequence', 'a\u009b31mb', 'ab'],
  ['a window title (OSC, BEL)', 'a\u001b]0;evil\u0007b', 'ab'],
  ['a link (OSC 8, ST)', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', 'text'],
  ['a device string (DCS)', 'a\u001bP1$r\u001b\\b', 'ab'],
  ['a clipboard write that is not ended', 'a\u001b]52;c;AAAA\nb', 'a\nb'],
  ['a cursor move', 'a\u001b[2K\u001b[1Ab', 'ab'],
  ['backspaces', 'abc\b\b\bxyz', 'abcxyz'],
  ['a bare carriage return', 'good\rbad', 'good\nbad'],
  ['direction marks', 'user\u202e\u2066 // admin\u2069', 'user // admin'],
  ['zero-width characters', 'pass\u200bword\ufeff', 'password'],
  ['tag characters', 'a\u{e0041}b', 'ab'],
  ['half of a pair', 'a\ud800b', 'a\ufffdb'],
  ['what is harmless', 'grün 漢字 👍\tx\ny', 'grün 漢字 👍\tx\ny'],
])('%s is made safe', (_, text, safe) => {
  expect(cleanLines(text)).toBe(safe)
})

test('one line stays one line', () => {
  expect(cleanLine(' a\nb\r\nc\td ')).toBe('a b c d')
})

test('in a diff nothing is hidden: what is not seen is spelled out', () => {
  expect(spelledLines('+a\u001b[8mhidden\u202e\r\n+\rb')).toBe('+a<U+001B>[8mhidden<U+202E>\n+<U+000D>b')
})

test('no text reaches the terminal with a control character, whatever it is made of', () => {
  const nasty = fc.constantFrom(
    '\u001b',
    '[',
    ']',
    '31',
    'm',
    '\u009b',
    '\u0007',
    '\\',
    'P',
    'a',
    '\n',
    ';',
    '\u202e',
    '\u0000',
    '\u009d',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(nasty, fc.string({ unit: 'binary' })), { maxLength: 40 }), (parts) => {
      const text = parts.join('')
      const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/
      expect(cleanLines(text)).not.toMatch(control)
      expect(spelledLines(text)).not.toMatch(control)
      expect(printable(text, false)).not.toMatch(control)
      expect(printable(text, true).replaceAll(/\u001b\[[0-9;]*m/g, '')).not.toMatch(control)
      expect(jsonText(text)).not.toMatch(control)
      expect(JSON.parse(jsonText(text))).toBe(text.toWellFormed() === text ? text : JSON.parse(JSON.stringify(text)))
    }),
  )
})

test('our own colours pass where colours are wanted, and only there', () => {
  expect(printable('\u001b[1mx\u001b[22m\u001b[2J', true)).toBe('\u001b[1mx\u001b[22m')
  expect(printable('\u001b[1mx\u001b[22m', false)).toBe('x')
})

test('columns count wide and combining characters as terminals do', () => {
  expect([columnsOf('abc'), columnsOf('漢字'), columnsOf('e\u0301'), columnsOf('👍')]).toEqual([3, 4, 1, 2])
  expect(fit('漢字漢字', 5)).toBe('漢字…')
  expect(fit('abc', 3)).toBe('abc')
  expect(pad('漢', 4)).toBe('漢  ')
})
