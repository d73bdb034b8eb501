import { BuiltinError, LimitError, type Machine } from '../machine.ts'
import { lexTemplate, type TemplateToken } from './template-lexer.ts'

/** An integer or a float that a template writes, as Go tells them apart. */
export class Int {
  readonly value: bigint

  constructor(value: bigint) {
    this.value = value
  }
}

export class Float {
  readonly value: number

  constructor(value: number) {
    this.value = value
  }
}

export type Constant = string | boolean | null | Int | Float

export type Operand =
  | { readonly kind: 'constant'; readonly value: Constant }
  | { readonly kind: 'dot' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'pipe'; readonly pipe: Pipe }
  | { readonly kind: 'fields'; readonly of: Operand; readonly names: readonly string[] }

export interface Pipe {
  readonly variables: readonly string[]
  readonly assign: boolean
  readonly commands: readonly (readonly Operand[])[]
}

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly pipe: Pipe }
  | { readonly kind: 'break' | 'continue' }
  | { readonly kind: 'template'; readonly name: string; readonly pipe: Pipe | undefined }
  | {
      readonly kind: 'if' | 'with' | 'range'
      readonly pipe: Pipe
      readonly body: readonly TemplateNode[]
      readonly otherwise: readonly TemplateNode[]
    }

export const FUNCTIONS = [
  'and',
  'call',
  'eq',
  'ge',
  'gt',
  'html',
  'index',
  'js',
  'le',
  'len',
  'lt',
  'ne',
  'not',
  'or',
  'print',
  'printf',
  'println',
  'slice',
  'urlquery',
]

const bad = (what: string): BuiltinError => new BuiltinError(`template: ${what}`)
const MAX_DEPTH = 100

export interface Templates {
  readonly main: readonly TemplateNode[]
  readonly named: ReadonlyMap<string, readonly TemplateNode[]>
}

/** Reads a template (Go, text/template). Throws BuiltinError. */
export function parseTemplate(m: Machine, source: string): Templates {
  m.spendText(source.length * 32)
  const parser = new Parser(m, lexTemplate(source))
  const main = parser.list(false)
  return { main: main.nodes, named: parser.named }
}

type End = 'end' | 'else' | 'eof'

class Parser {
  readonly named = new Map<string, readonly TemplateNode[]>()
  private readonly m: Machine
  private readonly tokens: readonly TemplateToken[]
  private at = 0
  private variables = ['$']
  private ranges = 0
  private depth = 0

  constructor(m: Machine, tokens: readonly TemplateToken[]) {
    this.m = m
    this.tokens = tokens
  }

  private peek(): TemplateToken | undefined {
    return this.tokens[this.at]
  }

  private space(): boolean {
    const had = this.peek()?.kind === 'space'
    if (had) this.at++
    return had
  }

  private word(): string | undefined {
    const token = this.peek()
    return token?.kind === 'word' ? token.value : undefined
  }

  private mark(value: string): boolean {
    const token = this.peek()
    const is = token?.kind === 'mark' && token.value === value
    if (is) this.at++
    return is
  }

  private close(): void {
    this.space()
    if (this.peek()?.kind !== 'close') throw bad('unexpected input at the end of an action')
    this.at++
  }

  /** Nodes up to `end` or `else`, whose action is left open after the word. */
  list(inner: boolean): { nodes: TemplateNode[]; end: End } {
    if (++this.depth > MAX_DEPTH) throw new LimitError('a template is nested too deep')
    const nodes: TemplateNode[] = []
    for (;;) {
      this.m.spend(1)
      const token = this.tokens[this.at++]
      if (token === undefined) {
        if (inner) throw bad('unexpected EOF')
        this.depth--
        return { nodes, end: 'eof' }
      }
      if (token.kind === 'text') {
        nodes.push({ kind: 'text', text: token.value })
        continue
      }
      this.space()
      const word = this.word()
      if (word === 'end' || word === 'else') {
        if (!inner) throw bad(`unexpected {{${word}}}`)
        this.at++
        this.depth--
        return { nodes, end: word }
      }
      const node = this.action(word)
      if (node !== undefined) nodes.push(node)
    }
  }

  private action(word: string | undefined): TemplateNode | undefined {
    switch (word) {
      case 'if':
      case 'with':
      case 'range':
        this.at++
        return this.control(word)
      case 'break':
      case 'continue':
        this.at++
        if (this.ranges === 0) throw bad(`{{${word}}} outside {{range}}`)
        this.close()
        return { kind: word }
      case 'define':
        this.at++
        if (this.depth > 1) throw bad('unexpected {{define}}')
        this.define(this.name())
        return undefined
      case 'template':
      case 'block': {
        this.at++
        const name = this.name()
        const pipe = this.peek()?.kind === 'close' ? undefined : this.pipe()
        this.close()
        if (word === 'block') {
          if (pipe === undefined) throw bad('missing value for block clause')
          this.body(name)
        }
        return { kind: 'template', name, pipe }
      }
      case undefined:
      default: {
        const pipe = this.pipe()
        this.close()
        return { kind: 'action', pipe }
      }
    }
  }

  private name(): string {
    this.space()
    const token = this.tokens[this.at++]
    if (token?.kind !== 'string') throw bad('a template needs a name')
    this.space()
    return token.value
  }

  private define(name: string): void {
    this.close()
    this.body(name)
  }

  private body(name: string): void {
    const { variables, ranges } = this
    this.variables = ['$']
    this.ranges = 0
    const { nodes, end } = this.list(true)
    if (end !== 'end') throw bad('unexpected {{else}} in define clause')
    this.close()
    this.variables = variables
    this.ranges = ranges
    const filled = nodes.some((node) => node.kind !== 'text' || node.text.trim() !== '')
    // An empty definition does not replace one.
    if (filled || !this.named.has(name)) this.named.set(name, nodes)
  }

  private control(kind: 'if' | 'with' | 'range'): TemplateNode {
    const scope = this.variables.length
    const pipe = this.pipe(kind === 'range')
    this.close()
    if (kind === 'range') this.ranges++
    const { nodes: body, end } = this.list(true)
    if (kind === 'range') this.ranges--
    let otherwise: TemplateNode[] = []
    if (end === 'else') {
      this.space()
      const next = this.word()
      if (kind !== 'range' && next === kind) {
        this.at++
        otherwise = [this.control(kind)]
        this.variables.length = scope
        return { kind, pipe, body, otherwise }
      }
      this.close()
      const rest = this.list(true)
      if (rest.end !== 'end') throw bad('expected end; found {{else}}')
      otherwise = rest.nodes
    }
    this.close()
    this.variables.length = scope
    return { kind, pipe, body, otherwise }
  }

  private pipe(range = false): Pipe {
    this.space()
    const start = this.at
    const variables: string[] = []
    let assign = false
    for (;;) {
      const token = this.peek()
      if (token?.kind !== 'variable') break
      this.at++
      this.space()
      const declares = this.mark(':=')
      if (declares || this.mark('=')) {
        variables.push(token.value)
        assign = !declares
        break
      }
      if (!(range && variables.length === 0 && this.mark(','))) break
      variables.push(token.value)
      this.space()
    }
    const last = this.tokens[this.at - 1]
    const declared = last?.kind === 'mark' && (last.value === ':=' || last.value === '=')
    if (!declared) {
      this.at = start
      variables.length = 0
    }
    if (assign) for (const name of variables) this.known(name)
    const commands = [this.command()]
    while (this.mark('|')) commands.push(this.command())
    for (const [i, [first]] of commands.entries()) {
      const constant = first?.kind === 'constant' || first?.kind === 'dot'
      if (i > 0 && constant) throw bad('non executable command in pipeline')
    }
    if (!assign) this.variables.push(...variables)
    return { variables, assign, commands }
  }

  private known(name: string): void {
    if (!this.variables.includes(name)) throw bad(`undefined variable ${JSON.stringify(name)}`)
  }

  private command(): Operand[] {
    const out: Operand[] = []
    this.space()
    for (;;) {
      const operand = this.operand()
      if (operand === undefined) break
      out.push(operand)
      if (!this.space()) break
    }
    this.space()
    const [first] = out
    if (first === undefined) throw bad('empty command')
    if (first.kind === 'constant' && first.value === null) throw bad('nil is not a command')
    return out
  }

  private operand(): Operand | undefined {
    const token = this.peek()
    this.m.spend(1)
    let operand: Operand
    if (token?.kind === 'string') operand = { kind: 'constant', value: token.value }
    else if (token?.kind === 'number') operand = { kind: 'constant', value: numberOf(token.value) }
    else if (token?.kind === 'variable') {
      this.known(token.value)
      operand = { kind: 'variable', name: token.value }
    } else if (token?.kind === 'field') operand = { kind: 'fields', of: { kind: 'dot' }, names: [token.value] }
    else if (token?.kind === 'mark' && token.value === '.') operand = { kind: 'dot' }
    else if (token?.kind === 'mark' && token.value === '(') {
      this.at++
      if (++this.depth > MAX_DEPTH) throw new LimitError('a template is nested too deep')
      const pipe = this.pipe()
      this.depth--
      this.space()
      if (!this.mark(')')) throw bad('unclosed left paren')
      this.at--
      operand = { kind: 'pipe', pipe }
    } else if (token?.kind === 'word') {
      if (token.value === 'true' || token.value === 'false')
        operand = { kind: 'constant', value: token.value === 'true' }
      else if (token.value === 'nil') operand = { kind: 'constant', value: null }
      else if (FUNCTIONS.includes(token.value)) operand = { kind: 'function', name: token.value }
      else throw bad(`function ${JSON.stringify(token.value)} not defined`)
    } else return undefined
    this.at++
    const names: string[] = []
    for (let next = this.peek(); next?.kind === 'field'; next = this.peek()) {
      names.push(next.value)
      this.at++
    }
    if (names.length === 0) return operand
    if (operand.kind === 'constant' || operand.kind === 'dot' || operand.kind === 'function') {
      throw bad('unexpected . after term')
    }
    if (operand.kind === 'fields') return { ...operand, names: [...operand.names, ...names] }
    return { kind: 'fields', of: operand, names }
  }
}

function numberOf(text: string): Int | Float {
  if (text.endsWith('i')) throw new LimitError('complex numbers are not known to templates here')
  const plain = text.replaceAll('_', '')
  const sign = plain.startsWith('-') ? -1n : 1n
  const digits = plain.replace(/^[+-]/, '')
  const float = /[.eE]/.test(digits) && !/^0[xX]/.test(digits)
  if (float) {
    const value = Number(plain)
    if (!Number.isFinite(value)) throw bad(`bad number syntax: ${text.slice(0, 40)}`)
    return new Float(value)
  }
  const size = /^0\d/.test(digits) ? BigInt(`0o${digits.slice(1)}`) : BigInt(digits)
  const value = sign * size
  if (BigInt.asIntN(64, value) !== value) throw bad(`${text.slice(0, 40)} overflows int`)
  return new Int(value)
}
