import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'

/** SHA-256 (FIPS 180-4) of bytes, as 32 bytes. */
export type HashBytes = (bytes: Uint8Array) => Uint8Array

interface NodeCrypto {
  hash?: (algorithm: 'sha256', data: Uint8Array, encoding: 'buffer') => Uint8Array
}
interface NodeProcess {
  getBuiltinModule?: (id: string) => unknown
}

// `crypto.hash` is about twice as fast as noble; a browser and Node below 20.16 have no getBuiltinModule.
function fastest(): HashBytes {
  const host = (globalThis as { process?: NodeProcess }).process
  const hash = (host?.getBuiltinModule?.('node:crypto') as NodeCrypto | undefined)?.hash
  return hash === undefined ? nobleSha256 : (bytes) => hash('sha256', bytes, 'buffer')
}

export const sha256Bytes: HashBytes = fastest()

/** The hash before the first event: 32 zero bytes. */
export const GENESIS_HASH: Uint8Array = new Uint8Array(32)

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

/** The chain hash of an event: `SHA256(prev || body)`, 32 bytes. `prev` is 32 bytes. */
export function chainHash(prev: Uint8Array, body: Uint8Array): Uint8Array {
  if (prev.length !== 32) throw new RangeError('the previous hash must have 32 bytes')
  return sha256Bytes(joined(prev, body))
}

const LEAF_PREFIX = Uint8Array.of(0)
const NODE_PREFIX = Uint8Array.of(1)

/** The Merkle leaf of an event: `SHA256(0x00 || body)` (RFC 6962, section 2.1). */
export function leafHash(body: Uint8Array): Uint8Array {
  return sha256Bytes(joined(LEAF_PREFIX, body))
}

/** An inner Merkle node: `SHA256(0x01 || left || right)` (RFC 6962, section 2.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const all = new Uint8Array(1 + left.length + right.length)
  all.set(NODE_PREFIX)
  all.set(left, 1)
  all.set(right, 1 + left.length)
  return sha256Bytes(all)
}

export function equalBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index])
}
