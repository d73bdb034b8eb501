import { BuiltinError, LimitError, MAX_TEXT, type Machine } from '../machine.ts'
import { JsonSyntaxError, readJson } from '../json-reader.ts'
import { BigNum, isNumber, type RegoObject, type Value } from '../value.ts'
import { queryEscape } from './encoding.ts'
import { fromBigInteger, objectAt, stringAt, type Builtins } from './operand.ts'
import { sprintf } from './sprintf.ts'
import {
  Float,
  Int,
  parseTemplate,
  type Operand,
  type Pipe,
  type TemplateNode,
  type Templates,
} from './template-parser.ts'
import {
  bad,
  entries,
  field,
  HTML,
  indexed,
  jsEscaped,
  kindOf,
  lengthOf,
  ordered,
  present,
  same,
  shown,
  sliced,
  textOf,
  truth,
  VERBS,
  type Item,
} from './template-values.ts'
import { regoText } from './value-text.ts'

/** Where a loop is left. */
class Leave extends Error {
  readonly word: 'break' | 'continue'

  constructor(word: 'break' | 'continue') {
    super(word)
    this.word = word
  }
}

const MAX_DEPTH = 100

class Run {
  private readonly m: Machine
  private readonly templates: Templates
  private readonly out: string[] = []
  private size = 0
  private variables: { name: string; value: Item }[] = []
  private depth = 0

  constructor(m: Machine, templates: Templates) {
    this.m = m
    this.templates = templates
  }

  render(data: Value): string {
    this.variables = [{ name: '$', value: data }]
    this.list(this.templates.main, data)
    return this.out.join('')
  }

  private write(text: string): void {
    this.size += text.length
    if (this.size > MAX_TEXT) throw new LimitError(`a text would be over ${MAX_TEXT} characters`)
    this.m.spendText(text.length)
    this.out.push(text)
  }

  private list(nodes: readonly TemplateNode[], dot: Item): void {
    for (const node of nodes) this.node(node, dot)
  }

  private node(node: TemplateNode, dot: Item): void {
    this.m.spend(8)
    switch (node.kind) {
      case 'text':
        this.write(node.text)
        return
      case 'action': {
        const value = this.pipe(node.pipe, dot)
        if (node.pipe.variables.length === 0) {
          this.write(value === undefined || value === null ? '<no value>' : shown(this.m, value))
        }
        return
      }
      case 'break':
      case 'continue':
        throw new Leave(node.kind)
      case 'template':
        this.call(node.name, node.pipe === undefined ? undefined : this.pipe(node.pipe, dot))
        return
      case 'range':
        this.scoped(() => this.range(node, dot))
        return
      case 'if':
      case 'with':
        this.scoped(() => {
          const value = this.pipe(node.pipe, dot)
          if (truth(value)) this.list(node.body, node.kind === 'with' ? value : dot)
          else this.list(node.otherwise, dot)
        })
    }
  }

  private scoped(run: () => void): void {
    const { length } = this.variables
    run()
    this.variables.length = length
  }

  private call(name: string, value: Item): void {
    const nodes = this.templates.named.get(name)
    if (nodes === undefined) throw bad(`template ${JSON.stringify(name)} not defined`)
    if (++this.depth > MAX_DEPTH) throw new LimitError('templates call each other too deep')
    const { variables } = this
    this.variables = [{ name: '$', value }]
    this.list(nodes, value)
    this.variables = variables
    this.depth--
  }

  private range(node: TemplateNode & { kind: 'if' | 'with' | 'range' }, dot: Item): void {
    const over = this.expression(node.pipe, dot)
    const pairs = entries(over)
    if (pairs.length === 0) {
      this.list(node.otherwise, dot)
      return
    }
    const [first, second] = node.pipe.variables
    for (const [key, value] of pairs) {
      this.m.spend(1)
      const { length } = this.variables
      if (first !== undefined) this.bind(first, second === undefined ? value : key, node.pipe.assign)
      if (second !== undefined) this.bind(second, value, node.pipe.assign)
      try {
        this.list(node.body, value)
      } catch (error) {
        if (!(error instanceof Leave)) throw error
        if (error.word === 'break') break
      } finally {
        this.variables.length = length
      }
    }
  }

  private bind(name: string, value: Item, assign: boolean): void {
    if (!assign) {
      this.variables.push({ name, value })
      return
    }
    const known = this.variables.findLast((variable) => variable.name === name)
    if (known !== undefined) known.value = value
  }

  private pipe(pipe: Pipe, dot: Item): Item {
    const value = this.expression(pipe, dot)
    for (const name of pipe.variables) this.bind(name, value, pipe.assign)
    return value
  }

  private expression(pipe: Pipe, dot: Item): Item {
    let value: { item: Item } | undefined
    for (const command of pipe.commands) value = { item: this.command(command, dot, value) }
    return value?.item
  }

  private command(command: readonly Operand[], dot: Item, final: { item: Item } | undefined): Item {
    const [first, ...rest] = command
    this.m.spend(1)
    if (first === undefined) return undefined
    if (first.kind !== 'function') {
      if (rest.length > 0 || final !== undefined) throw bad("can't give argument to non-function")
      return this.operand(first, dot)
    }
    const lazy = first.name === 'and' || first.name === 'or'
    if (!lazy) {
      const items = rest.map((operand) => this.operand(operand, dot))
      return this.builtin(first.name, final === undefined ? items : [...items, final.item])
    }
    if (rest.length === 0 && final === undefined) throw bad(`wrong number of args for ${first.name}`)
    let value: Item
    for (const operand of rest) {
      value = this.operand(operand, dot)
      if (truth(value) === (first.name === 'or')) return value
    }
    return final === undefined ? value : final.item
  }

  private operand(operand: Operand, dot: Item): Item {
    switch (operand.kind) {
      case 'constant':
        return operand.value
      case 'dot':
        return dot
      case 'variable':
        return this.variables.findLast((variable) => variable.name === operand.name)?.value
      case 'function':
        return this.command([operand], dot, undefined)
      case 'pipe':
        return this.pipe(operand.pipe, dot)
      case 'fields':
        return operand.names.reduce((of: Item, name) => field(of, name), this.operand(operand.of, dot))
    }
  }

  private builtin(name: string, items: readonly Item[]): Item {
    const [first, second] = items
    const need = (least: number, most = least): void => {
      if (items.length < least || items.length > most) throw bad(`wrong number of args for ${name}: ${items.length}`)
    }
    switch (name) {
      case 'not':
        need(1)
        return !truth(first)
      case 'eq':
        if (items.length < 2) throw bad('missing argument for comparison')
        return items.slice(1).reduce((met: boolean, item) => met || same(first, item), false)
      case 'ne':
        need(2)
        return !same(first, second)
      case 'lt':
      case 'le':
      case 'gt':
      case 'ge': {
        need(2)
        const order = ordered(first, second)
        if (order === 0) return name === 'le' || name === 'ge'
        return order < 0 === (name === 'lt' || name === 'le')
      }
      case 'len':
        need(1)
        return new Int(BigInt(lengthOf(first)))
      case 'index':
        if (items.length < 1) throw bad('wrong number of args for index')
        return items.slice(1).reduce((of: Item, key) => indexed(of, key), present(first))
      case 'slice':
        need(1, 4)
        return sliced(first, items.slice(1))
      case 'print':
        return this.printed(items)
      case 'println':
        return `${items.map((item) => shown(this.m, item)).join(' ')}\n`
      case 'printf':
        return this.formatted(items)
      case 'html':
        return this.printable(items).replaceAll(/["'&<>\0]/g, (char) => HTML[char] ?? char)
      case 'js':
        return jsEscaped(this.printable(items))
      case 'urlquery':
        return queryEscape(this.printable(items))
      default:
        throw bad(`${name}: no function is given to a template`)
    }
  }

  /** Operands side by side; between two that are no text a space. */
  private printed(items: readonly Item[]): string {
    return items.reduce((out: string, item, i) => {
      const space = i > 0 && kindOf(item) !== 'string' && kindOf(items[i - 1]) !== 'string'
      return out + (space ? ' ' : '') + shown(this.m, item)
    }, '')
  }

  private printable(items: readonly Item[]): string {
    if (items.length === 1 && kindOf(items[0]) === 'nil') return '<no value>'
    return this.printed(items)
  }

  private formatted(items: readonly Item[]): string {
    const [pattern, ...rest] = items
    if (kindOf(pattern) !== 'string' || isNumber(pattern as Value)) throw bad('printf needs a format')
    const values = rest.map((item): Value => {
      if (item instanceof Int) return fromBigInteger(item.value)
      if (item instanceof Float) return Number.isInteger(item.value) ? new BigNum(item.value.toFixed(1)) : item.value
      return shown(this.m, item)
    })
    const verbs = [...textOf(pattern).matchAll(/%[^a-zA-Z%]*([a-zA-Z%])/g)]
      .map((match) => match[1])
      .filter((verb) => verb !== '%')
    // What Go writes for a verb that does not suit names the type, and its types are not those of `sprintf` in Rego.
    const suits = rest.every((item, i) => (VERBS.get(kindOf(item)) ?? 'v').includes(verbs[i] ?? 'v'))
    const number = rest.some((item) => isNumber(item as Value) && verbs.some((verb) => 'xX'.includes(verb ?? '')))
    if (!suits || number || verbs.length !== rest.length || /[*[]/.test(textOf(pattern))) {
      throw new LimitError('this use of printf is not known to templates here')
    }
    return sprintf(this.m, textOf(pattern), values)
  }
}

/** The data as OPA hands it to a template: read from its text as JSON, which sets and some control characters are not. */
function dataOf(m: Machine, value: RegoObject): Value {
  const text = regoText(value)
  m.spendText(text.length * 4)
  try {
    return readJson(text)
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new BuiltinError(error.message)
    throw error
  }
}

export const TEMPLATE: Builtins = {
  'strings.render_template': (m, a, b) => {
    const source = stringAt(a, 1)
    const data = dataOf(m, objectAt(b, 2))
    return new Run(m, parseTemplate(m, source)).render(data).replaceAll('<no value>', '<undefined>')
  },
}
