import type { LinkedBuiltin } from '../compiler.ts'
import type { Machine } from '../machine.ts'
import { RegoObject, RegoSet, type Value } from '../value.ts'
import { ARITHMETIC } from './arithmetic.ts'
import { AWS_SIGNATURE } from './aws-signature.ts'
import { CASTS } from './casts.ts'
import { COLLECTIONS } from './collections.ts'
import { CRYPTO_X509 } from './crypto-x509.ts'
import { ENCODING } from './encoding.ts'
import { GLOB_INTERSECTION } from './glob-intersection.ts'
import { GRAPHQL } from './graphql.ts'
import { JSON_PATCH } from './json-patch.ts'
import { JSON_PATHS } from './json-paths.ts'
import { JSON_SCHEMA } from './json-schema.ts'
import { JWT } from './jwt.ts'
import { NET_CIDR } from './net-cidr.ts'
import { NoValueError, type Builtin } from './operand.ts'
import { REGEX } from './regex.ts'
import { REGO } from './rego-parse-module.ts'
import { FORMATTING } from './sprintf.ts'
import { STRINGS } from './strings.ts'
import { TEMPLATE } from './template.ts'
import { TIME } from './time.ts'
import { URI } from './uri.ts'
import { UUID } from './uuid.ts'
import { VERSIONS } from './versions.ts'
import { YAML } from './yaml.ts'

const FAMILIES = [
  ARITHMETIC,
  CASTS,
  COLLECTIONS,
  STRINGS,
  FORMATTING,
  REGEX,
  GLOB_INTERSECTION,
  ENCODING,
  JSON_PATHS,
  JSON_PATCH,
  JSON_SCHEMA,
  GRAPHQL,
  JWT,
  CRYPTO_X509,
  VERSIONS,
  NET_CIDR,
  TIME,
  TEMPLATE,
  URI,
  UUID,
  YAML,
  AWS_SIGNATURE,
  REGO,
]

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
  'test.sleep',
  // The first certificate's validity is checked against the clock; `_with_options` takes a time.
  'crypto.x509.parse_and_verify_certificates',
])

/** Deterministic builtins of OPA that are not here, and why: refused at load as unknown. */
export const NOT_HERE: ReadonlyMap<string, string> = new Map([
  ['rego.metadata.chain', 'the compiler replaces each call by its value; no plan calls it'],
  ['rego.metadata.rule', 'the compiler replaces each call by its value; no plan calls it'],
  ['internal.test_case', 'only `opa test` makes plans with it'],
])

export function builtinArity(builtin: Builtin): number {
  return builtin.length - 1
}

/** Charges what a result costs; results are made by this call, so their size is the work. */
function charged(m: Machine, result: Value): Value {
  if (typeof result === 'boolean' || typeof result === 'number') return result
  if (typeof result === 'string') m.spendText(result.length)
  else if (Array.isArray(result)) m.spendItems(result.length >> 2)
  else if (result instanceof RegoObject || result instanceof RegoSet) m.spendItems(result.size >> 2)
  return result
}

function failed(m: Machine, error: unknown): undefined {
  return error instanceof NoValueError ? undefined : m.failed(error)
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
          return failed(m, error)
        }
      }
    case 2:
      return (m, a, b) => {
        if (--m.fuel < 0) m.over()
        try {
          return charged(m, builtin(m, a, b))
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
