import { BuiltinError, LimitError, type Machine } from '../machine.ts'
import { RegoObject, type Value } from '../value.ts'
import { parseYaml, type YamlMappingNode, type YamlNode, type YamlScalarNode } from './yaml-parser.ts'
import { scalarValue, shortFloat32, taggedScalar, type Scalar } from './yaml-scalars.ts'

const MAX_DEPTH = 300

/**
 * The first document of a YAML stream as OPA makes JSON of it: keys become text, merge keys are followed, of equal keys
 * the last stands. The rest of the stream must be YAML too. Throws BuiltinError, LimitError.
 */
export function readYaml(m: Machine, text: string): Value {
  m.spendText(text.length * 64)
  const root = parseYaml(text)
  if (root === undefined) return null
  normalise(m, root)
  return new Reader(m).document(root)
}

/** JSON text as go-yaml reads it, as OPA has it do before it writes YAML. Throws BuiltinError, LimitError. */
export function readJsonAsYaml(m: Machine, text: string): Value {
  m.spendText(text.length * 64)
  const root = parseYaml(text)
  return root === undefined ? null : new Reader(m).document(root)
}

/** What OPA does before go-yaml reads the nodes: merge keys become one, of keys that become the same text the last stands. */
function normalise(m: Machine, node: YamlNode): void {
  m.spend(4)
  if (node.kind === 'sequence') for (const item of node.items) normalise(m, item)
  if (node.kind !== 'mapping') return
  node.pairs = withoutDoubles(withOneMerge(node.pairs))
  for (const [key, value] of node.pairs) {
    normalise(m, key)
    normalise(m, value)
  }
}

type Pairs = YamlMappingNode['pairs']

const MERGE = '!!merge'
const hasMergeTag = (node: YamlNode): boolean => node.kind === 'scalar' && node.tag === MERGE

function withOneMerge(pairs: Pairs): Pairs {
  const merges = pairs.filter(([key]) => hasMergeTag(key))
  const items = merges.flatMap(([, value]) => (value.kind === 'sequence' ? value.items : [value]))
  const [first] = merges
  if (first === undefined || items.length < 2) return pairs
  return pairs.flatMap((pair): Pairs => {
    if (pair === first) return [[pair[0], { kind: 'sequence', items }]]
    return hasMergeTag(pair[0]) ? [] : [pair]
  })
}

function withoutDoubles(pairs: Pairs): Pairs {
  const places = new Map<string, number>()
  const out: Pairs = []
  for (const pair of pairs) {
    const text = textOf(pair[0])
    const place = text === undefined ? undefined : places.get(text)
    const before = place === undefined ? undefined : out[place]
    if (place !== undefined && before !== undefined) out[place] = [before[0], pair[1]]
    else {
      if (text !== undefined) places.set(text, out.length)
      out.push(pair)
    }
  }
  return out
}

/** The name that a key has in JSON, if it has one. A time without a tag is none yet. */
function textOf(node: YamlNode): string | undefined {
  if (node.kind !== 'scalar' || node.tag === MERGE) return undefined
  try {
    return keyText(taggedScalar(node.tag, node.text))
  } catch (error) {
    if (error instanceof BuiltinError) return undefined
    throw error
  }
}

function keyText(scalar: Scalar): string | undefined {
  if (scalar.tag === 'str') return scalar.value
  if (scalar.tag === 'bool' || scalar.tag === 'int') return String(scalar.value)
  return scalar.tag === 'float' ? shortFloat32(scalar.value) : undefined
}

/** A key as go-yaml tells keys apart, and its name; undefined where it is left out. */
interface Key {
  readonly identity: string
  readonly name: string
}

/** Whether go-yaml makes a map whose keys are texts only, in which the keys of what is merged are texts as written. */
type Form = 'texts' | 'any'

class Reader {
  private readonly m: Machine
  private readonly open = new Set<YamlNode>()
  /** What go-yaml counts to refuse documents that are mostly aliases. */
  private decoded = 1
  private decodedByAlias = 0
  private aliasDepth = 0

  constructor(m: Machine) {
    this.m = m
  }

  document(root: YamlNode): Value {
    return this.value(root, 0)
  }

  private count(): void {
    this.m.spend(8)
    this.decoded++
    if (this.aliasDepth > 0) this.decodedByAlias++
    const { decoded, decodedByAlias } = this
    if (decodedByAlias > 100 && decoded > 1000 && decodedByAlias / decoded > aliasShare(decoded))
      throw new BuiltinError('yaml: document contains excessive aliasing')
  }

  private value(node: YamlNode, depth: number): Value {
    this.count()
    if (depth > MAX_DEPTH) throw new LimitError('a YAML text is nested too deep')
    switch (node.kind) {
      case 'alias':
        return this.followed(node, (target) => this.value(target, depth + 1))
      case 'scalar':
        return scalarValue(this.scalar(node))
      case 'sequence':
        return node.items.map((item) => this.value(item, depth + 1))
      case 'mapping': {
        const out = new RegoObject()
        this.mapping(node, out, depth, isOfTexts(node) ? 'texts' : 'any')
        return out
      }
    }
  }

  private followed<T>(alias: YamlNode & { readonly kind: 'alias' }, run: (target: YamlNode) => T): T {
    if (this.open.has(alias)) throw new BuiltinError(`yaml: anchor '${alias.name.slice(0, 60)}' value contains itself`)
    this.open.add(alias)
    this.aliasDepth++
    const result = run(alias.target)
    this.aliasDepth--
    this.open.delete(alias)
    return result
  }

  /** `merged` are the identities of keys that what is merged may not set. */
  private mapping(node: YamlMappingNode, out: RegoObject, depth: number, form: Form, merged?: Set<string>): void {
    checkUnique(node)
    let merge: YamlNode | undefined
    for (const [keyNode, valueNode] of node.pairs) {
      if (isMerge(keyNode)) {
        merge = valueNode
        continue
      }
      const key = this.key(keyNode, depth, form)
      if (key === undefined || merged?.has(key.identity) === true) continue
      merged?.add(key.identity)
      out.set(key.name, this.value(valueNode, depth + 1))
    }
    if (merge === undefined) return
    const names = merged ?? this.identities(node, depth)
    if (merge.kind !== 'sequence') this.merge(merge, out, depth, form, names)
    else for (const item of merge.items) this.merge(item, out, depth, form, names)
  }

  private identities(node: YamlMappingNode, depth: number): Set<string> {
    const out = new Set<string>()
    for (const [keyNode] of node.pairs) {
      const key = this.key(keyNode, depth, 'any')
      if (key !== undefined) out.add(key.identity)
    }
    return out
  }

  /** What is merged in stands below what is there. Of a list the first stands above the later. */
  private merge(node: YamlNode, out: RegoObject, depth: number, form: Form, merged: Set<string>): void {
    this.count()
    if (depth > MAX_DEPTH) throw new LimitError('a YAML text is nested too deep')
    const into = (target: YamlNode): void => {
      if (target.kind !== 'mapping')
        throw new BuiltinError('yaml: map merge requires map or sequence of maps as the value')
      this.mapping(target, out, depth + 1, form, merged)
    }
    if (node.kind !== 'alias') into(node)
    else
      this.followed(node, (target) => {
        this.count()
        into(target)
      })
  }

  private key(node: YamlNode, depth: number, form: Form): Key | undefined {
    this.count()
    if (node.kind === 'alias') return this.followed(node, (target) => this.key(target, depth + 1, form))
    if (node.kind !== 'scalar') throw new BuiltinError('yaml: invalid map key')
    const scalar = this.scalar(node)
    if (form === 'texts') {
      if (scalar.tag === 'null') return undefined
      const name = scalar.tag === 'str' ? scalar.value : node.text
      return { identity: `str ${name}`, name }
    }
    const name = keyText(scalar)
    if (name === undefined) throw new BuiltinError('yaml: unsupported map key')
    return { identity: `${scalar.tag} ${scalar.tag === 'float' ? scalar.value : name}`, name }
  }

  private scalar(node: YamlScalarNode): Scalar {
    this.m.spendText(node.text.length)
    // A time that nothing says is one is text.
    if (isImplicitTime(node)) return { tag: 'str', value: node.text }
    return taggedScalar(node.tag, node.text)
  }
}

function isMerge(node: YamlNode): boolean {
  return node.kind === 'scalar' && node.tag === MERGE && node.text === '<<'
}

function isOfTexts(node: YamlMappingNode): boolean {
  return node.pairs.every(([key]) => {
    const named = key.kind === 'alias' ? key.target : key
    return named.kind === 'scalar' && (named.tag === '!!str' || named.tag === MERGE || isImplicitTime(named))
  })
}

const isImplicitTime = (node: YamlScalarNode): boolean => node.isImplicit && node.tag === '!!timestamp'

/** go-yaml refuses keys that are written alike. */
function checkUnique(node: YamlMappingNode): void {
  const seen = new Set<string>()
  for (const [key] of node.pairs) {
    const written = `${key.kind} ${key.kind === 'scalar' ? key.text : key.kind === 'alias' ? key.name : ''}`
    if (seen.has(written)) throw new BuiltinError('yaml: a mapping key is already defined')
    seen.add(written)
  }
}

/** How much of a document may come from aliases: less the larger it is. */
function aliasShare(decoded: number): number {
  const [low, high] = [400_000, 4_000_000]
  if (decoded <= low) return 0.99
  return decoded >= high ? 0.1 : 0.99 - 0.89 * ((decoded - low) / (high - low))
}
