import { BuiltinError, LimitError } from '../machine.ts'
import { scanYaml, type YamlMark, type YamlToken } from './yaml-scanner.ts'
import { implicitTag } from './yaml-scalars.ts'

/** A node, with go-yaml's short tag, as `!!str`; tags of collections say nothing here. */
export type YamlNode = YamlScalarNode | YamlSequenceNode | YamlMappingNode | YamlAliasNode

export interface YamlScalarNode {
  readonly kind: 'scalar'
  readonly text: string
  readonly tag: string
  /** Plain and without a tag of its own. */
  readonly isImplicit: boolean
}

export interface YamlSequenceNode {
  readonly kind: 'sequence'
  readonly items: YamlNode[]
}

export interface YamlMappingNode {
  readonly kind: 'mapping'
  pairs: (readonly [key: YamlNode, value: YamlNode])[]
}

export interface YamlAliasNode {
  readonly kind: 'alias'
  readonly name: string
  readonly target: YamlNode
}

const PREFIX = 'tag:yaml.org,2002:'
/** OPA reads deeper texts than we do. */
const MAX_DEPTH = 300

/** The first document of a stream, the rest read too; undefined where there is none. Throws BuiltinError, LimitError. */
export function parseYaml(text: string): YamlNode | undefined {
  return new YamlParser(scanYaml(text)).stream()
}

/** The grammar of go-yaml, which takes more and less than YAML 1.2 does. */
class YamlParser {
  private readonly tokens: readonly YamlToken[]
  private at = 0
  private readonly handles = new Map<string, string>()
  /** Anchors of one document can be named in the next. */
  private readonly anchors = new Map<string, YamlNode>()

  constructor(tokens: readonly YamlToken[]) {
    this.tokens = tokens
  }

  stream(): YamlNode | undefined {
    let first: YamlNode | undefined
    for (let isFirst = true; ; isFirst = false) {
      if (!isFirst) while (this.is('document-end')) this.at++
      if (this.is('stream-end')) return first
      const node = this.document(isFirst)
      first ??= node
    }
  }

  private get token(): YamlToken {
    return this.tokens[this.at] ?? { kind: 'stream-end' }
  }

  private is(...kinds: readonly YamlToken['kind'][]): boolean {
    return kinds.includes(this.token.kind)
  }

  private took(kind: YamlMark): boolean {
    if (this.token.kind !== kind) return false
    this.at++
    return true
  }

  private fail(problem: string): BuiltinError {
    return new BuiltinError(`yaml: ${problem}, not ${this.token.kind}`)
  }

  /** Only the first document may do without `---`. */
  private document(isFirst: boolean): YamlNode {
    const isBare = isFirst && !this.is('version', 'tag-directive', 'document-start')
    this.directives()
    if (!isBare && !this.took('document-start')) throw this.fail('a document begins with ---')
    const isEmpty = !isBare && this.is('version', 'tag-directive', 'document-start', 'document-end', 'stream-end')
    const node = isEmpty ? empty() : this.node(true, false, 0)
    this.took('document-end')
    return node
  }

  private directives(): void {
    this.handles.clear()
    let hasVersion = false
    for (;;) {
      const { token } = this
      if (token.kind === 'version') {
        if (hasVersion || token.version !== '1.1') throw this.fail('%YAML stands once, with 1.1')
        hasVersion = true
      } else if (token.kind === 'tag-directive') {
        if (this.handles.has(token.handle)) throw this.fail('%TAG stands once for a handle')
        this.handles.set(token.handle, token.prefix)
      } else break
      this.at++
    }
    if (!this.handles.has('!')) this.handles.set('!', '!')
    if (!this.handles.has('!!')) this.handles.set('!!', PREFIX)
  }

  /** `isOpen` where a sequence may be indented as little as the key before it. */
  private node(isBlock: boolean, isOpen: boolean, depth: number): YamlNode {
    if (depth > MAX_DEPTH) throw new LimitError('a YAML text is nested too deep')
    const { token } = this
    if (token.kind === 'alias') return this.alias(token.name)
    const { tag, anchor } = this.properties()
    const named = <N extends YamlNode>(node: N): N => {
      if (anchor !== undefined) this.anchors.set(anchor, node)
      return node
    }
    const next = this.token
    if (isOpen && next.kind === 'block-entry') return this.openSequence(named({ kind: 'sequence', items: [] }), depth)
    if (next.kind === 'scalar') {
      this.at++
      return named(scalarNode(next.text, next.isPlain, tag))
    }
    if (this.took('flow-sequence-start')) return this.flowSequence(named({ kind: 'sequence', items: [] }), depth)
    if (this.took('flow-mapping-start')) return this.flowMapping(named({ kind: 'mapping', pairs: [] }), depth)
    if (isBlock && this.took('block-sequence-start'))
      return this.blockSequence(named({ kind: 'sequence', items: [] }), depth)
    if (isBlock && this.took('block-mapping-start'))
      return this.blockMapping(named({ kind: 'mapping', pairs: [] }), depth)
    if (anchor === undefined && tag === undefined) throw this.fail('a node was expected')
    return named(scalarNode('', true, tag))
  }

  private alias(name: string): YamlAliasNode {
    const target = this.anchors.get(name)
    if (target === undefined) throw new BuiltinError(`yaml: unknown anchor '${name.slice(0, 60)}' referenced`)
    this.at++
    return { kind: 'alias', name, target }
  }

  private properties(): { readonly tag: string | undefined; readonly anchor: string | undefined } {
    let tag: string | undefined
    let anchor: string | undefined
    for (;;) {
      const { token } = this
      if (token.kind === 'anchor' && anchor === undefined) anchor = token.name
      else if (token.kind === 'tag' && tag === undefined) {
        const prefix = token.handle === '' ? '' : this.handles.get(token.handle)
        if (prefix === undefined) throw this.fail('a handle of tags that no %TAG names')
        tag = prefix + token.suffix
      } else return { tag, anchor }
      this.at++
    }
  }

  private blockSequence(node: YamlSequenceNode, depth: number): YamlNode {
    while (this.took('block-entry')) {
      node.items.push(this.is('block-entry', 'block-end') ? empty() : this.node(true, false, depth + 1))
    }
    if (!this.took('block-end')) throw this.fail("a sequence expects '-'")
    return node
  }

  private openSequence(node: YamlSequenceNode, depth: number): YamlNode {
    while (this.took('block-entry')) {
      const isEmpty = this.is('block-entry', 'key', 'value', 'block-end')
      node.items.push(isEmpty ? empty() : this.node(true, false, depth + 1))
    }
    return node
  }

  private blockMapping(node: YamlMappingNode, depth: number): YamlNode {
    const part = (): YamlNode => (this.is('key', 'value', 'block-end') ? empty() : this.node(true, true, depth + 1))
    while (this.took('key')) {
      const key = part()
      node.pairs.push([key, this.took('value') ? part() : empty()])
    }
    if (!this.took('block-end')) throw this.fail('a mapping expects a key')
    return node
  }

  private flowSequence(node: YamlSequenceNode, depth: number): YamlNode {
    for (let isFirst = true; !this.took('flow-sequence-end'); isFirst = false) {
      if (!isFirst && !this.took('flow-entry')) throw this.fail("a sequence expects ',' or ']'")
      if (this.took('flow-sequence-end')) break
      node.items.push(this.took('key') ? this.singlePair(depth + 1) : this.node(false, false, depth + 1))
    }
    return node
  }

  /** A mapping of one pair, without braces. go-yaml passes over what follows a key that is empty. */
  private singlePair(depth: number): YamlMappingNode {
    let key = empty()
    if (this.is('value', 'flow-entry', 'flow-sequence-end')) this.at++
    else key = this.node(false, false, depth)
    const hasValue = this.took('value') && !this.is('flow-entry', 'flow-sequence-end')
    return { kind: 'mapping', pairs: [[key, hasValue ? this.node(false, false, depth) : empty()]] }
  }

  private flowMapping(node: YamlMappingNode, depth: number): YamlNode {
    const part = (...ends: readonly YamlMark[]): YamlNode =>
      this.is('flow-entry', 'flow-mapping-end', ...ends) ? empty() : this.node(false, false, depth + 1)
    for (let isFirst = true; !this.took('flow-mapping-end'); isFirst = false) {
      if (!isFirst && !this.took('flow-entry')) throw this.fail("a mapping expects ',' or '}'")
      if (this.took('flow-mapping-end')) break
      if (this.took('key')) {
        const key = part('value')
        node.pairs.push([key, this.took('value') ? part() : empty()])
      } else node.pairs.push([this.node(false, false, depth + 1), empty()])
    }
    return node
  }
}

function empty(): YamlNode {
  return scalarNode('', true, undefined)
}

/** A tag of `!` says nothing. */
function scalarNode(text: string, isPlain: boolean, tag: string | undefined): YamlScalarNode {
  if (tag !== undefined && tag !== '!') {
    const short = tag.startsWith(PREFIX) ? `!!${tag.slice(PREFIX.length)}` : tag
    return { kind: 'scalar', text, tag: short, isImplicit: false }
  }
  return { kind: 'scalar', text, tag: isPlain ? implicitTag(text) : '!!str', isImplicit: isPlain }
}
