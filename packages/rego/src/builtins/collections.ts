import { BuiltinError, codePoints, length, type Machine } from '../machine.ts'
import { compare, equal, isNumber, RegoObject, RegoSet, setOf, typeName, type Value } from '../value.ts'
import {
  arrayAt,
  booleanAt,
  elementError,
  integerAt,
  objectAt,
  setAt,
  NoValueError,
  typeError,
  writtenInteger,
  type Builtins,
} from './operand.ts'

/** Members of an array or set, in order. */
function items(value: Value, position: number): readonly Value[] {
  if (Array.isArray(value)) return value
  if (value instanceof RegoSet) return value.sorted()
  throw typeError(position, value, 'set', 'array')
}

/** Keys to keep or drop: of an array, a set, or an object's keys. */
function keySet(value: Value, position: number): RegoSet | RegoObject {
  if (value instanceof RegoSet || value instanceof RegoObject) return value
  if (Array.isArray(value)) return setOf(value)
  throw typeError(position, value, 'object', 'string', 'array')
}

/** `b` over `a`; objects are merged, all else is overwritten. */
function overwrite(m: Machine, a: RegoObject, b: RegoObject): RegoObject {
  m.spend(a.size + b.size)
  const out = a.copy()
  const { keys, values } = b.sorted()
  for (const [i, key] of keys.entries()) {
    const old = a.get(key)
    const value = values[i] as Value
    out.set(key, old instanceof RegoObject && value instanceof RegoObject ? overwrite(m, old, value) : value)
  }
  return out
}

/** A member of a collection by key, as `object.get` walks a path. */
function member(value: Value, key: Value): Value | undefined {
  if (value instanceof RegoObject) return value.get(key)
  if (Array.isArray(value)) return isNumber(key) ? value[Number(writtenInteger(key) ?? -1)] : undefined
  return value instanceof RegoSet && value.has(key) ? key : undefined
}

function subset(m: Machine, outer: Value, inner: Value): boolean {
  m.spend(1)
  if (outer instanceof RegoObject && inner instanceof RegoObject) {
    const { keys, values } = inner.sorted()
    return keys.every((key, i) => {
      const found = outer.get(key)
      if (found === undefined) return false
      const wanted = values[i] as Value
      if (equal(found, wanted)) return true
      return typeName(found) === typeName(wanted) && typeof found === 'object' && subset(m, found, wanted)
    })
  }
  if (outer instanceof RegoSet && inner instanceof RegoSet) return inner.sorted().every((item) => outer.has(item))
  if (Array.isArray(outer) && Array.isArray(inner)) {
    m.spend(outer.length * Math.max(1, inner.length))
    for (let start = 0; start + inner.length <= outer.length; start++) {
      if (inner.every((item, i) => equal(item, outer[start + i]))) return true
    }
    return false
  }
  return false
}

function neighbours(value: Value | undefined): readonly Value[] {
  if (Array.isArray(value)) return value
  return value instanceof RegoSet ? value.sorted() : []
}

function starts(value: Value): readonly Value[] {
  if (Array.isArray(value)) return value
  if (value instanceof RegoSet) return value.sorted()
  throw typeError(2, value, '{array, set}')
}

function paths(m: Machine, graph: RegoObject, node: Value, path: Value[], seen: RegoSet, out: RegoSet): void {
  m.spend(1 + path.length)
  const edges = graph.get(node)
  if (edges === undefined) {
    out.add(path)
    return
  }
  const here = [...path, node]
  const next = neighbours(edges)
  if (next.length === 0) {
    out.add(here)
    return
  }
  const visited = setOf([...seen.sorted(), node])
  for (const neighbour of next) {
    if (visited.has(neighbour)) out.add(here)
    else paths(m, graph, neighbour, here, visited, out)
  }
}

function walk(m: Machine, value: Value, path: Value[], out: Value[]): void {
  m.spend(1 + path.length)
  out.push([path, value])
  if (Array.isArray(value)) for (const [i, item] of value.entries()) walk(m, item, [...path, i], out)
  else if (value instanceof RegoSet) for (const item of value.sorted()) walk(m, item, [...path, item], out)
  else if (value instanceof RegoObject) {
    const { keys, values } = value.sorted()
    for (const [i, key] of keys.entries()) walk(m, values[i] as Value, [...path, key], out)
  }
}

function extreme(value: Value, sign: number): Value {
  const list = items(value, 1)
  if (list.length === 0) throw new NoValueError('no value in an empty collection')
  // Of equal numbers that are written otherwise OPA takes the last one.
  return list.reduce((best, item) => (compare(item, best) * sign >= 0 ? item : best))
}

export const COLLECTIONS: Builtins = {
  count: (_m, a) => {
    if (typeof a === 'string') return codePoints(a)
    if (Array.isArray(a) || a instanceof RegoSet || a instanceof RegoObject) return length(a)
    throw typeError(1, a, 'array', 'object', 'set', 'string')
  },
  max: (_m, a) => extreme(a, 1),
  min: (_m, a) => extreme(a, -1),
  sort: (m, a) => {
    const list = items(a, 1)
    m.spend(list.length * 4)
    return [...list].sort(compare)
  },
  all: (_m, a) => items(a, 1).every((item) => item === true),
  any: (_m, a) => items(a, 1).some((item) => item === true),
  'internal.member_2': (m, a, b) => {
    if (b instanceof RegoSet) return b.has(a)
    if (Array.isArray(b)) {
      m.spend(b.length >> 3)
      return b.some((item) => equal(item, a))
    }
    return b instanceof RegoObject && b.sorted().values.some((item) => equal(item, a))
  },
  'internal.member_3': (_m, a, b, c) => {
    const found = member(c, a)
    return found !== undefined && equal(found, b)
  },

  'array.concat': (_m, a, b) => [...arrayAt(a, 1), ...arrayAt(b, 2)],
  'array.flatten': (_m, a) => arrayAt(a, 1).flatMap((item) => (Array.isArray(item) ? item : [item])),
  'array.slice': (_m, a, b, c) => {
    const list = arrayAt(a, 1)
    const stop = Math.min(Math.max(integerAt(c, 3), 0), list.length)
    const start = Math.min(Math.max(integerAt(b, 2), 0), stop)
    return list.slice(start, stop)
  },
  'array.reverse': (_m, a) => arrayAt(a, 1).toReversed(),

  and: (m, a, b) => {
    const x = setAt(a, 1)
    const y = setAt(b, 2)
    m.spend(x.size)
    return setOf(x.sorted().filter((item) => y.has(item)))
  },
  or: (m, a, b) => {
    const x = setAt(a, 1)
    const y = setAt(b, 2)
    m.spend(x.size + y.size)
    if (x.size === 0) return y.copy()
    const both = x.copy()
    if (y.size > 0) for (const item of y.unordered()) both.add(item)
    return both
  },
  set_diff: (m, a, b) => {
    const x = setAt(a, 1)
    const y = setAt(b, 2)
    m.spend(x.size)
    return setOf(x.sorted().filter((item) => !y.has(item)))
  },
  union: (m, a) => {
    const sets = setAt(a, 1)
      .sorted()
      .map((item) => setAt(item, 1))
    m.spendItems(sets.reduce((total, set) => total + set.size, 0))
    return setOf(sets.flatMap((set) => set.sorted()))
  },
  intersection: (m, a) => {
    const sets = setAt(a, 1)
      .sorted()
      .map((item) => setAt(item, 1))
    m.spend(sets.reduce((total, set) => total + set.size, 0))
    // Of members that are equal and written in two ways, those of the smaller set stay.
    const both = (x: RegoSet, y: RegoSet): RegoSet => {
      const [small, large] = y.size < x.size ? [y, x] : [x, y]
      return setOf(small.sorted().filter((item) => large.has(item)))
    }
    return sets.length === 0 ? setOf([]) : sets.reduce(both)
  },

  'object.get': (_m, a, b, c) => {
    const object = objectAt(a, 1)
    if (!Array.isArray(b)) {
      // null is a value, and not a missing one.
      const found = object.get(b)
      return found === undefined ? c : found
    }
    let at: Value | undefined = object
    for (let i = 0; i < b.length; i++) {
      at = member(at, b[i] as Value)
      if (at === undefined) return c
    }
    return at
  },
  'object.keys': (_m, a) => setOf(objectAt(a, 1).sorted().keys),
  'object.remove': (m, a, b) => {
    const object = objectAt(a, 1)
    const keys = keySet(b, 2)
    m.spend(object.size)
    return object.filter((key) => !keys.has(key))
  },
  'object.filter': (m, a, b) => {
    const object = objectAt(a, 1)
    const keys = keySet(b, 2)
    m.spend(object.size)
    return object.filter((key) => keys.has(key))
  },
  'object.union': (m, a, b) => overwrite(m, objectAt(a, 1), objectAt(b, 2)),
  'object.union_n': (m, a) => {
    const list = arrayAt(a, 1)
    let out = new RegoObject()
    for (const item of list) {
      if (!(item instanceof RegoObject)) throw elementError(1, list, item, 'object')
      out = overwrite(m, out, item)
    }
    return out
  },
  'object.subset': (m, a, b) => {
    if (Array.isArray(a) && b instanceof RegoSet) {
      m.spend(a.length)
      // As OPA counts: each member of the list that is in the set is one less, also where it is there twice.
      let missing = b.size
      return a.some((item) => {
        if (b.has(item)) missing--
        return missing === 0
      })
    }
    const comparable = ['object', 'set', 'array'].includes(typeName(a)) && typeName(a) === typeName(b)
    if (!comparable) {
      throw new BuiltinError(
        'both arguments object.subset must be of the same type or array and set',
        'eval_type_error',
      )
    }
    return subset(m, a, b)
  },

  'graph.reachable': (m, a, b) => {
    const graph = objectAt(a, 1)
    const reached = new RegoSet()
    const queue = [...starts(b)]
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      m.spend(1)
      if (reached.has(node)) continue
      const edges = graph.get(node)
      if (edges === undefined) continue
      reached.add(node)
      queue.push(...neighbours(edges))
    }
    return reached
  },
  'graph.reachable_paths': (m, a, b) => {
    const graph = objectAt(a, 1)
    const out = new RegoSet()
    for (const node of starts(b)) {
      const edges = graph.get(node)
      if (edges === undefined) continue
      const next = neighbours(edges)
      if (next.length === 0) out.add([node])
      for (const neighbour of next) paths(m, graph, neighbour, [node], setOf([node]), out)
    }
    return out
  },
  walk: (m, a) => {
    const out: Value[] = []
    walk(m, a, [], out)
    return out
  },

  type_name: (_m, a) => typeName(a),
  is_null: (_m, a) => a === null,
  is_boolean: (_m, a) => typeof a === 'boolean',
  is_number: (_m, a) => isNumber(a),
  is_string: (_m, a) => typeof a === 'string',
  is_array: (_m, a) => Array.isArray(a),
  is_set: (_m, a) => a instanceof RegoSet,
  is_object: (_m, a) => a instanceof RegoObject,
  cast_boolean: (_m, a) => booleanAt(a, 1),

  equal: (_m, a, b) => equal(a, b),
  neq: (_m, a, b) => !equal(a, b),
  lt: (_m, a, b) => compare(a, b) < 0,
  lte: (_m, a, b) => compare(a, b) <= 0,
  gt: (_m, a, b) => compare(a, b) > 0,
  gte: (_m, a, b) => compare(a, b) >= 0,
}
