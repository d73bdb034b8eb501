import fc from 'fast-check'
import { expect, test } from 'vitest'
import { modelLine, modelLines, modelValue, quoted } from './model-text.ts'

// oxlint-disable-next-line no-control-regex -- finding control characters is what this is for
const UNCLEAN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|\p{Default_Ignorable_Code_Point}|[\u2028\u2029]/u

test('no text keeps a control, escape sequence, direction mark or character that is not seen', () => {
  const odd = fc.constantFrom(
    '\u001b[31m',
    '\u001b]8;;x\u0007',
    '\u202e',
    '\u200b',
    '\u{e0041}',
    '\ufe0f',
    '\u{e0100}',
    '\u00ad',
    '\u3164',
    '\ud800',
    'a',
    '\n',
    '\u27e7',
  )
  fc.assert(
    fc.property(
      fc.array(fc.oneof(odd, fc.string({ unit: 'binary' }))).map((parts) => parts.join('')),
      (text) => {
        expect(modelLines(text)).not.toMatch(UNCLEAN)
        expect(modelLines(text).isWellFormed()).toBe(true)
        expect(modelLine(text)).not.toContain('\n')
      },
    ),
  )
})

test('quoted words cannot end their own mark, however long they are', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('\u27e6', '\u27e7', '\u200b', 'a', '\ud83d\ude00', '\n'), maxLength: 500 }),
      (text) => {
        const said = quoted(text, 100)
        expect(said.match(/[\u27e6\u27e7]/g)).toEqual(['\u27e6', '\u27e7'])
        expect(said.startsWith('\u27e6') && said.endsWith('\u27e7')).toBe(true)
        expect(said.length).toBeLessThan(110)
        expect(said.isWellFormed()).toBe(true)
      },
    ),
  )
})

test('a value keeps its shape, and what is shortened is told by its path', () => {
  const told: string[] = []
  const value = {
    id: null,
    line: 3,
    done: true,
    text: 'x'.repeat(1500),
    evidence: [{ text: 'a\u001b[1mb' }],
    files: Array.from({ length: 25 }, (_, i) => `f${i}`),
    words: ['y'.repeat(400)],
  }
  const clean = modelValue(value, (note) => void told.push(note), 'tasks[0]') as typeof value
  expect(clean).toMatchObject({ id: null, line: 3, done: true, evidence: [{ text: 'ab' }] })
  expect([clean.text.length, clean.files.length, clean.words[0]?.length]).toEqual([1000, 20, 300])
  expect(told).toEqual([
    'tasks[0].text: 500 of 1500 characters left out',
    'tasks[0].files: 5 of 25 entries left out',
    'tasks[0].words[0]: 100 of 400 characters left out',
  ])
})
