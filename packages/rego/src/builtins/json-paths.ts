import { RegoObject, RegoSet, setOf, typeName, type Value } from '../value.ts'
import { objectAt, operandError, typeError, type Builtins } from './operand.ts'

export function pathSegments(path: Value): Value[] {
  if (Array.isArray(path)) return path
  if (typeof path !== 'string') {
    throw operandError(
      2,
      `must be one of {set, array} containing string paths or array of path segments but got ${typeName(path)}`,
    )
  }
  if (path === '') return []
  return path
    .replace(/^\/+/, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Where a path begins another, the first one given stands: a leaf is not descended into. */
function pathTree(value: Value): RegoObject {
  const list = Array.isArray(value) ? value : value instanceof RegoSet ? value.sorted() : undefined
  if (list === undefined) throw typeError(2, value, 'set', 'array')
  const root = new RegoObject()
  for (const path of list) {
    const parts = pathSegments(path)
    let node = root
    let leaf = false
    for (const part of parts.slice(0, -1)) {
      const next = node.get(part)
      if (next === null) {
        leaf = true
        break
      }
      if (next instanceof RegoObject) node = next
      else {
        const made = new RegoObject()
        node.set(part, made)
        node = made
      }
    }
    const last = parts.at(-1)
    if (!leaf && last !== undefined) node.set(last, null)
  }
  return root
}

function removed(value: Value, paths: Value | undefined): Value | undefined {
  if (paths === null) return undefined
  if (!(paths instanceof RegoObject)) return value
  if (Array.isArray(value)) {
    return value.map((item, i) => removed(item, paths.get(String(i)))).filter((item) => item !== undefined)
  }
  if (value instanceof RegoSet) {
    return setOf(
      value
        .sorted()
        .map((item) => removed(item, paths.get(item)))
        .filter((item) => item !== undefined),
    )
  }
  if (!(value instanceof RegoObject)) return value
  const out = new RegoObject()
  const { keys, values } = value.sorted()
  for (const [i, key] of keys.entries()) {
    const kept = removed(values[i] as Value, paths.get(key))
    if (kept !== undefined) out.set(key, kept)
  }
  return out
}

function filtered(value: Value, paths: Value | undefined): Value | undefined {
  if (paths === null) return value
  if (!(paths instanceof RegoObject)) return undefined
  if (Array.isArray(value)) {
    return value.map((item, i) => filtered(item, paths.get(String(i)))).filter((item) => item !== undefined)
  }
  if (value instanceof RegoSet) {
    return setOf(
      value
        .sorted()
        .map((item) => filtered(item, paths.get(item)))
        .filter((item) => item !== undefined),
    )
  }
  if (!(value instanceof RegoObject)) return value
  const out = new RegoObject()
  const { keys, values } = value.sorted()
  for (const [i, key] of keys.entries()) {
    const below = paths.get(key)
    const kept = below === undefined ? undefined : filtered(values[i] as Value, below)
    if (kept !== undefined) out.set(key, kept)
  }
  return out
}

export const JSON_PATHS: Builtins = {
  'json.remove': (m, a, b) => {
    const object = objectAt(a, 1)
    m.spend(object.size)
    return removed(object, pathTree(b)) ?? new RegoObject()
  },
  'json.filter': (m, a, b) => {
    const object = objectAt(a, 1)
    m.spend(object.size)
    return filtered(object, pathTree(b)) ?? new RegoObject()
  },
}
