import { textBytes } from '../byte-text.ts'
import { BuiltinError, EvaluationError, LimitError, MAX_TEXT, type Machine } from '../machine.ts'
import { isNumber, numberText, RegoSet, type Value } from '../value.ts'
import { arrayAt, integerAt, objectAt, operandError, stringAt, stringsAt, typeError, type Builtins } from './operand.ts'
import { regoText } from './value-text.ts'

function points(text: string): string[] {
  return Array.from(text)
}

/** Code points that are cut off. */
interface Cut {
  /** Whether a code point below 128 is, by its number. */
  readonly ascii: Uint8Array
  readonly others: ReadonlySet<number>
}

function cutOf(text: string): Cut {
  if (text === lastCut.text) return lastCut.cut
  const all = points(text).map((char) => char.codePointAt(0) ?? 0)
  const cut: Cut = { ascii: new Uint8Array(128), others: new Set(all.filter((point) => point >= 128)) }
  for (const point of all) if (point < 128) cut.ascii[point] = 1
  // Policies cut many texts by the same one.
  if (text.length <= 256) lastCut = { text, cut }
  return cut
}

let lastCut: { readonly text: string; readonly cut: Cut } = {
  text: '',
  cut: { ascii: new Uint8Array(128), others: new Set() },
}

function isCut(cut: Cut, point: number): boolean {
  return point < 128 ? cut.ascii[point] === 1 : cut.others.has(point)
}

function trimStart(text: string, cut: Cut): string {
  let start = 0
  while (start < text.length) {
    const point = text.codePointAt(start) ?? 0
    if (!isCut(cut, point)) break
    start += point > 0xffff ? 2 : 1
  }
  return start === 0 ? text : text.slice(start)
}

function trimEnd(text: string, cut: Cut): string {
  let end = text.length
  while (end > 0) {
    const unit = text.charCodeAt(end - 1)
    const pair = end > 1 && unit >= 0xdc00 && unit <= 0xdfff
    const point = pair ? (text.codePointAt(end - 2) ?? 0) : unit
    if (!isCut(cut, point)) break
    end -= point > 0xffff ? 2 : 1
  }
  return end === text.length ? text : text.slice(0, end)
}

/** White space in Go's `unicode.IsSpace`; JavaScript's trim also takes the byte order mark. */
const SPACE = cutOf(
  '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
)

/** Positions in code points where `search` begins; overlapping ones too. */
function positions(text: string, search: string): number[] {
  if (search === '') throw new BuiltinError('empty search character')
  const out: number[] = []
  let units = 0
  let count = 0
  for (const char of text) {
    if (text.startsWith(search, units)) out.push(count)
    units += char.length
    count++
  }
  return out
}

/**
 * All at once, left to right, the first matching pattern in order of key winning (Go's `strings.NewReplacer`). The empty
 * key comes first: it goes before each byte that stands and each other match, and cuts a character's bytes apart.
 */
function replaceAll(m: Machine, text: string, pairs: readonly (readonly [string, string])[]): string {
  m.spend((text.length * pairs.length) >> 4)
  let out = ''
  let at = 0
  const [first] = pairs
  const empty = first?.[0] === '' ? first[1] : ''
  const others = first?.[0] === '' ? pairs.slice(1) : pairs
  while (at < text.length) {
    const found = others.find(([from]) => text.startsWith(from, at))
    if (found !== undefined) {
      out += empty + found[1]
      at += found[0].length
    } else {
      const char = String.fromCodePoint(text.codePointAt(at) ?? 0)
      const bytes = empty === '' ? 1 : Buffer.byteLength(char, 'utf8')
      out +=
        bytes === 1
          ? empty + char
          : Array.from(textBytes(char), (byte) => empty + String.fromCharCode(0xdc00 + byte)).join('')
      at += char.length
    }
    if (out.length > MAX_TEXT) throw new LimitError('a text is too long')
  }
  return out + empty
}

/** Go maps code points one by one: no special casing of final sigma or sharp s. */
export function mapCase(text: string, upper: boolean): string {
  if (!/\P{ASCII}/u.test(text)) return upper ? text.toUpperCase() : text.toLowerCase()
  return points(text)
    .map((char) => {
      const mapped = upper ? char.toUpperCase() : char.toLowerCase()
      return points(mapped).length === 1 ? mapped : char === '\u0130' ? 'i' : char
    })
    .join('')
}

function affix(m: Machine, a: Value, b: Value, test: (text: string, affix: string) => boolean): boolean {
  const texts = typeof a === 'string' ? [a] : isCollection(a) ? stringsAt(a, 1) : undefined
  if (texts === undefined) throw typeError(1, a, 'string', 'set', 'array')
  const affixes = typeof b === 'string' ? [b] : isCollection(b) ? stringsAt(b, 2) : undefined
  if (affixes === undefined) throw typeError(2, b, 'string', 'set', 'array')
  m.spend(texts.length * affixes.length)
  return texts.some((text) => affixes.some((end) => test(text, end)))
}

function isCollection(value: Value): boolean {
  return Array.isArray(value) || value instanceof RegoSet
}

function templatePart(value: Value): string {
  if (typeof value === 'string') return value
  if (value === null || typeof value === 'boolean') return String(value)
  if (isNumber(value)) return numberText(value)
  if (!(value instanceof RegoSet))
    throw new EvaluationError('eval_internal_error', 'illegal argument type in a template string')
  const [first, second] = value.sorted()
  if (second !== undefined) {
    throw new EvaluationError('eval_conflict_error', 'template-strings must not produce multiple outputs')
  }
  if (first === undefined) return '<undefined>'
  return typeof first === 'string' ? first : regoText(first)
}

export const STRINGS: Builtins = {
  concat: (m, a, b) => {
    const glue = stringAt(a, 1)
    const list = Array.isArray(b) ? b : b instanceof RegoSet ? b.sorted() : undefined
    if (list === undefined) throw typeError(2, b, 'set', 'array')
    const texts = stringsAt(list, 2)
    m.spendText(texts.reduce((total, text) => total + text.length, glue.length * texts.length))
    return texts.join(glue)
  },
  contains: (m, a, b) => {
    const text = stringAt(a, 1)
    m.spendText(text.length)
    return text.includes(stringAt(b, 2))
  },
  startswith: (_m, a, b) => {
    const text = stringAt(a, 1)
    return text.startsWith(stringAt(b, 2))
  },
  endswith: (_m, a, b) => {
    const text = stringAt(a, 1)
    return text.endsWith(stringAt(b, 2))
  },
  indexof: (_m, a, b) => {
    const text = stringAt(a, 1)
    return positions(text, stringAt(b, 2))[0] ?? -1
  },
  indexof_n: (_m, a, b) => {
    const text = stringAt(a, 1)
    return positions(text, stringAt(b, 2))
  },
  lower: (_m, a) => mapCase(stringAt(a, 1), false).toWellFormed(),
  upper: (_m, a) => mapCase(stringAt(a, 1), true).toWellFormed(),
  'strings.split_n': (m, a, b, c) => {
    const text = stringAt(a, 1)
    const by = stringAt(b, 2)
    const count = integerAt(c, 3)
    m.spendText(text.length * 4)
    const parts = by === '' ? points(text) : text.split(by)
    if (count < 0) return parts.slice(Math.max(parts.length + count, 0))
    return parts.slice(0, count)
  },
  split: (_m, a, b) => {
    const text = stringAt(a, 1)
    const by = stringAt(b, 2)
    return by === '' ? points(text) : text.split(by)
  },
  substring: (_m, a, b, c) => {
    const text = stringAt(a, 1)
    const start = integerAt(b, 2)
    const length = integerAt(c, 3)
    if (start < 0) throw new BuiltinError('negative offset')
    const chars = points(text)
    return chars
      .slice(start, length < 0 ? undefined : start + length)
      .join('')
      .toWellFormed()
  },
  replace: (m, a, b, c) => {
    const text = stringAt(a, 1)
    const from = stringAt(b, 2)
    const to = stringAt(c, 3)
    if (from === '') return replaceAll(m, text, [[from, to]])
    const parts = text.split(from)
    m.spendText(text.length + parts.length * to.length)
    return parts.join(to)
  },
  'strings.replace_n': (m, a, b) => {
    const { keys, values } = objectAt(a, 1).sorted()
    const text = stringAt(b, 2)
    const pairs = keys.map((key, i): readonly [string, string] => {
      const value = values[i]
      if (typeof key !== 'string') throw operandError(1, 'non-string key found in pattern object')
      if (typeof value !== 'string') throw operandError(1, 'non-string value found in pattern object')
      return [key, value]
    })
    return replaceAll(m, text, pairs)
  },
  'strings.reverse': (_m, a) => points(stringAt(a, 1)).toReversed().join(''),
  'strings.count': (m, a, b) => {
    const text = stringAt(a, 1)
    const search = stringAt(b, 2)
    m.spendText(text.length)
    return search === '' ? points(text).length + 1 : text.split(search).length - 1
  },
  'strings.any_prefix_match': (m, a, b) => affix(m, a, b, (text, start) => text.startsWith(start)),
  'strings.any_suffix_match': (m, a, b) => affix(m, a, b, (text, end) => text.endsWith(end)),
  trim: (_m, a, b) => {
    const text = stringAt(a, 1)
    const cut = cutOf(stringAt(b, 2))
    return trimEnd(trimStart(text, cut), cut)
  },
  trim_left: (_m, a, b) => {
    const text = stringAt(a, 1)
    return trimStart(text, cutOf(stringAt(b, 2)))
  },
  trim_right: (_m, a, b) => {
    const text = stringAt(a, 1)
    return trimEnd(text, cutOf(stringAt(b, 2)))
  },
  trim_prefix: (_m, a, b) => {
    const text = stringAt(a, 1)
    const start = stringAt(b, 2)
    return text.startsWith(start) ? text.slice(start.length) : text
  },
  trim_suffix: (_m, a, b) => {
    const text = stringAt(a, 1)
    const end = stringAt(b, 2)
    return text.endsWith(end) ? text.slice(0, text.length - end.length) : text
  },
  trim_space: (_m, a) => trimEnd(trimStart(stringAt(a, 1), SPACE), SPACE),
  'internal.template_string': (m, a) => {
    const text = arrayAt(a, 1).map(templatePart).join('')
    m.spendText(text.length)
    return text
  },
}
