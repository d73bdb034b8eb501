import type { Machine } from '../machine.ts'

export interface PemBlock {
  readonly type: string
  readonly bytes: Buffer
  /** What follows the block's last line. */
  readonly rest: string
}

const BEGIN = '-----BEGIN '
const END = '\n-----END '

/** The first line, without spaces at its end, and where the next one begins. */
function lineAt(text: string, at: number): { line: string; next: number } {
  const end = text.indexOf('\n', at)
  const stop = end < 0 ? text.length : end
  return { line: text.slice(at, stop).replace(/[ \t\r]{1,1000}$/, ''), next: end < 0 ? text.length : end + 1 }
}

/**
 * The first PEM block of a text (RFC 1421), read as Go's encoding/pem reads it: text before a block is passed over, and
 * so is a block that is damaged. Null where there is none.
 */
export function decodePem(m: Machine, text: string): PemBlock | null {
  m.spendText(text.length)
  let from = 0
  for (;;) {
    const end = text.indexOf(END, from)
    if (end < 0) return null
    const begin = text.lastIndexOf(BEGIN, end)
    const after = end + END.length
    if (begin < from || (begin > 0 && text.charAt(begin - 1) !== '\n')) {
      from = after
      continue
    }
    const block = blockAt(text, begin)
    if (block !== null) return block
    m.spend(1 + ((after - from) >> 6))
    from = after
  }
}

function blockAt(text: string, begin: number): PemBlock | null {
  const first = lineAt(text, begin + BEGIN.length)
  if (!first.line.endsWith('-----')) return null
  const type = first.line.slice(0, -5)
  let at = first.next
  let headers = false
  for (;;) {
    const { line, next } = lineAt(text, at)
    if (!line.includes(':')) break
    if (next >= text.length) return null
    headers = true
    at = next
  }
  const empty = !headers && text.startsWith(END.slice(1), at)
  const end = empty ? at - 1 : text.indexOf(END, at)
  if (end < 0) return null
  const trailer = end + END.length
  if (!text.startsWith(`${type}-----`, trailer)) return null
  const last = lineAt(text, trailer + type.length + 5)
  if (last.line !== '') return null
  const body = empty ? '' : text.slice(at, end).replaceAll(/[ \t\r\n]/g, '')
  if (body.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(body)) return null
  return { type, bytes: Buffer.from(body, 'base64'), rest: text.slice(last.next) }
}
