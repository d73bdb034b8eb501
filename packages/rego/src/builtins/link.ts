import type { LinkedBuiltin } from '../compiler.ts'
import { NumberRangeError } from '../float64-wide.ts'
import { LimitError, type Machine } from '../machine.ts'
import { RegoObject, RegoSet, type Value } from '../value.ts'
import { NoValueError, type Builtin } from './operand.ts'

/** Builtins of OPA whose result depends on more than their operands: refused by name, now and later. */
export const NONDETERMINISTIC: ReadonlySet<string> = new Set([
  'http.send',
  'net.lookup_ip_addr',
  'opa.runtime',
  'rand.intn',
  'time.now_ns',
  'uuid.rfc4122',
  'test.sleep',
  // The first certificate's validity is checked against the clock; `_with_options` takes a time.
  'crypto.x509.parse_and_verify_certificates',
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

function failed(m: Machine, error: unknown): undefined {
  if (error instanceof NumberRangeError) throw new LimitError(error.message)
  return error instanceof NoValueError ? undefined : m.failed(error)
}

/** The builtin as generated code calls it: failures become undefined, or an error in strict mode. */
export function link(builtin: Builtin): LinkedBuiltin {
  switch (builtinArity(builtin)) {
    case 1:
      return (m, a) => {
        if (--m.fuel < 0) m.over()
        try {
          const result = builtin(m, a)
          return typeof result === 'boolean' || typeof result === 'number' ? result : charged(m, result)
        } catch (error) {
          return failed(m, error)
        }
      }
    case 2:
      return (m, a, b) => {
        if (--m.fuel < 0) m.over()
        try {
          const result = builtin(m, a, b)
          return typeof result === 'boolean' || typeof result === 'number' ? result : charged(m, result)
        } catch (error) {
          return failed(m, error)
        }
      }
    case 3:
      return (m, a, b, c) => {
        if (--m.fuel < 0) m.over()
        try {
          return charged(m, builtin(m, a, b, c))
        } catch (error) {
          return failed(m, error)
        }
      }
    default:
      return (m, ...operands) => {
        if (--m.fuel < 0) m.over()
        try {
          return charged(m, builtin(m, ...operands))
        } catch (error) {
          return failed(m, error)
        }
      }
  }
}
