import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalJson, sha256, sha256Json, type Json } from './canonical.ts'

test('canonical JSON sorts keys by UTF-16 code units and prints numbers as ECMAScript does', () => {
  expect(canonicalJson({ b: 1, a: [1e21, 0.1, -0], '\u20ac': 'x', '\r': '"' })).toBe(
    '{"\\r":"\\"","a":[1e+21,0.1,0],"b":1,"€":"x"}',
  )
})

test('a digest does not depend on the order of keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (document) => {
      const reversed = Object.fromEntries(Object.entries(document).toReversed())
      expect(sha256Json(reversed as Json)).toBe(sha256Json(document as Json))
    }),
  )
})

test('sha256 agrees with the platform for text and bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(sha256(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'))
    }),
  )
})

test('what JSON cannot hold is a bug, not a digest', () => {
  expect(() => canonicalJson(Number.NaN)).toThrow()
  expect(() => canonicalJson(undefined as unknown as Json)).toThrow(TypeError)
})
