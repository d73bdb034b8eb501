import { basename } from 'node:path'
import type { Definition } from '@gatehouse/core/specs/project-model'
import type { SpecDocument, Task } from '@gatehouse/core/specs/model'
import type { Hover, Position } from 'vscode-languageserver/node'
import { findAt } from './navigation.ts'
import { rangeAt } from './position-encoding.ts'
import type { SpecIndex } from './spec-index.ts'
import type { Workspace } from './workspace.ts'

const MOST_TASKS = 30
const MOST_DEFINITIONS = 5
const MOST_LETTERS = 2_000

const KINDS: Readonly<Partial<Record<Definition['kind'], string>>> = {
  requirement: 'Requirement',
  task: 'Task',
  story: 'User story',
  scenario: 'Scenario',
  criterion: 'Acceptance criterion',
  principle: 'Principle',
  document: 'Document',
}

/** What is written under an identifier, where it lies, and its tasks with their ticks. */
export function hoverAt(workspace: Workspace, uri: string, position: Position, markdown: boolean): Hover | null {
  const found = findAt(workspace, uri, position)
  if (!found) return null
  const { index, mention, document } = found
  const shown = mention.to.slice(0, MOST_DEFINITIONS).map((definition) => about(index, definition, markdown))
  const more = mention.to.length - shown.length
  if (more > 0) shown.push(`and ${more} more of this name`)
  return {
    contents: { kind: markdown ? 'markdown' : 'plaintext', value: shown.join(markdown ? '\n\n---\n\n' : '\n\n') },
    range: rangeAt(document, mention.start, mention.end, workspace.encoding),
  }
}

function about(index: SpecIndex, definition: Definition, markdown: boolean): string {
  const document = index.documentOf(definition)
  const strong = (text: string) => (markdown ? `**${text}**` : text)
  const { path, line } = definition.place
  const head = [titleOf(document, definition), KINDS[definition.kind], `${path}:${line}`]
  const parts = [`${strong(head[0] ?? '')} · ${head.slice(1).filter(Boolean).join(' · ')}`]
  const words = wordsOf(document, definition)
  if (words !== '') parts.push(words.length > MOST_LETTERS ? `${words.slice(0, MOST_LETTERS)} …` : words)
  const steps = stepsOf(document, definition)
  if (steps.length > 0) parts.push(steps.map((step) => `- ${step}`).join('\n'))
  const tasks = tasksOf(index, definition)
  if (tasks.length > 0) {
    const done = tasks.filter(({ task }) => task.state === 'done').length
    const lines = tasks
      .slice(0, MOST_TASKS)
      .map(({ task }) => `- [${task.state === 'done' ? 'x' : (task.box?.mark ?? ' ')}] ${oneLine(task)}`)
    const rest = tasks.length - lines.length
    if (rest > 0) lines.push(`- and ${rest} more`)
    parts.push(`${strong(`Tasks: ${done} of ${tasks.length} ticked`)}\n\n${lines.join('\n')}`)
  } else if (definition.kind === 'requirement' || definition.kind === 'story') parts.push('No task names it.')
  return parts.join('\n\n')
}

function titleOf(document: SpecDocument | null, { id, kind, index }: Definition): string {
  // OpenSpec's requirements are known by their names: compared, those are in lower case.
  if (kind === 'requirement')
    return document?.requirements[index]?.id?.written ?? document?.requirements[index]?.title ?? id
  return id
}

function wordsOf(document: SpecDocument | null, { kind, index }: Definition): string {
  if (!document) return ''
  if (kind === 'requirement') return document.requirements[index]?.text ?? ''
  if (kind === 'task') {
    const task = document.tasks[index]
    return task ? `${stateOf(task)}\n\n${task.text}` : ''
  }
  if (kind === 'story')
    return [document.stories[index]?.title, document.stories[index]?.text].filter(Boolean).join('\n\n')
  if (kind === 'scenario') return document.scenarios[index]?.text ?? ''
  if (kind === 'criterion') return document.criteria[index]?.text ?? ''
  if (kind === 'principle') return document.principles[index]?.title ?? ''
  const status = document.status ? `Status: ${document.status.value}` : ''
  return [document.title === '' ? basename(document.path) : document.title, status].filter(Boolean).join('\n\n')
}

function stateOf({ state, box }: Task): string {
  if (!box) return 'without a checkbox'
  if (state === 'unknown') return `marked "${box.mark}"`
  return { open: 'open', done: 'ticked', partial: 'begun', dropped: 'dropped' }[state]
}

/** Titles of a requirement's scenarios. */
function stepsOf(document: SpecDocument | null, { kind, index }: Definition): string[] {
  if (kind !== 'requirement') return []
  return (document?.requirements[index]?.scenarios ?? []).flatMap((i) => document?.scenarios[i]?.title || [])
}

/** Tasks that name a definition, in the order of the project. */
export function tasksOf(index: SpecIndex, definition: Definition): { readonly path: string; readonly task: Task }[] {
  if (definition.kind === 'task') return []
  const seen = new Set<Task>()
  return index.mentionsOf(definition).flatMap(({ path, from }) => {
    const document = from.kind === 'task' ? index.document(path) : null
    const task = document?.tasks[from.index]
    if (!task || task.kind === 'check' || seen.has(task)) return []
    seen.add(task)
    return [{ path, task }]
  })
}

function oneLine(task: Task): string {
  const [words = ''] = task.text.split('\n', 1)
  return `${task.id === null ? '' : `${task.id.written} `}${words.length > 200 ? `${words.slice(0, 200)} …` : words}`
}
