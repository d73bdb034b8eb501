/** Generated data and inputs: documents whose keys generated policies ask for. */
import type { Json } from '@gatehouse/core/kernel/canonical'
import type { Chance } from './opa-policy-chance.ts'

/** Keys that policies, data and inputs share. */
export const KEYS: readonly string[] = ['a', 'b', 'c', 'k', '0', '1', 'é', '__proto__', 'constructor', '']
export const TEXTS: readonly string[] = [
  'a',
  'b',
  'ab',
  'a,b',
  '',
  'é',
  '日本',
  'A b',
  '1',
  '2.50',
  '{"a":1}',
  '<x>',
  'b.c',
]
/** Numbers as text: a JavaScript number would lose some of them. */
export const NUMBERS: readonly string[] = [
  '0',
  '1',
  '2',
  '3',
  '-1',
  '5',
  '10',
  '255',
  '0.1',
  '0.2',
  '2.5',
  '-0.5',
  '1e3',
  '100.0',
  '1.50',
  '9007199254740993',
  '12345678901234567890',
  '1e21',
  '0.30000000000000004',
  '123456.789',
  '1e-7',
]

type Kind = 'n' | 's' | 'b' | 'list' | 'obj' | 'recs' | 'deep' | 'graph' | 'mixed' | 'nil'
/** Members of the input and of a policy's data, with the kind of value that is usual there. */
export const FIELDS: readonly Kind[] = ['n', 's', 'b', 'list', 'obj', 'recs', 'deep', 'graph', 'mixed', 'nil']

/** JSON text of any value, composites down to `depth`. */
function anyText(c: Chance, depth: number): string {
  const form = c.int(0, depth > 0 ? 7 : 4)
  if (form === 0) return c.pick(NUMBERS)
  if (form === 1) return JSON.stringify(c.pick(TEXTS))
  if (form === 2) return c.pick(['true', 'false', 'null'])
  if (form === 3) return c.pick(['[]', '{}'])
  if (form === 4) return String(c.int(0, 3))
  return form === 5 ? listText(c, 3, () => anyText(c, depth - 1)) : objectText(c, 3, () => anyText(c, depth - 1))
}

function listText(c: Chance, most: number, make: () => string): string {
  return `[${c.many(0, most, make).join(',')}]`
}

function objectText(c: Chance, most: number, make: () => string): string {
  const members = new Map(c.many(0, most, () => [c.pick(KEYS), make()]))
  return `{${[...members].map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`
}

const MAKERS: Readonly<Record<Kind, (c: Chance) => string>> = {
  n: (c) => c.pick(NUMBERS),
  s: (c) => JSON.stringify(c.pick(TEXTS)),
  b: (c) => c.pick(['true', 'false']),
  list: (c) => listText(c, 4, () => (c.yes(0.7) ? String(c.int(0, 4)) : anyText(c, 1))),
  obj: (c) => objectText(c, 4, () => anyText(c, 1)),
  recs: (c) =>
    listText(c, 3, () => `{"k":${JSON.stringify(c.pick(KEYS))},"a":${c.pick(NUMBERS)},"b":${anyText(c, 1)}}`),
  deep: (c) => objectText(c, 3, () => objectText(c, 3, () => anyText(c, 2))),
  graph: (c) => objectText(c, 5, () => listText(c, 3, () => JSON.stringify(c.pick(KEYS)))),
  mixed: (c) => anyText(c, 3),
  nil: () => 'null',
}

/** The document's JSON text: most fields of their usual kind, some of another, some absent. */
export function documentText(c: Chance): string {
  const members = FIELDS.filter(() => c.yes(0.92)).map(
    (field) => `${JSON.stringify(field)}:${c.yes(0.88) ? MAKERS[field](c) : anyText(c, 2)}`,
  )
  return `{${members.join(',')}}`
}

export function documentOf(text: string): Json {
  return JSON.parse(text) as Json
}

/** A literal of Rego: as JSON, and sets. `raw` allows texts in backquotes, which patterns cannot be. */
export function literal(c: Chance, depth: number, raw = true): string {
  const form = c.int(0, depth > 0 ? 8 : 5)
  if (form <= 1) return c.pick(NUMBERS)
  if (form <= 3) return raw && c.yes(0.2) ? `\`${c.pick(['a', 'x\\d', '{"a":1}'])}\`` : JSON.stringify(c.pick(TEXTS))
  if (form === 4) return c.pick(['true', 'false', 'null'])
  if (form === 5) return c.pick(['[]', '{}', 'set()'])
  if (form === 6) return `[${c.many(0, 3, () => literal(c, depth - 1, raw)).join(', ')}]`
  if (form === 7) return `{${c.many(1, 3, () => literal(c, depth - 1, raw)).join(', ')}}`
  const members = new Map(
    c.many(1, 3, () => [
      c.yes(0.85) ? JSON.stringify(c.pick(KEYS)) : c.pick(['0', '1', '[1]', 'null']),
      literal(c, depth - 1, raw),
    ]),
  )
  return `{${[...members].map(([key, value]) => `${key}: ${value}`).join(', ')}}`
}
