/** Writes DER (X.690) for generated certificates; nothing is checked, so that what is wrong can be written too. */

export type Part = Buffer | readonly Part[]

const joined = (part: Part): Buffer => (Buffer.isBuffer(part) ? part : Buffer.concat(part.map(joined)))

export function der(tag: number, ...parts: readonly Part[]): Buffer {
  const body = joined(parts)
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body])
  const hex = body.length.toString(16)
  const length = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body])
}

export const sequence = (...parts: readonly Part[]): Buffer => der(0x30, ...parts)
export const set = (...parts: readonly Part[]): Buffer => der(0x31, ...parts)
export const octets = (...parts: readonly Part[]): Buffer => der(0x04, ...parts)
export const context = (number: number, ...parts: readonly Part[]): Buffer => der(0xa0 | number, ...parts)
/** Of a context too, holding bytes and no elements. */
export const plain = (number: number, content: Buffer | string): Buffer => der(0x80 | number, Buffer.from(content))
export const boolean = (value: boolean): Buffer => der(0x01, Buffer.from([value ? 0xff : 0]))
export const NULL: Buffer = der(0x05)

export function integerBody(value: bigint): Buffer {
  let bytes = 1
  while (BigInt.asIntN(bytes * 8, value) !== value) bytes++
  return Buffer.from(
    BigInt.asUintN(bytes * 8, value)
      .toString(16)
      .padStart(bytes * 2, '0'),
    'hex',
  )
}

export const integer = (value: bigint | number): Buffer => der(0x02, integerBody(BigInt(value)))
export const bits = (content: Buffer, unused = 0): Buffer => der(0x03, Buffer.from([unused]), content)

export function oid(text: string): Buffer {
  const [first = 0n, second = 0n, ...rest] = text.split('.').map(BigInt)
  const septets = (part: bigint): number[] =>
    [
      ...part
        .toString(2)
        .padStart(Math.ceil(part.toString(2).length / 7) * 7, '0')
        .matchAll(/.{7}/g),
    ].map(([seven], at, all) => Number.parseInt(seven, 2) | (at < all.length - 1 ? 0x80 : 0))
  return der(0x06, Buffer.from([first * 40n + second, ...rest].flatMap(septets)))
}

/** PEM as most programs write it. */
export function pem(type: string, content: Buffer, lineEnd = '\n'): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? []
  return [`-----BEGIN ${type}-----`, ...lines, `-----END ${type}-----`, ''].join(lineEnd)
}
