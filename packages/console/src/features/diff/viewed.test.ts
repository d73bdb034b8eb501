import { describe, expect, test } from 'vitest'
import { nextFile, toggled, viewedFor } from './viewed.ts'

const kept = JSON.stringify({ diff_digest: 'd1', paths: ['a', 'b'] })

describe('viewed marks', () => {
  test('hold for the diff they were made on', () => {
    expect(viewedFor(kept, 'd1')).toEqual({ viewed: { diff_digest: 'd1', paths: ['a', 'b'] }, voided: 0 })
  })
  test('are void for another diff, and how many is said', () => {
    expect(viewedFor(kept, 'd2')).toEqual({ viewed: { diff_digest: 'd2', paths: [] }, voided: 2 })
  })
  test.each([null, '', '{', '[]', 'null', '{"diff_digest":1,"paths":[]}', '{"diff_digest":"d1","paths":"a"}'])(
    'what cannot be read (%j) counts as none',
    (text) => expect(viewedFor(text, 'd1')).toEqual({ viewed: { diff_digest: 'd1', paths: [] }, voided: 0 }),
  )
  test('a second mark takes the first away', () => {
    const viewed = { diff_digest: 'd1', paths: ['a'] }
    expect(toggled(toggled(viewed, 'b'), 'a').paths).toEqual(['b'])
  })
})

describe('the next file', () => {
  const paths = ['a', 'b', 'c']
  const viewed = { diff_digest: 'd1', paths: ['b'] }
  test('j and k stop at the ends', () => {
    expect(nextFile(paths, -1, 'next', viewed)).toBe(0)
    expect(nextFile(paths, 2, 'next', viewed)).toBeNull()
    expect(nextFile(paths, 0, 'previous', viewed)).toBeNull()
  })
  test('n passes over what is viewed and goes round', () => {
    expect(nextFile(paths, 0, 'unviewed', viewed)).toBe(2)
    expect(nextFile(paths, 2, 'unviewed', viewed)).toBe(0)
    expect(nextFile(paths, 0, 'unviewed', { ...viewed, paths })).toBeNull()
    expect(nextFile([], -1, 'unviewed', viewed)).toBeNull()
  })
})
