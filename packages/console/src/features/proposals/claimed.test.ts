import { expect, test } from 'vitest'
import { claimedRows } from './claimed.ts'

test('what a patch claims is listed with its trailers', () => {
  expect(claimedRows({ author: 'A <a@b>', subject: null, trailers: [{ key: 'Signed-off-by', value: 'B' }] })).toEqual([
    ['author', 'A <a@b>'],
    ['Signed-off-by', 'B'],
  ])
})

test('nothing hidden reaches the screen, and nothing endless', () => {
  expect(claimedRows({ author: 'a\u202eb' })).toEqual([['author', 'a<U+202E>b']])
  expect(claimedRows({ author: 'x'.repeat(10_000) })[0]?.[1]).toHaveLength(500)
  expect(claimedRows({ trailers: Array.from({ length: 99 }, () => ({ key: 'k', value: 'v' })) })).toHaveLength(20)
})

test.each([null, 1, 'text', [], { trailers: 'x' }, { trailers: [null, 1, {}] }])('%j claims nothing', (claimed) =>
  expect(claimedRows(claimed)).toEqual([]),
)
