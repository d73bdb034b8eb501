import { RE2JS } from 're2js'
import { BuiltinError, type Machine } from '../machine.ts'
import type { Value } from '../value.ts'
import { arrayAt, elementError, stringAt, typeError, type Builtins } from './operand.ts'
import { chargeMatch, keep, literal, once, parsed } from './regex.ts'

const STAR = 0x2a
const QUESTION = 0x3f
/** Letters of a glob whose states are bits: as many as a number has, with one for the end. */
const MAX_LENGTH = 30
const OTHER = /[\\[\]{}\ud800-\udfff]/

/**
 * A glob of letters, `?`, `*` and `**` alone: all its states at once in the bits of a number (after Baeza-Yates and
 * Gonnet, "A New Approach to Text Searching", 1992), so one step a character. State i has read the first i letters.
 */
export class GlobStates {
  private readonly delimiters: string
  private readonly letters: ReadonlyMap<number, number>
  /** States that any character but a delimiter leads on from: `?`. */
  private readonly any: number
  /** States that any character but a delimiter leaves as they are: `*`. */
  private readonly within: number
  /** States that any character leaves as they are: `**`. */
  private readonly across: number
  private readonly end: number

  private constructor(glob: string, delimiters: string) {
    const letters = new Map<number, number>()
    let [state, any, within, across] = [1, 0, 0, 0]
    for (let i = 0; i < glob.length; i++) {
      const unit = glob.charCodeAt(i)
      if (unit === STAR) {
        if (glob.charCodeAt(i + 1) === STAR) across |= state
        else within |= state
        while (glob.charCodeAt(i + 1) === STAR) i++
        continue
      }
      if (unit === QUESTION) any |= state
      else letters.set(unit, (letters.get(unit) ?? 0) | state)
      state <<= 1
    }
    this.delimiters = delimiters
    this.letters = letters
    this.any = any
    this.within = within
    this.across = across
    this.end = state
  }

  /** Null for a glob that is longer, has classes, alternatives or escapes, or what is no character of one unit. */
  static of(glob: string, delimiters: readonly string[]): GlobStates | null {
    if (glob.length > MAX_LENGTH || OTHER.test(glob) || delimiters.some((d) => d.length > 1 || OTHER.test(d)))
      return null
    return new GlobStates(glob, delimiters.join(''))
  }

  /** Whether it is the whole text; null where that has what is no character of one unit. */
  match(text: string): boolean | null {
    const { delimiters, letters, any, within, across, end } = this
    let states = 1
    for (let i = 0; i < text.length && states !== 0; i++) {
      const unit = text.charCodeAt(i)
      if (unit >= 0xd800 && unit <= 0xdfff) return null
      const letter = states & (letters.get(unit) ?? 0)
      states = delimiters.includes(text.charAt(i))
        ? (letter << 1) | (states & across)
        : ((letter | (states & any)) << 1) | (states & (within | across))
    }
    return (states & end) !== 0
  }
}

function runes(value: Value): string[] {
  return arrayAt(value, 2).map((item) => {
    if (typeof item !== 'string') throw elementError(2, value, item, 'string')
    if (Array.from(item).length !== 1) throw elementError(2, value, item, 'rune')
    return item
  })
}

/** A glob as an RE2 pattern: `*`, `**`, `?`, `[a-z]`, `[!a]`, `{a,b}`, `\x`. */
export function globPattern(glob: string, delimiters: readonly string[]): string {
  const one =
    delimiters.length === 0
      ? '.'
      : `[^${delimiters.map((d) => (/[\w]/.test(d) ? d : `\\x{${(d.codePointAt(0) ?? 0).toString(16)}}`)).join('')}]`
  const chars = Array.from(glob)
  let out = ''
  let depth = 0
  let i = 0
  while (i < chars.length) {
    const char = chars[i++] ?? ''
    if (char === '\\') {
      const next = chars[i++]
      if (next === undefined) throw new BuiltinError('a glob ends with a backslash')
      out += literal(next)
    } else if (char === '*') {
      const many = chars[i] === '*'
      while (chars[i] === '*') i++
      out += many ? '.*' : `${one}*`
    } else if (char === '?') out += one
    else if (char === '{') {
      depth++
      out += '(?:'
    } else if (char === '}' && depth > 0) {
      depth--
      out += ')'
    } else if (char === ',' && depth > 0) out += '|'
    else if (char === '[') {
      const read = characterClass(chars, i)
      out += read.pattern
      i = read.end
    } else out += literal(char)
  }
  if (depth > 0) throw new BuiltinError('a glob has a { without an end')
  return `^(?:${out})$`
}

/** A class from behind its `[`: `a-c` and no more, or characters, where only a backslash is special. */
function characterClass(chars: readonly string[], from: number): { pattern: string; end: number } {
  const negated = chars[from] === '!'
  let i = negated ? from + 1 : from
  const hex = (char: string): string => `\\x{${(char.codePointAt(0) ?? 0).toString(16)}}`
  const [low = '', between, high] = chars.slice(i, i + 3)
  let body = ''
  if (between === '-') {
    if (high === undefined) throw new BuiltinError('a glob has a [ without an end')
    if ((low.codePointAt(0) ?? 0) > (high.codePointAt(0) ?? 0))
      throw new BuiltinError('a glob has a class in the wrong order')
    body = `${hex(low)}-${hex(high)}`
    i += 3
  } else {
    for (; i < chars.length && chars[i] !== ']'; i++) {
      if (chars[i] === '\\') i++
      const char = chars[i]
      if (char !== undefined) body += hex(char)
    }
  }
  if (body === '') throw new BuiltinError('a glob has an empty class')
  if (chars[i] !== ']') throw new BuiltinError('a glob has a [ without an end')
  return { pattern: `[${negated ? '^' : ''}${body}]`, end: i + 1 }
}

/** Compiled globs of all evaluations, by their delimiters: they hold no state. The oldest go first. */
const GLOBS = new Map<string, Map<string, Glob>>()
const MAX_KINDS = 32

/** A glob for one set of delimiters. Throws BuiltinError for what is none. */
class Glob {
  private readonly glob: string
  private readonly delimiters: readonly string[]
  private readonly states: GlobStates | null
  private re: RE2JS | null = null

  constructor(glob: string, delimiters: readonly string[]) {
    this.glob = glob
    this.delimiters = delimiters
    this.states = GlobStates.of(glob, delimiters)
    if (this.states === null) this.compiled()
  }

  match(m: Machine, text: string): boolean {
    if (!m.seen.has(this)) {
      m.seen.add(this)
      m.spend(16 + this.glob.length)
    }
    const told = this.states?.match(text) ?? null
    return told ?? once(m, this.compiled()).matcher(text).find()
  }

  private compiled(): RE2JS {
    return (this.re ??= parsed(globPattern(this.glob, this.delimiters), RE2JS.DOTALL))
  }
}

function globOf(glob: string, delimiters: readonly string[]): Glob {
  const kind = delimiters.join('')
  let globs = GLOBS.get(kind)
  if (globs === undefined) {
    if (GLOBS.size >= MAX_KINDS) GLOBS.clear()
    globs = new Map()
    GLOBS.set(kind, globs)
  }
  return keep(globs, glob, () => new Glob(glob, delimiters))
}

export const GLOB: Builtins = {
  'glob.match': (m, a, b, c) => {
    const glob = stringAt(a, 1)
    if (b !== null && !Array.isArray(b)) throw typeError(2, b, 'array', 'null')
    const given = b === null ? [] : runes(b)
    const delimiters = b !== null && given.length === 0 ? ['.'] : given
    const text = stringAt(c, 3)
    chargeMatch(m, glob, text)
    return globOf(glob, delimiters).match(m, text)
  },
  'glob.quote_meta': (_m, a) =>
    Array.from(stringAt(a, 1))
      .map((char) => ('*?\\[]{}'.includes(char) ? `\\${char}` : char))
      .join(''),
}
