import { BuiltinError, type Machine } from '../machine.ts'
import { flagOf, nodeOf, nodes, textOf, valueKind, VALUE, type Node } from './graphql-nodes.ts'
import { isLeaf, typeOf, type Definition, type GraphqlSchema } from './graphql-schema.ts'

interface Collected {
  readonly fields: ReadonlyMap<string, readonly Node[]>
  readonly spreads: readonly string[]
}

/**
 * Fields of one response name must be able to be one field (GraphQL, October 2021, 5.3.2). Compares as OPA's library
 * does: within a selection, between it and its fragments, and between fragments, each pair once.
 */
export class OverlapCheck {
  private readonly m: Machine
  private readonly schema: GraphqlSchema
  private readonly fragments: ReadonlyMap<string, Node>
  private readonly definitions = new Map<Node, Node | undefined>()
  private readonly parents = new Map<Node, Definition | undefined>()
  private readonly pairs = new Map<string, boolean>()
  private readonly collected = new Map<readonly Node[], Collected>()

  constructor(m: Machine, schema: GraphqlSchema, fragments: ReadonlyMap<string, Node>) {
    this.m = m
    this.schema = schema
    this.fragments = fragments
  }

  /** What a field is, and on what type; learnt while walking. */
  learn(field: Node, definition: Node | undefined, parent: Definition | undefined): void {
    this.definitions.set(field, definition)
    this.parents.set(field, parent)
  }

  within(selections: readonly Node[]): void {
    if (selections.length === 0) return
    const own = this.collect(selections)
    for (const list of own.fields.values()) {
      for (const [i, a] of list.entries()) for (const b of list.slice(i + 1)) this.compare(false, a, b)
    }
    const compared = new Set<string>()
    for (const [i, spread] of own.spreads.entries()) {
      this.withFragment(false, own, spread, compared)
      for (const other of own.spreads.slice(i + 1)) this.fragmentsPair(false, spread, other)
    }
  }

  private collect(selections: readonly Node[]): Collected {
    const known = this.collected.get(selections)
    if (known !== undefined) return known
    const fields = new Map<string, Node[]>()
    const spreads: string[] = []
    const walk = (list: readonly Node[]): void => {
      this.m.spend(list.length)
      for (const one of list) {
        const alias = one.get('Alias')
        if (alias !== undefined) {
          const name = alias === '' ? textOf(one, 'Name') : textOf(one, 'Alias')
          const same = fields.get(name)
          if (same === undefined) fields.set(name, [one])
          else same.push(one)
        } else if (one.get('TypeCondition') !== undefined) walk(nodes(one, 'SelectionSet'))
        else spreads.push(textOf(one, 'Name'))
      }
    }
    walk(selections)
    const made = { fields, spreads }
    this.collected.set(selections, made)
    return made
  }

  private fragment(name: string): Collected | undefined {
    const fragment = this.fragments.get(name)
    return fragment === undefined ? undefined : this.collect(nodes(fragment, 'SelectionSet'))
  }

  private withFragment(exclusive: boolean, own: Collected, name: string, compared: Set<string>): void {
    this.m.spend(1)
    if (compared.has(name)) return
    compared.add(name)
    const fragment = this.fragment(name)
    if (fragment === undefined || fragment === own) return
    this.between(exclusive, own, fragment)
    for (const spread of fragment.spreads) if (spread !== name) this.withFragment(exclusive, own, spread, compared)
  }

  private fragmentsPair(exclusive: boolean, a: string, b: string): void {
    this.m.spend(1)
    if (a === b) return
    const key = a < b ? `${a} ${b}` : `${b} ${a}`
    const known = this.pairs.get(key)
    if (known !== undefined && (exclusive || !known)) return
    this.pairs.set(key, exclusive)
    const one = this.fragment(a)
    const two = this.fragment(b)
    if (one === undefined || two === undefined) return
    this.between(exclusive, one, two)
    for (const spread of two.spreads) this.fragmentsPair(exclusive, a, spread)
    for (const spread of one.spreads) this.fragmentsPair(exclusive, spread, b)
  }

  private between(exclusive: boolean, one: Collected, two: Collected): void {
    for (const [name, list] of one.fields) {
      this.m.spend(1)
      for (const a of list) for (const b of two.fields.get(name) ?? []) this.compare(exclusive, a, b)
    }
  }

  private compare(parentsExclusive: boolean, a: Node, b: Node): void {
    this.m.spend(2)
    const parentA = this.parents.get(a)
    const parentB = this.parents.get(b)
    if (parentA === undefined || parentB === undefined) return
    const fieldA = this.definitions.get(a)
    const fieldB = this.definitions.get(b)
    const differ = parentA.name !== parentB.name && parentA.kind === 'OBJECT' && parentB.kind === 'OBJECT'
    const exclusive = parentsExclusive || (differ && fieldA !== undefined && fieldB !== undefined)
    const bad = (): BuiltinError => new BuiltinError(`Fields "${textOf(a, 'Alias')}" conflict`)
    if (!exclusive) {
      if (textOf(a, 'Name') !== textOf(b, 'Name')) throw bad()
      if (!this.sameArguments(nodes(a, 'Arguments'), nodes(b, 'Arguments'))) throw bad()
    }
    if (fieldA !== undefined && fieldB !== undefined && this.typesConflict(typeOf(fieldA), typeOf(fieldB))) throw bad()
    this.below(exclusive, nodes(a, 'SelectionSet'), nodes(b, 'SelectionSet'))
  }

  private below(exclusive: boolean, a: readonly Node[], b: readonly Node[]): void {
    const one = this.collect(a)
    const two = this.collect(b)
    this.between(exclusive, one, two)
    for (const spread of two.spreads) this.withFragment(exclusive, one, spread, new Set())
    for (const spread of one.spreads) this.withFragment(exclusive, two, spread, new Set())
    for (const x of one.spreads) for (const y of two.spreads) this.fragmentsPair(exclusive, x, y)
  }

  private sameArguments(a: readonly Node[], b: readonly Node[]): boolean {
    this.m.spend(a.length * b.length)
    const value = (one: Node): Node | undefined => nodeOf(one, 'Value')
    return (
      a.length === b.length &&
      a.every((x) => b.some((y) => textOf(x, 'Name') === textOf(y, 'Name') && this.sameValue(value(x), value(y))))
    )
  }

  private sameValue(a: Node | undefined, b: Node | undefined): boolean {
    this.m.spend(1)
    if (a === undefined || b === undefined) return a === b
    if (valueKind(a) !== valueKind(b) || textOf(a, 'Raw') !== textOf(b, 'Raw')) return false
    const order = (list: readonly Node[]): readonly Node[] =>
      valueKind(a) === VALUE.object
        ? list.toSorted((x, y) =>
            textOf(x, 'Name') < textOf(y, 'Name') ? -1 : textOf(x, 'Name') > textOf(y, 'Name') ? 1 : 0,
          )
        : list
    const mine = order(nodes(a, 'Children'))
    const theirs = order(nodes(b, 'Children'))
    return (
      mine.length === theirs.length &&
      mine.every((x, i) => {
        const y = theirs[i] as Node
        return textOf(x, 'Name') === textOf(y, 'Name') && this.sameValue(nodeOf(x, 'Value'), nodeOf(y, 'Value'))
      })
    )
  }

  private typesConflict(a: Node, b: Node): boolean {
    const innerA = nodeOf(a, 'Elem')
    const innerB = nodeOf(b, 'Elem')
    if (innerA !== undefined && innerB !== undefined) return this.typesConflict(innerA, innerB)
    if (innerA !== undefined || innerB !== undefined || flagOf(a, 'NonNull') !== flagOf(b, 'NonNull')) return true
    const one = this.schema.types.get(textOf(a, 'NamedType'))
    const two = this.schema.types.get(textOf(b, 'NamedType'))
    return one !== undefined && two !== undefined && isLeaf(one.kind) && isLeaf(two.kind) && one.name !== two.name
  }
}
