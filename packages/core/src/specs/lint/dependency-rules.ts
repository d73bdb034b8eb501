import type { ItemKind, SpecDocument, Task } from '../model.ts'
import type { Definition } from '../project-model.ts'
import { firstLine, listed, type LintContext } from './lint-context.ts'

interface Edge {
  readonly from: number
  readonly to: number
  /** Index of the document and of its dependency. */
  readonly document: number
  readonly index: number
}

export function dependencyRules(context: LintContext): void {
  const edges = edgesOf(context)
  cycles(context, edges)
  order(context, edges)
  for (const document of context.live) subtasks(context, document)
}

/** Who waits for whom, as indices in `definitions`. */
function edgesOf(context: LintContext): Edge[] {
  const { definitions, links } = context.project
  const at = new Map<string, number>()
  const key = (document: number, kind: ItemKind, index: number) => `${document}\n${kind}\n${index}`
  const byId = new Map<string, number>()
  for (const [i, d] of definitions.entries()) {
    at.set(key(d.document, d.kind, d.index), i)
    if (d.kind === 'task' || d.kind === 'story') byId.set(`${d.document}\n${d.id}`, i)
  }
  const found: Edge[] = []
  for (const link of links) {
    if (link.of !== 'dependency' || link.state !== 'resolved') continue
    const document = context.at(link.document)
    const dependency = document?.dependencies[link.index]
    const [to] = link.to
    if (!document || !dependency || to === undefined) continue
    // "passes after T008 lands" tells of an order, not of a wait.
    if (dependency.confidence === 'tolerant' && dependency.from.kind === 'task') continue
    const from =
      at.get(key(link.document, dependency.from.kind, dependency.from.index)) ??
      byId.get(`${link.document}\n${dependency.fromId ?? ''}`)
    if (from === undefined) continue
    const [a, b] = dependency.kind === 'blocks' ? [to, from] : [from, to]
    found.push({ from: a, to: b, document: link.document, index: link.index })
  }
  return found
}

function cycles(context: LintContext, edges: readonly Edge[]): void {
  const { definitions } = context.project
  const out = new Map<number, Edge[]>()
  for (const edge of edges) {
    if (edge.from === edge.to) {
      const place = context.at(edge.document)?.dependencies[edge.index]?.place
      const id = definitions[edge.from]?.id ?? ''
      if (place)
        context.report(
          'circular-dependency',
          place,
          `${id} depends on itself: it could never begin.`,
          'Name what it waits for, or take the dependency out.',
          { key: id },
        )
      continue
    }
    const list = out.get(edge.from)
    if (list) list.push(edge)
    else out.set(edge.from, [edge])
  }
  for (const path of circles(out)) {
    const [first] = path
    const place = first ? context.at(first.document)?.dependencies[first.index]?.place : undefined
    if (!first || !place) continue
    const ids = path.map((edge) => definitions[edge.from]?.id ?? '')
    context.report(
      'circular-dependency',
      place,
      `${[...ids, ids[0] ?? ''].join(' waits for ')}: none of them could ever begin.`,
      `Take out the dependency that is not true, or split one of ${listed(ids)}.`,
      { key: ids.toSorted().join(' ') },
    )
  }
}

/** One circle for each knot, found without recursion. */
function circles(out: ReadonlyMap<number, readonly Edge[]>): Edge[][] {
  const state = new Map<number, 'open' | 'closed'>()
  const found: Edge[][] = []
  const knotted = new Set<number>()
  for (const start of out.keys()) {
    if (state.has(start)) continue
    const path: Edge[] = []
    const stack: { node: number; next: number }[] = [{ node: start, next: 0 }]
    state.set(start, 'open')
    while (stack.length > 0) {
      const top = stack.at(-1)
      if (!top) break
      const edge = out.get(top.node)?.[top.next]
      top.next += 1
      if (!edge) {
        state.set(top.node, 'closed')
        stack.pop()
        path.pop()
      } else if (state.get(edge.to) === 'open') {
        const from = path.findIndex((e) => e.from === edge.to)
        const circle = from >= 0 ? [...path.slice(from), edge] : [edge]
        if (!circle.some((e) => knotted.has(e.from))) found.push(circle)
        for (const e of circle) knotted.add(e.from)
      } else if (!state.has(edge.to)) {
        state.set(edge.to, 'open')
        path.push(edge)
        stack.push({ node: edge.to, next: 0 })
      }
    }
  }
  return found
}

function taskOf(context: LintContext, definition: Definition | undefined): Task | null {
  if (!definition || definition.kind !== 'task') return null
  return context.at(definition.document)?.tasks[definition.index] ?? null
}

function order(context: LintContext, edges: readonly Edge[]): void {
  const { definitions } = context.project
  const said = new Set<string>()
  for (const edge of edges) {
    const [a, b] = [definitions[edge.from], definitions[edge.to]]
    const [from, to] = [taskOf(context, a), taskOf(context, b)]
    if (!a || !b || !from || !to || from.state !== 'done' || to.state !== 'open' || edge.from === edge.to) continue
    const key = `${edge.from} ${edge.to}`
    const document = context.at(a.document)
    if (said.has(key) || !document) continue
    said.add(key)
    context.report(
      'done-before-dependency',
      firstLine(from.place, context.textOf(document)),
      `${a.id} is ticked and depends on ${b.id}, which is open: one of the two is not true.`,
      `Do ${b.id} and tick it, take the tick of ${a.id} away, or take the dependency out.`,
      { key: `${a.id} ${b.id}` },
    )
  }
}

/** A parent's tick says that its parts are done. */
function subtasks(context: LintContext, document: SpecDocument): void {
  if (document.kind !== 'tasks' && document.kind !== 'story') return
  const open = new Map<number, Task[]>()
  for (const task of document.tasks) {
    if (task.parent === null || task.state !== 'open' || task.optional) continue
    const list = open.get(task.parent)
    if (list) list.push(task)
    else open.set(task.parent, [task])
  }
  const text = context.textOf(document)
  for (const [index, parts] of open) {
    const parent = document.tasks[index]
    if (parent?.state !== 'done') continue
    const name = parent.id?.written ?? 'The task'
    context.report(
      'done-before-subtask',
      firstLine(parent.place, text),
      `${name} is ticked and ${parts.length === 1 ? 'a part of it is' : `${parts.length} parts of it are`} open (line ${listed(parts.map((p) => String(p.place.line)))}).`,
      'Do what is open and tick it, or take the tick above it away.',
      parent.id ? { key: parent.id.id } : {},
    )
  }
}
