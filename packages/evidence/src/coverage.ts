import type { Verdict } from '@gatehouse/core/specs/evidence'
import { reach, traceGraph, type TraceItem } from '@gatehouse/core/specs/trace'
import { isBelow, type ProjectEvidence, type TaskEvidence } from './project-evidence.ts'

/** How far a requirement has come: no task; tasks, none or some of them shown; all shown. */
export type Cover = 'no-task' | 'open' | 'partly' | 'shown' | 'contradicted'

export interface CoveredRequirement {
  readonly item: TraceItem
  readonly cover: Cover
  readonly tasks: readonly TaskEvidence[]
}

export interface FeatureCoverage {
  /** The scope of its ids: `specs/001-login`. */
  readonly scope: string
  readonly requirements: readonly CoveredRequirement[]
  /** Tasks of this scope that serve no requirement or story. */
  readonly loose: readonly TaskEvidence[]
}

/** Which requirement, story and criterion has tasks, and what shows them to be done. Only of the folder that was asked about; features in the order of the project. */
export function coverageOf(evidence: ProjectEvidence): FeatureCoverage[] {
  const graph = traceGraph(evidence.project)
  const byTask = new Map(
    evidence.features.flatMap((f) => f.tasks.map((task) => [`${task.path}\n${task.index}`, task] as const)),
  )
  const taskAt = (item: TraceItem) => byTask.get(`${item.path}\n${item.index}`)
  const features = new Map<string, { requirements: CoveredRequirement[]; loose: TaskEvidence[] }>()
  for (const [i, item] of graph.items.entries()) {
    if (evidence.project.documents[item.document]?.template === true || !isBelow(item.path, evidence.within)) continue
    const feature = features.get(item.scope) ?? { requirements: [], loose: [] }
    if (item.kind === 'task') {
      const task = taskAt(item)
      if (task && !graph.serves.has(i) && !feature.loose.includes(task)) feature.loose.push(task)
    } else if (item.kind === 'requirement' || item.kind === 'story' || item.kind === 'criterion') {
      const tasks = reach(graph.servedBy, [i]).flatMap((below) => {
        const other = graph.items[below]
        const task = other?.kind === 'task' ? taskAt(other) : undefined
        return task ? [task] : []
      })
      const own = [...new Set(tasks)]
      feature.requirements.push({ item, cover: coverOf(own), tasks: own })
    } else continue
    features.set(item.scope, feature)
  }
  return [...features]
    .filter(([, { requirements, loose }]) => requirements.length + loose.length > 0)
    .map(([scope, feature]) => ({ scope, ...feature }))
}

function coverOf(tasks: readonly TaskEvidence[]): Cover {
  if (tasks.length === 0) return 'no-task'
  const done = tasks.filter((task) => task.done)
  const has = (verdict: Verdict) => done.some((task) => task.verdict === verdict)
  if (has('contradicted')) return 'contradicted'
  if (done.length === tasks.length && done.every((task) => task.verdict === 'shown')) return 'shown'
  return has('shown') || has('partly') ? 'partly' : 'open'
}
