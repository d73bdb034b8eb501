import { codeSpans } from './code-spans.ts'
import { LINE_MAX, type Source } from './source.ts'

export type BlockKind =
  | 'blank'
  | 'front'
  | 'heading'
  | 'underline'
  | 'fence'
  | 'code'
  | 'comment'
  | 'table'
  | 'quote'
  | 'rule'
  | 'item'
  | 'text'
  | 'lost'

export interface BoxShape {
  readonly mark: string
  /** Index of `[` in the line. */
  readonly at: number
  /** The mark's indices in the line. */
  readonly from: number
  readonly to: number
  /** Index of what follows the bracket and its blanks. */
  readonly after: number
  /** Ways in which bullet and bracket depart from `- [ ] `. */
  readonly deviations: readonly string[]
}

/** One line of Markdown. Indices are into `text`, which is as long as the line; comments in it are blanked. */
export interface Block {
  readonly no: number
  readonly kind: BlockKind
  readonly text: string
  /** Columns of leading blanks, a tab reaching to the next multiple of 4. */
  readonly indent: number
  /** Headings: 1 to 6. */
  readonly level: number
  /** Headings and items: index of the content. */
  readonly from: number
  /** Headings: index behind the content, closing hashes left out. */
  readonly to: number
  /** Items: `-`, `*`, `+`, `1.`; '' for a box without one. */
  readonly bullet: string
  readonly box: BoxShape | null
  /** Fences and their code: the info string of the fence. */
  readonly info: string
  /** `tolerant` where Markdown itself would read it in another way. */
  readonly tolerant: boolean
  readonly lost: 'unclosed-fence' | 'unclosed-comment' | 'not-text' | 'line-too-long' | null
}

const FENCE = /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})([^\n]*)$/
const ATX = /^ {0,3}(#{1,6})(?:[ \t]+|$)/
const TIGHT_ATX = /^(#{2,6})(?=[A-Za-z\p{Lo}])/u
const BULLET = /^[ \t]*([-*+•]|\d{1,9}[.)]|[a-zA-Z][.)])(?:([ \t]+)|$)/
/** Signs that editors set for a bullet; without a box they begin a sentence. */
const OTHER_BULLET = /^[ \t]*([\u2010-\u2015‣▪●◦·])[ \t]+(?=\[)/u
const TIGHT_BULLET = /^[ \t]*([-*+])(?=\[[ xX~]?\])/
const BOX = /^\[([^\]\r\n]?| {2,4}|[ \t][xX][ \t]?|[xX][ \t])\]/u
const RULE = /^ {0,3}(?:-[ \t]*){3,}$|^ {0,3}(?:\*[ \t]*){3,}$|^ {0,3}(?:_[ \t]*){3,}$/
const DELIMITER_ROW = /^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$/

/** Reads the lines of a Markdown file as blocks, one each. Linear: every line is looked at a bounded number of times. */
export function readBlocks(source: Source): Block[] {
  const blocks: Block[] = []
  const count = source.lines.length
  const close = frontMatterEnd(source)
  for (let no = 1; no <= close; no += 1) blocks.push(block(no, 'front', source.raw(no)))
  let no = close + 1
  // What stands behind the end of a comment of several lines.
  let carried: string | null = null
  while (no <= count) {
    const raw: string = carried ?? source.raw(no)
    const lost = lostReason(source.raw(no))
    const fence = lost || carried !== null ? null : fenceOf(raw)
    carried = null
    if (lost) blocks.push({ ...block(no, 'lost', ''), lost })
    else if (fence) {
      no = readFence(source, no, fence, blocks)
      continue
    } else {
      const comment = blankComments(source, no, raw)
      if (comment.unclosed) {
        for (; no <= count; no += 1) blocks.push({ ...block(no, 'lost', source.raw(no)), lost: 'unclosed-comment' })
        break
      }
      blocks.push(readLine(source, no, comment.text, blocks))
      if (comment.until > no) {
        for (no += 1; no < comment.until; no += 1) {
          const inside = source.raw(no)
          const gone = lostReason(inside)
          blocks.push(gone ? { ...block(no, 'lost', ''), lost: gone } : block(no, 'comment', inside))
        }
        carried = comment.rest
        continue
      }
    }
    no += 1
  }
  return blocks
}

function block(no: number, kind: BlockKind, text: string): Block {
  return {
    no,
    kind,
    text,
    indent: 0,
    level: 0,
    from: 0,
    to: text.length,
    bullet: '',
    box: null,
    info: '',
    tolerant: false,
    lost: null,
  }
}

function lostReason(raw: string): Block['lost'] {
  if (raw.length > LINE_MAX) return 'line-too-long'
  return raw.includes('\u0000') || !raw.isWellFormed() ? 'not-text' : null
}

/** The closing line's number; 0 where the file has no front matter, or one that is never closed. */
function frontMatterEnd(source: Source): number {
  if (source.raw(1).trimEnd() !== '---') return 0
  for (let no = 2; no <= source.lines.length; no += 1) {
    const line = source.raw(no).trimEnd()
    if (line === '---' || line === '...') return no
    // A heading before the end: the first line was a rule.
    if (no > 2 && /^#{1,6} /.test(line) && source.raw(no - 1).trim() === '') return 0
  }
  return 0
}

interface Fence {
  readonly mark: string
  readonly length: number
  readonly info: string
}

function fenceOf(raw: string): Fence | null {
  const match = FENCE.exec(raw)
  if (!match) return null
  const mark = (match[1] as string)[0] as string
  const info = (match[2] as string).trim()
  // Backticks behind backticks are code in a line of text.
  if (mark === '`' && info.includes('`')) return null
  return { mark, length: (match[1] as string).length, info }
}

function readFence(source: Source, first: number, fence: Fence, blocks: Block[]): number {
  const end = fenceEnd(source, first, fence)
  const open = source.raw(first)
  if (end === 0) {
    for (let no = first; no <= source.lines.length; no += 1)
      blocks.push({ ...block(no, 'lost', source.raw(no)), lost: 'unclosed-fence' })
    return source.lines.length + 1
  }
  blocks.push({ ...block(first, 'fence', open), info: fence.info, indent: indentOf(open) })
  for (let no = first + 1; no < end; no += 1) {
    const raw = source.raw(no)
    const lost = lostReason(raw)
    blocks.push(lost ? { ...block(no, 'lost', ''), lost } : { ...block(no, 'code', raw), info: fence.info })
  }
  blocks.push({ ...block(end, 'fence', source.raw(end)), info: fence.info })
  return end + 1
}

/** Lines that a SEARCH block inside of a fence may have before its end is no longer looked for. */
const SEARCH_LINES_MAX = 2000

function fenceEnd(source: Source, first: number, fence: Fence): number {
  // A runbook's SEARCH block may hold fences of its own: one inside of it does not end the fence around it.
  let depth = 0
  let inside = 0
  for (let no = first + 1; no <= source.lines.length; no += 1) {
    if (inside > 0 && no > inside + SEARCH_LINES_MAX) return inside
    const raw = source.raw(no)
    if (raw.length > LINE_MAX) continue
    const line = raw.trim()
    if (/^<{3,9} ?SEARCH$/.test(line)) depth += 1
    else if (depth > 0 && /^>{3,9}(?: ?REPLACE)?$/.test(line)) depth -= 1
    if (line.length < fence.length || line !== fence.mark.repeat(line.length)) continue
    if (depth === 0) return no
    if (inside === 0) inside = no
  }
  return inside
}

interface Comments {
  /** The line with comments blanked. */
  readonly text: string
  /** The line on which the last comment ends. */
  readonly until: number
  /** What stands behind the end of a comment of several lines, on its own columns. */
  readonly rest: string
  readonly unclosed: boolean
}

function blankComments(source: Source, no: number, raw: string): Comments {
  let at = raw.indexOf('<!--')
  if (at < 0) return { text: raw, until: no, rest: '', unclosed: false }
  const code = codeSpans(raw)
  const parts: string[] = []
  let done = 0
  let span = 0
  const result = (until: number, rest: string) => {
    const text = parts.join('') + (until > no ? ' '.repeat(raw.length - done) : raw.slice(done))
    return { text, until, rest, unclosed: false }
  }
  while (at >= 0) {
    while ((code[span]?.to ?? Number.POSITIVE_INFINITY) <= at) span += 1
    const inside = code[span]
    if (inside && inside.from < at) {
      at = raw.indexOf('<!--', inside.to)
      continue
    }
    parts.push(raw.slice(done, at))
    done = at
    const end = raw.indexOf('-->', at + 4)
    if (end < 0) {
      const until = commentEnd(source, no)
      if (until > 0) {
        const last = source.raw(until)
        const stop = last.indexOf('-->') + 3
        return result(until, ' '.repeat(stop) + last.slice(stop))
      }
      // Never closed: at the start of a line it swallows the rest of the file, elsewhere it is text.
      if (parts.join('').trim() === '') return { text: raw, until: no, rest: '', unclosed: true }
      break
    }
    parts.push(' '.repeat(end + 3 - at))
    done = end + 3
    at = raw.indexOf('<!--', done)
  }
  return result(no, '')
}

/** Looks once: a file full of comment starts without an end must not be searched again for each. */
const noEnd = new WeakMap<Source, number>()
function commentEnd(source: Source, no: number): number {
  if (no >= (noEnd.get(source) ?? Number.POSITIVE_INFINITY)) return 0
  for (let line = no + 1; line <= source.lines.length; line += 1) if (source.raw(line).includes('-->')) return line
  noEnd.set(source, no)
  return 0
}

function readLine(source: Source, no: number, text: string, before: readonly Block[]): Block {
  const base = block(no, 'text', text)
  if (text.trim() === '') return { ...base, kind: source.raw(no).trim() === '' ? 'blank' : 'comment' }
  const indent = indentOf(text)
  const previous = before.at(-1)
  const heading = headingOf(text)
  if (heading) return { ...base, ...heading, kind: 'heading', indent }
  if (previous?.kind === 'text' && isUnderline(text, previous, before.at(-2))) return { ...base, kind: 'underline' }
  if (RULE.test(text)) return { ...base, kind: 'rule', indent }
  if (/^[ \t]{0,3}>/.test(text)) return { ...base, kind: 'quote', indent, box: quotedBox(text) }
  if (isTable(source, no, text, previous)) return { ...base, kind: 'table', indent }
  const item = itemOf(text)
  if (item) return { ...base, ...item, kind: 'item', indent }
  // The line below decides whether this is a heading.
  const next = source.raw(no + 1)
  if (/^ {0,3}(?:={2,}|-{2,})[ \t]*$/.test(next) && isUnderline(next, { ...base, indent }, previous))
    return { ...base, kind: 'heading', indent, level: next.trim()[0] === '=' ? 1 : 2, from: leading(text) }
  return { ...base, indent, from: leading(text) }
}

function headingOf(text: string): { level: number; from: number; to: number; tolerant: boolean } | null {
  const match = ATX.exec(text)
  const tight = match ? null : TIGHT_ATX.exec(text)
  const found = match ?? tight
  if (!found) return null
  const from = found[0].length
  const body = text.slice(from)
  let to = text.trimEnd().length
  // Closing hashes stand apart from the title.
  let hash = to
  while (hash > from && text[hash - 1] === '#') hash -= 1
  if (hash < to && (hash === from || /[ \t]/.test(text[hash - 1] as string))) to = text.slice(0, hash).trimEnd().length
  return {
    level: (found[1] as string).length,
    from,
    to: Math.max(from, to),
    tolerant: tight !== null || body.trim() === '',
  }
}

/** A line of `=` or `-` under one short line of text. Below a field or a sentence `---` is meant as a rule. */
function isUnderline(text: string, above: Block, before: Block | undefined): boolean {
  if (!/^ {0,3}(?:={2,}|-{2,})[ \t]*$/.test(text)) return false
  if (above.kind === 'heading') return false
  if (above.indent > 3 || above.text.length > 120 || /^\s*[-*+|>]/.test(above.text)) return false
  if (before && !['blank', 'rule', 'comment', 'front', 'heading', 'underline', 'fence'].includes(before.kind))
    return false
  if (text.trim()[0] === '=') return true
  if (/\*\*/.test(above.text)) return false
  // With a colon or full stop only an underline as long as the text is one.
  return !/[:.,;]/.test(above.text) || Math.abs(text.trim().length - above.text.trim().length) <= 2
}

function isTable(source: Source, no: number, text: string, previous: Block | undefined): boolean {
  if (!text.includes('|')) return false
  if (/^[ \t]*\|/.test(text)) return true
  // A list item ends the table above it, whatever bars it holds.
  if (/^[ \t]*(?:[-*+•]|\d{1,9}[.)])[ \t]+\S/.test(text)) return false
  if (previous?.kind === 'table') return true
  const next = source.raw(no + 1)
  return next.includes('|') && next.length < 2000 && DELIMITER_ROW.test(next)
}

/** True for the row of dashes under a table's header. */
export function isDelimiterRow(text: string): boolean {
  return text.length < 2000 && DELIMITER_ROW.test(text)
}

function itemOf(text: string): { bullet: string; from: number; box: BoxShape | null } | null {
  const match = BULLET.exec(text)
  if (match) {
    const from = match[0].length
    const letter = /^[a-zA-Z]/.test(match[1] as string)
    const box = boxAt(text, from, bulletDeviations(text, match[1] as string, match[2] ?? ''))
    // `e.g.` and `I.` begin sentences, not items, unless a box follows.
    if (letter && !box && !/^[ \t]*[a-h][.)] /.test(text)) return null
    return { bullet: match[1] as string, from, box }
  }
  const tight = TIGHT_BULLET.exec(text)
  if (tight) {
    const box = boxAt(text, tight[0].length, ['no-blank-before-box'])
    if (box) return { bullet: tight[1] as string, from: tight[0].length, box }
  }
  const other = OTHER_BULLET.exec(text)
  const signed = other ? boxAt(text, other[0].length, ['other-bullet']) : null
  if (other && signed) return { bullet: other[1] as string, from: other[0].length, box: signed }
  const from = leading(text)
  const bare = /^\[[ xX~]\][ \t]/.test(text.slice(from, from + 4)) ? boxAt(text, from, ['no-bullet']) : null
  return bare ? { bullet: '', from, box: bare } : null
}

function bulletDeviations(text: string, bullet: string, blanks: string): string[] {
  const found: string[] = []
  if (/^\d/.test(bullet)) found.push('numbered')
  else if (bullet !== '-') found.push('other-bullet')
  if (blanks !== ' ' && blanks !== '') found.push('blanks')
  if (/^ *\t/.test(text)) found.push('tab')
  return found
}

function boxAt(text: string, at: number, deviations: readonly string[]): BoxShape | null {
  const match = BOX.exec(text.slice(at, at + 8))
  if (!match) return null
  const mark = match[1] as string
  const behind = text[at + match[0].length]
  const plain = /^[ xX~/-]?$/.test(mark)
  // A link, or a reference to one.
  if (behind === '(' || (behind === '[' && !plain)) return null
  const more = [...deviations]
  if (mark === '') more.push('empty-box')
  if (mark.length > 1 && mark.trim().length <= 1 && /\s/.test(mark)) more.push('wide-box')
  let after = at + match[0].length
  if (behind === '*' && /[ \t]/.test(text[after + 1] ?? '')) {
    more.push('optional-mark')
    after += 1
  } else if (behind !== undefined && behind !== ' ' && behind !== '\t') more.push('no-blank-after-box')
  while (text[after] === ' ' || text[after] === '\t') after += 1
  if (after - at - match[0].length > (behind === '*' ? 2 : 1)) more.push('blanks')
  return { mark, at, from: at + 1, to: at + match[0].length - 1, after, deviations: [...new Set(more)] }
}

function quotedBox(text: string): BoxShape | null {
  const from = leading(text.replace(/^[ \t>]+/, (m) => ' '.repeat(m.length)))
  return itemOf(' '.repeat(from) + text.slice(from))?.box ?? null
}

function leading(text: string): number {
  return text.length - text.trimStart().length
}

/** Columns of leading blanks, a tab reaching to the next multiple of 4. */
export function indentOf(text: string): number {
  let columns = 0
  for (const unit of text) {
    if (unit === ' ') columns += 1
    else if (unit === '\t') columns += 4 - (columns % 4)
    else break
  }
  return columns
}
