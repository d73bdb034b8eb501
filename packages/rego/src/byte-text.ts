/**
 * Texts that are no Unicode, as Go's strings may be: what `base64.decode` and others give of any bytes. A byte that is no
 * part of UTF-8 is a low surrogate that stands alone, U+DC80 to U+DCFF; nothing else makes such texts, as what comes from
 * outside is well-formed.
 */
import { isUtf8 } from 'node:buffer'

/** A byte that is no part of UTF-8. */
export const STRAY = /[\udc80-\udcff]/u

/** A text of bytes; those that are no UTF-8 stay what they are. */
export function bytesText(data: Uint8Array): string {
  if (isUtf8(data)) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(data)
  const parts: string[] = []
  for (let at = 0; at < data.length;) {
    const lead = data[at] ?? 0
    const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4
    const char = data.subarray(at, at + size)
    const isChar = char.length === size && isUtf8(char)
    parts.push(isChar ? Buffer.from(char).toString('utf8') : String.fromCharCode(0xdc00 + lead))
    at += isChar ? size : 1
  }
  return parts.join('')
}

/** The bytes of a text, stray ones among them. */
export function textBytes(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8')
  return Buffer.concat(
    text
      .split(/([\udc80-\udcff])/u)
      .map((part) => (STRAY.test(part) ? Buffer.of(part.charCodeAt(0) - 0xdc00) : Buffer.from(part, 'utf8'))),
  )
}
