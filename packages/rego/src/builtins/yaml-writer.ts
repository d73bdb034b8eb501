import { BuiltinError, type Machine } from '../machine.ts'
import { isNumber, numberText, RegoObject, RegoSet, type Value } from '../value.ts'
import { jsonEntries } from '../value-json.ts'
import { plainScalar, shortFloat } from './yaml-scalars.ts'

/** Words that YAML 1.1 took for truth values: quoted, so that older readers see text. */
const OLD_WORDS = new Set(
  ['y', 'yes', 'on', 'n', 'no', 'off'].flatMap((word) => [
    word,
    word.toUpperCase(),
    word.charAt(0).toUpperCase() + word.slice(1),
  ]),
)
const SEXAGESIMAL = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/

/** What is written as it is; all else is escaped in double quotes. */
const PRINTABLE = /^[\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]$/

interface Analysis {
  readonly plain: boolean
  readonly single: boolean
  readonly block: boolean
  readonly multiline: boolean
}

/** How a text may be written in block context, by the rules of libyaml's emitter. */
function analyse(text: string): Analysis {
  if (text === '') return { plain: true, single: true, block: false, multiline: false }
  let indicators = text.startsWith('---') || text.startsWith('...')
  let leading = false
  let trailing = false
  let spaceBreak = false
  let breakSpace = false
  let special = false
  let tab = false
  let multiline = false
  let trailingSpace = false
  const chars = Array.from(text)
  const blank = (char: string | undefined): boolean => char === undefined || /^[ \t\r\n\u0085\u2028\u2029]$/.test(char)
  for (const [i, char] of chars.entries()) {
    const before = chars[i - 1]
    const followed = blank(chars[i + 1])
    const preceded = i === 0 || blank(before)
    if (i === 0) {
      if (/^[#,[\]{}&*!|>'"%@`]$/.test(char)) indicators = true
      else if ((char === '?' || char === ':' || char === '-') && followed) indicators = true
    } else if ((char === ':' && followed) || (char === '#' && preceded)) indicators = true
    if (char === '\t') tab = true
    else if (!PRINTABLE.test(char)) special = true
    const isBreak = char === '\n' || char === '\r' || char === '\u0085' || char === '\u2028' || char === '\u2029'
    if (char === ' ' || isBreak) {
      if (i === 0) leading = true
      if (i === chars.length - 1) {
        trailing = true
        if (char === ' ') trailingSpace = true
      }
    }
    if (char === ' ' && before !== undefined && BREAKS.includes(before)) breakSpace = true
    if (isBreak) {
      multiline = true
      if (before === ' ') spaceBreak = true
    }
  }
  const odd = spaceBreak || tab || special
  return {
    plain: !indicators && !leading && !trailing && !breakSpace && !odd && !multiline,
    single: !breakSpace && !odd,
    block: !trailingSpace && !spaceBreak && !special,
    multiline,
  }
}

const SHORT: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\u0007': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\u001b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
}

function doubleQuoted(text: string): string {
  let out = '"'
  // go-yaml takes every character for a mark of the byte order where the first one is.
  const isMarked = text.startsWith('\ufeff')
  for (const char of text) {
    const short = SHORT[char]
    const point = char.codePointAt(0) ?? 0
    // A no-break space is printable and stays.
    if ((isMarked || char !== '\u00a0') && short !== undefined) out += short
    else if (!isMarked && PRINTABLE.test(char)) out += char
    else if (point <= 0xff) out += `\\x${point.toString(16).toUpperCase().padStart(2, '0')}`
    else if (point <= 0xffff) out += `\\u${point.toString(16).toUpperCase().padStart(4, '0')}`
    else out += `\\U${point.toString(16).toUpperCase().padStart(8, '0')}`
  }
  return `${out}"`
}

/** A text as a scalar; `key` says that it must fit on one line. */
function scalarText(text: string, indent: string, key: boolean): string {
  const found = analyse(text)
  if (text.includes('\n') && found.block && !key) return literal(text, indent)
  const plain =
    !text.includes('\n') && plainScalar(text).tag === 'str' && !SEXAGESIMAL.test(text) && !OLD_WORDS.has(text)
  if (!plain) return doubleQuoted(text)
  if (found.plain && !(key && (text === '' || found.multiline))) return text
  if (!found.single || (key && found.multiline)) return doubleQuoted(text)
  return `'${indented(text.replaceAll("'", "''"), indent)}'`
}

/** Line breaks that a text in one piece can hold. */
const BREAKS = '\n\u2028\u2029'

const endsInBreak = (text: string): boolean => text !== '' && BREAKS.includes(text.slice(-1))

/** Each line but the first begins with the indent; empty ones stay empty. */
function indented(text: string, indent: string): string {
  return text.replaceAll(/([\n\u2028\u2029])(?![\n\u2028\u2029]|$)/g, `$1${indent}`)
}

function literal(text: string, indent: string): string {
  const hint = text.startsWith(' ') || BREAKS.includes(text.charAt(0)) ? '2' : ''
  const isClosed = endsInBreak(text)
  const chomp = !isClosed ? '-' : text.length === 1 || endsInBreak(text.slice(0, -1)) ? '+' : ''
  return `|${hint}${chomp}${indented(`\n${text}`, indent)}`
}

/** Lines one below the other. A text that ends in a line break has ended its line. */
function stacked(lines: readonly string[], indent: string): string {
  return lines.map((line, i) => (i === lines.length - 1 || endsInBreak(line) ? line : `${line}\n`)).join(indent)
}

/** Go's order of keys in maps: letters by letters, runs of digits as numbers. */
export function keyOrder(a: string, b: string): number {
  const x = Array.from(a)
  const y = Array.from(b)
  const digit = (char: string | undefined): boolean => char !== undefined && /^\p{Nd}$/u.test(char)
  const letter = (char: string | undefined): boolean => char !== undefined && /^\p{L}$/u.test(char)
  const point = (char: string | undefined): number => char?.codePointAt(0) ?? 0
  let digits = false
  for (let i = 0; i < x.length && i < y.length; i++) {
    if (x[i] === y[i]) {
      digits = digit(x[i])
      continue
    }
    const al = letter(x[i])
    const bl = letter(y[i])
    if (al && bl) return point(x[i]) - point(y[i])
    if (al || bl) return (digits ? al : bl) ? -1 : 1
    let an = 0n
    let bn = 0n
    if (x[i] === '0' || y[i] === '0') {
      for (let j = i - 1; j >= 0 && digit(x[j]); j--) {
        if (x[j] === '0') continue
        an = 1n
        bn = 1n
        break
      }
    }
    let ai = i
    let bi = i
    for (; ai < x.length && digit(x[ai]); ai++) an = an * 10n + BigInt(point(x[ai]) - 48)
    for (; bi < y.length && digit(y[bi]); bi++) bn = bn * 10n + BigInt(point(y[bi]) - 48)
    const left = BigInt.asIntN(64, an)
    const right = BigInt.asIntN(64, bn)
    if (left !== right) return left < right ? -1 : 1
    if (ai !== bi) return ai - bi
    return point(x[i]) - point(y[i])
  }
  return x.length - y.length
}

/** A number as go-yaml writes what it read from JSON: integers in full, others as doubles. */
function numberScalar(text: string): string {
  const scalar = plainScalar(text)
  if (scalar.tag === 'int') return scalar.value.toString()
  // A number beyond doubles is a text to go-yaml.
  if (scalar.tag === 'str') return scalar.value
  if (scalar.tag !== 'float' || !Number.isFinite(scalar.value))
    throw new BuiltinError(`yaml: cannot write ${text.slice(0, 60)}`)
  return shortFloat(scalar.value)
}

// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const FORBIDDEN = /[\u007f-\u0084\u0086-\u009f\ufffe\uffff]/

class Writer {
  private readonly m: Machine

  constructor(m: Machine) {
    this.m = m
  }

  /** Text of a value that begins where the cursor is; its further lines have the indent. */
  value(value: Value, indent: string): string {
    this.m.spend(4)
    if (value === null || typeof value === 'boolean') return String(value)
    if (isNumber(value)) return numberScalar(numberText(value))
    if (typeof value === 'string') return this.text(value, indent, false)
    if (Array.isArray(value) || value instanceof RegoSet) {
      const list = Array.isArray(value) ? value : value.sorted()
      if (list.length === 0) return '[]'
      return stacked(
        list.map((item) => `- ${this.value(item, `${indent}  `)}`),
        indent,
      )
    }
    const entries = jsonEntries(value)
    if (entries.length === 0) return '{}'
    this.m.spend(entries.length * 8)
    const sorted = entries.sort(([a], [b]) => keyOrder(a, b))
    return stacked(
      sorted.map(([key, item]) => this.entry(key, item, indent)),
      indent,
    )
  }

  private entry(key: string, value: Value, indent: string): string {
    const below = `${indent}  `
    const written = this.text(key, below, true)
    // A key of many lines, or a long one, stands on lines of its own.
    if (analyse(key).multiline || Buffer.byteLength(key, 'utf8') > 128) {
      return stacked([`? ${this.text(key, below, false)}`, `: ${this.value(value, below)}`], indent)
    }
    const nested = (Array.isArray(value) && value.length > 0) || (isCollection(value) && value.size > 0)
    return nested ? `${written}:\n${below}${this.value(value, below)}` : `${written}: ${this.value(value, below)}`
  }

  private text(text: string, indent: string, key: boolean): string {
    this.m.spendText(text.length * 8)
    if (FORBIDDEN.test(text)) throw new BuiltinError('yaml: control characters are not allowed')
    return scalarText(text, indent, key)
  }
}

function isCollection(value: Value): value is RegoObject | RegoSet {
  return value instanceof RegoObject || value instanceof RegoSet
}

/** A value as YAML in go-yaml's form, indented by two. */
export function writeYaml(m: Machine, value: Value): string {
  const indent = typeof value === 'string' ? '  ' : ''
  const text = new Writer(m).value(value, indent)
  return endsInBreak(text) ? text : `${text}\n`
}
