import { isAbsolute } from 'node:path'
import { readJson } from '../json-reader.ts'
import { BuiltinError, type Machine } from '../machine.ts'
import { RegoObject, type Value } from '../value.ts'
import { META_SCHEMAS } from './json-schema-drafts.ts'
import { NondeterministicError } from './nondeterministic.ts'
import { parseUri, type Uri } from './uri.ts'

/** Drafts of JSON Schema; where a schema names none, words of all of them count. */
export const HYBRID = 99

export interface PooledDocument {
  readonly document: Value
  readonly draft: number | undefined
}

const DRAFTS: Readonly<Record<string, number>> = {
  'http://json-schema.org/draft-04/schema': 4,
  'http://json-schema.org/draft-06/schema': 6,
  'http://json-schema.org/draft-07/schema': 7,
}

/** The draft that `$schema` names, if it is known. */
export function draftOf(document: Value): number | undefined {
  if (typeof document === 'boolean') return undefined
  if (!(document instanceof RegoObject)) throw new BuiltinError('schema is invalid')
  const schema = document.get('$schema')
  if (schema === undefined) return undefined
  if (typeof schema !== 'string') throw new BuiltinError('$schema must be of type string')
  return DRAFTS[reference(schema)]
}

/** A reference in its usual form: an empty fragment is none. Throws BuiltinError for what is no URI. */
export function reference(text: string): string {
  return uriText(parseUri(text), true)
}

function uriText(uri: Uri, fragment: boolean): string {
  let out = uri.scheme === '' ? '' : `${uri.scheme}:`
  if (uri.opaque !== '') out += uri.opaque
  else {
    if (uri.host !== '' || (uri.scheme !== '' && !uri.omitHost && uri.path.startsWith('/'))) out += `//${uri.host}`
    if (uri.host !== '' && uri.path !== '' && !uri.path.startsWith('/')) out += '/'
    out += uri.rawPath === '' ? escaped(uri.path, PATH) : uri.rawPath
  }
  if (uri.query !== '' || uri.forceQuery) out += `?${uri.query}`
  return fragment && uri.fragment !== '' ? `${out}#${escaped(uri.fragment, FRAGMENT)}` : out
}

const PATH = /[A-Za-z0-9\-_.~$&+,/:;=@]/
const FRAGMENT = /[A-Za-z0-9\-_.~$&+,/:;=?@!()*]/

function escaped(text: string, kept: RegExp): string {
  return Array.from(Buffer.from(text, 'utf8'), (byte) => {
    const char = String.fromCharCode(byte)
    return byte < 0x80 && kept.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
}

/** A reference seen from a base (RFC 3986, 5.2). */
export function resolve(base: string, text: string): string {
  const from = parseUri(base)
  const to = parseUri(text)
  if (to.scheme !== '' || to.opaque !== '') return reference(text)
  if (to.host !== '') return uriText({ ...to, scheme: from.scheme }, true)
  if (to.path === '') {
    const query = to.query === '' && !to.forceQuery ? from.query : to.query
    return uriText({ ...from, query, forceQuery: to.forceQuery, fragment: to.fragment }, true)
  }
  const raw = (uri: Uri): string => (uri.rawPath === '' ? escaped(uri.path, PATH) : uri.rawPath)
  const path = to.path.startsWith('/') ? raw(to) : raw(from).slice(0, raw(from).lastIndexOf('/') + 1) + raw(to)
  const moved = withoutDots(path)
  return uriText(
    { ...to, scheme: from.scheme, host: from.host, hasUser: from.hasUser, rawPath: moved, path: moved },
    true,
  )
}

/** A path without its dots; as Go resolves references, it always begins with a slash. */
function withoutDots(path: string): string {
  const out: string[] = []
  const parts = path.replace(/^\//, '').split('/')
  for (const [i, part] of parts.entries()) {
    if (part !== '.' && part !== '..') out.push(part)
    else {
      if (part === '..') out.pop()
      if (i === parts.length - 1) out.push('')
    }
  }
  return `/${out.join('/')}`
}

/** Documents by reference: the root, what has an id, the meta-schemas. Nothing is fetched. */
export class SchemaPool {
  private readonly m: Machine
  private readonly documents = new Map<string, PooledDocument>()
  /** What `$ref` means where it stands. */
  private readonly absolute = new Map<RegoObject, string>()

  constructor(m: Machine, root: Value) {
    this.m = m
    this.add(root, '')
  }

  /** The reference of a schema with `$ref`, seen from where it stands. */
  target(schema: RegoObject, text: string): string {
    return this.absolute.get(schema) ?? reference(text)
  }

  private add(document: Value, base: string): void {
    const draft = draftOf(document)
    this.walk(document, base, draft)
    this.documents.set(base, { document, draft })
  }

  private walk(value: Value, base: string, draft: number | undefined): void {
    this.m.spend(1)
    if (Array.isArray(value)) for (const item of value) this.walk(item, base, draft)
    if (!(value instanceof RegoObject)) return
    const id = value.get('id') === undefined ? value.get('$id') : value.get('id')
    let here = base
    if (typeof id === 'string') {
      const own = attempt(() => resolve(base, id))
      if (own !== undefined) {
        if (this.documents.has(own)) throw new BuiltinError(`Reference already exists: "${own}"`)
        this.documents.set(own, { document: value, draft })
        here = own.replace(/#.*$/s, '')
      }
    }
    const ref = value.get('$ref')
    if (typeof ref === 'string') {
      const target = attempt(() => resolve(here, ref))
      if (target !== undefined) this.absolute.set(value, target)
    }
    const { keys, values } = value.sorted()
    for (const [i, key] of keys.entries()) {
      const item = values[i] as Value
      if (key === 'const' || key === 'enum') continue
      if (key !== 'properties' && key !== 'dependencies' && key !== 'patternProperties') this.walk(item, here, draft)
      else if (item instanceof RegoObject) for (const child of item.sorted().values) this.walk(child, here, draft)
    }
  }

  get(text: string): PooledDocument {
    const known = this.documents.get(text)
    if (known !== undefined) return known
    const uri = parseUri(text)
    const whole = uriText(uri, false)
    let source = this.documents.get(whole)
    if (source === undefined) {
      const full = uri.scheme === 'file' ? isAbsolute(uri.path) : uri.scheme !== '' && uri.host !== ''
      if (!full) throw new BuiltinError(`Reference ${text} must be canonical`)
      const meta = META_SCHEMAS.get(whole)
      if (meta === undefined) {
        throw new NondeterministicError(`the schema refers to ${whole.slice(0, 200)}, which would have to be fetched`)
      }
      this.add(readJson(meta), whole)
      source = this.documents.get(whole)
    }
    const found = { document: pointed(source?.document ?? null, uri.fragment), draft: source?.draft }
    this.documents.set(text, found)
    return found
  }
}

/** What a JSON pointer (RFC 6901) points at. What does not begin with a slash points at the whole. */
function pointed(document: Value, pointer: string): Value {
  if (!pointer.startsWith('/')) return document
  let at: Value = document
  for (const token of pointer.slice(1).split('/')) {
    if (at instanceof RegoObject) {
      const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
      const next = at.get(key)
      if (next === undefined) throw new BuiltinError(`Object has no key '${key}'`)
      at = next
    } else if (Array.isArray(at)) {
      if (!/^[+-]?\d{1,15}$/.test(token)) throw new BuiltinError(`Invalid array index '${token}'`)
      const next: Value | undefined = at[Number(token)]
      if (next === undefined) throw new BuiltinError(`Out of bound array[0,${at.length}] index '${Number(token)}'`)
      at = next
    } else throw new BuiltinError(`Invalid token reference '${token}'`)
  }
  return at
}

function attempt(run: () => string): string | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof BuiltinError) return undefined
    throw error
  }
}
