import { cleanLine, columnsOf, fit, pad } from './clean-text.ts'
import type { Style } from './style.ts'

export interface Column<T> {
  readonly header: string
  /** Other people's text is fine: every cell is cleaned. */
  readonly value: (row: T) => string | number | null
  readonly style?: (padded: string) => string
  /** Gives way first where the terminal is narrow; it is cut with an ellipsis. */
  readonly flex?: boolean
  /** An id: where it is narrow, cut to what still names it (see `resolveId`). */
  readonly id?: boolean
  readonly right?: boolean
}

const GAP = 2
/** `prp_` and 16 of its 32 characters: a time in milliseconds and 12 random bits. */
export const SHORT_ID = 20
const FLEX_MIN = 8

/** Rows under headers, no wider than `columns` where that can be. `empty` is said where there is no row. */
export function table<T>(
  rows: readonly T[],
  columnsSpec: readonly Column<T>[],
  options: { readonly columns: number; readonly style: Style; readonly empty: string },
): string {
  if (rows.length === 0) return `${options.empty}\n`
  const cells = rows.map((row) => columnsSpec.map((column) => cleanLine(String(column.value(row) ?? '-'))))
  const widths = columnsSpec.map((column, i) =>
    Math.max(columnsOf(column.header), ...cells.map((row) => columnsOf(row[i] ?? ''))),
  )
  shrink(widths, columnsSpec, options.columns)
  const line = (texts: readonly string[], body: boolean) =>
    texts
      .map((text, i) => {
        const column = columnsSpec[i]
        const width = widths[i] ?? 0
        const cut = body && column?.id ? text.slice(0, width) : fit(text, width)
        const fill = ' '.repeat(Math.max(0, width - columnsOf(cut)))
        const last = i === texts.length - 1
        const padded = column?.right ? fill + cut : last ? cut : pad(cut, width)
        return body && column?.style ? column.style(padded) : padded
      })
      .join(' '.repeat(GAP))
      .trimEnd()
  const head = options.style.dim(
    line(
      columnsSpec.map((column) => column.header),
      false,
    ),
  )
  return `${[head, ...cells.map((row) => line(row, true))].join('\n')}\n`
}

/** Narrows ids to their short form, then the widest of what may give way. */
function shrink(widths: number[], columnsSpec: readonly { id?: boolean; flex?: boolean }[], columns: number): void {
  const total = () => widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1)
  for (const [i, column] of columnsSpec.entries()) {
    if (total() > columns && column.id) widths[i] = Math.min(widths[i] ?? 0, SHORT_ID)
  }
  while (total() > columns) {
    const widest = columnsSpec
      .map((column, i) => ({ i, width: column.flex ? (widths[i] ?? 0) : 0 }))
      .reduce((a, b) => (b.width > a.width ? b : a))
    if (widest.width <= FLEX_MIN) return
    widths[widest.i] = widest.width - 1
  }
}

export type Field = readonly [label: string, value: string | number | null, style?: (text: string) => string]

/** Labels and values, one a line, aligned; null values are left out. */
export function fields(rows: readonly Field[], style: Style): string {
  const kept = rows.filter(([, value]) => value !== null)
  const width = Math.max(0, ...kept.map(([label]) => columnsOf(label)))
  return kept
    .map(([label, value, paint]) => {
      const text = cleanLine(String(value))
      return `${style.dim(pad(label, width))}  ${paint ? paint(text) : text}\n`
    })
    .join('')
}

/** A heading and what is under it; nothing where nothing is under it. */
export function section(heading: string, body: string, style: Style): string {
  return body === '' ? '' : `\n${style.bold(heading)}\n${body}`
}

/** `2026-11-21 15:04:05Z` of an RFC 3339 time. */
export function time(text: string | null): string | null {
  return text === null ? null : text.replace('T', ' ').replace(/\.\d+Z$/, 'Z')
}
