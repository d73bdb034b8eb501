import type { Machine } from '../machine.ts'
import type { Value } from '../value.ts'
import { node, type Node } from './graphql-nodes.ts'
import { GraphqlParser } from './graphql-parser.ts'

interface Description {
  readonly text: string
  readonly comment: Node | undefined
}

const KINDS: Readonly<Record<string, string>> = {
  scalar: 'SCALAR',
  type: 'OBJECT',
  interface: 'INTERFACE',
  union: 'UNION',
  enum: 'ENUM',
  input: 'INPUT_OBJECT',
}

const LOCATIONS = new Set([
  'QUERY',
  'MUTATION',
  'SUBSCRIPTION',
  'FIELD',
  'FRAGMENT_DEFINITION',
  'FRAGMENT_SPREAD',
  'INLINE_FRAGMENT',
  'VARIABLE_DEFINITION',
  'SCHEMA',
  'SCALAR',
  'OBJECT',
  'FIELD_DEFINITION',
  'ARGUMENT_DEFINITION',
  'INTERFACE',
  'UNION',
  'ENUM',
  'ENUM_VALUE',
  'INPUT_OBJECT',
  'INPUT_FIELD_DEFINITION',
])

type Parts = Record<string, Value | undefined>

/** Reads the type system's part of GraphQL. */
export class GraphqlSchemaParser extends GraphqlParser {
  private readonly builtIn: boolean

  constructor(m: Machine, text: string, builtIn = false) {
    super(m, text)
    this.builtIn = builtIn
  }

  schemaDocument(): Node {
    const schema: Value[] = []
    const schemaExtension: Value[] = []
    const directives: Value[] = []
    const definitions: Value[] = []
    const extensions: Value[] = []
    while (!this.is('end')) {
      const description = this.description()
      if (!this.is('name')) throw this.unexpected()
      const word = this.peek().value
      if (Object.hasOwn(KINDS, word)) {
        const comment = this.expect('name', word)
        definitions.push(this.definition(word, this.described(description, comment), false))
      } else if (word === 'schema') {
        const comment = this.expect('name', word)
        schema.push(this.schema(this.described(description, comment), false))
      } else if (word === 'directive') directives.push(this.directive(description))
      else if (word === 'extend') {
        if (description.text !== '') throw this.unexpected(this.previous)
        const AfterDescriptionComment = this.expect('name', word)
        const what = this.name()
        if (what === 'schema') schemaExtension.push(this.schema({ AfterDescriptionComment }, true))
        else if (Object.hasOwn(KINDS, what)) extensions.push(this.definition(what, { AfterDescriptionComment }, true))
        else throw this.unexpected(this.previous)
      } else throw this.unexpected()
    }
    return node('SchemaDocument', {
      Schema: schema,
      SchemaExtension: schemaExtension,
      Directives: directives,
      Definitions: definitions,
      Extensions: extensions,
      Comment: this.comment,
    })
  }

  private description(): Description {
    if (!this.is('block') && !this.is('string')) return { text: '', comment: undefined }
    const comment = this.ahead()
    return { text: this.next().value, comment }
  }

  private described(description: Description, comment: Node | undefined): Parts {
    return {
      Description: description.text,
      BeforeDescriptionComment: description.comment,
      AfterDescriptionComment: comment,
    }
  }

  /** Description and comments of a member; where the description is empty its comment is lost. */
  private memberParts(): Parts {
    const { text, comment } = this.description()
    return {
      Description: text,
      BeforeDescriptionComment: text === '' ? undefined : comment,
      AfterDescriptionComment: this.ahead(),
    }
  }

  private schema(parts: Parts, extension: boolean): Node {
    const Directives = this.directives(true)
    const { list, comment } = this.some('{', '}', () => {
      const Comment = this.ahead()
      const Operation = this.operationType()
      this.expect(':')
      return node('RootType', { Comment, Operation, Type: this.name() })
    })
    if (extension && Directives.length + list.length === 0) throw this.unexpected()
    return node('Schema', { ...parts, Directives, OperationTypes: list, EndOfDefinitionComment: comment })
  }

  private definition(word: string, described: Parts, extension: boolean): Node {
    const parts: Parts = { ...described, Kind: KINDS[word], Name: this.name(), BuiltIn: this.builtIn }
    if (word === 'type' || (word === 'interface' && !extension)) parts['Interfaces'] = this.interfaces()
    parts['Directives'] = this.directives(!(extension && word === 'input'))
    let end: Node | undefined
    const members = (name: string, one: () => Value): void => {
      const { list, comment } = this.some('{', '}', one)
      parts[name] = list
      end = comment
    }
    if (word === 'type' || word === 'interface') members('Fields', () => this.fieldDefinition())
    else if (word === 'input') members('Fields', () => this.inputField())
    else if (word === 'enum') members('EnumValues', () => this.enumValue())
    else if (word === 'union') parts['Types'] = this.unionTypes()
    const lists = ['Interfaces', 'Directives', 'Fields', 'EnumValues', 'Types'].map((name) => parts[name])
    if (extension && lists.every((list) => !Array.isArray(list) || list.length === 0)) throw this.unexpected()
    return node('Definition', { ...parts, EndOfDefinitionComment: end })
  }

  private interfaces(): Value[] {
    const list: Value[] = []
    if (this.peek().value !== 'implements') return list
    this.next()
    this.skip('&')
    do list.push(this.name())
    while (this.skip('&'))
    return list
  }

  private unionTypes(): Value[] {
    const list: Value[] = []
    if (!this.skip('=')) return list
    this.skip('|')
    do list.push(this.name())
    while (this.skip('|'))
    return list
  }

  private fieldDefinition(): Node {
    const parts = this.memberParts()
    const Name = this.name()
    const Arguments = this.argumentDefinitions()
    this.expect(':')
    const Type = this.type()
    return node('FieldDefinition', { ...parts, Name, Arguments, Type, Directives: this.directives(true) })
  }

  private argumentDefinitions(): Value[] {
    return this.some('(', ')', () => this.input('ArgumentDefinition')).list
  }

  private inputField(): Node {
    return this.input('FieldDefinition')
  }

  private input(kind: 'ArgumentDefinition' | 'FieldDefinition'): Node {
    const parts = this.memberParts()
    const Name = this.name()
    this.expect(':')
    const Type = this.type()
    const DefaultValue = this.skip('=') ? this.value(true) : undefined
    return node(kind, { ...parts, Name, Type, DefaultValue, Directives: this.directives(true) })
  }

  private enumValue(): Node {
    const parts = this.memberParts()
    const Name = this.name()
    return node('EnumValue', { ...parts, Name, Directives: this.directives(true) })
  }

  private directive(description: Description): Node {
    const comment = this.expect('name', 'directive')
    this.expect('@')
    const Name = this.name()
    const Arguments = this.argumentDefinitions()
    const IsRepeatable = this.is('name', 'repeatable')
    if (IsRepeatable) this.next()
    this.expect('name', 'on')
    this.skip('|')
    const Locations: Value[] = []
    do {
      const location = this.name()
      if (!LOCATIONS.has(location)) throw this.unexpected(this.previous)
      Locations.push(location)
    } while (this.skip('|'))
    const parts = this.described(description, comment)
    return node('DirectiveDefinition', { ...parts, Name, Arguments, IsRepeatable, Locations })
  }
}
