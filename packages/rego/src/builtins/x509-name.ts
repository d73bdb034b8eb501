import { objectOf, type RegoObject, type Value } from '../value.ts'
import { Der, DerError, TAG } from './der.ts'

const PRINTABLE = /^[A-Za-z0-9'()+,\-./ :=?*&]*$/
const NUMERIC = /^[0-9 ]*$/

export function isAscii(bytes: Buffer): boolean {
  return bytes.every((byte) => byte < 0x80)
}

/** Text of the kinds that names hold (Go, crypto/x509). */
function text(tag: number, body: Buffer): string {
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

const LISTS: Readonly<Record<number, string>> = {
  6: 'Country',
  7: 'Locality',
  8: 'Province',
  9: 'StreetAddress',
  10: 'Organization',
  11: 'OrganizationalUnit',
  17: 'PostalCode',
}

/** A distinguished name as Go's `pkix.Name` is written in JSON. */
export function nameOf(element: Buffer): RegoObject {
  const rdns = new Der(element).inside(TAG.sequence, 'name')
  const names: Value[] = []
  const lists = new Map<string, Value[]>()
  let commonName = ''
  let serialNumber = ''
  while (!rdns.done()) {
    const set = rdns.inside(TAG.set, 'name')
    while (!set.done()) {
      const pair = set.inside(TAG.sequence, 'name')
      const type = pair.oid('name')
      const { tag, body } = pair.any('name')
      const value = text(tag, body)
      names.push(objectOf([['Type', type] as const, ['Value', value] as const]))
      const [a, b, c, kind] = type
      if (type.length !== 4 || a !== 2 || b !== 5 || c !== 4 || kind === undefined) continue
      if (kind === 3) commonName = value
      else if (kind === 5) serialNumber = value
      const list = LISTS[kind]
      if (list !== undefined) lists.set(list, [...(lists.get(list) ?? []), value])
    }
  }
  const out: [string, Value][] = [
    ['CommonName', commonName],
    ['SerialNumber', serialNumber],
    ['ExtraNames', null],
    ['Names', names.length === 0 ? null : names],
  ]
  for (const list of Object.values(LISTS)) out.push([list, lists.get(list) ?? null])
  return objectOf(out)
}
