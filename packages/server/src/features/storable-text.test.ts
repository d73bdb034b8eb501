import { expect, test } from 'vitest'
import { storable } from './storable-text.ts'

test('text that PostgreSQL or canonical JSON cannot hold is replaced, at any depth, and all else stays as it is', () => {
  const given = { a: 'x\0y', b: ['\ud800', '😀', 1, null, true], 'k\0': { c: 'plain \\u0000' } }
  expect(storable(given)).toEqual({
    a: 'x\ufffdy',
    b: ['\ufffd', '😀', 1, null, true],
    'k\ufffd': { c: 'plain \\u0000' },
  })
})
