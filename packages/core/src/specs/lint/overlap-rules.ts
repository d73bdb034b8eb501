import type { FileReference, Place, SpecDocument } from '../model.ts'
import { listed, type LintContext } from './lint-context.ts'
import { deltaKey, touchKey, type LintIndex, type Touch } from './lint-index.ts'
import type { Pile } from './records.ts'

/** Which files and symbols each piece of open work names. */
export function overlapRules(context: LintContext, index: LintIndex): void {
  for (const change of context.project.changes) {
    if (change.archived) continue
    const documents = live(context, [change.tasks, change.proposal, change.design])
    if (!isFinished(documents)) addTouches(index.changes, change.id, change.root, documents)
  }
  for (const { feature, tasks } of context.features())
    if (tasks !== null && isUnderWay(tasks)) addTouches(index.features, feature.slug, feature.root, [tasks])
}

export function overlapsAtEnd(context: LintContext, index: LintIndex): void {
  requirements(context, index)
  shared(context, index.changes)
  shared(context, index.features)
}

function live(context: LintContext, indices: readonly (number | null)[]): SpecDocument[] {
  return indices.map((i) => context.at(i)).filter((d) => d !== null)
}

function isFinished(documents: readonly SpecDocument[]): boolean {
  const tasks = documents.find((d) => d.kind === 'tasks')
  return (
    tasks !== undefined &&
    tasks.tasks.length > 0 &&
    tasks.tasks.every((t) => t.state !== 'open' && t.state !== 'partial')
  )
}

function isUnderWay(tasks: SpecDocument): boolean {
  return tasks.tasks.some((t) => t.kind === 'task' && t.state === 'open')
}

function requirements(context: LintContext, index: LintIndex): void {
  for (const list of index.deltaNames.groups(2, deltaKey)) {
    const ids = [...new Set(list.map((entry) => entry.change))]
    if (ids.length < 2) continue
    const said = new Set<string>()
    for (const entry of list) {
      if (said.has(entry.change)) continue
      said.add(entry.change)
      const others = ids.filter((id) => id !== entry.change)
      context.report(
        'overlapping-changes',
        entry.place,
        `"${entry.title}" of ${entry.capability} is changed by ${listed(others)} as well: whichever is archived last overwrites the other.`,
        `Archive one first and build this on it, or join the two.`,
        { key: `${entry.title}\n${others.toSorted().join(' ')}` },
      )
    }
  }
}

/** Files that any work touches; to share them says nothing. */
const COMMON =
  /(?:^|\/)(?:package(?:-lock)?\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?|cargo\.(?:toml|lock)|go\.(?:mod|sum)|pyproject\.toml|requirements\.txt|readme[^/]*|changelog[^/]*|license[^/]*|contributing[^/]*|\.gitignore|tsconfig[^/]*\.json|agents\.md|claude\.md|index\.[a-z]+|__init__\.py|mod\.rs|(?:spec|plan|tasks|research|data-model|quickstart|proposal|design|constitution)\.md)$/i

function isPath({ target }: FileReference): boolean {
  return (
    target.includes('/') && /\.[a-z0-9]{1,6}$/i.test(target) && !/[*{}<>]|^https?:/.test(target) && !COMMON.test(target)
  )
}

function addTouches(pile: Pile<Touch>, work: string, root: string, documents: readonly SpecDocument[]): void {
  const added = new Set<string>()
  const add = (kind: Touch['kind'], name: string, place: Place) => {
    const touch: Touch = { work, root, kind, name, place }
    const key = touchKey(touch)
    if (added.has(key)) return
    added.add(key)
    pile.add(touch, key)
  }
  for (const document of documents) {
    // What an open task names will be changed; elsewhere only what says so.
    const isOpen = (from: FileReference['from']) => {
      if (from.kind !== 'task') return false
      const task = document.tasks[from.index]
      return task?.kind === 'task' && (task.state === 'open' || task.state === 'partial') && CHANGES.test(task.text)
    }
    for (const file of document.files)
      if (isPath(file) && (isOpen(file.from) || (file.action !== 'mention' && document.kind !== 'tasks')))
        add('file', file.target.replace(/^\.?\//, ''), file.place)
    for (const symbol of document.symbols)
      if (symbol.call && symbol.name.length > 5 && isOpen(symbol.from)) add('symbol', symbol.name, symbol.place)
  }
}

const CHANGES =
  /\b(?:add|change|create|delete|edit|extend|extract|fix|implement|introduce|modify|move|refactor|remove|rename|replace|rewrite|split|update|wire|write)\b/i

/** One finding for a piece of work and each other it meets, whatever they share. */
function shared(context: LintContext, touched: Pile<Touch>): void {
  const pairs = new Map<string, { a: string; b: string; place: Place; what: Set<string> }>()
  for (const touches of touched.groups(2, touchKey)) {
    const works = [...new Map(touches.map((t) => [t.work, t])).values()]
    // What everybody touches is a hub: to name each pair would say nothing.
    if (works.length < 2 || works.length > 6) continue
    for (const one of works)
      for (const other of works) {
        if (one === other) continue
        const id = `${one.root}\n${one.work}\n${other.work}`
        const pair = pairs.get(id) ?? { a: one.work, b: other.work, place: one.place, what: new Set<string>() }
        pairs.set(id, pair)
        pair.what.add(one.kind === 'symbol' ? `${one.name}()` : one.name)
      }
  }
  for (const { a, b, place, what } of pairs.values())
    context.report(
      'overlapping-files',
      place,
      `${a} and ${b} are both open and both work on ${listed([...what].toSorted(), 3)}: the second to merge meets the first's changes.`,
      'Do one after the other, or agree who changes what.',
      { key: `${a} ${b}` },
    )
}
