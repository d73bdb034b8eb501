import { BuiltinError } from '../machine.ts'
import { objectOf, type Value } from '../value.ts'
import { Der, DerError, oidOf, TAG, type DerElement } from './der.ts'
import { fromBigInteger } from './operand.ts'

const PRINTABLE = /^[A-Za-z0-9'()+,\-./ :=?*&]*$/
const NUMERIC = /^[0-9 ]*$/

export function isAscii(bytes: Buffer): boolean {
  return bytes.every((byte) => byte < 0x80)
}

/** Text of the kinds that names hold (Go, crypto/x509). */
export function readText(tag: number, body: Buffer): string {
  const latin = body.toString('latin1')
  const bad = (): DerError => new DerError('x509: invalid RDNSequence: invalid attribute value')
  switch (tag) {
    case 0x14:
      return latin
    case 0x13:
      if (!PRINTABLE.test(latin)) throw bad()
      return latin
    case 0x12:
      if (!NUMERIC.test(latin)) throw bad()
      return latin
    case 0x16:
      if (!isAscii(body)) throw bad()
      return latin
    case 0x0c:
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
      } catch {
        throw bad()
      }
    case 0x1e: {
      if (body.length % 2 !== 0) throw bad()
      const units = Array.from({ length: body.length / 2 }, (_, i) => body.readUInt16BE(i * 2))
      if (units.at(-1) === 0) units.pop()
      const reserved = (u: number): boolean =>
        u >= 0xfffe || (u >= 0xfdd0 && u <= 0xfdef) || (u >= 0xd800 && u <= 0xdfff)
      if (units.some(reserved)) throw bad()
      return units.map((unit) => String.fromCharCode(unit)).join('')
    }
    default:
      throw bad()
  }
}

/** A time of DER: its second since 1970, and its text in RFC 3339; none for an offset of a day, which that cannot say. */
export function readTime(der: Der): { seconds: bigint; text: string | undefined } {
  const short = der.peek() === TAG.utcTime
  const { body } = der.element(short ? TAG.utcTime : TAG.generalizedTime, 'time')
  const pattern = short
    ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})$/
    : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(Z|[+-]\d{4})$/
  const match = pattern.exec(body.toString('latin1'))
  if (match === null) throw new DerError('malformed time')
  const [years = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map((p) => Number(p ?? 0))
  const zone = match[7] ?? 'Z'
  const year = short ? (years >= 50 ? 1900 + years : 2000 + years) : years
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second, 0)
  const exact = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour
  if (!exact || minute > 59 || second > 59) throw new DerError('malformed time')
  const offset =
    zone === 'Z' ? 0 : (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3))) * (zone.startsWith('-') ? -1 : 1)
  // An offset of nothing is written as Z, and nothing else is taken.
  const isZone = zone === 'Z' || (offset !== 0 && Number(zone.slice(1, 3)) <= 24 && Number(zone.slice(3)) < 60)
  if (!isZone) throw new DerError('malformed time')
  const local = date.toISOString().slice(0, 19)
  const seconds = BigInt(date.getTime()) / 1000n - BigInt(offset * 60)
  if (Math.abs(offset) >= 24 * 60) return { seconds, text: undefined }
  const text = offset === 0 ? `${local}Z` : `${local}${zone.slice(0, 3)}:${zone.slice(3)}`
  return { seconds, text }
}

const TEXT_TAGS = new Set([0x0c, 0x12, 0x13, 0x14, 0x16, 0x1e])

/** A value of any type as Go's `any` is written in JSON: null where the type is none that it knows. Throws DerError. */
export function readAny({ tag, body, whole }: DerElement): Value {
  const alone = new Der(whole)
  if (TEXT_TAGS.has(tag)) return readText(tag, body)
  switch (tag) {
    case TAG.boolean:
      return alone.boolean('value')
    case TAG.integer:
      return fromBigInteger(alone.long('value'))
    case TAG.oid:
      return oidOf(body, 'value')
    case TAG.octetString:
      return body.toString('base64')
    case TAG.bitString: {
      const { bytes, unused } = alone.bits('value')
      return objectOf([
        ['Bytes', bytes.toString('base64')],
        ['BitLength', bytes.length * 8 - unused],
      ] as [string, Value][])
    }
    case TAG.utcTime:
    case TAG.generalizedTime: {
      const { text } = readTime(alone)
      if (text === undefined) throw new BuiltinError('a time has an offset of a day')
      return text
    }
    default:
      return null
  }
}
