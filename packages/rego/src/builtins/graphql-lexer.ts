import { BuiltinError } from '../machine.ts'

export type TokenKind = 'name' | 'int' | 'float' | 'string' | 'block' | 'comment' | 'end' | '...' | Punctuator
type Punctuator = '!' | '$' | '&' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '}' | '|'

export interface GraphqlToken {
  readonly kind: TokenKind
  readonly value: string
  readonly line: number
  readonly column: number
}

const PUNCTUATORS = new Set<string>(['!', '$', '&', '(', ')', ':', '=', '@', '[', ']', '{', '}', '|'])
const NAME = /[_A-Za-z][_0-9A-Za-z]*/y
const NUMBER = /-?(?:0(?!\d)|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
// oxlint-disable-next-line no-control-regex -- a comment ends at any control character but the tab
const COMMENT = /#[^\u0000-\u0008\u000a-\u001f]*/y
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '/': '/',
  '\\': '\\',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** Tokens of a GraphQL document (October 2021), comments among them. Throws BuiltinError. */
export class GraphqlLexer {
  private readonly text: string
  private at = 0
  private line = 1
  private lineStart = 0

  constructor(text: string) {
    this.text = text
  }

  error(what: string, token?: GraphqlToken): BuiltinError {
    const line = token?.line ?? this.line
    const column = token?.column ?? this.at - this.lineStart + 1
    return new BuiltinError(`${what} in GraphQL string at location ${line}:${column}`)
  }

  next(): GraphqlToken {
    this.space()
    const { at, text } = this
    const char = text.charAt(at)
    if (char === '') return this.token('end', '', 0)
    if (PUNCTUATORS.has(char)) return this.token(char as Punctuator, '', 1)
    if (text.startsWith('...', at)) return this.token('...', '', 3)
    const name = this.match(NAME)
    if (name !== null) return this.token('name', name[0], name[0].length)
    const comment = this.match(COMMENT)
    if (comment !== null) return this.token('comment', comment[0], comment[0].length)
    if (char === '-' || (char >= '0' && char <= '9')) return this.number()
    if (text.startsWith('"""', at)) return this.block()
    if (char === '"') return this.string()
    throw this.error(`Cannot parse the unexpected character ${JSON.stringify(char)}`)
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at
    return pattern.exec(this.text)
  }

  private token(kind: TokenKind, value: string, length: number): GraphqlToken {
    const token = { kind, value, line: this.line, column: this.at - this.lineStart + 1 }
    this.at += length
    return token
  }

  private newLine(): void {
    this.line++
    this.lineStart = this.at
  }

  private space(): void {
    for (;;) {
      const char = this.text.charAt(this.at)
      if (char === ' ' || char === '\t' || char === ',' || char === '\ufeff') this.at++
      else if (char === '\n' || char === '\r') {
        this.at += this.text.startsWith('\r\n', this.at) ? 2 : 1
        this.newLine()
      } else return
    }
  }

  private number(): GraphqlToken {
    const match = this.match(NUMBER)
    const after = this.text.charAt(this.at + (match?.[0].length ?? 0))
    // A point or an exponent must have digits.
    const cut = match === null || (after === '.' && match[1] === undefined && match[2] === undefined)
    if (cut || (/[eE]/.test(after) && match[2] === undefined)) throw this.error('Invalid number, expected digit')
    const float = match[1] !== undefined || match[2] !== undefined
    return this.token(float ? 'float' : 'int', match[0], match[0].length)
  }

  private string(): GraphqlToken {
    const { text } = this
    let out = ''
    let at = this.at + 1
    let from = at
    for (;;) {
      const char = text.charAt(at)
      if (char === '' || char === '\n' || char === '\r') throw this.error('Unterminated string')
      if (char < ' ' && char !== '\t') throw this.error('Invalid character within String')
      if (char === '"') return this.token('string', out + text.slice(from, at), at + 1 - this.at)
      if (char !== '\\') {
        at++
        continue
      }
      out += text.slice(from, at)
      const kind = text.charAt(at + 1)
      if (kind === 'u') {
        const hex = text.slice(at + 2, at + 6)
        if (!/^[0-9a-fA-F]{4}$/.test(hex) || at + 6 >= text.length)
          throw this.error('Invalid character escape sequence')
        // Each is a character of its own, so halves of a pair are none.
        out += String.fromCharCode(Number.parseInt(hex, 16)).toWellFormed()
        at += 6
      } else {
        const escaped = ESCAPES[kind]
        if (escaped === undefined) throw this.error('Invalid character escape sequence')
        out += escaped
        at += 2
      }
      from = at
    }
  }

  private block(): GraphqlToken {
    const { text, at: start, line, lineStart } = this
    const parts: string[] = []
    let from = start + 3
    let at = from
    const done = (quotes: number): GraphqlToken => {
      parts.push(text.slice(from, at) + '"'.repeat(quotes - 3))
      const value = blockValue(parts.join(''))
      this.at = at + quotes
      return { kind: 'block', value, line, column: start - lineStart + 1 }
    }
    for (;;) {
      const char = text.charAt(at)
      if (char === '') throw this.error('Unterminated string')
      if (char === '"') {
        let quotes = 1
        while (text.charAt(at + quotes) === '"') quotes++
        if (quotes >= 3) return done(quotes)
        at += quotes
      } else if (char === '\\' && text.startsWith('\\"""', at)) {
        parts.push(`${text.slice(from, at)}"""`)
        at += 4
        from = at
      } else if (char === '\r' || char === '\n') {
        parts.push(`${text.slice(from, at)}\n`)
        at += text.startsWith('\r\n', at) ? 2 : 1
        from = at
        this.at = at
        this.newLine()
      } else if (char < ' ' && char !== '\t') throw this.error('Invalid character within String')
      else at++
    }
  }
}

/** A block string without its common indentation and empty lines at both ends; the first line keeps its own. */
function blockValue(raw: string): string {
  const lines = raw.split('\n')
  const indent = (line: string): number => /[^ \t]/.exec(line)?.index ?? Infinity
  const common = lines.reduce((least, line) => Math.min(least, indent(line)), Infinity)
  const cut = lines.map((line, i) => (i === 0 || common === Infinity ? line : line.slice(common)))
  let start = 0
  let end = cut.length
  while (start < end && indent(cut[start] ?? '') === Infinity) start++
  while (start < end && indent(cut[end - 1] ?? '') === Infinity) end--
  return cut.slice(start, end).join('\n')
}
