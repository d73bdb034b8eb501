import { BuiltinError, type Machine } from '../machine.ts'
import { RegoObject, type Value } from '../value.ts'

/** A node of a GraphQL document, with OPA's names of its parts. Parts that are empty lists or not there are left out. */
export type Node = RegoObject

/** What a part holds: text, a flag, a number, texts, a node of a kind, or a list of them. */
type Part = 'text' | 'flag' | 'number' | 'texts' | Kind | readonly [Kind]

export type Kind =
  | 'QueryDocument'
  | 'SchemaDocument'
  | 'Operation'
  | 'Fragment'
  | 'Field'
  | 'FragmentSpread'
  | 'InlineFragment'
  | 'Variable'
  | 'Argument'
  | 'Directive'
  | 'Type'
  | 'Value'
  | 'Child'
  | 'Comments'
  | 'Comment'
  | 'Schema'
  | 'RootType'
  | 'Definition'
  | 'FieldDefinition'
  | 'ArgumentDefinition'
  | 'EnumValue'
  | 'DirectiveDefinition'

const DESCRIBED = {
  Description: 'text',
  BeforeDescriptionComment: 'Comments',
  AfterDescriptionComment: 'Comments',
} as const
const PARTS: Readonly<Record<Kind, Readonly<Record<string, Part>>>> = {
  QueryDocument: { Operations: ['Operation'], Fragments: ['Fragment'], Comment: 'Comments' },
  SchemaDocument: {
    Schema: ['Schema'],
    SchemaExtension: ['Schema'],
    Directives: ['DirectiveDefinition'],
    Definitions: ['Definition'],
    Extensions: ['Definition'],
    Comment: 'Comments',
  },
  Operation: {
    Operation: 'text',
    Name: 'text',
    VariableDefinitions: ['Variable'],
    Directives: ['Directive'],
    SelectionSet: ['Field'],
    Comment: 'Comments',
  },
  Fragment: {
    Name: 'text',
    VariableDefinition: ['Variable'],
    TypeCondition: 'text',
    Directives: ['Directive'],
    SelectionSet: ['Field'],
    Comment: 'Comments',
  },
  Field: {
    Alias: 'text',
    Name: 'text',
    Arguments: ['Argument'],
    Directives: ['Directive'],
    SelectionSet: ['Field'],
    Comment: 'Comments',
  },
  FragmentSpread: { Name: 'text', Directives: ['Directive'], Comment: 'Comments' },
  InlineFragment: {
    TypeCondition: 'text',
    Directives: ['Directive'],
    SelectionSet: ['Field'],
    Comment: 'Comments',
  },
  Variable: {
    Variable: 'text',
    Type: 'Type',
    DefaultValue: 'Value',
    Directives: ['Directive'],
    Used: 'flag',
    Comment: 'Comments',
  },
  Argument: { Name: 'text', Value: 'Value', Comment: 'Comments' },
  Directive: { Name: 'text', Arguments: ['Argument'], Location: 'text' },
  Type: { NamedType: 'text', Elem: 'Type', NonNull: 'flag' },
  Value: { Raw: 'text', Children: ['Child'], Kind: 'number', ExpectedTypeHasDefault: 'flag', Comment: 'Comments' },
  Child: { Name: 'text', Value: 'Value', Comment: 'Comments' },
  Comments: { List: ['Comment'] },
  Comment: { Value: 'text' },
  Schema: {
    ...DESCRIBED,
    Directives: ['Directive'],
    OperationTypes: ['RootType'],
    EndOfDefinitionComment: 'Comments',
  },
  RootType: { Operation: 'text', Type: 'text', Comment: 'Comments' },
  Definition: {
    ...DESCRIBED,
    Kind: 'text',
    Name: 'text',
    Directives: ['Directive'],
    Interfaces: 'texts',
    Fields: ['FieldDefinition'],
    Types: 'texts',
    EnumValues: ['EnumValue'],
    BuiltIn: 'flag',
    EndOfDefinitionComment: 'Comments',
  },
  FieldDefinition: {
    ...DESCRIBED,
    Name: 'text',
    Arguments: ['ArgumentDefinition'],
    DefaultValue: 'Value',
    Type: 'Type',
    Directives: ['Directive'],
  },
  ArgumentDefinition: { ...DESCRIBED, Name: 'text', DefaultValue: 'Value', Type: 'Type', Directives: ['Directive'] },
  EnumValue: { ...DESCRIBED, Name: 'text', Directives: ['Directive'] },
  DirectiveDefinition: {
    ...DESCRIBED,
    Name: 'text',
    Arguments: ['ArgumentDefinition'],
    Locations: 'texts',
    IsRepeatable: 'flag',
  },
}

/** Kinds whose comments are lost where a document is given as an object, as OPA reads those by hand. */
const UNCOMMENTED = new Set<Kind>(['Operation', 'Fragment', 'Field', 'FragmentSpread', 'InlineFragment'])

/** A node with its parts; texts, flags and numbers that are not given are there with their empty values. */
export function node(kind: Kind, parts: Readonly<Record<string, Value | undefined>>): Node {
  const out = new RegoObject()
  for (const [name, part] of Object.entries(PARTS[kind])) {
    const value = parts[name]
    if (part === 'text') out.set(name, value ?? '')
    else if (part === 'flag') out.set(name, value ?? false)
    else if (part === 'number') out.set(name, value ?? 0)
    else if (value !== undefined && !(Array.isArray(value) && value.length === 0)) out.set(name, value)
  }
  return out
}

/** A document that a policy gives as an object, in the form OPA's own has. Throws BuiltinError. */
export function readNode(m: Machine, kind: Kind, given: Value): Node {
  m.spend(4)
  if (!(given instanceof RegoObject)) throw new BuiltinError(`json: cannot unmarshal into a GraphQL ${kind}`)
  const parts: Record<string, Value> = {}
  for (const [name, part] of Object.entries(PARTS[kind])) {
    const value = given.get(name)
    if (value === undefined || value === null) continue
    if (part === 'Comments' && UNCOMMENTED.has(kind)) continue
    const type = typeof value
    const bad = (): BuiltinError => new BuiltinError(`json: cannot unmarshal ${name} into a GraphQL ${kind}`)
    if (part === 'text' || part === 'flag' || part === 'number') {
      if (type !== { text: 'string', flag: 'boolean', number: 'number' }[part]) throw bad()
      parts[name] = value
    } else if (part === 'texts') {
      if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) throw bad()
      parts[name] = value
    } else if (typeof part === 'string') {
      const read = readNode(m, part, value)
      if (part !== 'Comments' || nodes(read, 'List').length > 0) parts[name] = read
    } else {
      if (!Array.isArray(value)) throw bad()
      const [inner] = part
      parts[name] = value.filter((item) => item !== null).map((item) => readNode(m, inner, item))
    }
  }
  return node(kind, parts)
}

export function textOf(of: Node, name: string): string {
  const value = of.get(name)
  return typeof value === 'string' ? value : ''
}

export function flagOf(of: Node, name: string): boolean {
  return of.get(name) === true
}

export function nodeOf(of: Node, name: string): Node | undefined {
  const value = of.get(name)
  return value instanceof RegoObject ? value : undefined
}

export function nodes(of: Node, name: string): Node[] {
  const value = of.get(name)
  return Array.isArray(value) ? (value as Node[]) : []
}

export function texts(of: Node, name: string): string[] {
  const value = of.get(name)
  return Array.isArray(value) ? (value as string[]) : []
}

export function named(list: readonly Node[], name: string): Node | undefined {
  return list.find((one) => textOf(one, 'Name') === name)
}

/** Kinds of values, by OPA's numbers. */
export const VALUE = {
  variable: 0,
  int: 1,
  float: 2,
  string: 3,
  block: 4,
  boolean: 5,
  null: 6,
  enum: 7,
  list: 8,
  object: 9,
} as const

export function valueKind(value: Node): number {
  const kind = value.get('Kind')
  return typeof kind === 'number' ? kind : 0
}

/** The innermost type's name. */
export function typeNameOf(type: Node | undefined): string {
  for (let at = type; at !== undefined; at = nodeOf(at, 'Elem')) {
    const name = textOf(at, 'NamedType')
    if (name !== '') return name
  }
  throw new BuiltinError('a GraphQL type has no name')
}
