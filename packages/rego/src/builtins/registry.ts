import { AWS_SIGNATURE } from './aws-signature.ts'
import { CRYPTO_X509 } from './crypto-x509.ts'
import { ENCODING } from './encoding.ts'
import { USUAL } from './families.ts'
import { GLOB_INTERSECTION } from './glob-intersection.ts'
import { GRAPHQL } from './graphql.ts'
import { JSON_PATCH } from './json-patch.ts'
import { JSON_SCHEMA } from './json-schema.ts'
import { JWT } from './jwt.ts'
import { NET_CIDR } from './net-cidr.ts'
import type { Builtin } from './operand.ts'
import { REGO } from './rego-parse-module.ts'
import { TEMPLATE } from './template.ts'
import { URI } from './uri.ts'
import { YAML } from './yaml.ts'

const FAMILIES = [
  ...USUAL,
  GLOB_INTERSECTION,
  ENCODING,
  JSON_PATCH,
  JSON_SCHEMA,
  GRAPHQL,
  JWT,
  CRYPTO_X509,
  NET_CIDR,
  TEMPLATE,
  URI,
  YAML,
  AWS_SIGNATURE,
  REGO,
]

/** Every builtin there is: OPA's name, its function. All are deterministic. */
export const BUILTINS: ReadonlyMap<string, Builtin> = new Map(FAMILIES.flatMap((family) => Object.entries(family)))

/** Deterministic builtins of OPA that are not here, and why: refused at load as unknown. */
export const NOT_HERE: ReadonlyMap<string, string> = new Map([
  ['rego.metadata.chain', 'the compiler replaces each call by its value; no plan calls it'],
  ['rego.metadata.rule', 'the compiler replaces each call by its value; no plan calls it'],
  ['internal.test_case', 'only `opa test` makes plans with it'],
])
