import { isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isDigit, type YamlSource } from './yaml-source.ts'

/** Whether a line begins with `---` or `...` that stands alone. */
export function isDocumentMark(source: YamlSource, mark?: '---' | '...'): boolean {
  if (source.column !== 0) return false
  const isMark = mark === undefined ? source.isAt('---') || source.isAt('...') : source.isAt(mark)
  return isMark && isBlankOrEnd(source.code(3))
}

/** What line breaks between two parts of a flow scalar become: one is a space, of more the first is dropped. */
const folded = (first: string, more: string): string => (first !== '\n' ? first + more : more === '' ? ' ' : more)

/** At `|` or `>`: a block scalar inside of `indent` columns, -1 at the top. Throws BuiltinError. */
export function scanBlockScalar(source: YamlSource, indent: number, isLiteral: boolean): string {
  source.skip()
  const header = scanHeader(source)
  // Without an indicator the first line that is not empty says how far the text is indented.
  let width = header.increment > 0 ? Math.max(indent, 0) + header.increment : 0
  const breaks = (): string => {
    let out = ''
    let widest = 0
    for (;;) {
      const most = width === 0 ? Number.POSITIVE_INFINITY : width
      while (source.column < most && source.code() === 0x20) source.skip()
      widest = Math.max(widest, source.column)
      if (source.column < most && source.code() === 0x09) throw source.fail('a tab where a block scalar needs a space')
      if (!isBreak(source.code())) break
      out += source.takeBreak()
    }
    if (width === 0) width = Math.max(widest, indent + 1, 1)
    return out
  }
  const out: string[] = []
  let first = ''
  let more = breaks()
  let wasBlank = false
  while (source.column === width && source.code() !== 0) {
    const blank = isBlank(source.code())
    const folds = !isLiteral && !wasBlank && !blank && first === '\n'
    out.push(folds ? (more === '' ? ' ' : more) : first + more)
    wasBlank = blank
    out.push(source.takeWhile((code) => !isBreakOrEnd(code)))
    first = source.takeBreak()
    more = breaks()
  }
  if (header.chomp !== '-') out.push(first)
  if (header.chomp === '+') out.push(more)
  return out.join('')
}

/** What follows `|` or `>` on its line. */
function scanHeader(source: YamlSource): { readonly chomp: string; readonly increment: number } {
  let chomp = takeChomp(source)
  let increment = 0
  if (isDigit(source.code())) {
    increment = source.code() - 0x30
    if (increment === 0) throw source.fail('a block scalar cannot be indented by 0')
    source.skip()
    if (chomp === '') chomp = takeChomp(source)
  }
  source.skipBlanks()
  if (source.code() === 0x23) while (!isBreakOrEnd(source.code())) source.skip()
  if (!isBreakOrEnd(source.code())) throw source.fail('a block scalar begins on the next line')
  source.takeBreak()
  return { chomp, increment }
}

function takeChomp(source: YamlSource): string {
  const code = source.code()
  if (code !== 0x2b && code !== 0x2d) return ''
  source.skip()
  return String.fromCharCode(code)
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['0', '\0'],
  ['a', '\u0007'],
  ['b', '\b'],
  ['t', '\t'],
  ['\t', '\t'],
  ['n', '\n'],
  ['v', '\v'],
  ['f', '\f'],
  ['r', '\r'],
  ['e', '\u001b'],
  [' ', ' '],
  ['"', '"'],
  ["'", "'"],
  ['\\', '\\'],
  ['N', '\u0085'],
  ['_', '\u00a0'],
  ['L', '\u2028'],
  ['P', '\u2029'],
])

/** At a quote: a quoted scalar with its end. An escaped slash is JSON's, and none of go-yaml's. Throws BuiltinError. */
export function scanQuoted(source: YamlSource): string {
  const quote = source.code()
  const isSingle = quote === 0x27
  source.skip()
  const out: string[] = []
  const isPlain = (code: number): boolean => !isBlankOrEnd(code) && code !== quote && (isSingle || code !== 0x5c)
  for (;;) {
    if (isDocumentMark(source)) throw source.fail('a document ends inside of a quoted scalar')
    if (source.code() === 0) throw source.fail('a quoted scalar has no end')
    let isBroken = false
    while (!isBlankOrEnd(source.code())) {
      out.push(source.takeWhile(isPlain))
      if (isBlankOrEnd(source.code())) break
      if (isSingle) {
        if (source.code(1) !== 0x27) break
        out.push("'")
        source.skip(2)
      } else if (source.code() === quote) break
      else if (isBreak(source.code(1))) {
        source.skip()
        source.takeBreak()
        isBroken = true
        break
      } else out.push(scanEscape(source))
    }
    if (source.code() === quote) break
    out.push(scanGap(source, isBroken))
  }
  source.skip()
  return out.join('')
}

function scanEscape(source: YamlSource): string {
  const letter = String.fromCharCode(source.code(1))
  const size = letter === 'x' ? 2 : letter === 'u' ? 4 : letter === 'U' ? 8 : 0
  if (size === 0) {
    const value = ESCAPES.get(letter)
    if (value === undefined) throw source.fail('an escape that is not known')
    source.skip(2)
    return value
  }
  const digits = Array.from({ length: size }, (_, i) => String.fromCharCode(source.code(2 + i))).join('')
  const value = /^[0-9a-fA-F]+$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN
  if (!(value <= 0x10ffff) || (value >= 0xd800 && value <= 0xdfff)) throw source.fail('an escape that is no character')
  source.skip(2 + size)
  return String.fromCodePoint(value)
}

/** Blanks and line breaks inside of a quoted scalar. `isBroken` where an escaped line break came before. */
function scanGap(source: YamlSource, isBroken: boolean): string {
  let blanks = ''
  let first = ''
  let more = ''
  let seen = isBroken
  for (;;) {
    if (isBlank(source.code())) {
      if (seen) source.skipBlanks()
      else blanks += source.takeWhile(isBlank)
    } else if (!isBreak(source.code())) break
    else if (seen) more += source.takeBreak()
    else {
      first = source.takeBreak()
      seen = true
    }
  }
  return seen ? folded(first, more) : blanks
}

/** Where a plain scalar ends inside of `[ ]` and `{ }`. */
const isFlowEnd = (code: number): boolean => code !== 0 && ',?[]{}'.includes(String.fromCharCode(code))

/**
 * A plain scalar; its lines but the first are indented by more than `indent`. `endsLine` where line breaks were read
 * after it. Throws BuiltinError.
 */
export function scanPlain(
  source: YamlSource,
  indent: number,
  isFlow: boolean,
): { readonly text: string; readonly endsLine: boolean } {
  const out: string[] = []
  let gap = ''
  let endsLine = false
  for (;;) {
    if (isDocumentMark(source) || source.code() === 0x23) break
    for (;;) {
      const code = source.code()
      if (isBlankOrEnd(code) || (code === 0x3a && isBlankOrEnd(source.code(1))) || (isFlow && isFlowEnd(code))) break
      out.push(gap)
      gap = ''
      endsLine = false
      if (code === 0x3a) {
        source.skip()
        out.push(':')
      } else out.push(source.takeWhile((c) => c !== 0x3a && !isBlankOrEnd(c) && !(isFlow && isFlowEnd(c))))
    }
    if (!isBlank(source.code()) && !isBreak(source.code())) break
    let blanks = ''
    let first = ''
    let more = ''
    for (;;) {
      if (isBlank(source.code())) {
        if (!endsLine) blanks += source.takeWhile(isBlank)
        else if (source.column <= indent && source.code() === 0x09)
          throw source.fail('a tab where a plain scalar needs a space')
        else source.skip()
      } else if (!isBreak(source.code())) break
      else if (endsLine) more += source.takeBreak()
      else {
        first = source.takeBreak()
        endsLine = true
      }
    }
    gap = endsLine ? folded(first, more) : blanks
    if (!isFlow && source.column <= indent) break
  }
  return { text: out.join(''), endsLine }
}
