import { refuse, ok, type Result } from '../kernel/result.ts'
import type { TextEdit } from './edits.ts'
import { normalId } from './identifiers.ts'
import type { Box, Place, SpecDocument, Task } from './model.ts'

/**
 * What can be written back. Each gives edits for `applyEdits` against the very text that was read; none looks at anything but the document and
 * that text, and none changes more than it says.
 */
export type OperationRefusal =
  | 'box-missing'
  | 'status-missing'
  | 'id-missing'
  | 'id-taken'
  | 'id-invalid'
  | 'section-missing'
  | 'line-invalid'

/** Sets a box's mark: `x`, ` `, `~` ... One character changes; none where it is so already. */
export function markBox(box: Box | null, mark: string): Result<TextEdit[], OperationRefusal> {
  if (!box) return refuse('box-missing', 'the item is written without a checkbox: write "- [ ] " before it')
  if (mark.length !== 1 || /[\]\r\n]/.test(mark))
    return refuse('line-invalid', 'a mark is one character, not a bracket or line end')
  if (box.mark === mark) return ok([])
  return ok([{ start: box.place.start, end: box.place.end, text: mark }])
}

/** Ticks a task. A box that is done already, `[X]` too, stays as it is. */
export function tick(task: Pick<Task, 'box'>): Result<TextEdit[], OperationRefusal> {
  return task.box?.state === 'done' ? ok([]) : markBox(task.box, 'x')
}

/** Takes a task's tick away. */
export function untick(task: Pick<Task, 'box'>): Result<TextEdit[], OperationRefusal> {
  return task.box?.state === 'open' ? ok([]) : markBox(task.box, ' ')
}

/** Replaces the document's status, nothing around it. */
export function setStatus(document: SpecDocument, value: string): Result<TextEdit[], OperationRefusal> {
  const invalid = invalidLine(value)
  if (invalid) return refuse('line-invalid', `status: ${invalid}`)
  if (!document.status)
    return refuse(
      'status-missing',
      `${document.path}: no status is written; add a line "**Status**: ${value}" below the title`,
    )
  return ok(document.status.value === value ? [] : [replace(document.status.place, value)])
}

/** Gives an item without an identifier one, right before its words. `before`: the text read, `format`: how it is written. */
export function addTaskId(
  document: SpecDocument,
  text: string,
  task: Task,
  id: string,
): Result<TextEdit[], OperationRefusal> {
  if (task.id) return refuse('id-taken', `line ${task.place.line}: the task has the id ${task.id.written} already`)
  const refused = checkId(document, id)
  if (refused) return refused
  const at = task.box ? afterBox(text, task.box) : afterBullet(text, task.place)
  return ok([{ start: at, end: at, text: `${id} ` }])
}

/** `- **FR-001**: text`, where a requirement has no identifier. */
export function addRequirementId(
  document: SpecDocument,
  text: string,
  index: number,
  id: string,
): Result<TextEdit[], OperationRefusal> {
  const item = document.requirements[index]
  if (!item) return refuse('id-missing', `${document.path} has no requirement ${index}`)
  if (item.id)
    return refuse('id-taken', `line ${item.place.line}: the requirement has the id ${item.id.written} already`)
  const refused = checkId(document, id)
  if (refused) return refused
  const at = item.box ? afterBox(text, item.box) : afterBullet(text, item.place)
  return ok([{ start: at, end: at, text: `**${id}**: ` }])
}

/**
 * Renames an identifier where it is defined and wherever the document mentions it by itself. Ranges (`T001-T005`) that hold it are left as they
 * are and named in the refusal, for a person to decide.
 */
export function renameId(document: SpecDocument, from: string, to: string): Result<TextEdit[], OperationRefusal> {
  const old = normalId(from)
  const refused = checkId(document, to)
  if (refused) return refused
  const places = new Map<number, Place>()
  const items = [...document.tasks, ...document.requirements, ...document.criteria, ...document.scenarios]
  for (const { id } of items) if (id?.id === old) places.set(id.place.start, id.place)
  for (const reference of document.references) {
    if (reference.id !== old) continue
    if (normalId(reference.written) !== old) {
      if (/\d\D+\d/.test(reference.written) && !reference.written.includes('/'))
        return refuse(
          'id-taken',
          `line ${reference.place.line}: "${reference.written}" is a range that holds ${old}: write the range out first`,
        )
      continue
    }
    places.set(reference.place.start, reference.place)
  }
  if (places.size === 0) return refuse('id-missing', `${document.path} names no ${from}`)
  return ok([...places.values()].map((place) => replace(place, to)))
}

/** Adds lines at the end of a section, behind its last line that is not blank, with the file's own line ends. */
export function addLines(
  document: SpecDocument,
  text: string,
  section: number,
  lines: readonly string[],
): Result<TextEdit[], OperationRefusal> {
  const target = document.sections[section]
  if (!target) return refuse('section-missing', `${document.path} has no section ${section}`)
  const invalid = lines.map(invalidLine).find((found) => found !== null)
  if (invalid) return refuse('line-invalid', invalid)
  let last = ownEnd(document, section)
  while (last > target.place.line && isFiller(document, last)) last -= 1
  return ok([insertBehind(document, text, last, lines, last === target.place.line)])
}

/** Adds a section with a heading and lines behind everything that the file holds. */
export function addSection(
  document: SpecDocument,
  text: string,
  level: number,
  title: string,
  lines: readonly string[],
): Result<TextEdit[], OperationRefusal> {
  const all = [
    `${'#'.repeat(Math.min(6, Math.max(1, Math.trunc(level))))} ${title}`,
    ...(lines.length > 0 ? ['', ...lines] : []),
  ]
  const invalid = all.map(invalidLine).find((found) => found !== null)
  if (invalid) return refuse('line-invalid', invalid)
  return ok([insertBehind(document, text, document.lines.length, all, true)])
}

/** The last line before the section's first sub-section. */
function ownEnd(document: SpecDocument, section: number): number {
  const target = document.sections[section]
  const child = document.sections.find((s) => s.parent === section)
  return child ? child.place.line - 1 : (target?.lastLine ?? document.lines.length)
}

function isFiller(document: SpecDocument, line: number): boolean {
  const role = document.lines[line - 1]?.role
  return role === 'blank' || role === 'separator'
}

function insertBehind(
  document: SpecDocument,
  text: string,
  line: number,
  lines: readonly string[],
  apart: boolean,
): TextEdit {
  const end = lineEnd(text)
  const offset = line === 0 ? (text.charCodeAt(0) === 0xfeff ? 1 : 0) : offsetBehind(text, line)
  const closed = line === 0 || offset < text.length || /[\r\n]$/.test(text)
  const blank = apart && document.lines.length > 0 && document.lines[line - 1]?.role !== 'blank' ? end : ''
  const body = lines.join(end)
  // Behind a line without an end the insertion begins with one; the file still ends as it did.
  return closed
    ? { start: offset, end: offset, text: `${blank}${body}${end}` }
    : { start: offset, end: offset, text: `${end}${blank}${body}` }
}

/** The offset behind a line and its end. */
function offsetBehind(text: string, line: number): number {
  let at = 0
  for (let no = 0; no < line && at < text.length; no += 1) {
    while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at += 1
    if (text[at] === '\r' && text[at + 1] === '\n') at += 2
    else if (at < text.length) at += 1
  }
  return at
}

/** The line end that the file uses most; a newline where it has none. */
export function lineEnd(text: string): string {
  const crlf = text.split('\r\n').length - 1
  const lf = text.split('\n').length - 1 - crlf
  const cr = text.split('\r').length - 1 - crlf
  if (crlf > lf && crlf >= cr) return '\r\n'
  return cr > lf ? '\r' : '\n'
}

function replace(place: Place, text: string): TextEdit {
  return { start: place.start, end: place.end, text }
}

function afterBox(text: string, box: Box): number {
  let at = box.place.end + 1
  while (text[at] === ' ' || text[at] === '\t') at += 1
  return at
}

function afterBullet(text: string, place: Place): number {
  const match = /^(?:[-*+•]|\d{1,9}[.)])[ \t]*/.exec(text.slice(place.start, place.start + 40))
  return place.start + (match?.[0].length ?? 0)
}

function checkId(document: SpecDocument, id: string): { ok: false; code: OperationRefusal; detail: string } | null {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,60}[A-Za-z0-9])?$/.test(id) || !/\d/.test(id))
    return refuse(
      'id-invalid',
      `"${id}" is no identifier: letters, digits, dots and dashes with a number, such as T012 or FR-003`,
    )
  const taken = [...document.tasks, ...document.requirements, ...document.criteria].find(
    (item) => item.id?.id === normalId(id),
  )
  return taken ? refuse('id-taken', `line ${taken.place.line}: ${id} is taken in ${document.path}`) : null
}

function invalidLine(line: string): string | null {
  if (/[\r\n]/.test(line)) return 'a line may hold no line end'
  return line.isWellFormed() && !line.includes('\u0000') ? null : 'a line must be text'
}
