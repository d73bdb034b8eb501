import { bytesToHex } from '@noble/hashes/utils.js'

interface HostBuffer {
  from(data: Uint8Array | ArrayBufferLike, offset?: number, length?: number): { toString(encoding: 'base64'): string }
  from(text: string, encoding: 'base64'): Uint8Array
}

// Node's Buffer is many times faster than atob; a browser has none.
const buffer = (globalThis as { Buffer?: HostBuffer }).Buffer

export function toBase64(bytes: Uint8Array): string {
  if (buffer !== undefined) return buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  let text = ''
  for (const byte of bytes) text += String.fromCodePoint(byte)
  return btoa(text)
}

/** Bytes of base64 (RFC 4648, section 4), or undefined when the text is not exactly what `toBase64` writes. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    const bytes =
      buffer === undefined ? Uint8Array.from(atob(text), (c) => c.codePointAt(0) ?? 0) : buffer.from(text, 'base64')
    return toBase64(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}

export function toHex(bytes: Uint8Array): string {
  return bytesToHex(bytes)
}
