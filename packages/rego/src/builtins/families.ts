import { ARITHMETIC } from './arithmetic.ts'
import { CASTS } from './casts.ts'
import { COLLECTIONS } from './collections.ts'
import { GLOB } from './glob.ts'
import { JSON_PATHS } from './json-paths.ts'
import type { Builtin, Builtins } from './operand.ts'
import { REGEX } from './regex.ts'
import { FORMATTING } from './sprintf.ts'
import { STRINGS } from './strings.ts'
import { TIME } from './time.ts'
import { UUID } from './uuid.ts'
import { VERSIONS } from './versions.ts'

/** Builtins that cost little to load, or that most policies use. */
export const USUAL: readonly Builtins[] = [
  ARITHMETIC,
  CASTS,
  COLLECTIONS,
  STRINGS,
  FORMATTING,
  REGEX,
  GLOB,
  JSON_PATHS,
  TIME,
  UUID,
  VERSIONS,
]

const USUAL_BY_NAME: ReadonlyMap<string, Builtin> = new Map(USUAL.flatMap((family) => Object.entries(family)))

interface Family {
  /** How its names begin. Those of another may begin so: it is loaded with that one. */
  readonly prefixes: readonly string[]
  readonly load: () => Promise<Builtins>
}

/** The others, with much code of their own or of Node's. */
const UNUSUAL: readonly Family[] = [
  {
    prefixes: ['base64', 'hex.', 'urlquery.', 'json.marshal', 'json.unmarshal', 'json.is_valid', 'crypto.'],
    load: async () => (await import('./encoding.ts')).ENCODING,
  },
  {
    prefixes: ['crypto.x509.', 'crypto.parse_'],
    load: async () => (await import('./crypto-x509.ts')).CRYPTO_X509,
  },
  { prefixes: ['io.jwt.'], load: async () => (await import('./jwt.ts')).JWT },
  { prefixes: ['providers.aws.'], load: async () => (await import('./aws-signature.ts')).AWS_SIGNATURE },
  {
    prefixes: ['json.match_schema', 'json.verify_schema'],
    load: async () => (await import('./json-schema.ts')).JSON_SCHEMA,
  },
  { prefixes: ['json.patch'], load: async () => (await import('./json-patch.ts')).JSON_PATCH },
  { prefixes: ['yaml.'], load: async () => (await import('./yaml.ts')).YAML },
  { prefixes: ['graphql.'], load: async () => (await import('./graphql.ts')).GRAPHQL },
  { prefixes: ['rego.'], load: async () => (await import('./rego-parse-module.ts')).REGO },
  {
    prefixes: ['regex.globs_match'],
    load: async () => (await import('./glob-intersection.ts')).GLOB_INTERSECTION,
  },
  { prefixes: ['net.'], load: async () => (await import('./net-cidr.ts')).NET_CIDR },
  { prefixes: ['strings.render_template'], load: async () => (await import('./template.ts')).TEMPLATE },
  { prefixes: ['uri.'], load: async () => (await import('./uri.ts')).URI },
]

/** The usual builtins, and families of which one is named; whoever asks for all takes `BUILTINS` (registry.ts). */
export async function builtinsNamed(names: readonly string[]): Promise<ReadonlyMap<string, Builtin>> {
  const wanted = names.filter((name) => !USUAL_BY_NAME.has(name))
  const loaded = await Promise.all(
    UNUSUAL.filter(({ prefixes }) => wanted.some((name) => prefixes.some((prefix) => name.startsWith(prefix)))).map(
      ({ load }) => load(),
    ),
  )
  return new Map([...USUAL_BY_NAME, ...loaded.flatMap((family) => Object.entries(family))])
}
