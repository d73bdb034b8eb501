import { jsonText } from '../../clean-text.ts'

/** A list in a document that is written item by item, and may be gone through more than once. */
export class StreamedList {
  readonly items: Iterable<unknown>

  constructor(items: Iterable<unknown>) {
    this.items = items
  }
}

/** Pieces are handed on when so many letters are together. */
const PIECE = 32 * 1024

/** Collects text and hands it on in larger pieces. */
export class PieceWriter {
  readonly #emit: (piece: string) => void
  #parts: string[] = []
  #letters = 0

  constructor(emit: (piece: string) => void) {
    this.#emit = emit
  }

  write(text: string): void {
    this.#parts.push(text)
    this.#letters += text.length
    if (this.#letters >= PIECE) this.flush()
  }

  flush(): void {
    if (this.#letters > 0) this.#emit(this.#parts.join(''))
    this.#parts = []
    this.#letters = 0
  }
}

/** Writes what `jsonText(document, 2)` would give, with lists of `StreamedList` item by item. A streamed list may stand in objects and plain lists. */
export function writeJson(document: unknown, write: (text: string) => void, indent = ''): void {
  if (document instanceof StreamedList) return writeItems(document.items, '[', ']', write, indent, (item) => item)
  if (!holdsList(document)) return write(indented(document, indent))
  if (Array.isArray(document)) return writeItems(document, '[', ']', write, indent, (item: unknown) => item)
  const entries = Object.entries(document as object).filter(([, value]) => value !== undefined)
  writeItems(
    entries,
    '{',
    '}',
    (text) => write(text),
    indent,
    ([, value]) => value,
    ([key]) => `${jsonText(key)}: `,
  )
}

function writeItems<T>(
  items: Iterable<T>,
  open: string,
  close: string,
  write: (text: string) => void,
  indent: string,
  valueOf: (item: T) => unknown,
  before: (item: T) => string = () => '',
): void {
  const inner = `${indent}  `
  let isEmpty = true
  write(open)
  for (const item of items) {
    write(`${isEmpty ? '' : ','}\n${inner}${before(item)}`)
    isEmpty = false
    writeJson(valueOf(item), write, inner)
  }
  write(isEmpty ? close : `\n${indent}${close}`)
}

function holdsList(value: unknown): boolean {
  if (value instanceof StreamedList) return true
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsList)
}

function indented(value: unknown, indent: string): string {
  return jsonText(value, 2).replaceAll('\n', `\n${indent}`)
}
