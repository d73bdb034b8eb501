import { nodeHash, sha256Bytes } from './chain.ts'

interface Peak {
  hash: Uint8Array
  /** Leaves below; a power of two. */
  size: number
}

/**
 * A Merkle tree (RFC 6962, section 2.1) that grows leaf by leaf and keeps only its peaks: memory is O(log n).
 * Leaves are leaf hashes (`leafHash(body)`), 32 bytes.
 */
export interface MerkleRange {
  add(leaf: Uint8Array): void
  /** The number of leaves. */
  size(): number
  /** The root hash of all leaves so far; of none it is SHA256(''). */
  root(): Uint8Array
}

export function merkleRange(): MerkleRange {
  const peaks: Peak[] = []
  let count = 0
  return {
    add(leaf) {
      let peak: Peak = { hash: leaf, size: 1 }
      for (let last = peaks.at(-1); last?.size === peak.size; last = peaks.at(-1)) {
        peaks.pop()
        peak = { hash: nodeHash(last.hash, peak.hash), size: last.size + peak.size }
      }
      peaks.push(peak)
      count += 1
    },
    size: () => count,
    root() {
      const [last, ...left] = peaks.toReversed()
      if (last === undefined) return sha256Bytes(new Uint8Array())
      return left.reduce((right, peak) => nodeHash(peak.hash, right), last.hash)
    },
  }
}

/** The root of a whole list of leaf hashes. */
export function merkleRoot(leaves: Iterable<Uint8Array>): Uint8Array {
  const range = merkleRange()
  for (const leaf of leaves) range.add(leaf)
  return range.root()
}
