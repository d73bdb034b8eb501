/** A word of Rego's source. `start` and `end` are offsets in UTF-16 units; `line` and `column` count from 1. */
export interface Token {
  readonly kind: 'name' | 'field' | 'keyword' | 'string' | 'number' | 'operator' | 'open' | 'close' | 'punctuation'
  readonly text: string
  readonly start: number
  readonly end: number
  readonly line: number
  readonly column: number
  /** Whether a line ended between the token before and this one. */
  readonly afterNewline: boolean
  /** Whether anything, a blank for one, stands between the token before and this one. */
  readonly afterSpace: boolean
}

export interface Comment {
  /** Without the `#`, trimmed. */
  readonly text: string
  readonly line: number
  /** Whether nothing but blanks stands before it on its line. */
  readonly alone: boolean
}

/** The source is no Rego that can be split into words. */
export class RegoSourceError extends Error {
  readonly line: number

  constructor(message: string, line: number) {
    super(message)
    this.line = line
  }
}

const KEYWORDS = new Set([
  'as',
  'contains',
  'default',
  'else',
  'every',
  'false',
  'if',
  'import',
  'in',
  'not',
  'null',
  'package',
  'some',
  'true',
  'with',
])
const OPERATORS = [':=', '==', '!=', '<=', '>=', '<', '>', '=', '+', '-', '*', '/', '%', '|', '&']
const NAME = /[\p{L}_][\p{L}\p{N}_]*/uy
const NUMBER = /(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const BLANK = /[ \t\r\n]+/y

/** Splits Rego source into words and comments. Throws RegoSourceError with the line. */
export function tokenize(source: string): { readonly tokens: Token[]; readonly comments: Comment[] } {
  const tokens: Token[] = []
  const comments: Comment[] = []
  let at = 0
  let line = 1
  let lineStart = 0
  let newline = true
  let space = true

  const newlinesIn = (from: number, to: number) => {
    for (let i = source.indexOf('\n', from); i >= 0 && i < to; i = source.indexOf('\n', i + 1)) {
      line++
      lineStart = i + 1
    }
  }
  const sticky = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    return pattern.exec(source)?.[0] ?? null
  }
  const push = (kind: Token['kind'], end: number) => {
    tokens.push({
      kind,
      text: source.slice(at, end),
      start: at,
      end,
      line,
      column: at - lineStart + 1,
      afterNewline: newline,
      afterSpace: space,
    })
    newlinesIn(at, end)
    at = end
    newline = false
    space = false
  }

  while (at < source.length) {
    const blank = sticky(BLANK)
    if (blank !== null) {
      newline ||= blank.includes('\n')
      space = true
      newlinesIn(at, at + blank.length)
      at += blank.length
      continue
    }
    const character = source[at] ?? ''
    if (character === '#') {
      const found = source.indexOf('\n', at)
      const end = found < 0 ? source.length : found
      comments.push({ text: source.slice(at + 1, end).trim(), line, alone: newline })
      at = end
      space = true
      continue
    }
    if (character === '"') push('string', stringEnd(source, at, line))
    else if (character === '`') push('string', rawEnd(source, at, line))
    else if (character === '$' && '"`'.includes(source[at + 1] ?? ' ')) push('string', templateEnd(source, at, line))
    else if ('([{'.includes(character)) push('open', at + 1)
    else if (')]}'.includes(character)) push('close', at + 1)
    else if (',;.'.includes(character)) push('punctuation', at + 1)
    else {
      const operator = OPERATORS.find((text) => source.startsWith(text, at))
      const name = sticky(NAME)
      const number = sticky(NUMBER)
      const field = tokens.at(-1)?.text === '.' && !space
      if (operator !== undefined) push('operator', at + operator.length)
      else if (character === ':') push('punctuation', at + 1)
      else if (name !== null) {
        // `contains(` is the builtin, `contains x` the keyword.
        const called = source[at + name.length] === '('
        const keyword = KEYWORDS.has(name) && !(name === 'contains' && called)
        push(field ? 'field' : keyword ? 'keyword' : 'name', at + name.length)
      } else if (number !== null) push('number', at + number.length)
      else throw new RegoSourceError(`unexpected ${JSON.stringify(character)}`, line)
    }
  }
  return { tokens, comments }
}

function stringEnd(source: string, start: number, line: number): number {
  for (let i = start + 1; i < source.length; i++) {
    if (source[i] === '\\') i++
    else if (source[i] === '"') return i + 1
    else if (source[i] === '\n') break
  }
  throw new RegoSourceError('a string is not closed', line)
}

function rawEnd(source: string, start: number, line: number): number {
  const end = source.indexOf('`', start + 1)
  if (end < 0) throw new RegoSourceError('a raw string is not closed', line)
  return end + 1
}

/** The end of a template string: `$"...{expression}..."`, whose expressions may hold strings themselves. */
function templateEnd(source: string, start: number, line: number): number {
  const quote = source[start + 1] ?? ''
  let depth = 0
  for (let i = start + 2; i < source.length; i++) {
    const character = source[i] ?? ''
    if (depth === 0) {
      if (character === '\\') i++
      else if (character === quote) return i + 1
      else if (character === '{') depth = 1
    } else if (character === '{') depth++
    else if (character === '}') depth--
    else if (character === '"') i = stringEnd(source, i, line) - 1
    else if (character === '`') i = rawEnd(source, i, line) - 1
  }
  throw new RegoSourceError('a template string is not closed', line)
}
