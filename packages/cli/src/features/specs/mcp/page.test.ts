import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_PAGE, pageOf } from './page.ts'
import { ToolRefusal } from './tool-refusal.ts'

function codeOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof ToolRefusal) return error.code
    throw error
  }
  return ''
}

test('whatever the limit and the sizes, the pages together are the list, each bounded and none empty', () => {
  const items = fc.array(
    fc.record({ id: fc.nat(), text: fc.string({ maxLength: 900 }), many: fc.array(fc.nat(), { maxLength: 20 }) }),
    {
      maxLength: 120,
    },
  )
  fc.assert(
    fc.property(items, fc.integer({ min: 1, max: 50 }), (list, limit) => {
      const ids: number[] = []
      let cursor: string | undefined
      do {
        const page = pageOf('items', list, 'question', { limit, cursor })
        expect(page.items.length).toBeLessThanOrEqual(limit)
        if (list.length > 0) expect(page.items.length).toBeGreaterThan(0)
        if (page.items.length > 1) expect(JSON.stringify(page.items).length).toBeLessThan(MAX_PAGE + 200)
        ids.push(...page.items.map(({ id }) => id))
        expect(page.left_out).toBe(list.length - ids.length)
        cursor = page.next_cursor ?? undefined
      } while (cursor !== undefined)
      expect(ids).toEqual(list.map(({ id }) => id))
    }),
    { numRuns: 60 },
  )
})

test('a cursor of another question, of a list that changed, or of nobody is refused', () => {
  const list = [1, 2, 3]
  const { next_cursor: cursor } = pageOf('items', list, 'a', { limit: 1 })
  if (cursor === null) throw new Error('there is a second page')
  expect(pageOf('items', list, 'a', { limit: 5, cursor }).items).toEqual([2, 3])
  expect(codeOf(() => pageOf('items', list, 'b', { cursor }))).toBe('cursor-invalid')
  expect(codeOf(() => pageOf('items', [1, 2, 4], 'a', { cursor }))).toBe('cursor-stale')
  for (const made of ['', 'x', Buffer.from('1.a.b.0').toString('base64url'), '\u0000', 'e'.repeat(5000)])
    expect(codeOf(() => pageOf('items', list, 'a', { cursor: made }))).toBe('cursor-invalid')
  const far = Buffer.from(Buffer.from(cursor, 'base64url').toString().replace(/\d+$/, '99')).toString('base64url')
  expect(codeOf(() => pageOf('items', list, 'a', { cursor: far }))).toBe('cursor-stale')
})

test('one entry that is larger than a page is still told, shortened', () => {
  const page = pageOf(
    'items',
    [{ text: 'x'.repeat(100_000), list: Array.from({ length: 500 }, () => 'y'.repeat(5000)) }],
    '',
    {},
  )
  expect(page.items).toHaveLength(1)
  expect(JSON.stringify(page.items).length).toBeLessThan(10_000)
  expect(page.cut).toContain('items[0].list: 480 of 500 entries left out')
})

test('a page ends at its characters, however many entries were asked for', () => {
  const list = Array.from({ length: 100 }, (_, i) => ({ id: i, text: 'x'.repeat(900) }))
  const page = pageOf('items', list, '', { limit: 100 })
  expect(JSON.stringify(page.items).length).toBeLessThanOrEqual(MAX_PAGE + 200)
  expect(page.items.length).toBeGreaterThan(30)
  expect(page.left_out).toBe(100 - page.items.length)
})
