import { createHash } from 'node:crypto'
import { modelValue } from './model-text.ts'
import { ToolRefusal } from './tool-refusal.ts'

export const DEFAULT_LIMIT = 50
export const MAX_LIMIT = 500
/** Most characters of JSON on a page: what a model can hold beside its work. */
export const MAX_PAGE = 40_000

export interface PageWish {
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

export interface Page<T> {
  readonly items: readonly T[]
  /** How many of the matching items come after this page. */
  readonly left_out: number
  /** Gives the next page; null on the last. */
  readonly next_cursor: string | null
  /** What was shortened inside of items. */
  readonly cut: readonly string[]
}

/**
 * One page of a list, in items and in characters. The cursor knows the question (everything that was asked but cursor and limit) and the list it was
 * cut from: with another question, or after a change, it is refused rather than giving a list with holes.
 */
export function pageOf<T>(
  name: string,
  items: readonly T[],
  question: unknown,
  { limit = DEFAULT_LIMIT, cursor }: PageWish,
): Page<T> {
  const asked = digest(question)
  const state = digest(items)
  const start = cursor === undefined ? 0 : startOf(cursor, asked, state, items.length)
  const taken: T[] = []
  const cut: string[] = []
  let size = 0
  for (const item of items.slice(start, start + limit)) {
    const notes: string[] = []
    const own = modelValue(item, (note) => void notes.push(note), `${name}[${taken.length}]`) as T
    size += JSON.stringify(own).length
    if (size > MAX_PAGE && taken.length > 0) break
    taken.push(own)
    cut.push(...notes)
  }
  const next = start + taken.length
  return {
    items: taken,
    left_out: items.length - next,
    next_cursor: next < items.length ? cursorOf(asked, state, next) : null,
    cut: cut.length > 20 ? [...cut.slice(0, 20), `${cut.length - 20} more`] : cut,
  }
}

/** Says in the text of a result how many are left, and how to get them. */
export function moreText(page: Omit<Page<unknown>, 'items'>, what: string, filters: string): string[] {
  const said: string[] = []
  if (page.next_cursor !== null)
    said.push(
      `${page.left_out} more ${what} are left out. For the next page give the same arguments and cursor "${page.next_cursor}"; or ask for less with ${filters}.`,
    )
  if (page.cut.length > 0) said.push(`Long entries were shortened: ${page.cut.slice(0, 5).join('; ')}.`)
  return said
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)
}

function cursorOf(asked: string, state: string, start: number): string {
  return Buffer.from(`1.${asked}.${state}.${start}`).toString('base64url')
}

function startOf(cursor: string, asked: string, state: string, length: number): number {
  const [, question, list, number] =
    /^1\.([0-9a-f]{16})\.([0-9a-f]{16})\.(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? []
  const start = Number(number)
  if (question === undefined)
    throw new ToolRefusal(
      'cursor-invalid',
      'cursor: it is none of ours. Give next_cursor of the page before, or leave it out',
    )
  if (question !== asked)
    throw new ToolRefusal(
      'cursor-invalid',
      'cursor: it belongs to other arguments. Give the same arguments as for the first page, or leave the cursor out',
    )
  if (list !== state || start > length)
    throw new ToolRefusal(
      'cursor-stale',
      'cursor: what it counts has changed since the first page. Leave the cursor out to begin again',
    )
  return start
}
