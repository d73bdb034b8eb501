import { normalId } from '@gatehouse/core/specs/identifiers'
import type { FeatureEvidence, TaskEvidence } from '@gatehouse/evidence/project-evidence'
import { countsText, countVerdicts, looksDone, worstFirst } from '../evidence-text.ts'
import { taskDocument } from '../spec-evidence.ts'
import { evidenceGround } from './evidence-ground.ts'
import { modelValue, NOTICE, quoted, QUOTES } from './model-text.ts'
import { moreText, pageOf } from './page.ts'
import { innerPath } from './served-folder.ts'
import type { EvidenceInput } from './tool-inputs.ts'
import { ToolRefusal } from './tool-refusal.ts'
import type { WorkAnswer, WorkNote } from './work-order.ts'
import { targetsOf } from './work-scope.ts'

interface Listed {
  readonly feature: number
  readonly early: boolean
  readonly task: TaskEvidence
}

/** What `gatehouse spec evidence --json` tells, filtered and a page of its tasks, under their features. */
export async function evidenceWork(
  root: string,
  scope: readonly string[],
  input: EvidenceInput,
  note: (note: WorkNote) => void,
): Promise<WorkAnswer> {
  const given = input.paths?.map((path, i) => innerPath(root, `paths[${i}]`, path))
  const targets = targetsOf(scope, given)
  const { folder, evidence } = await evidenceGround(root, targets, input.junit, note)
  const wanted = input.tasks && new Set(input.tasks.map(normalId))
  const all = evidence.features.flatMap((feature, i) => listOf(feature, i, input.include_open ?? false, wanted))
  if (wanted) refuseUnknown(wanted, all)
  const matching = all.filter(({ task }) => input.verdicts?.includes(task.verdict) ?? true)
  const asked = ['spec_evidence', targets, input.tasks, input.verdicts, input.include_open, input.junit]
  const { items, ...page } = pageOf(
    'tasks',
    matching.map((l) => ({ ...l, task: taskDocument(l.task) as TaskEvidence })),
    asked,
    input,
  )
  const ticked = evidence.features.flatMap((feature) => feature.tasks.filter((task) => task.done))
  const shown = [...new Set(items.map((l) => l.feature))]
  const features = shown.flatMap((i) => {
    const feature = evidence.features[i]
    if (!feature) return []
    const own = items.filter((l) => l.feature === i)
    return [
      {
        name: modelValue(feature.name, () => undefined),
        folder: modelValue(feature.folder, () => undefined),
        archived: feature.archived,
        counts: countVerdicts(feature.tasks.filter((task) => task.done)),
        tasks: own.filter((l) => !l.early).map((l) => l.task),
        ...(input.include_open === true ? { open_that_look_done: own.filter((l) => l.early).map((l) => l.task) } : {}),
      },
    ]
  })
  const counts = { ticked: ticked.length, ...countVerdicts(ticked) }
  const notes = evidence.notes.slice(0, 20).map((note) => modelValue(note, () => undefined))
  const text = [
    `${ticked.length} ticked tasks: ${countsText(counts)}.`,
    ...(matching.length < ticked.length ? [`${matching.length} tasks fit the question.`] : []),
    ...evidence.notes.slice(0, 5).map((note) => `Note: ${quoted(note)}`),
    ...(items.length > 0 ? [QUOTES] : []),
    ...items.flatMap(taskLines),
    ...moreText(page, 'tasks', 'paths, tasks or verdicts'),
  ].join('\n')
  return {
    ok: true,
    document: {
      folder,
      counts,
      repository: evidence.repository,
      notes,
      features,
      matched: matching.length,
      ...page,
      notice: NOTICE,
    },
    text,
  }
}

/** The tasks of a feature, the worst first: the ticked ones; with ids, those that have one of them, ticked or not. */
function listOf(
  feature: FeatureEvidence,
  index: number,
  isOpenAsked: boolean,
  wanted: ReadonlySet<string> | undefined,
): Listed[] {
  const named = (task: TaskEvidence) => task.id !== null && wanted?.has(normalId(task.id)) === true
  const own = feature.tasks.filter((task) => (wanted ? named(task) : task.done))
  const early = isOpenAsked && !wanted ? looksDone(feature.tasks) : []
  return [
    ...worstFirst(own).map((task) => ({ feature: index, early: false, task })),
    ...early.map((task) => ({ feature: index, early: true, task })),
  ]
}

/** An id that is nowhere must not look like one with nothing to tell. */
function refuseUnknown(wanted: ReadonlySet<string>, found: readonly Listed[]): void {
  const known = new Set(found.map(({ task }) => normalId(task.id ?? '')))
  const unknown = [...wanted].filter((id) => !known.has(id))
  if (unknown.length > 0)
    throw new ToolRefusal(
      'task-not-found',
      `tasks: no task here has the id ${unknown.slice(0, 5).join(', ')}. Give ids as the tasks' files write them, such as T012, or leave tasks out`,
    )
}

const MARKS: Readonly<Record<TaskEvidence['evidence'][number]['found'], string>> = {
  yes: 'found',
  partly: 'partly',
  no: 'not found',
  against: 'against',
}

export function taskLines({ task, early }: { readonly task: TaskEvidence; readonly early?: boolean }): string[] {
  const state = task.done ? task.verdict : `not ticked${early === true ? ', looks done' : `, ${task.verdict}`}`
  return [
    `- ${state} ${quoted(`${task.id ?? '-'} ${task.text.split('\n', 1)[0] ?? ''}`, 160)} ${quoted(`${task.path}:${task.line}`)}`,
    ...task.evidence.slice(0, 6).map((line) => `  ${MARKS[line.found]}: ${quoted(line.text)}`),
    ...task.caveats.slice(0, 3).map((caveat) => `  would be wrong where: ${quoted(caveat)}`),
  ]
}
