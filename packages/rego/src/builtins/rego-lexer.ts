import { BuiltinError } from '../machine.ts'

const BASE = ['package', 'import', 'as', 'default', 'else', 'not', 'some', 'with', 'null', 'true', 'false'] as const
const LATER = ['in', 'every', 'contains', 'if'] as const
const LOGICAL = ['and', 'or'] as const
export type Keyword = (typeof BASE)[number] | (typeof LATER)[number] | (typeof LOGICAL)[number]

/** Keywords of every version of Rego. */
export const BASE_KEYWORDS: ReadonlySet<string> = new Set(BASE)
/** Keywords of Rego v1, which OPA 1 reads. */
export const V1_KEYWORDS: ReadonlySet<string> = new Set([...BASE, ...LATER])
/** What `import future.keywords.<name>` may name. */
export const IMPORTABLE: ReadonlySet<string> = new Set([...LATER, 'not', ...LOGICAL])
const KEYWORDS: ReadonlySet<string> = new Set([...BASE, ...LATER, ...LOGICAL])

const PUNCTUATORS = ['[', ']', '{', '}', '(', ')', ',', ':', '+', '-', '*', '/', '%', '&', '|', ';', '.'] as const
const OPERATORS = [':=', '==', '=', '>=', '>', '<=', '<', '!='] as const
type Punctuator = (typeof PUNCTUATORS)[number] | (typeof OPERATORS)[number]
export type TokenKind =
  | Keyword
  | Punctuator
  | 'ident'
  | 'number'
  | 'string'
  | 'part'
  | 'part-end'
  | 'raw-part'
  | 'raw-part-end'
  | 'comment'
  | 'space'
  | 'eof'
  | 'illegal'

export interface Token {
  readonly kind: TokenKind
  /** As written; of strings and their parts what they stand for. */
  readonly text: string
  readonly start: number
  readonly end: number
}

const SINGLE: ReadonlySet<string> = new Set(PUNCTUATORS)
const WORD = /[A-Za-z_][A-Za-z_\p{Nd}]*/uy
const NUMBER = /\d+(?:\.(\d*))?(?:[eE][+-]?(\d*))?/y
const ESCAPED = '\\"/bfnrt'

/** Tokens of Rego source (OPA 1.22), each found from where the one before ended. Throws BuiltinError for bad ones. */
export class RegoLexer {
  readonly source: string

  constructor(source: string) {
    this.source = source
    const odd = /[\0\ufeff]/.exec(source.slice(1))
    if (odd !== null || source.startsWith('\0')) throw new BuiltinError('illegal character in Rego source')
  }

  /** Where the first token may begin: a byte-order mark is no part of the text. */
  get start(): number {
    return this.source.startsWith('\ufeff') ? 1 : 0
  }

  bad(what: string, at: number): BuiltinError {
    const row = this.source.slice(0, at).split('\n').length
    return new BuiltinError(`rego_parse_error: ${what} in row ${row}`)
  }

  next(at: number, keywords: ReadonlySet<string>): Token {
    const { source } = this
    const char = source.charAt(at)
    if (char === '') return { kind: 'eof', text: '', start: at, end: at }
    if (char === ' ' || char === '\t' || char === '\n' || char === '\r') return this.token('space', at, at + 1)
    WORD.lastIndex = at
    const word = WORD.exec(source)?.[0]
    if (word !== undefined) {
      const kind = keywords.has(word) && KEYWORDS.has(word) ? (word as Keyword) : 'ident'
      return { kind, text: word, start: at, end: at + word.length }
    }
    if (char >= '0' && char <= '9') return this.number(at)
    if (char === '#') {
      const end = source.indexOf('\n', at)
      return this.token('comment', at, end < 0 ? source.length : end)
    }
    if (char === '"') return this.string(at)
    if (char === '`') return this.rawString(at)
    if (char === '$') {
      const quote = source.charAt(at + 1)
      if (quote === '"' || quote === '`') return this.part(at, at + 2, quote)
      throw this.bad('illegal $ character', at)
    }
    const operator = OPERATORS.find((one) => source.startsWith(one, at))
    if (operator !== undefined) return this.token(operator, at, at + operator.length)
    if (SINGLE.has(char)) return this.token(char as Punctuator, at, at + 1)
    if (char === '!' || char === '\u00a0') throw this.bad('illegal character', at)
    return this.token('illegal', at, at + 1)
  }

  /** What follows an expression in a template string, from its closing brace on. */
  continued(at: number, raw: boolean): Token {
    return this.part(at, at + 1, raw ? '`' : '"')
  }

  private token(kind: TokenKind, start: number, end: number): Token {
    return { kind, text: this.source.slice(start, end), start, end }
  }

  private number(at: number): Token {
    NUMBER.lastIndex = at
    const [text = '', fraction, exponent] = NUMBER.exec(this.source) ?? []
    const end = at + text.length
    if (fraction === '' || exponent === '' || /[A-Za-z_]/.test(this.source.charAt(end))) {
      throw this.bad('illegal number', at)
    }
    return { kind: 'number', text, start: at, end }
  }

  private unescaped(written: string, at: number): string {
    if (!written.includes('\\')) return written
    try {
      return String(JSON.parse(`"${written}"`)).toWellFormed()
    } catch {
      throw this.bad('illegal string literal', at)
    }
  }

  private string(at: number): Token {
    const { source } = this
    let end = at + 1
    for (let char = source.charAt(end); char !== '"'; char = source.charAt(end)) {
      if (char === '' || char === '\n') throw this.bad('non-terminated string', at)
      end += char === '\\' ? this.escape(end) : 1
    }
    return { kind: 'string', text: this.unescaped(source.slice(at + 1, end), at), start: at, end: end + 1 }
  }

  /** How many characters an escape has; which four follow `u` is for the reader of the string to say. */
  private escape(at: number): number {
    const char = this.source.charAt(at + 1)
    if (char === 'u') return 2
    if (char === '' || !ESCAPED.includes(char)) throw this.bad('illegal escape sequence', at)
    return 2
  }

  private rawString(at: number): Token {
    const end = this.source.indexOf('`', at + 1)
    if (end < 0) throw this.bad('non-terminated string', at)
    return { kind: 'string', text: this.source.slice(at + 1, end), start: at, end: end + 1 }
  }

  /** Text up to an expression in braces or the end of the string; `\{` is a brace. */
  private part(start: number, from: number, quote: '"' | '`'): Token {
    const { source } = this
    const raw = quote === '`'
    const pieces: string[] = []
    let at = from
    let kept = from
    let char = source.charAt(at)
    while (char !== quote && char !== '{') {
      if (char === '' || (char === '\n' && !raw)) throw this.bad('non-terminated string', start)
      if (char === '\\' && source.charAt(at + 1) === '{') {
        pieces.push(source.slice(kept, at))
        kept = at + 1
        at += 2
      } else at += char === '\\' && !raw ? this.escape(at) : 1
      char = source.charAt(at)
    }
    pieces.push(source.slice(kept, at))
    const written = pieces.join('')
    const text = raw ? written : this.unescaped(written, start)
    const kind = char === '{' ? (raw ? 'raw-part' : 'part') : raw ? 'raw-part-end' : 'part-end'
    return { kind, text, start, end: at + 1 }
  }
}
