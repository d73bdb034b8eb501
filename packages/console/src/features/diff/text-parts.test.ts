import { describe, expect, test } from 'vitest'
import fc from 'fast-check'
import { hiddenCharacters } from '@gatehouse/core/delivery/proposals/diff-hidden-characters'
import { changedSpans, textParts } from './text-parts.ts'

describe('the parts of a line', () => {
  test('a hidden character stands by its name and never as itself', () => {
    const text = 'all \u202eof it'
    const parts = textParts(text, hiddenCharacters(text), null)
    expect(parts).toEqual([
      { kind: 'text', text: 'all ' },
      { kind: 'hidden', code: 'U+202E', why: 'bidi' },
      { kind: 'text', text: 'of it' },
    ])
  })
  test('what changed is cut out, also around a hidden character', () => {
    const text = 'ab\u200bcd'
    const parts = textParts(text, hiddenCharacters(text), { start: 1, end: 4 })
    expect(parts.map((part) => (part.kind === 'hidden' ? part.code : `${part.kind}:${part.text}`))).toEqual([
      'text:a',
      'changed:b',
      'U+200B',
      'changed:c',
      'text:d',
    ])
  })
  test('whatever the line, its visible characters all come, in order', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(20), fc.nat(20), (text, a, b) => {
        const hidden = hiddenCharacters(text)
        const changed = { start: Math.min(a, b, text.length), end: Math.min(Math.max(a, b), text.length) }
        const shown = textParts(text, hidden, changed)
          .map((part) =>
            part.kind === 'hidden' ? String.fromCodePoint(Number.parseInt(part.code.slice(2), 16)) : part.text,
          )
          .join('')
        expect(shown).toBe(text)
      }),
    )
  })
})

describe('what changed within a line', () => {
  test('lies between the common start and the common end', () => {
    expect(changedSpans('const a = 1', 'const bc = 1')).toEqual({
      before: { start: 6, end: 7 },
      after: { start: 6, end: 8 },
    })
  })
  test('start and end never overlap where characters repeat', () => {
    expect(changedSpans('aaa', 'aaaa')).toEqual({ before: { start: 3, end: 3 }, after: { start: 3, end: 4 } })
  })
  test('lines with little in common are shown whole', () => {
    expect(changedSpans('return 1', 'throw new RangeError()')).toBeNull()
  })
})
