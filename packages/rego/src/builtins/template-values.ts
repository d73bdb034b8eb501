import { bytesText, textBytes } from '../byte-text.ts'
import { BuiltinError, LimitError, type Machine } from '../machine.ts'
import { BigNum, compareText, isNumber, numberText, RegoObject, RegoSet, type Value } from '../value.ts'
import { keyText } from './operand.ts'
import { Float, Int } from './template-parser.ts'

/** What an expression may be: undefined stands for what a map does not have. Numbers of the data are text to templates. */
export type Item = Value | Int | Float | undefined

export const bad = (what: string): BuiltinError => new BuiltinError(`template: ${what}`)

export type Kind = 'nil' | 'bool' | 'int' | 'float' | 'string' | 'list' | 'map'

export function kindOf(item: Item): Kind {
  if (item === undefined || item === null) return 'nil'
  if (typeof item === 'boolean') return 'bool'
  if (item instanceof Int) return 'int'
  if (item instanceof Float) return 'float'
  if (typeof item === 'string' || isNumber(item)) return 'string'
  return Array.isArray(item) || item instanceof RegoSet ? 'list' : 'map'
}

/** Text of what Go has as a kind of string: json.Number is one. */
export function textOf(item: Item): string {
  return typeof item === 'string' ? item : item instanceof BigNum || typeof item === 'number' ? numberText(item) : ''
}

export function truth(item: Item): boolean {
  if (item instanceof Int) return item.value !== 0n
  if (item instanceof Float) return item.value !== 0
  if (typeof item === 'boolean') return item
  if (Array.isArray(item)) return item.length > 0
  if (item instanceof RegoObject) return item.size > 0
  return kindOf(item) === 'string' && textOf(item) !== ''
}

function floatText(value: number): string {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e')
  const power = Number(exponent)
  if (value !== 0 && (power < -4 || power >= 6)) {
    return `${mantissa}e${power < 0 ? '-' : '+'}${Math.abs(power).toString().padStart(2, '0')}`
  }
  return String(value)
}

/** As fmt's `%v` writes it. */
export function shown(m: Machine, item: Item): string {
  m.spend(1)
  if (item === undefined || item === null) return '<nil>'
  if (item instanceof Int) return item.value.toString()
  if (item instanceof Float) return floatText(item.value)
  if (Array.isArray(item)) return `[${item.map((one) => shown(m, one)).join(' ')}]`
  if (item instanceof RegoObject) {
    const { keys, values } = item.sorted()
    return `map[${keys.map((key, i) => `${keyText(key)}:${shown(m, values[i])}`).join(' ')}]`
  }
  return typeof item === 'boolean' ? String(item) : textOf(item)
}

/** Verbs that suit a kind. */
export const VERBS: ReadonlyMap<Kind, string> = new Map([
  ['int', 'vdbcoOqxXU'],
  ['float', 'veEfFgG'],
  ['string', 'vsqxX'],
])

export function present(item: Item): Item {
  if (kindOf(item) === 'nil') throw bad('index of untyped nil')
  return item
}

export function field(of: Item, name: string): Item {
  if (of === undefined) return undefined
  if (of instanceof RegoObject) return of.get(name)
  throw bad(`can't evaluate field ${name}`)
}

export function entries(over: Item): [Item, Item][] {
  if (over === undefined || over === null) return []
  if (over instanceof Int) {
    if (over.value > 1_000_000n) throw new LimitError('a template would go round too often')
    return Array.from({ length: Math.max(0, Number(over.value)) }, (_, i) => [new Int(BigInt(i)), new Int(BigInt(i))])
  }
  if (Array.isArray(over)) return over.map((item, i) => [new Int(BigInt(i)), item])
  if (!(over instanceof RegoObject)) throw bad("range can't iterate over this")
  const { keys, values } = over.sorted()
  return keys.map((key, i) => [key, values[i]])
}

export function same(a: Item, b: Item): boolean {
  const x = kindOf(a)
  const y = kindOf(b)
  if (x !== y) {
    if (x !== 'nil' && y !== 'nil') throw bad('incompatible types for comparison')
    return false
  }
  if (x === 'nil') return true
  if (x === 'list' || x === 'map') throw bad('non-comparable types')
  if (a instanceof Int && b instanceof Int) return a.value === b.value
  if (a instanceof Float && b instanceof Float) return a.value === b.value
  return x === 'string' ? textOf(a) === textOf(b) : a === b
}

export function ordered(a: Item, b: Item): number {
  if (a instanceof Int && b instanceof Int) return a.value < b.value ? -1 : a.value > b.value ? 1 : 0
  if (a instanceof Float && b instanceof Float) return a.value - b.value
  if (kindOf(a) === 'string' && kindOf(b) === 'string') return compareText(textOf(a), textOf(b))
  throw bad('incompatible types for comparison')
}

export function lengthOf(item: Item): number {
  if (kindOf(item) === 'string') return Buffer.byteLength(textOf(item), 'utf8')
  if (Array.isArray(item)) return item.length
  if (item instanceof RegoObject) return item.size
  throw bad('len of a value that has none')
}

function place(key: Item, length: number): number {
  if (!(key instanceof Int)) throw bad('cannot index slice/array with this type')
  const inside = key.value >= 0n && key.value <= BigInt(length)
  if (!inside) throw bad(`index out of range: ${key.value}`)
  return Number(key.value)
}

export function indexed(of: Item, key: Item): Item {
  if (of instanceof RegoObject) {
    if (typeof key !== 'string') throw bad('a map is indexed by text')
    return of.get(key)
  }
  const at = place(key, lengthOf(present(of)))
  const list = Array.isArray(of) ? of : [...textBytes(textOf(of))].map((byte) => new Int(BigInt(byte)))
  if (at >= list.length) throw bad(`index out of range: ${at}`)
  return list[at]
}

export function sliced(of: Item, bounds: readonly Item[]): Item {
  const length = lengthOf(present(of))
  if (of instanceof RegoObject) throw bad("can't slice a map")
  const [from = 0, to = length] = bounds.slice(0, 2).map((bound) => place(bound, length))
  const most = bounds.length > 2 ? place(bounds[2], length) : length
  const inOrder = from <= to && to <= most
  if (!inOrder) throw bad(`invalid slice index: ${from} > ${to}`)
  if (Array.isArray(of)) return of.slice(from, to)
  if (bounds.length > 2) throw bad('cannot 3-index slice a string')
  return bytesText(textBytes(textOf(of)).subarray(from, to))
}

export const HTML: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\ufffd',
}
const JS: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '"': '\\"' }

export function jsEscaped(text: string): string {
  let out = ''
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0
    const simple = JS[char]
    if (simple !== undefined) out += simple
    else if (point < 32 || '<>&='.includes(char) || !/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(char)) {
      out += `\\u${point.toString(16).toUpperCase().padStart(4, '0')}`
    } else out += char
  }
  return out
}
