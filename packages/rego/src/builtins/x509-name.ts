import { objectOf, type RegoObject, type Value } from '../value.ts'
import { Der, TAG, type DerElement } from './der.ts'
import { readText } from './der-value.ts'

const LISTS: Readonly<Record<number, string>> = {
  6: 'Country',
  7: 'Locality',
  8: 'Province',
  9: 'StreetAddress',
  10: 'Organization',
  11: 'OrganizationalUnit',
  17: 'PostalCode',
}

/** A distinguished name as Go's `pkix.Name` is written in JSON. Requests take values that are no text, too. */
export function nameOf(
  element: Buffer,
  read: (element: DerElement) => Value = ({ tag, body }) => readText(tag, body),
): RegoObject {
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
      const value = read(pair.any('name'))
      names.push(objectOf([['Type', type] as const, ['Value', value] as const]))
      if (typeof value !== 'string') continue
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
