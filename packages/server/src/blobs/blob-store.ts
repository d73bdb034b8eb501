import type { Sha256 } from '@gatehouse/core/kernel/canonical'

/** A blob as stored: its name is its sha256. The retention class is the caller's to record, in its own row. */
export interface StoredBlob {
  sha256: Sha256
  bytes: number
}

export type BlobContent = Uint8Array | AsyncIterable<Uint8Array>

/**
 * Content-addressed blobs. Every adapter passes the same contract suite. Failures throw BlobError.
 */
export interface BlobStore {
  /**
   * Stores content and returns its name. The same content twice is stored once. After it returns, the blob survives a
   * crash. Throws BlobError `blob-too-large` beyond `limit` bytes (the store's own limit unless told), keeping nothing.
   */
  put(content: BlobContent, limit?: number): Promise<StoredBlob>
  /** The bytes, checked against the name. Throws BlobError `blob-missing` or `blob-corrupt`. */
  get(sha256: Sha256): Promise<Uint8Array>
  /**
   * The bytes in pieces. They are checked as they pass: BlobError `blob-corrupt` comes at the end at the latest, so act on
   * nothing before the end.
   */
  stream(sha256: Sha256): AsyncIterable<Uint8Array>
  /** Whether there is such a blob; its bytes are not checked. */
  has(sha256: Sha256): Promise<boolean>
  /** Removes a blob; false when there was none. */
  remove(sha256: Sha256): Promise<boolean>
}

export type BlobErrorCode = 'blob-corrupt' | 'blob-missing' | 'blob-too-large'

export class BlobError extends Error {
  override readonly name = 'BlobError'
  readonly code: BlobErrorCode

  constructor(code: BlobErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
