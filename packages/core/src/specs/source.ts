import type { Place } from './model.ts'

/** Longer lines are kept but not read: a line of prose or a table row is far below it. */
export const LINE_MAX = 100_000

export interface SourceLine {
  /** From 1. */
  readonly no: number
  /** Offset of its first unit; of line 1 behind a BOM. */
  readonly start: number
  /** Offset behind its last unit, before the line end. */
  readonly end: number
}

/** A text with its lines. Line ends are CRLF, LF and CR; a final one begins no further line. */
export class Source {
  readonly path: string
  readonly text: string
  readonly lines: readonly SourceLine[]

  constructor(path: string, text: string) {
    this.path = path
    this.text = text
    this.lines = splitLines(text)
  }

  /** The line's text without its end; '' outside of the file. */
  raw(no: number): string {
    const line = this.lines[no - 1]
    return line ? this.text.slice(line.start, line.end) : ''
  }

  /** Columns as indices from 0 into the line's text; `to` exclusive. */
  at(no: number, from: number, to: number): Place {
    return this.span(no, from, no, to)
  }

  /** From an index in one line to an index in a later one. */
  span(first: number, from: number, last: number, to: number): Place {
    const a = this.lines[first - 1] ?? { start: 0, end: 0, no: 1 }
    const b = this.lines[last - 1] ?? a
    const shift = (no: number) => (no === 1 && this.text.charCodeAt(0) === 0xfeff ? 1 : 0)
    return {
      path: this.path,
      line: a.no,
      column: from + 1 + shift(a.no),
      endLine: b.no,
      endColumn: to + 1 + shift(b.no),
      start: a.start + from,
      end: b.start + to,
    }
  }

  /** The whole lines, line ends left out. */
  whole(first: number, last: number = first): Place {
    return this.span(first, 0, last, this.raw(last).length)
  }
}

function splitLines(text: string): SourceLine[] {
  const lines: SourceLine[] = []
  let start = text.charCodeAt(0) === 0xfeff ? 1 : 0
  let at = start
  while (at < text.length) {
    const unit = text.charCodeAt(at)
    if (unit === 10 || unit === 13) {
      lines.push({ no: lines.length + 1, start, end: at })
      at += unit === 13 && text.charCodeAt(at + 1) === 10 ? 2 : 1
      start = at
    } else at += 1
  }
  if (start < text.length) lines.push({ no: lines.length + 1, start, end: text.length })
  return lines
}

/** UTF-8 bytes before a UTF-16 offset. Half of a surrogate pair counts as three, as an encoder would write U+FFFD. */
export function byteOffset(text: string, offset: number): number {
  let bytes = 0
  const end = Math.min(offset, text.length)
  for (let i = 0; i < end; i += 1) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) bytes += 1
    else if (unit < 0x800) bytes += 2
    else if (unit >= 0xd800 && unit <= 0xdbff && isLow(text.charCodeAt(i + 1)) && i + 1 < end) {
      bytes += 4
      i += 1
    } else bytes += 3
  }
  return bytes
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

/** True when writing the text as UTF-8 and reading it back gives the same text. Only such a text can be edited byte for byte. */
export function isExactText(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000')
}
