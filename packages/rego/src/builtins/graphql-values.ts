import { BuiltinError, type Machine } from '../machine.ts'
import { flagOf, named, nodeOf, nodes, textOf, typeNameOf, VALUE, valueKind, type Node } from './graphql-nodes.ts'
import { compatible, typeOf, type Definition, type GraphqlSchema } from './graphql-schema.ts'

/** What walking finds out about a value of the query. */
interface ValueFacts {
  expected: Node | undefined
  hasDefault: boolean
  definition: Definition | undefined
  variable: Node | undefined
}

const SCALARS = ['Int', 'Float', 'String', 'Boolean', 'ID']
/** Walks the values of a query and checks each against what is expected where it stands. */
export class ValueCheck {
  private readonly m: Machine
  private readonly schema: GraphqlSchema
  private readonly values = new Map<Node, ValueFacts>()
  private operation: Node | undefined
  private usedVariables = new Set<Node>()

  constructor(m: Machine, schema: GraphqlSchema) {
    this.m = m
    this.schema = schema
  }

  /** From here on variables are those of this operation; of none, where fragments are walked on their own. */
  begin(operation: Node | undefined): void {
    this.operation = operation
    if (operation !== undefined) this.usedVariables = new Set()
  }

  uses(variable: Node): boolean {
    return this.usedVariables.has(variable)
  }

  /** A default value, of the type of its variable. */
  initial(value: Node, type: Node, definition: Definition): void {
    this.values.set(value, { expected: type, hasDefault: false, definition, variable: undefined })
    this.walk(value)
  }

  private facts(value: Node): ValueFacts {
    let facts = this.values.get(value)
    if (facts === undefined) {
      facts = { expected: undefined, hasDefault: false, definition: undefined, variable: undefined }
      this.values.set(value, facts)
    }
    return facts
  }

  expect(value: Node, definition: Node | undefined): void {
    if (definition === undefined) return
    const facts = this.facts(value)
    const given = nodeOf(definition, 'DefaultValue')
    facts.expected = typeOf(definition)
    facts.hasDefault = given !== undefined && valueKind(given) !== VALUE.null
    facts.definition = this.schema.types.get(typeNameOf(typeOf(definition)))
  }

  walk(value: Node): void {
    this.m.spend(2)
    const facts = this.facts(value)
    const kind = valueKind(value)
    const children = nodes(value, 'Children')
    if (kind === VALUE.variable && this.operation !== undefined) {
      const name = textOf(value, 'Raw')
      facts.variable = nodes(this.operation, 'VariableDefinitions').find((one) => textOf(one, 'Variable') === name)
      if (facts.variable === undefined) throw new BuiltinError(`Variable "$${name}" is not defined`)
      this.usedVariables.add(facts.variable)
    }
    for (const child of children) {
      const inner = nodeOf(child, 'Value')
      if (inner === undefined) throw new BuiltinError('a GraphQL value has no value')
      if (kind === VALUE.object && facts.definition !== undefined) {
        this.m.spend(facts.definition.fields.length)
        this.expect(inner, named(facts.definition.fields, textOf(child, 'Name')))
      }
      const element = kind === VALUE.list && facts.expected !== undefined ? nodeOf(facts.expected, 'Elem') : undefined
      if (element !== undefined) {
        const own = this.facts(inner)
        own.expected = element
        own.definition = facts.definition
      }
      if (kind === VALUE.object || kind === VALUE.list) this.walk(inner)
    }
    if (kind === VALUE.object)
      unique(
        children.map((one) => textOf(one, 'Name')),
        'input field',
      )
    this.checkValue(value, facts)
    this.checkVariable(value, facts)
  }

  private checkValue(value: Node, facts: ValueFacts): void {
    const { definition, expected } = facts
    if (definition === undefined || expected === undefined) return
    const kind = valueKind(value)
    const bad = (): BuiltinError => new BuiltinError(`A value does not suit the type "${definition.name}"`)
    const one = (...names: string[]): boolean => names.includes(definition.name)
    if (kind === VALUE.null && flagOf(expected, 'NonNull')) throw bad()
    if (definition.kind === 'SCALAR' && !SCALARS.includes(definition.name)) return
    if (!readable(value)) throw bad()
    let fits = true
    if (kind === VALUE.list) fits = nodeOf(expected, 'Elem') !== undefined
    else if (kind === VALUE.int) fits = one('Int', 'Float', 'ID')
    else if (kind === VALUE.float) fits = one('Float')
    else if (kind === VALUE.string || kind === VALUE.block) fits = one('String', 'ID') && definition.kind !== 'ENUM'
    else if (kind === VALUE.boolean) fits = one('Boolean')
    else if (kind === VALUE.enum) {
      fits = definition.kind === 'ENUM' && named(definition.enumValues, textOf(value, 'Raw')) !== undefined
    } else if (kind === VALUE.object) this.checkObject(value, definition)
    if (!fits) throw bad()
  }

  private checkObject(value: Node, definition: Definition): void {
    const children = nodes(value, 'Children')
    this.m.spend(children.length * definition.fields.length)
    for (const field of definition.fields) {
      if (!flagOf(typeOf(field), 'NonNull') || nodeOf(field, 'DefaultValue') !== undefined) continue
      if (named(children, textOf(field, 'Name')) === undefined) {
        throw new BuiltinError(`Field "${textOf(field, 'Name')}" of required type was not provided`)
      }
    }
    if (named(definition.directives, 'oneOf') !== undefined) {
      const [only] = children
      const inner = only === undefined ? undefined : nodeOf(only, 'Value')
      if (children.length !== 1) throw new BuiltinError('OneOf Input Object must specify exactly one key')
      if (inner === undefined || valueKind(inner) === VALUE.null) throw new BuiltinError('a field must be non-null')
    }
    for (const child of children) {
      if (named(definition.fields, textOf(child, 'Name')) === undefined) {
        throw new BuiltinError(`Field "${textOf(child, 'Name')}" is not defined by type "${definition.name}"`)
      }
    }
  }

  private checkVariable(value: Node, facts: ValueFacts): void {
    if (this.operation === undefined && facts.variable === undefined) return
    if (valueKind(value) === VALUE.object && facts.definition !== undefined) {
      if (named(facts.definition.directives, 'oneOf') === undefined) return
      for (const child of nodes(value, 'Children')) {
        const inner = nodeOf(child, 'Value')
        const variable = inner === undefined ? undefined : this.facts(inner).variable
        if (inner === undefined || valueKind(inner) !== VALUE.variable || variable === undefined) continue
        if (!flagOf(typeOf(variable), 'NonNull'))
          throw new BuiltinError('a variable must be non-nullable in a OneOf Input Object')
      }
      return
    }
    const { expected, variable } = facts
    if (valueKind(value) !== VALUE.variable || expected === undefined || variable === undefined) return
    if (this.operation === undefined) return
    const given = nodeOf(variable, 'DefaultValue')
    const defaulted = facts.hasDefault || (given !== undefined && valueKind(given) !== VALUE.null)
    if (!compatible(typeOf(variable), expected, !defaulted && flagOf(expected, 'NonNull'))) {
      throw new BuiltinError(`Variable "$${textOf(variable, 'Variable')}" is used in a position of another type`)
    }
  }
}

/** Whether numbers in a value can be read by OPA: integers of 64 bits, and finite doubles. */
function readable(value: Node): boolean {
  const kind = valueKind(value)
  const raw = textOf(value, 'Raw')
  if (kind === VALUE.int) return /^[+-]?\d+$/.test(raw) && BigInt.asIntN(64, BigInt(raw)) === BigInt(raw)
  if (kind === VALUE.float) return Number.isFinite(Number(raw))
  return nodes(value, 'Children').every((child) => {
    const inner = nodeOf(child, 'Value')
    return inner === undefined || readable(inner)
  })
}

/** Throws where a name comes twice. */
export function unique(names: readonly string[], what: string): void {
  if (new Set(names).size < names.length) throw new BuiltinError(`There can be only one ${what} of a name`)
}
