import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'
import { BuiltinError, type Machine } from '../machine.ts'
import { RegoObject, type Value } from '../value.ts'
import { base64Bytes, decodedText } from './encoding.ts'
import { plainScalar, scalarValue, shortFloat32, type Scalar } from './yaml-scalars.ts'

let library: typeof Yaml | undefined

/** The parser, which is loaded where a plan names a builtin of YAML. */
export function yamlLibrary(): typeof Yaml {
  library ??= createRequire(import.meta.url)('yaml') as typeof Yaml
  return library
}

const PREFIX = 'tag:yaml.org,2002:'
/** What no stream of YAML may hold (YAML 1.2, 5.1). */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/

const MAX_DEPTH = 300

/**
 * The first document of a YAML stream as OPA makes JSON of it: keys become text, merge keys are followed, of equal keys
 * the last stands. The rest of the stream must be YAML too. Throws BuiltinError.
 */
export function readYaml(m: Machine, text: string): Value {
  m.spendText(text.length * 64)
  if (FORBIDDEN.test(text)) throw new BuiltinError('yaml: control characters are not allowed')
  const { parseAllDocuments } = yamlLibrary()
  const documents = parseAllDocuments(text, {
    schema: 'failsafe',
    uniqueKeys: false,
    merge: false,
    logLevel: 'silent',
    keepSourceTokens: true,
    strict: true,
  })
  if (!Array.isArray(documents)) return null
  for (const document of documents) {
    // go-yaml takes a comment right after a token.
    const error = document.errors.find(({ message }) => !message.startsWith('Comments must be separated'))
    if (error !== undefined) throw new BuiltinError(`yaml: ${error.message.split('\n')[0] ?? ''}`)
  }
  const [first] = documents
  return first === undefined ? null : new Reader(m, first).value(first.contents, 0)
}

class Reader {
  private readonly m: Machine
  /** What each alias stands for: the node of its anchor that was last before it. */
  private readonly targets = new Map<Yaml.Alias, unknown>()
  private readonly open = new Set<unknown>()

  constructor(m: Machine, document: Yaml.Document) {
    this.m = m
    const anchors = new Map<string, unknown>()
    const { isAlias, isNode, visit } = yamlLibrary()
    // The library looks through the whole document for each alias; once is enough.
    visit(document, (_key, node) => {
      m.spend(1)
      if (isAlias(node)) this.targets.set(node, anchors.get(node.source))
      else if (isNode(node) && node.anchor !== undefined) anchors.set(node.anchor, node)
    })
  }

  value(node: unknown, depth: number): Value {
    const { isAlias, isMap, isScalar, isSeq } = yamlLibrary()
    this.m.spend(8)
    if (depth > MAX_DEPTH) throw new BuiltinError('yaml: exceeded max depth')
    if (node === null || node === undefined) return null
    if (isAlias(node)) return this.followed(node, (target) => this.value(target, depth + 1))
    if (isScalar(node)) return scalarValue(this.scalar(node))
    if (isSeq(node)) return node.items.map((item) => this.value(item, depth + 1))
    if (!isMap(node)) throw new BuiltinError('yaml: an unknown node')
    const out = new RegoObject()
    this.mapping(node, out, depth)
    return out
  }

  private followed<T>(alias: Yaml.Alias, run: (target: unknown) => T): T {
    const target = this.targets.get(alias)
    if (target === undefined) throw new BuiltinError(`yaml: unknown anchor '${alias.source.slice(0, 60)}' referenced`)
    if (this.open.has(target))
      throw new BuiltinError(`yaml: anchor '${alias.source.slice(0, 60)}' value contains itself`)
    this.open.add(target)
    const result = run(target)
    this.open.delete(target)
    return result
  }

  private mapping(map: Yaml.YAMLMap, out: RegoObject, depth: number): void {
    const merges: unknown[] = []
    for (const pair of map.items) {
      if (this.isMerge(pair.key)) merges.push(pair.value)
      else out.set(this.key(pair.key, depth), this.value(pair.value, depth + 1))
    }
    for (const merge of merges) this.merge(merge, out, depth + 1)
  }

  private isMerge(key: unknown): boolean {
    const { isScalar } = yamlLibrary()
    if (!isScalar(key) || key.value !== '<<') return false
    return key.tag === `${PREFIX}merge` || (key.type === 'PLAIN' && (key.tag === undefined || key.tag === '!'))
  }

  /** What is merged in stands below what is there. Of a list the first stands above the later. */
  private merge(node: unknown, out: RegoObject, depth: number): void {
    const { isAlias, isMap, isSeq } = yamlLibrary()
    if (isAlias(node)) this.followed(node, (target) => this.merge(target, out, depth))
    else if (isMap(node)) {
      const below = new RegoObject()
      this.mapping(node, below, depth)
      const { keys, values } = below.sorted()
      this.m.spend(keys.length)
      for (const [i, key] of keys.entries()) if (!out.has(key)) out.set(key, values[i] as Value)
    } else if (isSeq(node)) {
      for (const item of node.items) {
        if (!isMap(item) && !isAlias(item))
          throw new BuiltinError('yaml: map merge requires map or sequence of maps as the value')
        this.merge(item, out, depth)
      }
    } else throw new BuiltinError('yaml: map merge requires map or sequence of maps as the value')
  }

  private key(node: unknown, depth: number): string {
    const { isAlias, isScalar } = yamlLibrary()
    if (isAlias(node)) return this.followed(node, (target) => this.key(target, depth))
    const scalar = isScalar(node) ? this.scalar(node) : undefined
    if (scalar?.tag === 'str') return scalar.value
    if (scalar?.tag === 'bool' || scalar?.tag === 'int') return String(scalar.value)
    if (scalar?.tag !== 'float') throw new BuiltinError('yaml: unsupported map key')
    if (Number.isNaN(scalar.value)) return '.nan'
    if (!Number.isFinite(scalar.value)) return scalar.value > 0 ? '.inf' : '-.inf'
    return shortFloat32(scalar.value)
  }

  private scalar(node: Yaml.Scalar): Scalar {
    const text = node.source ?? (typeof node.value === 'string' ? node.value : '')
    const quoted = node.type !== 'PLAIN'
    if (node.type === 'QUOTE_DOUBLE') this.checkEscapes(node)
    const tag = node.tag?.startsWith(PREFIX) === true ? node.tag.slice(PREFIX.length) : node.tag
    this.m.spendText(text.length)
    if (tag === undefined || tag === '!') {
      if (quoted || tag === '!') return { tag: 'str', value: text }
      const found = plainScalar(text)
      // A time that nothing says is one is text.
      return found.tag === 'timestamp' ? { tag: 'str', value: text } : found
    }
    if (tag === 'binary') return { tag: 'str', value: decodedText(base64Bytes(text, 'standard')) }
    if (!['str', 'bool', 'int', 'float', 'null', 'timestamp'].includes(tag) || tag === 'str') {
      return { tag: 'str', value: text }
    }
    const found = plainScalar(text)
    if (found.tag === tag) return found
    if (tag === 'float' && found.tag === 'int') return { tag: 'float', value: Number(found.value) }
    throw new BuiltinError(`yaml: cannot decode !!${found.tag} as a !!${tag}`)
  }

  /** An escaped slash is JSON's, and none of go-yaml's. */
  private checkEscapes(node: Yaml.Scalar): void {
    const token = node.srcToken
    const source = token !== undefined && 'source' in token ? token.source : ''
    if (/(?:^|[^\\])(?:\\\\)*\\\//.test(source)) throw new BuiltinError('yaml: found unknown escape character')
  }
}
