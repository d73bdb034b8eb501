import { BuiltinError, type Machine } from '../machine.ts'
import { compareText } from '../value.ts'
import {
  flagOf,
  named,
  node,
  nodeOf,
  nodes,
  textOf,
  texts,
  typeNameOf,
  VALUE,
  valueKind,
  type Node,
} from './graphql-nodes.ts'
import { PRELUDE } from './graphql-prelude.ts'
import { GraphqlSchemaParser } from './graphql-schema-parser.ts'

/** A type with what extensions added. */
export interface Definition {
  readonly kind: string
  readonly name: string
  readonly builtIn: boolean
  readonly directives: Node[]
  readonly interfaces: string[]
  readonly fields: Node[]
  readonly types: string[]
  readonly enumValues: Node[]
}

/** A schema whose types fit together. */
export interface GraphqlSchema {
  readonly types: ReadonlyMap<string, Definition>
  readonly directives: ReadonlyMap<string, Node>
  /** Object types that a value of a type may have. */
  readonly possible: ReadonlyMap<string, readonly Definition[]>
  readonly roots: ReadonlyMap<string, Definition>
}

const REPLACEABLE = ['include', 'skip', 'deprecated', 'specifiedBy', 'defer', 'oneOf']

export function isComposite(kind: string): boolean {
  return kind === 'OBJECT' || kind === 'INTERFACE' || kind === 'UNION'
}

export function isLeaf(kind: string): boolean {
  return kind === 'SCALAR' || kind === 'ENUM'
}

export function isInput(kind: string): boolean {
  return isLeaf(kind) || kind === 'INPUT_OBJECT'
}

function definitionOf(of: Node): Definition {
  return {
    kind: textOf(of, 'Kind'),
    name: textOf(of, 'Name'),
    builtIn: flagOf(of, 'BuiltIn'),
    directives: [...nodes(of, 'Directives')],
    interfaces: [...texts(of, 'Interfaces')],
    fields: [...nodes(of, 'Fields')],
    types: [...texts(of, 'Types')],
    enumValues: [...nodes(of, 'EnumValues')],
  }
}

/** Type of a field or argument. */
export function typeOf(of: Node): Node {
  const type = nodeOf(of, 'Type')
  if (type === undefined) throw new BuiltinError('a GraphQL field has no type')
  return type
}

/** Builds the schema of a document and checks it as OPA's library does. Throws BuiltinError. */
export function buildSchema(m: Machine, document: Node): GraphqlSchema {
  return new SchemaBuilder(m).build(document)
}

class SchemaBuilder {
  private readonly m: Machine
  private readonly types = new Map<string, Definition>()
  private readonly directives = new Map<string, Node>()
  private readonly possible = new Map<string, Definition[]>()
  private readonly roots = new Map<string, Definition>()

  constructor(m: Machine) {
    this.m = m
  }

  build(document: Node): GraphqlSchema {
    const prelude = new GraphqlSchemaParser(this.m, PRELUDE, true).schemaDocument()
    const both = (name: string): Node[] => [...nodes(prelude, name), ...nodes(document, name)]
    for (const one of both('Definitions')) {
      const definition = definitionOf(one)
      if (this.types.has(definition.name)) throw new BuiltinError(`Cannot redeclare type ${definition.name}`)
      this.types.set(definition.name, definition)
    }
    for (const extension of both('Extensions')) this.extend(definitionOf(extension))
    this.relate()
    for (const directive of both('Directives')) {
      const name = textOf(directive, 'Name')
      if (this.directives.has(name) && !REPLACEABLE.includes(name)) {
        throw new BuiltinError(`Cannot redeclare directive ${name}`)
      }
      this.directives.set(name, directive)
    }
    const entries = nodes(document, 'Schema')
    if (entries.length > 1) throw new BuiltinError('Cannot have multiple schema entry points')
    for (const entry of [...entries, ...nodes(document, 'SchemaExtension')]) this.entry(entry)
    const sorted = [...this.types.keys()].sort(compareText)
    for (const name of sorted) this.checkDefinition(this.types.get(name) as Definition)
    this.checkCycles(sorted)
    for (const directive of this.directives.values()) {
      validName(textOf(directive, 'Name'))
      this.checkArguments(nodes(directive, 'Arguments'), directive)
    }
    if (entries.length === 0) {
      for (const [root, name] of [
        ['query', 'Query'] as const,
        ['mutation', 'Mutation'] as const,
        ['subscription', 'Subscription'] as const,
      ]) {
        const type = this.types.get(name)
        if (type !== undefined && !this.roots.has(root)) this.roots.set(root, type)
      }
    }
    this.roots.get('query')?.fields.push(...INTROSPECTION)
    return { types: this.types, directives: this.directives, possible: this.possible, roots: this.roots }
  }

  private extend(extension: Definition): void {
    this.m.spend(1)
    let base = this.types.get(extension.name)
    if (base === undefined) {
      base = { ...extension, builtIn: false, directives: [], interfaces: [], fields: [], types: [], enumValues: [] }
      this.types.set(extension.name, base)
    }
    if (base.kind !== extension.kind)
      throw new BuiltinError(`Cannot extend type ${extension.name}: it is a ${base.kind}`)
    base.directives.push(...extension.directives)
    base.interfaces.push(...extension.interfaces)
    base.fields.push(...extension.fields)
    base.types.push(...extension.types)
    base.enumValues.push(...extension.enumValues)
  }

  private relate(): void {
    const add = (name: string, definition: Definition): void => {
      const list = this.possible.get(name) ?? []
      list.push(definition)
      this.possible.set(name, list)
    }
    for (const definition of this.types.values()) {
      this.m.spend(1 + definition.interfaces.length + definition.types.length)
      if (definition.kind === 'UNION') {
        for (const name of definition.types) {
          const member = this.types.get(name)
          if (member !== undefined) add(definition.name, member)
        }
      } else if (
        definition.kind === 'OBJECT' ||
        definition.kind === 'INPUT_OBJECT' ||
        definition.kind === 'INTERFACE'
      ) {
        for (const name of definition.interfaces) add(name, definition)
        if (definition.kind !== 'INTERFACE') add(definition.name, definition)
      }
    }
  }

  private entry(entry: Node): void {
    for (const root of nodes(entry, 'OperationTypes')) {
      const type = this.types.get(textOf(root, 'Type'))
      if (type === undefined)
        throw new BuiltinError(`Schema root refers to a type ${textOf(root, 'Type')} that does not exist`)
      this.roots.set(textOf(root, 'Operation'), type)
    }
    this.checkDirectives(nodes(entry, 'Directives'), 'SCHEMA', undefined, true)
  }

  private known(type: Node): Definition {
    const definition = this.types.get(typeNameOf(type))
    if (definition === undefined) throw new BuiltinError(`Undefined type ${typeNameOf(type)}`)
    return definition
  }

  private checkDefinition(definition: Definition): void {
    const { kind, name, fields } = definition
    for (const field of fields) {
      this.m.spend(2)
      validName(textOf(field, 'Name'))
      this.known(typeOf(field))
      this.checkArguments(nodes(field, 'Arguments'), undefined)
      const location = kind === 'INPUT_OBJECT' ? 'INPUT_FIELD_DEFINITION' : 'FIELD_DEFINITION'
      this.checkDirectives(nodes(field, 'Directives'), location, undefined, true)
    }
    for (const member of definition.types) {
      const found = this.types.get(member)
      if (found === undefined) throw new BuiltinError(`Undefined type "${member}"`)
      if (found.kind !== 'OBJECT') throw new BuiltinError(`${kind} type "${member}" must be OBJECT`)
    }
    for (const one of definition.interfaces) this.checkImplements(definition, one)
    const wrong = (test: (kind: string) => boolean): boolean =>
      fields.some((field) => !test(this.known(typeOf(field)).kind))
    if (kind === 'OBJECT' || kind === 'INTERFACE') {
      if (fields.length === 0) throw new BuiltinError(`${kind} ${name}: must define one or more fields`)
      if (wrong((of) => of !== 'INPUT_OBJECT')) throw new BuiltinError(`${kind} ${name}: a field has an input type`)
    } else if (kind === 'ENUM') {
      if (definition.enumValues.length === 0)
        throw new BuiltinError(`ENUM ${name}: must define one or more unique enum values`)
      for (const value of definition.enumValues) {
        if (['true', 'false', 'null'].includes(textOf(value, 'Name')))
          throw new BuiltinError(`ENUM ${name}: non-enum value`)
        this.checkDirectives(nodes(value, 'Directives'), 'ENUM_VALUE', undefined, true)
      }
    } else if (kind === 'INPUT_OBJECT') {
      if (fields.length === 0) throw new BuiltinError(`INPUT_OBJECT ${name}: must define one or more input fields`)
      if (wrong(isInput)) throw new BuiltinError(`INPUT_OBJECT ${name}: a field has no input type`)
    }
    distinct(
      fields.map((field) => textOf(field, 'Name')),
      `Field of ${name}`,
    )
    distinct(
      definition.enumValues.map((value) => textOf(value, 'Name')),
      `Enum value of ${name}`,
    )
    distinct(definition.types, `Member of ${name}`)
    if (!definition.builtIn) validName(name)
    this.checkDirectives(definition.directives, kind, undefined, false)
  }

  private checkArguments(list: readonly Node[], directive: Node | undefined): void {
    for (const argument of list) {
      this.m.spend(1)
      validName(textOf(argument, 'Name'))
      if (!isInput(this.known(typeOf(argument)).kind)) throw new BuiltinError('an argument has no input type')
      this.checkDirectives(nodes(argument, 'Directives'), 'ARGUMENT_DEFINITION', directive, true)
    }
  }

  private checkDirectives(list: readonly Node[], location: string, current: Node | undefined, single: boolean): void {
    const seen = new Set<string>()
    for (const directive of list) {
      const name = textOf(directive, 'Name')
      this.m.spend(1)
      validName(name)
      if (current !== undefined && textOf(current, 'Name') === name)
        throw new BuiltinError(`Directive ${name} cannot refer to itself`)
      const definition = this.directives.get(name)
      if (definition === undefined) throw new BuiltinError(`Undefined directive ${name}`)
      if (single && seen.has(name) && !flagOf(definition, 'IsRepeatable')) {
        throw new BuiltinError(`The directive ${name} can only be used once at this location`)
      }
      seen.add(name)
      if (!texts(definition, 'Locations').includes(location)) {
        throw new BuiltinError(`Directive ${name} is not applicable on ${location}`)
      }
      const wanted = nodes(definition, 'Arguments')
      const given = nodes(directive, 'Arguments')
      this.m.spend(wanted.length * given.length)
      if (given.some((one) => named(wanted, textOf(one, 'Name')) === undefined)) {
        throw new BuiltinError(`Undefined argument for directive ${name}`)
      }
      for (const one of wanted) {
        if (!flagOf(typeOf(one), 'NonNull') || nodeOf(one, 'DefaultValue') !== undefined) continue
        const value = nodeOf(named(given, textOf(one, 'Name')) ?? node('Argument', {}), 'Value')
        if (value === undefined || valueKind(value) === VALUE.null) {
          throw new BuiltinError(`Argument ${textOf(one, 'Name')} for directive ${name} cannot be null`)
        }
      }
    }
  }

  private checkImplements(definition: Definition, name: string): void {
    const wanted = this.types.get(name)
    if (wanted === undefined) throw new BuiltinError(`Undefined type "${name}"`)
    if (wanted.kind !== 'INTERFACE') throw new BuiltinError(`"${name}" is a non interface type ${wanted.kind}`)
    this.m.spend(wanted.fields.length * (1 + definition.fields.length))
    for (const required of wanted.fields) {
      const found = named(definition.fields, textOf(required, 'Name'))
      const bad = (): BuiltinError =>
        new BuiltinError(`For ${definition.name} to implement ${name} the field ${textOf(required, 'Name')} must fit`)
      if (found === undefined || !this.covariant(typeOf(required), typeOf(found))) throw bad()
      const own = nodes(found, 'Arguments')
      const asked = nodes(required, 'Arguments')
      for (const argument of asked) {
        const mine = named(own, textOf(argument, 'Name'))
        if (mine === undefined || !compatible(typeOf(argument), typeOf(mine))) throw bad()
      }
      for (const argument of own) {
        const extra = named(asked, textOf(argument, 'Name')) === undefined
        if (extra && flagOf(typeOf(argument), 'NonNull') && nodeOf(argument, 'DefaultValue') === undefined) throw bad()
      }
    }
    for (const further of wanted.interfaces) {
      if (!definition.interfaces.includes(further)) {
        throw new BuiltinError(`Type ${definition.name} must implement ${further} because it is implemented by ${name}`)
      }
    }
  }

  private covariant(required: Node, actual: Node): boolean {
    if (flagOf(required, 'NonNull') && !flagOf(actual, 'NonNull')) return false
    const name = textOf(required, 'NamedType')
    if (name !== '') {
      const own = textOf(actual, 'NamedType')
      return name === own || (this.possible.get(name) ?? []).some((one) => one.name === own)
    }
    const inner = nodeOf(required, 'Elem')
    const other = nodeOf(actual, 'Elem')
    return inner !== undefined && other !== undefined && this.covariant(inner, other)
  }

  /** An input object that must hold itself could never be written. */
  private checkCycles(sorted: readonly string[]): void {
    const visited = new Set<string>()
    const open = new Set<string>()
    const visit = (definition: Definition): void => {
      if (visited.has(definition.name)) return
      this.m.spend(1)
      visited.add(definition.name)
      open.add(definition.name)
      for (const field of definition.fields) {
        const type = typeOf(field)
        const next = flagOf(type, 'NonNull') ? this.types.get(textOf(type, 'NamedType')) : undefined
        if (next?.kind !== 'INPUT_OBJECT') continue
        if (open.has(next.name)) throw new BuiltinError(`Cannot reference Input Object "${next.name}" within itself`)
        visit(next)
      }
      open.delete(definition.name)
    }
    for (const name of sorted) {
      const definition = this.types.get(name)
      if (definition?.kind === 'INPUT_OBJECT') visit(definition)
    }
  }
}

/** Whether a value of the second type may stand where the first is wanted: the same type, and null only where it may be. */
export function compatible(type: Node, other: Node, otherNonNull: boolean = flagOf(other, 'NonNull')): boolean {
  if (textOf(type, 'NamedType') !== textOf(other, 'NamedType')) return false
  const inner = nodeOf(type, 'Elem')
  const otherInner = nodeOf(other, 'Elem')
  if (inner !== undefined && otherInner === undefined) return false
  if (inner !== undefined && otherInner !== undefined && !compatible(inner, otherInner)) return false
  return !otherNonNull || flagOf(type, 'NonNull')
}

function distinct(names: readonly string[], what: string): void {
  if (new Set(names).size < names.length) throw new BuiltinError(`${what} can only be defined once`)
}

function validName(name: string): void {
  if (name.startsWith('__')) throw new BuiltinError(`Name "${name}" must not begin with "__"`)
}

const type = (name: string, nonNull: boolean): Node => node('Type', { NamedType: name, NonNull: nonNull })
const INTROSPECTION = [
  node('FieldDefinition', { Name: '__schema', Type: type('__Schema', true) }),
  node('FieldDefinition', {
    Name: '__type',
    Type: type('__Type', false),
    Arguments: [node('ArgumentDefinition', { Name: 'name', Type: type('String', true) })],
  }),
]
export const TYPENAME: Node = node('FieldDefinition', { Name: '__typename', Type: type('String', false) })
