import { spannedIds } from '../identifiers.ts'
import type { Requirement, SpecDocument, Task } from '../model.ts'
import { firstLine, top, type LintContext } from './lint-context.ts'

/** From requirement to task and back, where the project writes such references at all. */
export function traceRules(context: LintContext): void {
  for (const { feature, spec, tasks } of context.features()) {
    if (!spec || !tasks || tasks.tasks.length === 0) continue
    if (feature.format === 'kiro') kiro(context, spec, tasks)
    else {
      requirements(context, spec, tasks)
      stories(context, spec, tasks)
    }
    backwards(context, tasks)
  }
}

/** Everything a task file names, in whatever place: a coverage table counts as well. */
function named(tasks: SpecDocument): Set<string> {
  // `FR-001-005` may be a range: then all of it is named.
  return new Set(tasks.references.flatMap(({ id }) => [id, ...spannedIds(id)].map(unpadded)))
}

function unpadded(id: string): string {
  return id.replaceAll(/(?<!\d)0+(?=\d)/g, '')
}

function binding(requirement: Requirement): boolean {
  return (
    requirement.kind === 'functional' &&
    requirement.id !== null &&
    !requirement.withdrawn &&
    requirement.modal !== 'MAY' &&
    requirement.modal !== 'MUST NOT' &&
    requirement.modal !== 'SHALL NOT' &&
    requirement.modal !== 'SHOULD NOT'
  )
}

function requirements(context: LintContext, spec: SpecDocument, tasks: SpecDocument): void {
  const wanted = spec.requirements.filter(binding)
  if (wanted.length === 0) return
  const names = named(tasks)
  const labelled = new Set(tasks.tasks.flatMap((t) => (t.story ? [unpadded(t.story.id)] : [])))
  const isNamed = (r: Requirement) => {
    if (r.id !== null && names.has(unpadded(r.id.id))) return true
    const story = r.story === null ? undefined : spec.stories[r.story]
    return story?.id !== null && story !== undefined && labelled.has(unpadded(story.id))
  }
  const missing = wanted.filter((r) => !isNamed(r))
  if (missing.length === 0) return
  const held = wanted.length - missing.length
  // A file that hardly names requirements covers them without saying so: that is one thing to say, not twenty.
  if (held * 5 < wanted.length * 3 && !(held > 0 && wanted.length <= 4)) {
    context.report(
      'requirements-untraced',
      top(tasks),
      held === 0
        ? `The tasks name ${wanted.length === 1 ? 'not the one requirement' : `none of the ${wanted.length} requirements`}: nobody can see which task fulfils what.`
        : `The tasks name ${held} of ${wanted.length} requirements: for the others nobody can see which task fulfils them.`,
      `Name them in the tasks ("... per ${wanted[0]?.id?.written ?? 'FR-001'}"), or add a coverage table to tasks.md.`,
      { key: 'untraced' },
    )
    return
  }
  for (const requirement of missing)
    context.report(
      'requirement-without-task',
      firstLine(requirement.place, context.textOf(spec)),
      `No task names ${requirement.id?.written ?? ''}, and ${held} of ${wanted.length} requirements are named: it is likely to be forgotten.`,
      `Add a task for it to ${tasks.path}, or name ${requirement.id?.written ?? 'it'} in the task that fulfils it.`,
      { key: requirement.id?.id ?? '' },
    )
}

function stories(context: LintContext, spec: SpecDocument, tasks: SpecDocument): void {
  const labelled = new Set(tasks.tasks.flatMap((t) => (t.story ? [unpadded(t.story.id)] : [])))
  if (labelled.size === 0) return
  const names = named(tasks)
  for (const story of spec.stories) {
    if (story.id === null || labelled.has(unpadded(story.id))) continue
    // The file speaks of it elsewhere: done with another, or put off.
    if (names.has(unpadded(story.id))) continue
    context.report(
      'story-without-task',
      firstLine(story.place, context.textOf(spec)),
      `No task is labelled [${story.id}]: the story would be left out.`,
      `Add its tasks to ${tasks.path}, each with [${story.id}].`,
      { key: story.id },
    )
  }
}

/** Kiro's tasks end with `_Requirements: 1.1, 2.3_`, which name acceptance criteria. */
function kiro(context: LintContext, spec: SpecDocument, tasks: SpecDocument): void {
  const names = new Set(tasks.references.filter((r) => r.relation === 'covers').map((r) => r.id))
  if (names.size === 0) return
  const wanted = spec.requirements.filter((r) => r.id !== null && !r.withdrawn)
  for (const requirement of wanted) {
    const id = requirement.id?.id ?? ''
    if (names.has(id) || [...names].some((name) => name.startsWith(`${id}.`))) continue
    context.report(
      'requirement-without-task',
      firstLine(requirement.place, context.textOf(spec)),
      `No task names requirement ${requirement.id?.written ?? ''}: it is likely to be forgotten.`,
      `Add a task with "_Requirements: ${requirement.id?.written ?? ''}_" to ${tasks.path}.`,
      { key: id },
    )
  }
}

/** Where nearly all tasks of a file name a requirement, one that does not stands out. */
function backwards(context: LintContext, tasks: SpecDocument): void {
  const parents = new Set(tasks.tasks.map((t) => t.parent))
  const covering = new Set(
    tasks.references.flatMap((r) =>
      r.from.kind === 'task' &&
      (r.kind === 'requirement' || r.kind === 'success' || r.kind === 'scenario' || r.kind === 'story')
        ? [r.from.index]
        : [],
    ),
  )
  const kiroFile = tasks.format === 'kiro'
  const leaves = tasks.tasks
    .map((task, index) => ({ task, index }))
    .filter(({ task, index }) => task.kind === 'task' && !parents.has(index) && isProductWork(tasks, task, kiroFile))
  if (leaves.length < 4) return
  const without = leaves.filter(({ task, index }) => !covers(tasks, task, index, covering))
  if (without.length === 0 || without.length * 5 > leaves.length) return
  const text = context.textOf(tasks)
  for (const { task } of without)
    context.report(
      'task-without-requirement',
      firstLine(task.place, text),
      `${task.id?.written ?? 'This task'} names no requirement, and ${leaves.length - without.length} of ${leaves.length} tasks of its kind do: either it is not asked for, or the trace is broken.`,
      kiroFile ? 'Add "_Requirements: ..._" below it.' : 'Name the requirement it fulfils, or take the task out.',
      task.id ? { key: task.id.id } : {},
    )
}

function covers(tasks: SpecDocument, task: Task, index: number, covering: ReadonlySet<number>): boolean {
  if (covering.has(index) || task.story !== null) return true
  return task.parent !== null && (covering.has(task.parent) || tasks.tasks[task.parent]?.story !== null)
}

/** Setup, polish, reviews and runs of the tests serve all requirements and name none. */
function isProductWork(tasks: SpecDocument, task: Task, kiroFile: boolean): boolean {
  if (
    /^(?:checkpoint|run|verify|validate|review|confirm|ensure|manual|commit|update (?:the )?(?:docs|documentation|changelog|readme))\b/i.test(
      task.text,
    )
  )
    return false
  if (kiroFile) return !task.optional
  // In the phase of a story the missing label is what is said.
  const title = tasks.sections[task.phase]?.title ?? ''
  return !/\b(?:setup|foundation\w*|polish|cross[- ]cutting|infrastructure|verif\w*|validation|testing|documentation|docs|release|cleanup|user story|US\d+)\b/i.test(
    title,
  )
}
