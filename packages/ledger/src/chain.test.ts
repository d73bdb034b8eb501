import { createHash } from 'node:crypto'
import { sha256 } from '@noble/hashes/sha2.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chainHash, equalBytes, GENESIS_HASH, leafHash, nodeHash, sha256Bytes } from './chain.ts'
import { fromBase64, toBase64 } from './encoding.ts'

const sha = (...parts: Uint8Array[]): Uint8Array =>
  new Uint8Array(createHash('sha256').update(Buffer.concat(parts)).digest())
const plain = (bytes: Uint8Array): number[] => [...bytes]

test('the fast hash and the portable one agree with the definitions', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 200 }), (prev, body) => {
      expect(plain(sha256Bytes(body))).toEqual(plain(sha256(body)))
      expect(plain(chainHash(prev, body))).toEqual(plain(sha(prev, body)))
      expect(plain(leafHash(body))).toEqual(plain(sha(Uint8Array.of(0), body)))
      expect(plain(nodeHash(prev, prev))).toEqual(plain(sha(Uint8Array.of(1), prev, prev)))
    }),
  )
})

test('a previous hash of another length is a bug', () => {
  expect(() => chainHash(GENESIS_HASH.subarray(1), new Uint8Array(1))).toThrow(RangeError)
})

test('bytes are equal only when all are', () => {
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false)
  expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false)
})

test('base64 has one spelling for each byte string', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(plain(fromBase64(toBase64(bytes)) ?? Uint8Array.of(0))).toEqual(plain(bytes))
    }),
  )
  for (const other of ['QR==', 'QQ', 'QQ=', 'QQ==\n', ' QQ==', 'Q-==']) expect(fromBase64(other)).toBeUndefined()
})
