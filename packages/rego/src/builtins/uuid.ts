import { objectOf, type Value } from '../value.ts'
import { fromBigInteger, NoValueError, stringAt, type Builtins } from './operand.ts'

const FORM = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/
const DOMAINS = ['Person', 'Group', 'Org'] as const
/** 100 ns steps between 1582-10-15, where RFC 4122 counts from, and 1970. */
const EPOCH = 122_192_928_000_000_000n

/** The 32 hex digits, or undefined. A text of 38 bytes has any letter at both ends. */
function digits(text: string): string | undefined {
  if (text.length > 45) return undefined
  // OPA counts bytes; what is no ASCII fails in the form.
  const size = Buffer.byteLength(text, 'utf8')
  if (size === 32) return /^[0-9a-fA-F]{32}$/.test(text) ? text : undefined
  let body = text
  if (size === 45) {
    if (text.slice(0, 9).toLowerCase() !== 'urn:uuid:') return undefined
    body = text.slice(9)
  } else if (size === 38) body = Buffer.from(text, 'utf8').toString('latin1', 1, 37)
  return FORM.test(body) ? body.replaceAll('-', '') : undefined
}

function variant(byte: number): string {
  if ((byte & 0xc0) === 0x80) return 'RFC4122'
  if ((byte & 0xe0) === 0xc0) return 'Microsoft'
  return (byte & 0xe0) === 0xe0 ? 'Future' : 'Reserved'
}

function parse(text: string): Value {
  const hex = digits(text)
  if (hex === undefined) throw new NoValueError('no UUID')
  const bytes = Buffer.from(hex, 'hex')
  const version = (bytes[6] ?? 0) >> 4
  const out: [string, Value][] = [
    ['version', version],
    ['variant', variant(bytes[8] ?? 0)],
  ]
  if (version === 1 || version === 2) {
    const ticks =
      BigInt(bytes.readUInt32BE(0)) |
      (BigInt(bytes.readUInt16BE(4)) << 32n) |
      (BigInt(bytes.readUInt16BE(6) & 0xfff) << 48n)
    const since = ticks - EPOCH
    const node = bytes.subarray(10)
    const first = node[0] ?? 0
    out.push(
      ['time', fromBigInteger(BigInt.asIntN(64, since * 100n))],
      ['nodeid', Array.from(node, (byte) => byte.toString(16).padStart(2, '0')).join('-')],
      ['macvariables', `${(first & 2) === 0 ? 'global' : 'local'}:${(first & 1) === 0 ? 'unicast' : 'multicast'}`],
      ['clocksequence', bytes.readUInt16BE(8) & 0x3fff],
    )
    if (version === 2) {
      const domain = bytes[9] ?? 0
      out.push(['id', bytes.readUInt32BE(0)], ['domain', DOMAINS[domain] ?? `Domain${domain}`])
    }
  }
  return objectOf(out)
}

export const UUID: Builtins = {
  // What is no UUID is undefined, and no error.
  'uuid.parse': (_m, a) => parse(stringAt(a, 1)),
}
