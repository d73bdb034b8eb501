import type { TextEdit } from '../edits.ts'
import type { SpecDocument, Task } from '../model.ts'
import { addTaskId } from '../operations.ts'
import { firstLine, type LintContext } from './lint-context.ts'

/** spec-kit's own grammar of tasks: `- [ ] T001 [P] [US1] words with a path`. */
export function taskRules(context: LintContext): void {
  for (const { feature, tasks } of context.features()) {
    if (!tasks || feature.format !== 'spec-kit') continue
    labels(context, tasks)
    ids(context, tasks)
    format(context, tasks)
    files(context, tasks)
  }
}

/** `User Stories 1-3`, `US1/US2`, `User Story 1 & 2`; the words behind `User Story 1 - ` may begin with a number. */
const SEVERAL_STORIES =
  /\buser stories\b|\bUS\d+\s*[-–+&,/]\s*(?:US)?\d|\buser story #?\d+(?:\s*(?:[+&,/]|and\b)\s*|[-–])(?:US)?#?\d/i

/** `US2` of a phase's heading; null where the phase belongs to no story, undefined where it cannot be told. */
function storyOf(tasks: SpecDocument, task: Task): string | null | undefined {
  const phase = tasks.sections[task.phase]
  if (!phase) return undefined
  const found = /\buser stor(?:y|ies)\s*#?(\d{1,3})|\bUS-?(\d{1,3})\b/gi
  const numbers = [...phase.title.matchAll(found)].map((m) => Number(m[1] ?? m[2]))
  if (numbers.length > 1 || SEVERAL_STORIES.test(phase.title)) return undefined
  const [number] = numbers
  if (number !== undefined) return `US${number}`
  return /\b(?:setup|foundation(?:al)?|polish|cross[- ]cutting|infrastructure)\b/i.test(phase.title) ? null : undefined
}

function labels(context: LintContext, tasks: SpecDocument): void {
  const counted = tasks.tasks.filter((t) => t.kind === 'task' && t.id !== null && t.parent === null)
  const labelled = counted.filter((t) => t.story !== null).length
  // A project that does without labels is asked for none.
  if (labelled === 0 || labelled * 3 < counted.filter((t) => typeof storyOf(tasks, t) === 'string').length) return
  const text = context.textOf(tasks)
  for (const task of counted) {
    const story = storyOf(tasks, task)
    if (story === undefined) continue
    const name = task.id?.written ?? 'The task'
    const key = { key: task.id?.id ?? '' }
    const place = firstLine(task.place, text)
    if (story === null) {
      // `[US0]` is how some write that a task serves all stories.
      if (task.story !== null && task.story.id !== 'US0')
        context.report(
          'story-label-misplaced',
          place,
          `${name} carries [${task.story.written}] in "${tasks.sections[task.phase]?.title ?? ''}", which serves all stories.`,
          `Move it to the phase of ${task.story.written}, or take the label away.`,
          key,
        )
    } else if (task.story === null) {
      const at = behindHead(text, task)
      context.report(
        'story-label-missing',
        place,
        `${name} stands in the phase of ${story} and lacks [${story}]: it is not counted for the story.`,
        `Write [${story}] before its words.`,
        { ...key, edits: at === null ? null : [{ start: at, end: at, text: `[${story}] ` }] },
      )
    } else if (task.story.id !== story)
      context.report(
        'story-label-misplaced',
        place,
        `${name} carries [${task.story.written}] in the phase of ${story}: one of the two is wrong.`,
        `Move it to the phase of ${task.story.written}, or write [${story}].`,
        key,
      )
  }
}

/** Where the words of a strictly written task begin: behind id and [P]. */
function behindHead(text: string, task: Task): number | null {
  if (!task.id || !task.box) return null
  const rest = /^(?:[ \t]+\[P\])?[ \t]+/.exec(text.slice(task.id.place.end, task.id.place.end + 40))
  return rest ? task.id.place.end + rest[0].length : null
}

function ids(context: LintContext, tasks: SpecDocument): void {
  const counted = tasks.tasks.filter((t) => t.kind === 'task' && t.box !== null)
  const numbers = counted.map((t) => /^T(\d{3,4})$/.exec(t.id?.id ?? '')?.[1]).filter((n) => n !== undefined)
  if (numbers.length === 0 || numbers.length * 2 < counted.length) return
  let next = Math.max(...numbers.map(Number))
  const text = context.textOf(tasks)
  // A list without any id under a heading of its own is a list of checks.
  const phases = new Set(counted.flatMap((t) => (t.id === null ? [] : [t.phase])))
  for (const task of counted) {
    if (!phases.has(task.phase)) continue
    // A part of a task goes by its parent's id.
    if (task.id !== null || task.parent !== null || task.indent > 0 || /^[*`[]*T\d|^~~/.test(task.text)) continue
    if (task.state !== 'open' && task.state !== 'done') continue
    next += 1
    const id = `T${String(next).padStart(3, '0')}`
    const made = addTaskId(tasks, text, task, id)
    context.report(
      'task-without-id',
      firstLine(task.place, text),
      'The task has no id: nothing can depend on it, and no commit can name it.',
      `Give it the next free one, ${id}.`,
      { edits: made.ok ? made.value : null },
    )
  }
}

const HEAD =
  /^([ \t]*[-*+][ \t]+\[[ xX]\])[ \t]+((?:(?:[*_]{2}|`)?\[?T\d{3,4}\]?(?:[*_]{2}|`)?:?(?:[*_]{2})?|\[[Pp]\]|\[US\d{1,3}\])(?:[ \t]+|$|(?=\[(?:[Pp]|US\d{1,3})\]))){1,3}/

/** Id in bold, tags before the id, tags in the other order: read alike, and one safe edit away from the grammar. */
function format(context: LintContext, tasks: SpecDocument): void {
  const text = context.textOf(tasks)
  const wrong = tasks.tasks.flatMap((task) => {
    const edit = task.kind === 'task' ? headEdit(text, task) : null
    return edit === null ? [] : [{ task, edit }]
  })
  for (const { task, edit } of wrong)
    context.report(
      'task-format',
      firstLine(task.place, text),
      `${task.id?.written ?? 'The task'} is not written as spec-kit's own commands read it: "- [ ] T001 [P] [US1] ...".`,
      `Write "${edit.text.trim()}" before its words.`,
      { edits: [edit], key: task.id?.id ?? '' },
    )
}

function headEdit(text: string, task: Task): TextEdit | null {
  const id = task.id
  if (!id || !/^T\d{3,4}$/.test(id.written) || task.box === null) return null
  const lineStart = task.box.place.start - (task.box.place.column - 1)
  const line = text.slice(lineStart, lineStart + 400).split(/[\r\n]/)[0] ?? ''
  const head = HEAD.exec(line)
  if (!head || lineStart + head[0].length < id.place.end) return null
  const from = lineStart + (head[1]?.length ?? 0)
  const written = line.slice(head[1]?.length ?? 0, head[0].length)
  // A tag that stands elsewhere, or in another form, would be written a second time.
  const count = (tag: RegExp) => written.match(tag)?.length ?? 0
  if (count(/\[P\]/gi) !== (task.parallel ? 1 : 0) || count(/\[US\d/g) !== (task.story ? 1 : 0))
    return bareId(written, from, id.written)
  const own = ` ${id.written}${task.parallel ? ' [P]' : ''}${task.story ? ` [${task.story.written.toUpperCase()}]` : ''} `
  // Other blanks between the parts are no departure.
  if (written.replaceAll(/\s+/g, ' ').replaceAll('][', '] [') === own || head[0].length >= line.trimEnd().length)
    return null
  return { start: from, end: lineStart + head[0].length, text: own }
}

/** The identifier alone, where the tags behind it must stay as they are. */
function bareId(written: string, from: number, id: string): TextEdit | null {
  const decorated = /^[ \t]+((?:[*_]{2}|`|\[)T\d{3,4}(?:[*_]{2}|`|\])(?::[*_]{0,2})?)/.exec(written)
  if (!decorated) return null
  const at = from + decorated[0].length - (decorated[1]?.length ?? 0)
  return { start: at, end: from + decorated[0].length, text: id }
}

const WRITES =
  /^(?:add|build|change|code|create|define|extend|extract|fix|generate|implement|introduce|modify|port|refactor|remove|rename|replace|rewrite|scaffold|split|update|wire|write)\b/i
/** What such a task makes that is no file of the project, or is everywhere. */
const NOT_A_FILE =
  /\b(?:folders?|director(?:y|ies)|branch|release|issue|ticket|project|repository|repo|package|dependenc(?:y|ies)|tag|account|secrets?|documentation|docs|readme|changelog|screenshots?|labels?|checklist|pr|pull request|throughout|across|all (?:files|usages|call ?sites|callers|tests)|every)\b/i

/** `Write section "History"`, `Write the installation steps`: prose, whatever file it comes to stand in. */
const PROSE =
  /^(?:write|add|create)\b.{0,80}\b(?:chapters?|steps|instructions|tutorials?|glossary|lessons?|articles?)\b|^write\b(?!.{0,60}\btests?\b).{0,60}\b(?:sections?|guides?|overview|introduction|exercises?)\b/i
/** `... to SessionService`: a class says where as well as a path does. */
const IN_A_CLASS = /\b(?:in|to|into|of|from) (?:the )?[A-Z][a-z\d]+(?:[A-Z][a-z\d]*)+\b/

function files(context: LintContext, tasks: SpecDocument): void {
  const counted = tasks.tasks
    .map((task, index) => ({ task, index }))
    .filter(({ task }) => task.kind === 'task' && task.id !== null && typeof storyOf(tasks, task) === 'string')
  if (counted.length === 0) return
  const withFile = new Set(tasks.files.flatMap((f) => (f.from.kind === 'task' ? [f.from.index] : [])))
  for (const [i, task] of tasks.tasks.entries()) if (withFile.has(i) && task.parent !== null) withFile.add(task.parent)
  // A project that names no files in its tasks has another way; one that does has forgotten these.
  if (![...withFile].some((i) => tasks.tasks[i]?.kind === 'task')) return
  const text = context.textOf(tasks)
  for (const { task, index } of counted) {
    if (withFile.has(index) || (task.parent !== null && withFile.has(task.parent))) continue
    const words = task.text.replaceAll(/\*\*|__/g, '').trim()
    if (PROSE.test(words) || IN_A_CLASS.test(words)) continue
    if (!WRITES.test(words) || NOT_A_FILE.test(words) || /[\w-]+\/[\w-]|\.[a-z]{1,5}\b|`[^`]*`/.test(words)) continue
    context.report(
      'task-without-file',
      firstLine(task.place, text),
      `${task.id?.written ?? 'The task'} writes code and names no file: whoever does it must guess, and nobody can check it.`,
      'Name the path of the file it writes.',
      { key: task.id?.id ?? '' },
    )
  }
}
