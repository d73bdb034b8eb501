import { BuiltinError } from '../machine.ts'

export type TemplateToken =
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'open' | 'close' | 'space' }
  /** `.name`, `$name`, a word, an operator or bracket. */
  | { readonly kind: 'field' | 'variable' | 'word' | 'mark'; readonly value: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: string }

const bad = (what: string): BuiltinError => new BuiltinError(`template: ${what}`)

const SPACE = /[ \t\r\n]+/y
const FIELD = /\.[\p{L}\p{Nd}_]+/uy
const VARIABLE = /\$[\p{L}\p{Nd}_]*/uy
const WORD = /[\p{L}_][\p{L}\p{Nd}_]*/uy
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)i?(?![\p{L}\p{Nd}_.])/uy
const QUOTED = /"(?:[^"\\\n]|\\.)*"/y
const RAW = /`[^`]*`/y
const RUNE = /'(?:[^'\\\n]|\\.)+'/y
const MARK = /:=|=|[|(),.]/y

/** Tokens of a Go template with `{{` and `}}`. Throws BuiltinError. */
export function lexTemplate(source: string): TemplateToken[] {
  const out: TemplateToken[] = []
  let at = 0
  const text = (end: number, trim: boolean): void => {
    let value = source.slice(at, end)
    if (trim) value = trimmedEnd(value)
    if (value !== '') out.push({ kind: 'text', value })
  }
  for (;;) {
    const open = source.indexOf('{{', at)
    if (open < 0) {
      text(source.length, false)
      return out
    }
    const left = /^-[ \t\r\n]/.test(source.slice(open + 2, open + 4))
    text(open, left)
    at = open + 2 + (left ? 1 : 0)
    const comment = /^[ \t\r\n]*\/\*/.exec(left ? source.slice(at, at + 64) : source.slice(at, at + 2))
    if (comment !== null) {
      const end = source.indexOf('*/', at + comment[0].length)
      if (end < 0) throw bad('unclosed comment')
      at = end + 2
      const trim = /^[ \t\r\n]-\}\}/.test(source.slice(at, at + 4))
      if (!trim && !source.startsWith('}}', at)) throw bad('comment ends before closing delimiter')
      at = afterClose(source, trim ? at + 4 : at + 2, trim)
      continue
    }
    out.push({ kind: 'open' })
    at = lexAction(source, at, out)
    out.push({ kind: 'close' })
  }
}

/** Without the blanks at its end that Go's templates trim, which are fewer than JavaScript's. */
function trimmedEnd(text: string): string {
  let end = text.length
  while (end > 0 && ' \t\r\n'.includes(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

/** Where text goes on; with a trim mark the spaces before it are passed over. */
function afterClose(source: string, at: number, trim: boolean): number {
  let to = at
  if (trim) while (to < source.length && ' \t\r\n'.includes(source.charAt(to))) to++
  return to
}

function lexAction(source: string, start: number, out: TemplateToken[]): number {
  let at = start
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(source)?.[0]
    if (found !== undefined) at += found.length
    return found
  }
  for (;;) {
    if (source.startsWith('}}', at)) return at + 2
    if (/^[ \t\r\n]-\}\}/.test(source.slice(at, at + 4))) return afterClose(source, at + 4, true)
    if (at >= source.length) throw bad('unclosed action')
    if (take(SPACE) !== undefined) {
      // A trim mark needs the space before it.
      if (source.startsWith('-}}', at)) at--
      else out.push({ kind: 'space' })
      continue
    }
    const number = take(NUMBER)
    if (number !== undefined) {
      out.push({ kind: 'number', value: number })
      continue
    }
    const field = take(FIELD)
    if (field !== undefined) {
      out.push({ kind: 'field', value: field.slice(1) })
      continue
    }
    const variable = take(VARIABLE)
    if (variable !== undefined) {
      out.push({ kind: 'variable', value: variable })
      continue
    }
    const word = take(WORD)
    if (word !== undefined) {
      out.push({ kind: 'word', value: word })
      continue
    }
    const quoted = take(QUOTED)
    if (quoted !== undefined) {
      out.push({ kind: 'string', value: unquoted(quoted.slice(1, -1), '"') })
      continue
    }
    const raw = take(RAW)
    if (raw !== undefined) {
      out.push({ kind: 'string', value: raw.slice(1, -1).replaceAll('\r', '') })
      continue
    }
    const rune = take(RUNE)
    if (rune !== undefined) {
      const chars = Array.from(unquoted(rune.slice(1, -1), "'"))
      if (chars.length !== 1) throw bad('malformed character constant')
      out.push({ kind: 'number', value: String(chars[0]?.codePointAt(0) ?? 0) })
      continue
    }
    const mark = take(MARK)
    if (mark === undefined) throw bad(`unexpected ${JSON.stringify(source.charAt(at))} in command`)
    out.push({ kind: 'mark', value: mark })
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
}

/** Go's escapes in strings and characters. */
function unquoted(body: string, quote: string): string {
  return body.replaceAll(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)/gs, (_all, code: string) => {
    if (code === quote) return quote
    const simple = ESCAPES[code]
    if (simple !== undefined) return simple
    const point =
      /^[xuU]/.test(code) && code.length > 1
        ? Number.parseInt(code.slice(1), 16)
        : /^\d{3}$/.test(code)
          ? Number.parseInt(code, 8)
          : -1
    if (point < 0 || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw bad('invalid syntax in a string')
    if (code.startsWith('x') && point > 0x7f) throw bad('bytes that are no text are not written here')
    return String.fromCodePoint(point)
  })
}
