import { Problem } from '@gatehouse/core/kernel/problems'

/** How large a bundle may be. Bytes, counts, steps of evaluation, milliseconds. */
export interface BundleLimits {
  /** Of the layer as it travels. */
  readonly maxLayerBytes: number
  /** Of the layer unpacked, headers included. */
  readonly maxUnpackedBytes: number
  /** Entries of the archive. */
  readonly maxFiles: number
  /** Of data.json. */
  readonly maxDataBytes: number
  /** Statements of plan.json, and of the tests' plan. */
  readonly maxStatements: number
  readonly maxTests: number
  /** Of a signature, and of a manifest, index or config. */
  readonly maxDocumentBytes: number
  /** Signatures looked at, of one artifact. */
  readonly maxSignatures: number
  /** Of one test. */
  readonly testFuel: number
  readonly testWallMs: number
}

export const DEFAULT_BUNDLE_LIMITS: BundleLimits = {
  maxLayerBytes: 16 * 1024 * 1024,
  maxUnpackedBytes: 64 * 1024 * 1024,
  maxFiles: 5000,
  maxDataBytes: 16 * 1024 * 1024,
  maxStatements: 400_000,
  maxTests: 10_000,
  maxDocumentBytes: 4 * 1024 * 1024,
  maxSignatures: 100,
  testFuel: 50_000_000,
  testWallMs: 20_000,
}

/** What is over a limit, told with what to do. `what` is a sentence that names the thing, its size and the limit. */
export function overLimits(what: string): Problem {
  return new Problem(
    'bundle-over-limits',
    `${what} Nothing over a limit is loaded: make it smaller, and release it again.`,
  )
}
