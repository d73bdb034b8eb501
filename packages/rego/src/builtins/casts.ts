import type { Machine } from '../machine.ts'
import { RegoObject, RegoSet, setOf, type Value } from '../value.ts'
import { booleanAt, objectAt, stringAt, typeError, type Builtins } from './operand.ts'

/** OPA's deprecated casts: they check a type and change only arrays into sets and back. */
export const CASTS: Builtins = {
  cast_array: (m, a) => {
    if (Array.isArray(a)) return a
    if (!(a instanceof RegoSet)) throw typeError(1, a, 'array', 'set')
    m.spend(a.size)
    return [...a.sorted()]
  },
  cast_set: (m, a) => {
    if (a instanceof RegoSet) return a
    if (!Array.isArray(a)) throw typeError(1, a, 'array', 'set')
    m.spend(a.length)
    return setOf(a)
  },
  cast_string: (_m, a) => stringAt(a, 1),
  cast_boolean: (_m, a) => booleanAt(a, 1),
  cast_object: (_m, a) => objectAt(a, 1),
  cast_null: (_m, a) => {
    if (a !== null) throw typeError(1, a, 'null')
    return null
  },
  // Both only write where somebody looks on; nobody does here.
  trace: (_m, a) => {
    stringAt(a, 1)
    return true
  },
  'internal.print': (_m, a) => {
    if (!Array.isArray(a)) throw typeError(1, a, 'array')
    return true
  },
}

/** Whether a value is one of those that hold others. */
export function isComposite(value: Value | undefined): value is Value[] | RegoObject | RegoSet {
  return Array.isArray(value) || value instanceof RegoObject || value instanceof RegoSet
}

/** Charges for walking a whole value: one step a member, at any depth. */
export function chargeWhole(m: Machine, value: Value): void {
  if (typeof value === 'string') m.spendText(value.length)
  else if (Array.isArray(value)) {
    m.spend(1 + value.length)
    for (const item of value) chargeWhole(m, item)
  } else if (value instanceof RegoSet) {
    m.spend(1 + value.size)
    for (const item of value.sorted()) chargeWhole(m, item)
  } else if (value instanceof RegoObject) {
    m.spend(1 + value.size)
    const { keys, values } = value.sorted()
    for (const [i, key] of keys.entries()) {
      chargeWhole(m, key)
      chargeWhole(m, values[i] as Value)
    }
  }
}
