import type { SpecDocument, Task } from '../model.ts'
import { listed, top, type LintContext } from './lint-context.ts'
import type { LintIndex } from './lint-index.ts'

/** What the status says, held against what is ticked. */
export function statusRules(context: LintContext): void {
  const done = new Set([
    ...DONE,
    ...context.config.options.doneStatuses.map((word) => word.toUpperCase().replaceAll(/[\s-]+/g, '_')),
  ])
  for (const { spec, tasks } of context.features()) {
    if (!tasks) continue
    const counted = tasks.tasks.filter((t) => t.kind === 'task' && t.box !== null && t.state !== 'dropped')
    for (const document of [spec, tasks]) if (document?.status) feature(context, document, tasks, counted, done)
  }
  for (const document of context.live) {
    known(context, document)
    if (document.kind === 'runbook') ownTasks(context, document, done)
  }
  changes(context)
}

const OPEN = new Set([
  'DRAFT',
  'PROPOSED',
  'PLANNED',
  'READY_FOR_PLANNING',
  'NOT_STARTED',
  'TODO',
  'OPEN',
  'NEW',
  'PENDING',
])
const DONE = [
  'DONE',
  'COMPLETE',
  'COMPLETED',
  'IMPLEMENTED',
  'SHIPPED',
  'RELEASED',
  'MERGED',
  'DELIVERED',
  'DEPLOYED',
  'FINISHED',
  'CLOSED',
  'VERIFIED',
]

function feature(
  context: LintContext,
  document: SpecDocument,
  tasks: SpecDocument,
  counted: readonly Task[],
  done: ReadonlySet<string>,
): void {
  const { status } = document
  if (!status || counted.length === 0) return
  const open = counted.filter((t) => t.state === 'open' && !t.optional)
  if (OPEN.has(status.normal) && counted.every((t) => t.state === 'done'))
    context.report(
      'status-behind',
      status.place,
      `The status says ${status.value}, and all ${counted.length} tasks of ${tasks.path.split('/').at(-1) ?? ''} are ticked.`,
      'Set the status to what is true (Implemented, say), or take away the ticks that are not.',
      { key: status.normal },
    )
  else if (done.has(status.normal) && open.length > 0)
    context.report(
      'status-ahead',
      status.place,
      `The status says ${status.value}, and ${open.length} of ${counted.length} tasks are open (${listed(open.map(nameOf), 3)}).`,
      'Do the tasks that are open, drop them in writing, or set the status back.',
      { key: status.normal },
    )
}

function nameOf(task: Task): string {
  return task.id?.written ?? `line ${task.place.line}`
}

/** A runbook carries its own steps. */
function ownTasks(context: LintContext, document: SpecDocument, done: ReadonlySet<string>): void {
  const { status } = document
  if (!status || !done.has(status.normal)) return
  const steps = document.tasks.filter((t) => (t.kind === 'task' || t.kind === 'done') && t.box !== null && !t.optional)
  const open = steps.filter((t) => t.state === 'open')
  if (open.length === 0) return
  context.report(
    'status-ahead',
    status.place,
    `The status says ${status.value}, and ${open.length} of ${steps.length} steps are open (${listed(open.map(nameOf), 3)}).`,
    'Do the steps that are open and tick them, or set the status back.',
    { key: status.normal },
  )
}

const KNOWN: Readonly<Partial<Record<SpecDocument['kind'], readonly string[]>>> = {
  story: [
    'DRAFT',
    'IN_PROGRESS',
    'COMMITTED',
    'OPEN',
    'ICEBOX',
    'REVIEW_NEEDED',
    'DONE',
    'CLOSED',
    'IMPLEMENTED',
    'RETIRED',
    'SUPERSEDED',
  ],
  runbook: ['PROPOSED', 'ACCEPTED', 'COMMITTED', 'IMPLEMENTED', 'SUPERSEDED', 'DRAFT', 'REVIEW_NEEDED', 'OPEN', 'DONE'],
  'agent-plan': [
    'PROPOSED',
    'APPROVED',
    'COMMITTED',
    'ACCEPTED',
    'DRAFT',
    'IMPLEMENTED',
    'SUPERSEDED',
    'DONE',
    'RETIRED',
  ],
  adr: ['PROPOSED', 'ACCEPTED', 'SUPERSEDED', 'DEPRECATED', 'RETIRED', 'REJECTED', 'COMMITTED', 'DRAFT'],
  exception: ['PROPOSED', 'ACCEPTED', 'SUPERSEDED', 'DEPRECATED', 'RETIRED', 'REJECTED', 'EXPIRED', 'DRAFT'],
}

function known(context: LintContext, document: SpecDocument): void {
  const { status, format, kind } = document
  const words = KNOWN[kind]
  if (format !== 'agent' || !status || !words || words.includes(status.normal)) return
  // `SUPERSEDED BY ADR-012`, `ACCEPTED 2026-01-01`
  if (words.some((word) => new RegExp(`^${word}_(?:BY|ON|IN|AT|\\d{4})`).test(status.normal))) return
  context.report(
    'unknown-status',
    status.place,
    `"${short(status.value)}" is no status of ${kind === 'agent-plan' ? 'a plan' : `a${/^[aeo]/.test(kind) ? 'n' : ''} ${kind}`}: no gate will understand it.`,
    `Write one of ${words.slice(0, 4).join(', ')}.`,
    { key: status.normal },
  )
}

function short(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

const BOUND = /^(?:COMMITTED|DONE|IMPLEMENTED|CLOSED|RETIRED|SUPERSEDED)/

/** A runbook that was accepted while its story is not agreed on. */
export function statusAtEnd(context: LintContext, index: LintIndex): void {
  for (const story of index.stories()) {
    const [written] = story.stories
    if (!written?.isLive || !written.status || story.stories.length !== 1 || BOUND.test(written.status.normal)) continue
    for (const { status } of story.runbooks) {
      if (!status || !/^(?:ACCEPTED|COMMITTED|IMPLEMENTED)/.test(status.normal)) continue
      context.report(
        'runbook-before-story',
        status.place,
        `The runbook is ${status.value}, and its story ${story.id} is ${written.status.value}: what it builds was never agreed on.`,
        `Have ${written.path} committed first, or set the runbook back to PROPOSED.`,
        { key: story.id },
      )
    }
  }
}

function changes(context: LintContext): void {
  for (const change of context.project.changes) {
    const tasks = context.at(change.tasks)
    if (change.archived || !tasks) continue
    const counted = tasks.tasks.filter((t) => t.box !== null && t.state !== 'dropped')
    if (counted.length === 0 || !counted.every((t) => t.state === 'done')) continue
    context.report(
      'change-not-archived',
      top(tasks),
      `All ${counted.length} tasks of ${change.id} are ticked and the change is still open: its capabilities do not say yet what holds.`,
      `Run "openspec archive ${change.id}", or take away the ticks that are not true.`,
      { key: change.id },
    )
  }
}
