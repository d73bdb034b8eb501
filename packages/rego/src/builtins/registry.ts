import type { LinkedBuiltin } from '../compiler.ts'
import type { Machine } from '../machine.ts'
import { RegoObject, RegoSet, type Value } from '../value.ts'
import { ARITHMETIC } from './arithmetic.ts'
import { COLLECTIONS } from './collections.ts'
import { ENCODING } from './encoding.ts'
import { JSON_PATHS } from './json-paths.ts'
import { NET_CIDR } from './net-cidr.ts'
import type { Builtin } from './operand.ts'
import { REGEX } from './regex.ts'
import { FORMATTING } from './sprintf.ts'
import { STRINGS } from './strings.ts'
import { TIME } from './time.ts'
import { VERSIONS } from './versions.ts'

const FAMILIES = [ARITHMETIC, COLLECTIONS, STRINGS, FORMATTING, REGEX, ENCODING, JSON_PATHS, VERSIONS, NET_CIDR, TIME]

/** Every builtin there is: OPA's name, its function. All are deterministic. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(FAMILIES.flatMap((family) => Object.entries(family)))

/** Builtins of OPA whose result depends on more than their operands: refused by name, now and later. */
export const NONDETERMINISTIC: ReadonlySet<string> = new Set([
  'http.send',
  'net.lookup_ip_addr',
  'opa.runtime',
  'rand.intn',
  'time.now_ns',
  'uuid.rfc4122',
  'rego.parse_module',
  'test.sleep',
  'trace',
])

export function builtinArity(builtin: Builtin): number {
  return builtin.length - 1
}

/** Charges what a result costs; results are made by this call, so their size is the work. */
function charged(m: Machine, result: Value): Value {
  if (typeof result === 'string') m.spendText(result.length)
  else if (Array.isArray(result)) m.spendItems(result.length >> 2)
  else if (result instanceof RegoObject || result instanceof RegoSet) m.spendItems(result.size >> 2)
  return result
}

/** The builtin as generated code calls it: failures become undefined, or an error in strict mode. */
export function link(builtin: Builtin): LinkedBuiltin {
  switch (builtinArity(builtin)) {
    case 1:
      return (m, a) => {
        if (--m.fuel < 0) m.over()
        try {
          return charged(m, builtin(m, a))
        } catch (error) {
          return m.failed(error)
        }
      }
    case 2:
      return (m, a, b) => {
        if (--m.fuel < 0) m.over()
        try {
          return charged(m, builtin(m, a, b))
        } catch (error) {
          return m.failed(error)
        }
      }
    default:
      return (m, ...operands) => {
        if (--m.fuel < 0) m.over()
        try {
          return charged(m, builtin(m, ...operands))
        } catch (error) {
          return m.failed(error)
        }
      }
  }
}
