import { normalId } from './identifiers.ts'
import type { ItemKind, ItemRef, SpecDocument } from './model.ts'
import type { Definition, SpecProject } from './project-model.ts'

/** Something with an identifier that others refer to. */
export interface TraceItem {
  readonly kind: ItemKind
  readonly id: string
  /** Index of its document in the project, and its own in that document's list. */
  readonly document: number
  readonly index: number
  readonly path: string
  readonly line: number
  /** Its first line of words. */
  readonly text: string
  /** `specs/001-login`: where the id is unique. */
  readonly scope: string
}

/** Items and how they hang together. `serves`: from a task to the requirement it covers, from a scenario to its story. */
export interface TraceGraph {
  readonly items: readonly TraceItem[]
  /** Indices in `items` of what an item serves, by the item's index. */
  readonly serves: ReadonlyMap<number, readonly number[]>
  readonly servedBy: ReadonlyMap<number, readonly number[]>
  readonly waitsFor: ReadonlyMap<number, readonly number[]>
}

function key(document: number, kind: string, index: number): string {
  return `${document} ${kind} ${index}`
}

/** The graph of a project. Pure, linear in its links. */
export function traceGraph(project: SpecProject): TraceGraph {
  const items: TraceItem[] = []
  const at = new Map<string, number>()
  const ofDefinition: number[] = []
  for (const definition of project.definitions) {
    const own = key(definition.document, definition.kind, definition.index)
    const known = at.get(own)
    // A range of ids stands for one task: each of them leads to it.
    if (known === undefined || items[known]?.id !== definition.id) {
      if (known === undefined) at.set(own, items.length)
      ofDefinition.push(items.length)
      items.push(itemOf(project, definition))
    } else ofDefinition.push(known)
  }
  const serves = new Map<number, number[]>()
  const servedBy = new Map<number, number[]>()
  const waitsFor = new Map<number, number[]>()
  const join = (from: number | undefined, to: number | undefined) => {
    if (from === undefined || to === undefined || from === to) return
    if (serves.get(from)?.includes(to)) return
    push(serves, from, to)
    push(servedBy, to, from)
  }
  for (const link of project.links) {
    const document = project.documents[link.document]
    const source = link.of === 'reference' ? document?.references[link.index] : document?.dependencies[link.index]
    if (!source || link.state === 'missing' || link.state === 'outside') continue
    const from = at.get(key(link.document, source.from.kind, source.from.index))
    for (const target of link.to) {
      const to = ofDefinition[target]
      if (from === undefined || to === undefined) continue
      if (link.of === 'dependency') push(waitsFor, from, to)
      // A task that names another does not serve it.
      else if (items[from]?.kind !== items[to]?.kind) join(from, to)
    }
  }
  for (const [i, document] of project.documents.entries()) {
    const of = (kind: ItemKind, index: number | null) => (index === null ? undefined : at.get(key(i, kind, index)))
    for (const [index, scenario] of document.scenarios.entries()) {
      join(of('scenario', index), of('story', scenario.story))
      join(of('scenario', index), of('requirement', scenario.requirement))
    }
    for (const [index, requirement] of document.requirements.entries())
      join(of('requirement', index), of('story', requirement.story))
  }
  return { items, serves, servedBy, waitsFor }
}

function push(into: Map<number, number[]>, from: number, to: number): void {
  const list = into.get(from)
  if (list) list.push(to)
  else into.set(from, [to])
}

function itemOf(project: SpecProject, definition: Definition): TraceItem {
  const { id, kind, document, index, place, scope } = definition
  const text = wordsOf(project.documents[document], { kind, index }) ?? ''
  return {
    kind,
    id,
    document,
    index,
    path: place.path,
    line: place.line,
    text: text.split('\n', 1)[0]?.slice(0, 300) ?? '',
    scope,
  }
}

/** What an item says. */
function wordsOf(document: SpecDocument | undefined, { kind, index }: ItemRef): string | undefined {
  if (kind === 'requirement') return document?.requirements[index]?.text
  if (kind === 'scenario') return document?.scenarios[index]?.text
  if (kind === 'criterion') return document?.criteria[index]?.text
  if (kind === 'story') return document?.stories[index]?.title
  if (kind === 'task') return document?.tasks[index]?.text
  if (kind === 'principle') return document?.principles[index]?.title
  return kind === 'document' ? document?.title : undefined
}

/** Items of an id, whatever its case and dashes; `T12` finds `T012` where nothing is called `T12`. */
export function itemsOfId(graph: TraceGraph, written: string): number[] {
  const id = normalId(written)
  const bare = (text: string) => text.replaceAll(/(?<!\d)0+(?=\d)/g, '').toUpperCase()
  const exact = indices(graph, (item) => normalId(item.id) === id)
  if (exact.length > 0) return exact
  const near = indices(graph, (item) => bare(normalId(item.id)) === bare(id))
  return near.length > 0 ? near : indices(graph, (item) => item.id.toLowerCase() === written.trim().toLowerCase())
}

/** Items that are written on a line of a document. */
export function itemsAt(graph: TraceGraph, path: string, line: number): number[] {
  return indices(graph, (item) => item.path === path && item.line === line)
}

function indices(graph: TraceGraph, wanted: (item: TraceItem) => boolean): number[] {
  return graph.items.flatMap((item, i) => (wanted(item) ? [i] : []))
}

/** Everything above (`serves`) or below (`servedBy`) some items, without them, in the order of the project. */
export function reach(edges: ReadonlyMap<number, readonly number[]>, from: readonly number[]): number[] {
  const seen = new Set(from)
  const open = [...from]
  for (let at = open.pop(); at !== undefined; at = open.pop())
    for (const next of edges.get(at) ?? [])
      if (!seen.has(next)) {
        seen.add(next)
        open.push(next)
      }
  for (const start of from) seen.delete(start)
  return [...seen].sort((a, b) => a - b)
}
