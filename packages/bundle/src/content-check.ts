import { Problem } from '@gatehouse/core/kernel/problems'
import { digestOf, type Descriptor } from './artifact.ts'

/** Reads a stream to its end, but never more than `maxBytes` (`bundle-over-limits`). */
export async function readLimited(chunks: AsyncIterable<Uint8Array>, maxBytes: number, what: string): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge(what, maxBytes)
    parts.push(chunk)
  }
  return Buffer.concat(parts)
}

export function tooLarge(what: string, maxBytes: number): Problem {
  return new Problem('bundle-over-limits', `${what} is larger than ${maxBytes} bytes, the limit.`)
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
      `${what} has the digest ${found}; ${wanted.digest} was asked for. Do not use it.`,
    )
  }
  if (wanted.size !== undefined && wanted.size !== bytes.length) {
    throw new Problem('bundle-tampered', `${what} has ${bytes.length} bytes; ${wanted.size} were told. Do not use it.`)
  }
}
