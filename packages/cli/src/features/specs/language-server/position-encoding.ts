import type { Position, Range } from 'vscode-languageserver/node'
import type { TextDocument } from 'vscode-languageserver-textdocument'

/** How `character` of a position counts: LSP 3.17, "PositionEncodingKind". */
export type PositionEncoding = 'utf-8' | 'utf-16'

/** UTF-8 where the client offers it, else UTF-16, which every client must take. */
export function chooseEncoding(offered: readonly unknown[] | undefined): PositionEncoding {
  return Array.isArray(offered) && offered.includes('utf-8') ? 'utf-8' : 'utf-16'
}

/** The position of a UTF-16 offset; one behind the text is its end. */
export function positionAt(document: TextDocument, offset: number, encoding: PositionEncoding): Position {
  const position = document.positionAt(offset)
  if (encoding === 'utf-16' || position.character === 0) return position
  const start = document.offsetAt({ line: position.line, character: 0 })
  const before = document.getText().slice(start, start + position.character)
  return { line: position.line, character: Buffer.byteLength(before, 'utf8') }
}

export function rangeAt(document: TextDocument, start: number, end: number, encoding: PositionEncoding): Range {
  return { start: positionAt(document, start, encoding), end: positionAt(document, end, encoding) }
}

/** The UTF-16 offset of a position. Total: what lies outside of line or text is its end, inside of a character its start. */
export function offsetAt(document: TextDocument, position: Position, encoding: PositionEncoding): number {
  const line = whole(position.line)
  const character = whole(position.character)
  if (line >= document.lineCount) return document.getText().length
  if (encoding === 'utf-16') return document.offsetAt({ line, character })
  const start = document.offsetAt({ line, character: 0 })
  const end = document.offsetAt({ line, character: Number.MAX_SAFE_INTEGER })
  const text = document.getText()
  let bytes = 0
  let at = start
  while (at < end) {
    const code = text.codePointAt(at) ?? 0
    const size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    if (bytes + size > character) break
    bytes += size
    at += code < 0x10000 ? 1 : 2
  }
  return at
}

function whole(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0
}
