/** How comments and strings are written in a language: enough to leave them out, no more. */
interface Lexis {
  readonly line: readonly string[]
  readonly block: readonly (readonly [begin: string, end: string])[]
  readonly strings: readonly string[]
  /** Strings in three quotes span lines. */
  readonly triple: boolean
}

const C_LIKE: Lexis = { line: ['//'], block: [['/*', '*/']], strings: ['"', "'", '`'], triple: false }
const HASH: Lexis = { line: ['#'], block: [], strings: ['"', "'"], triple: false }
const PYTHON: Lexis = { ...HASH, triple: true }
const DASH: Lexis = {
  line: ['--'],
  block: [
    ['/*', '*/'],
    ['--[[', ']]'],
    ['{-', '-}'],
  ],
  strings: ['"', "'"],
  triple: false,
}
const MARKUP: Lexis = { line: [], block: [['<!--', '-->']], strings: [], triple: false }
const STYLE: Lexis = { line: [], block: [['/*', '*/']], strings: ['"', "'"], triple: false }
const LISP: Lexis = { line: [';'], block: [], strings: ['"'], triple: false }
const PLAIN: Lexis = { line: [], block: [], strings: [], triple: false }

const LEXES: readonly (readonly [extensions: string, lexis: Lexis])[] = [
  ['ts tsx mts cts js jsx mjs cjs', C_LIKE],
  // A quote alone is a lifetime, a label or a digit's separator as often as a string: only double quotes are read.
  ['rs c h cc cpp hpp m mm swift kt kts java scala cs dart proto gradle groovy', { ...C_LIKE, strings: ['"'] }],
  ['go php', C_LIKE],
  ['py pyi', PYTHON],
  [
    'rb sh bash zsh yaml yml toml r jl ex exs pl cfg conf ini tf hcl nix cmake mk dockerfile makefile gitignore rego ps1 properties env',
    HASH,
  ],
  ['sql lua hs elm', DASH],
  ['html htm xml svg vue svelte astro md mdx markdown', MARKUP],
  ['css', STYLE],
  ['scss sass less', C_LIKE],
  ['clj cljs lisp el scm', LISP],
]
const BY_EXTENSION = new Map(LEXES.flatMap(([names, lexis]) => names.split(' ').map((name) => [name, lexis] as const)))

function lexisOf(path: string): Lexis {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  return BY_EXTENSION.get(name.slice(name.lastIndexOf('.') + 1)) ?? PLAIN
}

export interface SourceParts {
  /** The text with comments and what strings hold turned into blanks; of the same length, lines kept. */
  readonly code: string
  /** The text with comments turned into blanks. */
  readonly uncommented: string
}

/**
 * Takes comments and strings out, by the file's extension; what has no known language is all code. Not a parser: a quote in a regular expression
 * may open a string, which ends with its line. Linear.
 */
export function sourceParts(path: string, text: string): SourceParts {
  const lexis = lexisOf(path)
  if (lexis === PLAIN) return { code: text, uncommented: text }
  const code: string[] = []
  const uncommented: string[] = []
  let at = 0
  let plain = 0
  const cut = (from: number, to: number, comment: boolean) => {
    code.push(text.slice(plain, from), blanks(text, from, to))
    uncommented.push(text.slice(plain, from), comment ? blanks(text, from, to) : text.slice(from, to))
    plain = to
    at = to
  }
  while (at < text.length) {
    const c = text[at] as string
    const block = lexis.block.find(([begin]) => text.startsWith(begin, at))
    if (block) {
      const end = text.indexOf(block[1], at + block[0].length)
      cut(at, end < 0 ? text.length : end + block[1].length, true)
    } else if (lexis.line.some((mark) => text.startsWith(mark, at)) && !isInWord(text, at, c)) {
      const end = text.indexOf('\n', at)
      cut(at, end < 0 ? text.length : end, true)
    } else if (lexis.strings.includes(c)) {
      const triple = lexis.triple && text.startsWith(c.repeat(3), at)
      const end = endOfString(text, at, triple ? c.repeat(3) : c, triple || c === '`')
      // A string that is a statement of its own is documentation.
      const alone = triple && /(?:^|\n)[ \t]*$/.test(text.slice(Math.max(0, at - 200), at))
      cut(at, end, alone)
    } else at += 1
  }
  code.push(text.slice(plain))
  uncommented.push(text.slice(plain))
  return { code: code.join(''), uncommented: uncommented.join('') }
}

/** `$#`, `a#b`, `http://`: no comment begins there. */
function isInWord(text: string, at: number, c: string): boolean {
  const before = text[at - 1] ?? ''
  return c === '#' ? /[\w$&{]/.test(before) || text.startsWith('#!', at) : c === '/' && before === ':'
}

function endOfString(text: string, from: number, quote: string, lines: boolean): number {
  for (let at = from + quote.length; at < text.length; at += 1) {
    const c = text[at]
    if (c === '\\') at += 1
    else if (c === '\n' && !lines) return at
    else if (text.startsWith(quote, at)) return at + quote.length
  }
  return text.length
}

function blanks(text: string, from: number, to: number): string {
  return text.slice(from, to).replaceAll(/[^\n]/g, ' ')
}

export type Substance = 'code' | 'comments' | 'empty'

/** Whether a file holds more than blanks, and more than comments. */
export function substanceOf(path: string, text: string): Substance {
  if (text.trim() === '') return 'empty'
  return sourceParts(path, text).uncommented.trim() === '' ? 'comments' : 'code'
}

/** What counts of a text when blanks, comments and the punctuation that formatters set do not: two texts of one substance differ in form only. */
export function bareSource(path: string, text: string): string {
  return sourceParts(path, text).uncommented.replaceAll(/[\s;,'"`()]+/g, '')
}

const NOTED = /\b(?:TODO|FIXME)\b/g
const SAID = /\bnot (?:yet )?implemented\b|\bNotImplemented(?:Error|Exception)?\b|\bunimplemented!|\btodo!\(/i

/** The line (from 1) of the first mark of work that is not done: noted in a comment, said by code; null without one. */
export function unfinishedLine(path: string, text: string): number | null {
  const { uncommented } = sourceParts(path, text)
  const written = lexisOf(path).strings.length === 0
  const noted = [...text.matchAll(NOTED)].find(({ index, 0: word }) => written || !uncommented.startsWith(word, index))
  const said = SAID.exec(uncommented)
  const first = Math.min(noted?.index ?? Infinity, said?.index ?? Infinity)
  return first === Infinity ? null : text.slice(0, first).split('\n').length
}

/** The line (from 1) of a word that stands by itself; null where it does not. Linear. */
export function wordLine(text: string, word: string): number | null {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const before = text[at - 1] ?? ' '
    const after = text[at + word.length] ?? ' '
    if (!/[\p{L}\p{N}_$]/u.test(before) && !/[\p{L}\p{N}_$]/u.test(after)) return text.slice(0, at).split('\n').length
  }
  return null
}
