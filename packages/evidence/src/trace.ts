import { findIds } from '@gatehouse/core/specs/identifiers'
import { itemsAt, itemsOfId, reach, traceGraph, type TraceGraph, type TraceItem } from '@gatehouse/core/specs/trace'
import { gitText } from './git-run.ts'
import type { ProjectEvidence, TaskEvidence } from './project-evidence.ts'

export interface TracedTask extends TaskEvidence {
  readonly feature: string
}

/** A way from what was asked for, up to requirements and down to tasks, commits, files and tests. */
export interface Trace {
  readonly query: string
  /** What the query names. Several features may have it: then `ambiguous`, and nothing else is filled. */
  readonly found: readonly TraceItem[]
  readonly ambiguous: boolean
  /** The commit that wrote the line that was asked for; null where none was, or none is known. */
  readonly commit: { readonly id: string; readonly subject: string } | null
  /** Requirements, stories, scenarios. */
  readonly requirements: readonly TraceItem[]
  readonly tasks: readonly TracedTask[]
  readonly commits: readonly { readonly id: string; readonly subject: string }[]
  readonly files: readonly string[]
  readonly tests: readonly string[]
}

const FILE = /^(.+?)(?::(\d{1,7})|#L(\d{1,7}))?$/

/**
 * Follows `src/a.ts:12`, `FR-001`, `T012`, `US1/AC2`, or a test's file or name, both ways. `feature` is a slug or folder, for an id that several
 * features have. Null where nothing is known of it.
 */
export async function traceQuery(
  evidence: ProjectEvidence,
  query: string,
  feature: string | null,
): Promise<Trace | null> {
  const graph = traceGraph(evidence.project)
  const inFeature = (item: TraceItem) =>
    feature === null ||
    item.scope === feature ||
    item.scope.split('/').at(-1) === feature ||
    item.scope.endsWith(`/${feature}`)
  const ids = itemsOfId(graph, query).filter((i) => inFeature(item(graph, i)))
  if (ids.length > 0) {
    const found = ids.map((i) => item(graph, i))
    if (new Set(found.map(({ scope }) => scope)).size > 1) return { ...EMPTY, query, found, ambiguous: true }
    return traced(graph, query, ids, servingTasks(evidence, graph, ids), null)
  }
  const [, path = '', colon, hash] = FILE.exec(query.replace(/^\.\//, '')) ?? []
  const line = Number(colon ?? hash ?? 0)
  const written = line > 0 ? itemsAt(graph, path, line) : []
  if (written.length > 0) return traced(graph, query, written, servingTasks(evidence, graph, written), null)
  const all = allTasks(evidence)
  const naming = all.filter(
    (task) =>
      task.files.includes(path) ||
      task.tests.includes(query) ||
      task.symbols.includes(query) ||
      task.files.includes(query.split(' > ')[0] ?? '') ||
      // What the task names by a symbol was found there.
      (path !== '' &&
        task.evidence.some(({ about, where }) => about === 'symbol' && where?.startsWith(`${path}:`) === true)),
  )
  const commit = line > 0 ? await blame(evidence, path, line) : null
  // The commit of the line says by its message which task it is for; only tasks that name the file, or one of that id alone, are meant.
  const said = new Set(commit ? findIds(commit.message, 'any').map(({ id }) => id) : [])
  const saying = all.filter(
    (task) => task.id !== null && said.has(task.id.toUpperCase()) && task.commits.some(({ id }) => id === commit?.id),
  )
  const tasks = [...new Set([...saying, ...naming])]
  if (tasks.length === 0 && commit === null) return null
  return traced(graph, query, [], tasks, commit && { id: commit.id, subject: commit.subject })
}

const EMPTY = {
  found: [],
  ambiguous: false,
  commit: null,
  requirements: [],
  tasks: [],
  commits: [],
  files: [],
  tests: [],
} as const

function item(graph: TraceGraph, i: number): TraceItem {
  const found = graph.items[i]
  if (!found) throw new Error(`there is no item ${i}`)
  return found
}

function allTasks(evidence: ProjectEvidence): TracedTask[] {
  return evidence.features.flatMap((feature) => feature.tasks.map((task) => ({ ...task, feature: feature.name })))
}

/** The tasks below some items; of a scenario that no task names, those of its story or requirement. */
function servingTasks(evidence: ProjectEvidence, graph: TraceGraph, from: readonly number[]): TracedTask[] {
  const own = tasksOf(evidence, graph, around(graph, from))
  return own.length > 0
    ? own
    : tasksOf(
        evidence,
        graph,
        around(
          graph,
          from.flatMap((i) => graph.serves.get(i) ?? []),
        ),
      )
}

function around(graph: TraceGraph, from: readonly number[]): number[] {
  return [...from, ...reach(graph.servedBy, from)]
}

function tasksOf(evidence: ProjectEvidence, graph: TraceGraph, items: readonly number[]): TracedTask[] {
  const wanted = new Set(
    items.flatMap((i) => {
      const { kind, path, index } = item(graph, i)
      return kind === 'task' ? [`${path}\n${index}`] : []
    }),
  )
  return allTasks(evidence).filter((task) => wanted.has(`${task.path}\n${task.index}`))
}

function traced(
  graph: TraceGraph,
  query: string,
  from: readonly number[],
  tasks: readonly TracedTask[],
  commit: Trace['commit'],
): Trace {
  const own = new Set(tasks.map((task) => `${task.path}\n${task.index}`))
  const starts = [
    ...from,
    ...graph.items.flatMap((i, at) => (i.kind === 'task' && own.has(`${i.path}\n${i.index}`) ? [at] : [])),
  ]
  // Up from the question only, or from the tasks that a file leads to: not to all that its tasks serve besides.
  const up = reach(graph.serves, from.length > 0 ? from : starts)
  const down = from.length > 0 ? reach(graph.servedBy, from) : []
  const above = [...new Set([...up, ...down])].sort((a, b) => a - b).map((i) => item(graph, i))
  const commits = new Map(tasks.flatMap((task) => task.commits).map((c) => [c.id, { id: c.id, subject: c.subject }]))
  return {
    query,
    found: from.map((i) => item(graph, i)),
    ambiguous: false,
    commit,
    requirements: above.filter(({ kind }) => kind !== 'task'),
    tasks,
    commits: [...commits.values()],
    files: [...new Set(tasks.flatMap((task) => task.files.filter((path) => !task.tests.includes(path))))],
    tests: [...new Set(tasks.flatMap((task) => task.tests))],
  }
}

interface Blamed {
  readonly id: string
  readonly subject: string
  readonly message: string
}

/** The commit that wrote a line of HEAD; null where there is none. */
async function blame({ top, repository }: ProjectEvidence, path: string, line: number): Promise<Blamed | null> {
  if (repository === null || repository.head === null) return null
  try {
    const args = ['blame', '--porcelain', '--no-textconv', '-L', `${line},${line}`, repository.head, '--', path]
    const id = /^[0-9a-f]{40,64}/.exec(await gitText(top, args))?.[0]
    if (id === undefined) return null
    const message = await gitText(top, ['log', '-1', '--format=%B', id, '--'])
    return { id, subject: message.split('\n', 1)[0] ?? '', message }
  } catch {
    return null
  }
}
