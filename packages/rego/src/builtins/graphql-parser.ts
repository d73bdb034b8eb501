import type { Machine } from '../machine.ts'
import type { Value } from '../value.ts'
import { GraphqlLexer, type GraphqlToken, type TokenKind } from './graphql-lexer.ts'
import { node, VALUE, type Node } from './graphql-nodes.ts'

const MAX_DEPTH = 200

/** Reads GraphQL documents; comments go with the token that they stand before. Throws BuiltinError. */
export class GraphqlParser {
  protected readonly m: Machine
  private readonly lexer: GraphqlLexer
  private token: GraphqlToken | undefined
  private depth = 0
  /** Comments before the token that was looked at last; gone when it is taken. */
  protected comment: Node | undefined
  protected previous: GraphqlToken | undefined

  constructor(m: Machine, text: string) {
    m.spendText(text.length * 8)
    this.m = m
    this.lexer = new GraphqlLexer(text)
  }

  protected peek(): GraphqlToken {
    if (this.token !== undefined) return this.token
    const comments: Value[] = []
    let token = this.lexer.next()
    for (; token.kind === 'comment'; token = this.lexer.next()) comments.push(node('Comment', { Value: token.value }))
    if (comments.length > 0) this.comment = node('Comments', { List: comments })
    this.token = token
    return token
  }

  protected next(): GraphqlToken {
    const token = this.peek()
    this.m.spend(1)
    this.token = undefined
    this.comment = undefined
    this.previous = token
    return token
  }

  protected unexpected(token: GraphqlToken = this.peek()): Error {
    const what = token.kind === 'name' ? `Name ${JSON.stringify(token.value.slice(0, 60))}` : token.kind
    return this.lexer.error(`Unexpected ${what}`, token)
  }

  protected is(kind: TokenKind, value?: string): boolean {
    const token = this.peek()
    return token.kind === kind && (value === undefined || token.value === value)
  }

  protected skip(kind: TokenKind): boolean {
    if (!this.is(kind)) return false
    this.next()
    return true
  }

  /** Takes what must be next, and gives the comments before it. */
  protected expect(kind: TokenKind, value?: string): Node | undefined {
    if (!this.is(kind, value)) throw this.unexpected()
    const { comment } = this
    this.next()
    return comment
  }

  protected name(): string {
    if (!this.is('name')) throw this.unexpected()
    return this.next().value
  }

  /** Comments before what comes next. */
  protected ahead(): Node | undefined {
    this.peek()
    return this.comment
  }

  /** One or more between brackets, or nothing where the first bracket is not there. */
  protected some(open: TokenKind, close: TokenKind, one: () => Value): { list: Value[]; comment: Node | undefined } {
    if (!this.skip(open)) return { list: [], comment: undefined }
    const list: Value[] = []
    this.nested(() => {
      while (!this.is(close)) list.push(one())
    })
    if (list.length === 0) throw this.unexpected()
    return { list, comment: this.expect(close) }
  }

  private nested(run: () => void): void {
    if (++this.depth > MAX_DEPTH) throw this.lexer.error('The document is nested too deep')
    run()
    this.depth--
  }

  query(): Node {
    const operations: Value[] = []
    const fragments: Value[] = []
    while (!this.is('end')) {
      if (this.is('name', 'fragment')) fragments.push(this.fragment())
      else if (this.is('{') || ['query', 'mutation', 'subscription'].some((word) => this.is('name', word))) {
        operations.push(this.operation())
      } else throw this.unexpected()
    }
    return node('QueryDocument', { Operations: operations, Fragments: fragments })
  }

  private operation(): Node {
    // The comment before a bare selection set is lost.
    if (this.is('{')) return node('Operation', { Operation: 'query', SelectionSet: this.selections() })
    const Comment = this.ahead()
    const Operation = this.operationType()
    const Name = this.is('name') ? this.name() : ''
    const VariableDefinitions = this.variables()
    const Directives = this.directives(false)
    const SelectionSet = this.selections()
    return node('Operation', { Comment, Operation, Name, VariableDefinitions, Directives, SelectionSet })
  }

  protected operationType(): string {
    const token = this.next()
    if (!['query', 'mutation', 'subscription'].includes(token.value)) throw this.unexpected(token)
    return token.value
  }

  private variables(): Value[] {
    return this.some('(', ')', () => {
      const Comment = this.ahead()
      const Variable = this.variable()
      this.expect(':')
      const Type = this.type()
      const DefaultValue = this.skip('=') ? this.value(true) : undefined
      return node('Variable', { Comment, Variable, Type, DefaultValue, Directives: this.directives(false) })
    }).list
  }

  private variable(): string {
    this.expect('$')
    return this.name()
  }

  private selections(): Value[] {
    if (!this.is('{')) throw this.unexpected()
    return this.some('{', '}', () => (this.is('...') ? this.spread() : this.field())).list
  }

  private field(): Node {
    const Comment = this.ahead()
    const Alias = this.name()
    const Name = this.skip(':') ? this.name() : Alias
    const Arguments = this.arguments(false)
    const Directives = this.directives(false)
    const SelectionSet = this.is('{') ? this.selections() : []
    return node('Field', { Comment, Alias, Name, Arguments, Directives, SelectionSet })
  }

  private spread(): Node {
    const Comment = this.expect('...')
    if (this.is('name') && !this.is('name', 'on')) {
      const Name = this.name()
      return node('FragmentSpread', { Comment, Name, Directives: this.directives(false) })
    }
    let TypeCondition = ''
    if (this.peek().value === 'on') {
      this.next()
      TypeCondition = this.name()
    }
    const Directives = this.directives(false)
    return node('InlineFragment', { Comment, TypeCondition, Directives, SelectionSet: this.selections() })
  }

  private fragment(): Node {
    const Comment = this.expect('name', 'fragment')
    if (this.peek().value === 'on') throw this.unexpected()
    const Name = this.name()
    const VariableDefinition = this.variables()
    this.expect('name', 'on')
    const TypeCondition = this.name()
    const Directives = this.directives(false)
    const SelectionSet = this.selections()
    return node('Fragment', { Comment, Name, VariableDefinition, TypeCondition, Directives, SelectionSet })
  }

  protected arguments(constant: boolean): Value[] {
    return this.some('(', ')', () => {
      const Comment = this.ahead()
      const Name = this.name()
      this.expect(':')
      return node('Argument', { Comment, Name, Value: this.value(constant) })
    }).list
  }

  protected directives(constant: boolean): Value[] {
    const list: Value[] = []
    while (this.skip('@')) {
      const Name = this.name()
      list.push(node('Directive', { Name, Arguments: this.arguments(constant) }))
    }
    return list
  }

  protected type(): Node {
    let parts: Record<string, Value> = {}
    if (this.skip('[')) {
      this.nested(() => {
        parts = { Elem: this.type() }
      })
      this.expect(']')
    } else parts = { NamedType: this.name() }
    return node('Type', { ...parts, NonNull: this.skip('!') })
  }

  protected value(constant: boolean): Node {
    const token = this.peek()
    const Comment = this.comment
    const { kind } = token
    if (kind === '[') {
      const Children = this.many('[', ']', () => node('Child', { Value: this.value(constant) }))
      return node('Value', { Comment, Kind: VALUE.list, Children })
    }
    if (kind === '{') {
      return node('Value', { Comment, Kind: VALUE.object, Children: this.many('{', '}', () => this.child(constant)) })
    }
    if (kind === '$' && !constant) return node('Value', { Kind: VALUE.variable, Raw: this.variable() })
    if (kind === 'int' || kind === 'float' || kind === 'string' || kind === 'block') {
      this.next()
      return node('Value', { Kind: VALUE[kind], Raw: token.value })
    }
    if (kind !== 'name') throw this.unexpected()
    this.next()
    const word = ['true', 'false'].includes(token.value) ? 'boolean' : token.value === 'null' ? 'null' : 'enum'
    return node('Value', { Kind: VALUE[word], Raw: token.value })
  }

  private child(constant: boolean): Node {
    const Comment = this.ahead()
    const Name = this.name()
    this.expect(':')
    return node('Child', { Comment, Name, Value: this.value(constant) })
  }

  private many(open: TokenKind, close: TokenKind, one: () => Value): Value[] {
    const list: Value[] = []
    this.expect(open)
    this.nested(() => {
      while (!this.is(close)) list.push(one())
    })
    this.expect(close)
    return list
  }
}
