import { LimitError, MAX_TEXT, type Machine } from '../machine.ts'
import { decimalOf } from '../float64-wide.ts'
import { BigNum, numberText, type Value } from '../value.ts'
import { arrayAt, stringAt, type Builtins } from './operand.ts'
import { formatArg, noFlags, typeNameOf, type Arg, type Flags } from './sprintf-verbs.ts'
import { regoText } from './value-text.ts'

/** A number is a float where it is written as one; what is no number of Go's stays text. */
function numberArg(text: string): Arg {
  if (/[.eE]/.test(text)) {
    const { m, e } = decimalOf(text) ?? { m: 0n, e: 0 }
    const float = /^-?[\d.]+(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : Number(`${m}e${e}`)
    return Number.isFinite(float) ? { kind: 'float', value: float } : { kind: 'string', value: text }
  }
  if (!/^[+-]?\d+$/.test(text)) return { kind: 'string', value: text }
  const value = BigInt(text.replace(/^\+/, ''))
  return { kind: BigInt.asIntN(64, value) === value ? 'int' : 'big', value }
}

function argOf(value: Value): Arg {
  if (typeof value === 'number' || value instanceof BigNum) return numberArg(numberText(value))
  if (typeof value === 'string') return { kind: 'string', value }
  return { kind: 'string', value: regoText(value) }
}

const MOST = 1_000_000

/** Reads directives of a pattern, as Go's `fmt.Sprintf` does; `i` is where it stands, `next` the argument in turn. */
class Reader {
  private readonly chars: readonly string[]
  private readonly args: readonly Arg[]
  private i = 0
  private next = 0
  private reordered = false
  private goodIndex = true
  private out = ''

  constructor(pattern: string, args: readonly Arg[]) {
    this.chars = Array.from(pattern)
    this.args = args
  }

  text(): string {
    const { chars } = this
    while (this.i < chars.length) {
      const char = chars[this.i++] ?? ''
      if (char !== '%') this.out += char
      else if (!this.directive()) break
      if (this.out.length > MAX_TEXT) throw new LimitError('a text is too long')
    }
    if (!this.reordered && this.next < this.args.length) {
      const extra = this.args.slice(this.next).map((arg) => `${typeNameOf(arg)}=${formatArg(arg, 'v', noFlags())}`)
      this.out += `%!(EXTRA ${extra.join(', ')})`
    }
    return this.out
  }

  /** False where the pattern ends before the verb. */
  private directive(): boolean {
    const { chars, args } = this
    this.goodIndex = true
    const flags = this.flags()
    let indexed = this.index()
    if (chars[this.i] === '*') {
      this.i++
      const width = this.star()
      if (width === null) this.out += '%!(BADWIDTH)'
      else flags.width = Math.abs(width)
      if (width !== null && width < 0) {
        flags.minus = true
        flags.zero = false
      }
      indexed = false
    } else {
      flags.width = this.number()
      if (indexed && flags.width !== null) this.goodIndex = false
    }
    // A point that ends the pattern is its verb.
    if (chars[this.i] === '.' && this.i + 1 < chars.length) {
      this.i++
      if (indexed) this.goodIndex = false
      indexed = this.index()
      if (chars[this.i] === '*') {
        this.i++
        const precision = this.star()
        flags.precision = precision === null || precision < 0 ? null : precision
        if (flags.precision === null) this.out += '%!(BADPREC)'
        indexed = false
      } else flags.precision = this.number() ?? 0
    }
    if (!indexed) this.index()
    const verb = chars[this.i++]
    if (verb === undefined) {
      this.out += '%!(NOVERB)'
      return false
    }
    const arg = args[this.next]
    if (verb === '%') this.out += '%'
    else if (!this.goodIndex) this.out += `%!${verb}(BADINDEX)`
    else if (arg === undefined) this.out += `%!${verb}(MISSING)`
    else {
      if (verb === 'v' || verb === 'w') {
        flags.sharpV = flags.sharp
        flags.plusV = flags.plus
        flags.sharp = false
        flags.plus = false
      }
      this.out += formatArg(arg, verb, flags)
      this.next++
    }
    return true
  }

  private flags(): Flags {
    const flags = noFlags()
    for (; ; this.i++) {
      const char = this.chars[this.i]
      if (char === '-') flags.minus = true
      else if (char === '+') flags.plus = true
      else if (char === '#') flags.sharp = true
      else if (char === ' ') flags.space = true
      else if (char === '0') flags.zero = true
      else return flags
    }
  }

  /** Digits; a number that is far too large takes the rest of the pattern with it. */
  private number(): number | null {
    let number: number | null = null
    for (; /^\d$/.test(this.chars[this.i] ?? ''); this.i++) {
      if (number !== null && number > MOST) {
        this.i = this.chars.length
        return null
      }
      number = (number ?? 0) * 10 + Number(this.chars[this.i])
    }
    return number
  }

  /** `[2]`: the argument to take. Says whether a number stood there. */
  private index(): boolean {
    const { chars } = this
    if (chars[this.i] !== '[') return false
    this.reordered = true
    const end = chars.indexOf(']', this.i)
    // At least `[n]` must follow, in bytes.
    if (end < 0 || Buffer.byteLength(chars.slice(this.i).join('')) < 3) {
      this.goodIndex = false
      this.i++
      return false
    }
    const text = chars.slice(this.i + 1, end).join('')
    this.i = end + 1
    const isNumber = /^\d+$/.test(text) && Number(text.slice(0, -1)) <= MOST
    const index = Number(text) - 1
    if (isNumber && index >= 0 && index < this.args.length) this.next = index
    else this.goodIndex = false
    return isNumber
  }

  /** The argument in turn as a width or precision. */
  private star(): number | null {
    const arg = this.args[this.next]
    if (arg === undefined) return null
    this.next++
    if (arg.kind !== 'int' || arg.value > BigInt(MOST) || arg.value < -BigInt(MOST)) return null
    return Number(arg.value)
  }
}

/** What most patterns are made of: `%s` and `%v` of text, `%d` and `%v` of small integers. Null for any other. */
function plainText(pattern: string, values: readonly Value[]): string | null {
  let out = ''
  let at = 0
  let next = 0
  for (let found = pattern.indexOf('%'); found >= 0; found = pattern.indexOf('%', at)) {
    const verb = pattern.charAt(found + 1)
    const value = values[next++]
    if (typeof value === 'string' ? verb !== 's' && verb !== 'v' : verb !== 'd' && verb !== 'v') return null
    if (typeof value !== 'string' && (typeof value !== 'number' || !Number.isSafeInteger(value))) return null
    out += `${pattern.slice(at, found)}${value}`
    if (out.length > MAX_TEXT) throw new LimitError('a text is too long')
    at = found + 2
  }
  return next === values.length ? out + pattern.slice(at) : null
}

/** Go's `fmt.Sprintf` over integers, floats and text. */
export function sprintf(m: Machine, pattern: string, values: readonly Value[]): string {
  const out = plainText(pattern, values) ?? new Reader(pattern, values.map(argOf)).text()
  m.spendText(out.length)
  return out
}

export const FORMATTING: Builtins = {
  sprintf: (m, a, b) => sprintf(m, stringAt(a, 1), arrayAt(b, 2)),
}
