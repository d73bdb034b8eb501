import { BuiltinError, type Machine } from '../machine.ts'
import { flagOf, named, nodeOf, nodes, textOf, typeNameOf, texts, type Node } from './graphql-nodes.ts'
import { OverlapCheck } from './graphql-overlap.ts'
import {
  isComposite,
  isInput,
  isLeaf,
  TYPENAME,
  typeOf,
  type Definition,
  type GraphqlSchema,
} from './graphql-schema.ts'
import { unique, ValueCheck } from './graphql-values.ts'

const LISTS = ['fields', 'interfaces', 'possibleTypes', 'inputFields']
const MAX_LISTS = 3

export function isSpread(selection: Node): boolean {
  return selection.get('Alias') === undefined && selection.get('TypeCondition') === undefined
}

export function isField(selection: Node): boolean {
  return selection.get('Alias') !== undefined
}

/**
 * Whether a query suits a schema, by the rules of GraphQL (October 2021, section 5) as OPA's library has them. Throws
 * BuiltinError where it does not.
 */
export function checkQuery(m: Machine, schema: GraphqlSchema, document: Node): void {
  new QueryCheck(m, schema, document).run()
}

class QueryCheck {
  private readonly m: Machine
  private readonly schema: GraphqlSchema
  private readonly operations: readonly Node[]
  private readonly fragments: ReadonlyMap<string, Node>
  private readonly allFragments: readonly Node[]
  private readonly overlap: OverlapCheck
  private readonly values: ValueCheck
  private readonly used = new Set<string>()
  private operation: Node | undefined
  private visited = new Set<string>()
  private inFragments = false

  constructor(m: Machine, schema: GraphqlSchema, document: Node) {
    this.m = m
    this.schema = schema
    this.operations = nodes(document, 'Operations')
    this.allFragments = nodes(document, 'Fragments')
    this.fragments = new Map(this.allFragments.toReversed().map((one) => [textOf(one, 'Name'), one]))
    this.values = new ValueCheck(m, schema)
    this.overlap = new OverlapCheck(m, schema, this.fragments)
  }

  run(): void {
    unique(
      this.allFragments.map((one) => textOf(one, 'Name')),
      'fragment',
    )
    unique(
      this.operations.map((one) => textOf(one, 'Name')),
      'operation',
    )
    if (this.operations.length > 1 && this.operations.some((one) => textOf(one, 'Name') === '')) {
      throw new BuiltinError('This anonymous operation must be the only defined operation')
    }
    for (const operation of this.operations) this.walkOperation(operation)
    this.inFragments = true
    for (const fragment of this.allFragments) this.walkFragment(fragment)
  }

  private walkOperation(operation: Node): void {
    this.visited = new Set()
    this.operation = operation
    this.values.begin(operation)
    const variables = nodes(operation, 'VariableDefinitions')
    const kind = textOf(operation, 'Operation')
    const name = kind === '' ? 'query' : kind
    const root = this.schema.roots.get(name)
    for (const variable of variables) {
      this.m.spend(2)
      const definition = this.definition(typeOf(variable))
      if (definition === undefined) throw new BuiltinError(`Unknown type "${typeNameOf(typeOf(variable))}"`)
      if (!isInput(definition.kind)) throw new BuiltinError(`Variable cannot be non-input type "${definition.name}"`)
      const value = nodeOf(variable, 'DefaultValue')
      if (value !== undefined) this.values.initial(value, typeOf(variable), definition)
      this.walkDirectives(nodes(variable, 'Directives'), 'VARIABLE_DEFINITION')
    }
    unique(
      variables.map((one) => textOf(one, 'Variable')),
      'variable',
    )
    this.walkDirectives(nodes(operation, 'Directives'), name.toUpperCase())
    this.walkSelections(root, nodes(operation, 'SelectionSet'))
    if (root === undefined) throw new BuiltinError(`Schema does not support operation type "${name.slice(0, 40)}"`)
    const unusedVariable = variables.find((one) => !this.values.uses(one))
    if (unusedVariable !== undefined)
      throw new BuiltinError(`Variable "$${textOf(unusedVariable, 'Variable')}" is never used`)
    if (kind === 'subscription') this.checkSubscription(operation)
    this.overlap.within(nodes(operation, 'SelectionSet'))
    this.operation = undefined
    this.values.begin(undefined)
  }

  private walkFragment(fragment: Node): void {
    this.visited = new Set()
    const condition = textOf(fragment, 'TypeCondition')
    const definition = this.schema.types.get(condition)
    if (definition === undefined) throw new BuiltinError(`Unknown type "${condition}"`)
    if (!isComposite(definition.kind)) throw new BuiltinError('Fragment cannot condition on non composite type')
    this.walkDirectives(nodes(fragment, 'Directives'), 'FRAGMENT_DEFINITION')
    this.walkSelections(definition, nodes(fragment, 'SelectionSet'))
    const name = textOf(fragment, 'Name')
    if (!this.used.has(name)) throw new BuiltinError(`Fragment "${name}" is never used`)
    this.checkFragmentCycle(fragment)
    this.overlap.within(nodes(fragment, 'SelectionSet'))
  }

  private definition(type: Node): Definition | undefined {
    return this.schema.types.get(typeNameOf(type))
  }

  private walkDirectives(list: readonly Node[], location: string): void {
    const seen = new Set<string>()
    for (const directive of list) {
      const name = textOf(directive, 'Name')
      const definition = this.schema.directives.get(name)
      if (definition === undefined) throw new BuiltinError(`Unknown directive "@${name}"`)
      this.walkArguments(nodes(definition, 'Arguments'), nodes(directive, 'Arguments'))
      if (!texts(definition, 'Locations').includes(location)) {
        throw new BuiltinError(`Directive "@${name}" may not be used on ${location}`)
      }
      if (seen.has(name) && !flagOf(definition, 'IsRepeatable')) {
        throw new BuiltinError(`The directive "@${name}" can only be used once at this location`)
      }
      seen.add(name)
    }
  }

  /** Arguments that are known, once each, with all that are required. Without definitions only their values are walked. */
  private walkArguments(definitions: readonly Node[] | undefined, list: readonly Node[]): void {
    this.m.spend(1 + list.length * (1 + (definitions?.length ?? 0)))
    for (const argument of list) {
      const definition = definitions === undefined ? undefined : named(definitions, textOf(argument, 'Name'))
      const value = nodeOf(argument, 'Value')
      if (value === undefined) throw new BuiltinError('a GraphQL argument has no value')
      this.values.expect(value, definition)
      this.values.walk(value)
      if (definitions !== undefined && definition === undefined) {
        throw new BuiltinError(`Unknown argument "${textOf(argument, 'Name')}"`)
      }
    }
    unique(
      list.map((one) => textOf(one, 'Name')),
      'argument',
    )
    for (const definition of definitions ?? []) {
      if (!flagOf(typeOf(definition), 'NonNull') || nodeOf(definition, 'DefaultValue') !== undefined) continue
      if (named(list, textOf(definition, 'Name')) === undefined) {
        throw new BuiltinError(`argument "${textOf(definition, 'Name')}" is required, but it was not provided`)
      }
    }
  }

  private walkSelections(parent: Definition | undefined, list: readonly Node[]): void {
    for (const selection of list) {
      this.m.spend(3)
      if (isField(selection)) this.walkField(parent, selection)
      else if (isSpread(selection)) this.walkSpread(parent, selection)
      else this.walkInline(parent, selection)
    }
  }

  private walkField(parent: Definition | undefined, field: Node): void {
    const name = textOf(field, 'Name')
    const own = name === '__typename' ? TYPENAME : named(parent?.fields ?? [], name)
    this.m.spend((parent?.fields.length ?? 0) >> 2)
    this.overlap.learn(field, own, parent)
    const next = own === undefined ? undefined : this.definition(typeOf(own))
    if (parent !== undefined && own === undefined) {
      throw new BuiltinError(`Cannot query field "${name}" on type "${parent.name}"`)
    }
    const known = own === undefined || parent === undefined ? undefined : nodes(own, 'Arguments')
    this.walkArguments(known, nodes(field, 'Arguments'))
    this.walkDirectives(nodes(field, 'Directives'), 'FIELD')
    const below = nodes(field, 'SelectionSet')
    this.walkSelections(next, below)
    if (next !== undefined && isLeaf(next.kind) !== (below.length === 0)) {
      throw new BuiltinError(`Field "${name}" must ${below.length === 0 ? '' : 'not '}have a selection of subfields`)
    }
    if (name === '__schema' || name === '__type') this.checkIntrospection(field, new Set(), 0)
    if (this.operation !== undefined) this.overlap.within(below)
  }

  private walkInline(parent: Definition | undefined, fragment: Node): void {
    const condition = textOf(fragment, 'TypeCondition')
    const definition = condition === '' ? undefined : this.schema.types.get(condition)
    const next = condition === '' ? parent : definition
    this.walkDirectives(nodes(fragment, 'Directives'), 'INLINE_FRAGMENT')
    this.walkSelections(next, nodes(fragment, 'SelectionSet'))
    if (condition !== '' && definition === undefined) throw new BuiltinError(`Unknown type "${condition}"`)
    if (definition !== undefined && !isComposite(definition.kind)) {
      throw new BuiltinError(`Fragment cannot condition on non composite type "${condition}"`)
    }
    this.checkPossible(parent, definition)
    this.overlap.within(nodes(fragment, 'SelectionSet'))
  }

  private walkSpread(parent: Definition | undefined, spread: Node): void {
    const name = textOf(spread, 'Name')
    const fragment = this.fragments.get(name)
    if (fragment === undefined) throw new BuiltinError(`Unknown fragment "${name}"`)
    const next = this.schema.types.get(textOf(fragment, 'TypeCondition'))
    this.walkDirectives(nodes(spread, 'Directives'), 'FRAGMENT_SPREAD')
    if (!this.visited.has(name)) {
      this.visited.add(name)
      this.walkDirectives(nodes(fragment, 'Directives'), 'FRAGMENT_DEFINITION')
      this.walkSelections(next, nodes(fragment, 'SelectionSet'))
    }
    this.checkPossible(parent, next)
    if (!this.inFragments) this.used.add(name)
  }

  /** Some object must be of both types. */
  private checkPossible(parent: Definition | undefined, definition: Definition | undefined): void {
    if (parent === undefined || definition === undefined || !isComposite(definition.kind)) return
    if (!isComposite(parent.kind)) return
    const mine = parent.kind === 'OBJECT' ? [parent] : (this.schema.possible.get(parent.name) ?? [])
    const theirs = this.schema.possible.get(definition.name) ?? []
    this.m.spend(mine.length + theirs.length)
    const names = new Set(mine.map((one) => one.name))
    if (!theirs.some((one) => names.has(one.name))) {
      throw new BuiltinError(`Objects of type "${parent.name}" can never be of type "${definition.name}"`)
    }
  }

  private checkIntrospection(field: Node, visited: ReadonlySet<string>, depth: number): void {
    this.m.spend(1)
    const below = depth + (LISTS.includes(textOf(field, 'Name')) ? 1 : 0)
    if (below >= MAX_LISTS) throw new BuiltinError('Maximum introspection depth exceeded')
    const walk = (list: readonly Node[], seen: ReadonlySet<string>): void => {
      for (const one of list) {
        this.m.spend(1)
        const name = textOf(one, 'Name')
        if (isField(one)) this.checkIntrospection(one, seen, below)
        else if (!isSpread(one)) walk(nodes(one, 'SelectionSet'), seen)
        else if (!seen.has(name)) {
          const fragment = this.fragments.get(name)
          if (fragment !== undefined) walk(nodes(fragment, 'SelectionSet'), new Set([...seen, name]))
        }
      }
    }
    walk(nodes(field, 'SelectionSet'), visited)
  }

  private readonly cyclesSeen = new Set<string>()

  private checkFragmentCycle(start: Node): void {
    const open = new Set<string>()
    const visit = (fragment: Node): void => {
      const name = textOf(fragment, 'Name')
      if (this.cyclesSeen.has(name)) return
      this.cyclesSeen.add(name)
      open.add(name)
      for (const spread of this.spreads(nodes(fragment, 'SelectionSet'))) {
        if (open.has(spread)) throw new BuiltinError(`Cannot spread fragment "${spread}" within itself`)
        const next = this.fragments.get(spread)
        if (next !== undefined) visit(next)
      }
      open.delete(name)
    }
    visit(start)
  }

  private spreads(list: readonly Node[]): string[] {
    this.m.spend(list.length)
    return list.flatMap((one) => (isSpread(one) ? [textOf(one, 'Name')] : this.spreads(nodes(one, 'SelectionSet'))))
  }

  /** A subscription has one field at its top, and no introspection. */
  private checkSubscription(operation: Node): void {
    const names = new Set<string>()
    const visited = new Set<string>()
    const walk = (list: readonly Node[]): void => {
      for (const one of list) {
        this.m.spend(1)
        const name = textOf(one, 'Name')
        if (isField(one)) names.add(name)
        else if (!isSpread(one)) walk(nodes(one, 'SelectionSet'))
        else {
          const fragment = this.fragments.get(name)
          if (fragment === undefined) return
          if (!visited.has(name)) {
            visited.add(name)
            walk(nodes(fragment, 'SelectionSet'))
          }
        }
      }
    }
    walk(nodes(operation, 'SelectionSet'))
    if (names.size > 1) throw new BuiltinError('a subscription must select only one top level field')
    if ([...names].some((name) => name.startsWith('__'))) {
      throw new BuiltinError('a subscription must not select an introspection top level field')
    }
  }
}
