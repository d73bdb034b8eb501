import { Problem } from '@gatehouse/core/kernel/problems'
import { digestOf, type Descriptor } from './artifact.ts'

const FIRST_BYTES = 64 * 1024

/**
 * Reads a stream to its end, but never more than `maxBytes` (`bundle-over-limits`). What came is copied into one buffer that grows with it: a
 * stream of single bytes kept as it comes would cost a hundred times its size.
 */
export async function readLimited(chunks: AsyncIterable<Uint8Array>, maxBytes: number, what: string): Promise<Buffer> {
  let bytes = Buffer.allocUnsafe(Math.min(FIRST_BYTES, maxBytes))
  let size = 0
  for await (const chunk of chunks) {
    if (size + chunk.length > maxBytes) throw tooLarge(what, maxBytes)
    if (size + chunk.length > bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(2 * bytes.length, size + chunk.length)))
      bytes.copy(larger, 0, 0, size)
      bytes = larger
    }
    bytes.set(chunk, size)
    size += chunk.length
  }
  return bytes.subarray(0, size)
}

export function tooLarge(what: string, maxBytes: number): Problem {
  return new Problem(
    'bundle-over-limits',
    `${what} is larger than ${maxBytes} bytes, the limit. Look at what was pushed there; a bundle of policies is smaller.`,
  )
}

/** What came must be what was asked for: digest, and size where it is known. */
export function checkContent(
  bytes: Uint8Array,
  wanted: Pick<Descriptor, 'digest'> & { size?: number },
  what: string,
): void {
  const found = digestOf(bytes)
  if (found !== wanted.digest) {
    throw new Problem(
      'bundle-tampered',
      `${what} has the digest ${found}; ${wanted.digest} was asked for. Do not use it: take it from where it was released.`,
    )
  }
  if (wanted.size !== undefined && wanted.size !== bytes.length) {
    throw new Problem(
      'bundle-tampered',
      `${what} has ${bytes.length} bytes; ${wanted.size} were told. Do not use it: take it from where it was released.`,
    )
  }
}
