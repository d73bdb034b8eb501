/** The bytes are no DER, or not of the form that is asked for. */
export class DerError extends Error {}

/** Universal tags, and how those of a context are made. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const

export function contextTag(number: number, constructed = false): number {
  return 0x80 | (constructed ? 0x20 : 0) | number
}

/** Of an object identifier, in bytes. */
const MAX_OID = 10_000

export interface DerElement {
  readonly tag: number
  readonly body: Buffer
  /** Tag, length and body. */
  readonly whole: Buffer
}

/** Reads DER from the front (X.690). Every method throws DerError where what it wants is not next. */
export class Der {
  private readonly bytes: Buffer
  private at = 0

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  done(): boolean {
    return this.at >= this.bytes.length
  }

  peek(): number | undefined {
    return this.bytes[this.at]
  }

  /** What is left. */
  rest(): Buffer {
    return this.bytes.subarray(this.at)
  }

  any(what: string): DerElement {
    const start = this.at
    const { tag, length, body } = this.header(what)
    if (body + length > this.bytes.length) throw new DerError(`malformed ${what}`)
    this.at = body + length
    return { tag, body: this.bytes.subarray(body, this.at), whole: this.bytes.subarray(start, this.at) }
  }

  private header(what: string): { tag: number; length: number; body: number } {
    const bad = (): DerError => new DerError(`malformed ${what}`)
    const tag = this.bytes[this.at]
    const first = this.bytes[this.at + 1]
    if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw bad()
    let length = first
    let body = this.at + 2
    if (first >= 0x80) {
      const count = first & 0x7f
      if (count === 0 || count > 4 || body + count > this.bytes.length) throw bad()
      length = this.bytes.readUIntBE(body, count)
      if (length < 0x80 || length >>> ((count - 1) * 8) === 0) throw bad()
      body += count
    }
    return { tag, length, body }
  }

  /** Whether the next element has this tag; then what it holds is next. Go's encoding/asn1 does not look at its length. */
  unwrap(tag: number, what: string): boolean {
    if (this.peek() !== tag) return false
    const { length, body } = this.header(what)
    if (length === 0) throw new DerError(`malformed ${what}`)
    this.at = body
    return true
  }

  element(tag: number, what: string): DerElement {
    if (this.peek() !== tag) throw new DerError(`malformed ${what}`)
    return this.any(what)
  }

  /** What is inside the next element. */
  inside(tag: number, what: string): Der {
    return new Der(this.element(tag, what).body)
  }

  optional(tag: number, what: string): DerElement | undefined {
    return this.peek() === tag ? this.any(what) : undefined
  }

  boolean(what: string): boolean {
    const { body } = this.element(TAG.boolean, what)
    if (body.length !== 1 || (body[0] !== 0 && body[0] !== 0xff)) throw new DerError(`malformed ${what}`)
    return body[0] === 0xff
  }

  integer(what: string, tag: number = TAG.integer): bigint {
    const { body } = this.element(tag, what)
    const [first, second] = body
    if (first === undefined) throw new DerError(`malformed ${what}`)
    const long = second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))
    if (long) throw new DerError(`malformed ${what}`)
    return BigInt.asIntN(body.length * 8, BigInt(`0x${body.toString('hex')}`))
  }

  /** An integer of 64 bits at most. */
  long(what: string, tag: number = TAG.integer): bigint {
    const value = this.integer(what, tag)
    if (BigInt.asIntN(64, value) !== value) throw new DerError(`malformed ${what}`)
    return value
  }

  oid(what: string): number[] {
    return oidOf(this.element(TAG.oid, what).body, what)
  }

  bits(what: string): { bytes: Buffer; unused: number } {
    const { body } = this.element(TAG.bitString, what)
    const [unused] = body
    const bytes = body.subarray(1)
    const last = bytes.at(-1) ?? 0
    if (unused === undefined || unused > 7 || (unused > 0 && bytes.length === 0))
      throw new DerError(`malformed ${what}`)
    if ((last & ((1 << unused) - 1)) !== 0) throw new DerError(`malformed ${what}`)
    return { bytes, unused }
  }
}

const LARGEST = 0x7fffffffn

/** The numbers of an object identifier, each of 31 bits at most. */
export function oidOf(body: Buffer, what: string): number[] {
  const parts = septets(body, what)
  // The first two numbers are one in the bytes, and that one is bounded.
  if (parts.some((part, i) => (i === 1 ? part + (parts[0] ?? 0n) * 40n : part) > LARGEST))
    throw new DerError(`malformed ${what}`)
  return parts.map(Number)
}

/** The same of any size, as text. */
export function longOidOf(body: Buffer, what: string): string {
  return septets(body, what).join('.')
}

function septets(body: Buffer, what: string): bigint[] {
  const parts: bigint[] = []
  let value = 0n
  let open = false
  if (body.length > MAX_OID) throw new DerError(`malformed ${what}`)
  for (const byte of body) {
    if (!open && byte === 0x80) throw new DerError(`malformed ${what}`)
    value = (value << 7n) | BigInt(byte & 0x7f)
    open = byte >= 0x80
    if (open) continue
    if (parts.length === 0) {
      const first = value >= 80n ? 2n : value / 40n
      parts.push(first, value - first * 40n)
    } else parts.push(value)
    value = 0n
  }
  if (parts.length === 0 || open) throw new DerError(`malformed ${what}`)
  return parts
}

/** The bits of a bit string as a number's bytes: Go's `RightAlign`. */
export function rightAligned(bits: { bytes: Buffer; unused: number }): Buffer {
  if (bits.unused === 0 || bits.bytes.length === 0) return bits.bytes
  const out = Buffer.alloc(bits.bytes.length)
  let carry = 0
  for (const [i, byte] of bits.bytes.entries()) {
    out[i] = (byte >> bits.unused) | carry
    carry = (byte << (8 - bits.unused)) & 0xff
  }
  return out
}
