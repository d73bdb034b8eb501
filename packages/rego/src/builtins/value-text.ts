import { BigNum, numberText, RegoSet, type Value } from '../value.ts'

/** A value as Rego source, in OPA's spacing: what `sprintf("%v")` prints of composites. */
export function regoText(value: Value): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number' || value instanceof BigNum) return numberText(value)
  if (typeof value === 'string') return quote(value)
  if (Array.isArray(value)) return `[${value.map(regoText).join(', ')}]`
  if (value instanceof RegoSet) return value.size === 0 ? 'set()' : `{${value.sorted().map(regoText).join(', ')}}`
  const { keys, values } = value.sorted()
  return `{${keys.map((key, i) => `${regoText(key)}: ${regoText(values[i] as Value)}`).join(', ')}}`
}

const SHORT: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
}

/** Printable in Go's sense: letters, marks, numbers, punctuation, symbols and the ASCII space. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** Whether Go's `strconv.IsPrint` holds of this one character. */
export function isPrintable(char: string): boolean {
  return PRINTABLE.test(char)
}

/** Go's `strconv.Quote`; with `ascii`, `QuoteToASCII`. */
export function quote(text: string, ascii = false): string {
  let out = '"'
  for (const char of text) {
    const point = char.codePointAt(0) ?? 0
    const short = SHORT[point]
    if (short !== undefined) out += short
    else if (point >= 32 && point < 127) out += char
    else if (point < 128) out += `\\x${point.toString(16).padStart(2, '0')}`
    else if (point >= 0xdc80 && point <= 0xdcff) out += `\\x${(point - 0xdc00).toString(16)}`
    else if (!ascii && PRINTABLE.test(char)) out += char
    else if (point < 0x10000) out += `\\u${point.toString(16).padStart(4, '0')}`
    else out += `\\U${point.toString(16).padStart(8, '0')}`
  }
  return `${out}"`
}
