import { isDelimiterRow, type Block, type BoxShape } from './blocks.ts'
import { leadingId, prefixKind } from './identifiers.ts'
import { addRequirement, addTask, readHead } from './item-reader.ts'
import { modeOf } from './modes.ts'
import type { Walk } from './walk.ts'

/** Reads a line of a table: the header, the row of dashes, or a row that may define something. */
export function readTable(walk: Walk, block: Block): void {
  const { draft } = walk
  walk.closeItems(block.no)
  const cells = cellsOf(block.text)
  const above = draft.tables.at(-1)
  const delimiter = isDelimiterRow(block.text)
  const row = { cells: cells.map((cell) => cell.text), place: walk.source.at(block.no, 0, block.text.trimEnd().length) }
  if (above && above.place.endLine === block.no - 1) {
    if (!delimiter) above.rows.push(row)
    above.place = { ...above.place, endLine: block.no, endColumn: row.place.endColumn, end: row.place.end }
    if (!delimiter) readRow(walk, block, above, cells)
  } else draft.tables.push({ header: row.cells, rows: [], section: walk.section, place: row.place })
  walk.content(block.no)
  if (draft.kind === 'other') return draft.lost(block.no, 'unknown-kind', 'table')
  draft.line(block.no, walk.prose(), 'table')
}

interface Cell {
  /** Trimmed. */
  readonly text: string
  /** Index of its first character in the line. */
  readonly from: number
}

/** Cells between bars that are not escaped. */
function cellsOf(text: string): Cell[] {
  const end = text.trimEnd().replace(/\|$/, '').length
  const begin = /^\s*\|?/.exec(text)?.[0].length ?? 0
  let at = begin
  return text
    .slice(begin, Math.max(begin, end))
    .split(/(?<!\\)\|/)
    .map((written) => {
      const from = at + written.length - written.trimStart().length
      at += written.length + 1
      return { text: written.trim(), from }
    })
}

const STATUS_HEADER =
  /^(?:status|state|done|complete|progress|\[ ?\]|✓|✅|estado|statut|stand|状态|狀態|ステータス|상태|статус|готово)/i
const TASK_HEADER =
  /^(?:task|description|title|what|tarea|tarefa|tâche|aufgabe|beschreibung|descripción|descrição|任务|任務|描述|タスク|作業|작업|설명|задача|описание)/i
const BOX_CELL = /^\[([ xX~/-]?)\]$/

/** A row that begins with an identifier defines it where the section holds requirements or tasks. */
function readRow(walk: Walk, block: Block, table: { header: readonly string[] }, cells: readonly Cell[]): void {
  const { draft } = walk
  const mode = modeOf(draft.format, draft.kind, walk.keys())
  const spaced: Block = { ...block, text: block.text.replaceAll('|', ' ') }
  const from = cells[0]?.from ?? 0
  if (draft.kind === 'spec' && mode.of === 'requirement') {
    const kind = prefixKind(leadingId(spaced.text, from, walk.prefixes)?.prefix ?? '')
    if (kind === 'requirement' || kind === 'success') {
      addRequirement(walk, spaced, mode.kind, readHead(walk, spaced, from), ['table-row'])
      return walk.closeItems(block.no)
    }
  }
  const at = draft.kind === 'tasks' && mode.of === 'task' ? taskCell(walk, spaced, table.header, cells) : null
  if (at !== null) {
    addTask(walk, { ...spaced, indent: 0, box: boxCell(cells, at) }, 'task', at, ['table-row'])
    return walk.closeItems(block.no)
  }
  walk.scan(block, 0)
}

/** Where the task of a row begins. Beside tasks with checkboxes a table only tells of them. */
function taskCell(walk: Walk, block: Block, header: readonly string[], cells: readonly Cell[]): number | null {
  if (
    walk.hasBoxedTasks ||
    !header.some((cell) => STATUS_HEADER.test(cell)) ||
    !header.some((cell) => TASK_HEADER.test(cell))
  )
    return null
  const held = cells
    .slice(0, 3)
    .find(({ from }) => prefixKind(leadingId(block.text, from, walk.prefixes)?.prefix ?? '') === 'task')
  return held?.from ?? null
}

function boxCell(cells: readonly Cell[], after: number): BoxShape | null {
  for (const { text, from } of cells) {
    const mark = BOX_CELL.exec(text)?.[1]
    if (mark !== undefined)
      return { mark, at: from, from: from + 1, to: from + 1 + mark.length, after, deviations: ['in-table'] }
  }
  return null
}
