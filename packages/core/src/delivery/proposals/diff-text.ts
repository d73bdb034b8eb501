/** Bytes of a diff as text, and back. */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

export interface DecodedText {
  text: string
  /** True: the bytes are not UTF-8, so each byte outside printable ASCII, and the backslash, stands as `\xNN`. */
  escaped: boolean
}

export function decodeText(bytes: Uint8Array): DecodedText {
  try {
    return { text: strict.decode(bytes), escaped: false }
  } catch {
    const text = Array.from(bytes, (b) =>
      (b >= 0x20 && b < 0x7f && b !== 0x5c) || b === 0x09
        ? String.fromCharCode(b)
        : `\\x${b.toString(16).padStart(2, '0')}`,
    ).join('')
    return { text, escaped: true }
  }
}

export function encodeText(decoded: DecodedText): Uint8Array {
  if (!decoded.escaped) return encoder.encode(decoded.text)
  return fromLatin1(
    decoded.text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  )
}

function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0))
}

const LETTERS: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 }

/** Takes git's C-style quotes off a path (git-config, core.quotePath). */
export function unquotePath(quoted: string): DecodedText {
  if (!quoted.startsWith('"')) return { text: quoted, escaped: false }
  const bytes: number[] = []
  const body = quoted.slice(1, -1)
  for (let i = 0; i < body.length; i += 1) {
    const char = body[i] as string
    const next = body[i + 1] ?? ''
    if (char !== '\\') bytes.push(char.charCodeAt(0))
    else if (/[0-7]/.test(next)) {
      bytes.push(Number.parseInt(body.slice(i + 1, i + 4), 8) & 0xff)
      i += 3
    } else {
      bytes.push(LETTERS[next] ?? next.charCodeAt(0))
      i += 1
    }
  }
  return decodeText(Uint8Array.from(bytes))
}

/** Puts git's quotes on where git does: controls, `"`, `\` and every byte above 0x7e. The prefix stands inside. */
export function quotePath(prefix: string, path: DecodedText): string {
  const bytes = encodeText(path)
  if (bytes.every((b) => b >= 0x20 && b < 0x7f && b !== 0x22 && b !== 0x5c)) return prefix + path.text
  const named = new Map(Object.entries(LETTERS).map(([letter, code]) => [code, letter]))
  const body = Array.from(bytes, (b) => {
    const letter = named.get(b)
    if (letter !== undefined) return `\\${letter}`
    return b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : `\\${b.toString(8).padStart(3, '0')}`
  }).join('')
  return `"${prefix}${body}"`
}
