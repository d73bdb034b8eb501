import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson } from '../kernel/canonical.ts'
import { parseStory, STORY_MAX_BYTES, type StoryDocument } from './story.ts'

const good = `# Story: Slugs keep digits

feature_request_id: WEB-12
priority: P2

## Problem

Digits are lost.
They matter.

## User story

As an editor I want digits kept.

## Acceptance Criteria

- [ ] Given "a1", when it is slugged, then it is "a1"
- [x] **AC-2** an empty text must not
  become a slug
1. A number is an item too

## Notes

priority: P9
`
function parsed(text: string): StoryDocument {
  const result = parseStory(text)
  if (!result.ok) throw new Error(result.detail)
  return result.value
}
function refusal(text: string): string {
  const result = parseStory(text)
  return result.ok ? 'read' : `${result.code}: ${result.detail}`
}
const expected: StoryDocument = {
  feature_request_id: 'WEB-12',
  title: 'Slugs keep digits',
  priority: 2,
  problem: 'Digits are lost.\nThey matter.',
  user_story: 'As an editor I want digits kept.',
  criteria: [
    { id: 'AC1', text: 'Given "a1", when it is slugged, then it is "a1"', negative: false, line: 17 },
    { id: 'AC2', text: '**AC-2** an empty text must not become a slug', negative: true, line: 18 },
    { id: 'AC3', text: 'A number is an item too', negative: false, line: 20 },
  ],
}

test('a story is read with its fields, sections and criteria, each with its line', () => {
  expect(parsed(good)).toEqual(expected)
})

test.each([
  ['CRLF', good.replaceAll('\n', '\r\n')],
  ['CR alone', good.replaceAll('\n', '\r')],
  ['a byte order mark', `\uFEFF${good}`],
  ['blanks at the end of lines', good.replaceAll('\n', '  \t\n')],
  ['no newline at the end', good.trimEnd()],
  ['bold keys', good.replace('feature_request_id:', '**feature_request_id:**')],
  ['keys as a list', good.replace('feature_request_id:', '- feature_request_id:')],
])('a story with %s reads the same', (_, text) => {
  expect(parsed(text)).toEqual(expected)
})

test('front matter stands for the fields and wins over the text', () => {
  const front = '---\r\ntitle: "From the front"\r\nfeature_request_id: WEB-13\r\n--- \r\n'
  expect(parsed(front + good)).toMatchObject({ title: 'From the front', feature_request_id: 'WEB-13' })
})

test('headings of one name are read as one section', () => {
  expect(parsed(`${good}\n## Acceptance criteria\n\n- one more`).criteria).toHaveLength(4)
})

test('a heading without Latin letters is a heading: what stands below is no field', () => {
  const text = good.replace('## Problem', '## 問題\n\npriority: high\n\n## Problem').replace('priority: P2\n', '')
  expect(parsed(text).priority).toBe(null)
})

test('a heading inside a fence is no heading', () => {
  const text = good.replace('Digits are lost.', '```\n## Acceptance Criteria\n- not one\n```\nDigits are lost.')
  expect(parsed(text).criteria).toHaveLength(3)
})

test.each([
  ['nothing', '', 'no title'],
  ['front matter that is never closed', '---\ntitle: x\n', 'line 1: the front matter'],
  ['no id', good.replace('feature_request_id: WEB-12', ''), 'feature_request_id: missing'],
  ['an id with a blank', good.replace('WEB-12', 'WEB 12'), 'feature_request_id: missing or not made of'],
  ['an id that leads out', good.replace('WEB-12', '../../etc'), 'feature_request_id: missing or not made of'],
  ['a very long id', good.replace('WEB-12', 'A'.repeat(101)), 'at most 100'],
  ['no criteria', good.replace(/## Acceptance[\s\S]*?## Notes/, '## Notes'), 'no acceptance criteria'],
  [
    'criteria that are empty boxes',
    good.replace(/- \[ \] Given[\s\S]*?## Notes/, '- [ ] \n- [x]\n## Notes'),
    'no acceptance criteria',
  ],
  ['a priority in words', good.replace('P2', 'urgent'), 'priority: "urgent" is not P0 to P9'],
  ['a NUL character', `${good}\u0000`, 'NUL character'],
  ['half a surrogate pair', `${good}\ud83d`, 'surrogate pair'],
  ['a megabyte', good + 'x'.repeat(1_000_000), `longer than ${STORY_MAX_BYTES}`],
])('a story with %s is refused, and says what to write', (_, text, part) => {
  expect(refusal(text)).toMatch(/^story-invalid: /)
  expect(refusal(text)).toContain(part)
})

test('no text makes the reader throw, and what is read has a canonical form', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '# ',
      '## ',
      '---',
      '- ',
      '- [ ] ',
      ': ',
      '**',
      '```',
      'title',
      'Acceptance Criteria',
      '\r',
      '\n',
      '\n\n',
      '\u2028',
      'feature_request_id: A-1',
      '1. ',
    ),
    fc.string({ unit: 'binary' }),
    fc.string(),
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(piece).map((p) => p.join('')),
    fc.array(piece).map((p) => `${good}${p.join('')}`),
  )
  fc.assert(
    fc.property(text, (markdown) => {
      const result = parseStory(markdown)
      if (result.ok) canonicalJson(JSON.parse(JSON.stringify(result.value)))
    }),
    { numRuns: 2000 },
  )
})

test('cutting never leaves half a character', () => {
  const story = parsed(
    good.replace('Slugs keep digits', `x${'😀'.repeat(300)}`).replace('Digits are lost.', `x${'😀'.repeat(20_000)}`),
  )
  expect([story.title.isWellFormed(), story.problem.isWellFormed(), story.title.length]).toEqual([true, true, 299])
})

/** Counts what the reader looks at, instead of measuring time: each hostile text is read at two lengths. */
const hostile: readonly (readonly [string, (n: number) => string])[] = [
  ['blanks after a colon', (n) => `ab:${' '.repeat(n)}\u2028x`],
  ['blanks after a dash', (n) => `-${' '.repeat(n)}x`],
  ['blanks after a hash', (n) => `#${' '.repeat(n)}`],
  ['blanks before a separator', (n) => `# t\n## acceptance\n- x${' '.repeat(n)}\u2028y`],
  ['stars', (n) => `${'*'.repeat(n)}:`],
  ['a key of blanks', (n) => `a${' '.repeat(n)}b`],
  ['stars after a colon', (n) => `ab:${' '.repeat(n / 2)}${'*'.repeat(n / 2)}`],
  ['many short lines', (n) => 'a\n'.repeat(n / 2)],
  ['many headings', (n) => '# a\n'.repeat(n / 4)],
  ['many items', (n) => `## acceptance\n${'- a\n'.repeat(n / 4)}`],
  ['continuation lines', (n) => `## acceptance\n- a\n${'  b\n'.repeat(n / 4)}`],
  ['quotes', (n) => `title: ${'"'.repeat(n)}x`],
]

// Quadratic reading of 200,000 characters takes minutes; the limit of this test is generous for a linear one on a slow machine.
test.each(hostile)('%s over 200,000 characters are read to the end', (_, make) => {
  const text = make(200_000)
  expect(text.length).toBeLessThanOrEqual(STORY_MAX_BYTES)
  expect(refusal(text)).toMatch(/^story-invalid/)
  expect(parsed(`---\ntitle: t\nfeature_request_id: A-1\n---\n## acceptance\n- a\n## problem\n${text}`).title).toBe('t')
})
