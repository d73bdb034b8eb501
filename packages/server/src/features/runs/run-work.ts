import type { Json } from '@gatehouse/core/kernel/canonical'
import type { Context } from '../../context.ts'
import { type Step } from '../../jobs/steps.ts'
import type { JobContext } from '../../jobs/worker.ts'
import { type DecisionSubject } from '../decisions/input-reads.ts'
import { type RepositoryRow } from '../repositories/repository-reads.ts'
import type { Feedback } from '../tasks/task-schemas.ts'
import { RUN_FLOW_VERSION } from './run-service.ts'

export type Job = JobContext<'run.work'>
export type Run = Awaited<ReturnType<typeof readRun>>

/** What the agent's command left: a tree of the forge, or why it is none. */
export type Executed =
  | { readonly ok: true; readonly tree: string; readonly envelope_digest: string; readonly duration_ms: number }
  | { readonly ok: false; readonly reason: string; readonly envelope_digest: string | null }

export async function readRun(context: Context, id: string) {
  return context.db
    .selectFrom('runs')
    .innerJoin('tasks', 'tasks.id', 'runs.task_id')
    .selectAll('runs')
    .select([
      'tasks.repository_id',
      'tasks.target_branch',
      'tasks.environment',
      'tasks.title',
      'tasks.story_id',
      'tasks.requested_by',
    ])
    .where('runs.id', '=', id)
    .executeTakeFirstOrThrow()
}

export function comment(text: string): Feedback {
  return { failing_tests: [], violations: [], comments: [text.slice(0, 2000)] }
}

export function step(run: Run, ordinal: number, name: string, input: Json): Step {
  return { owner_id: run.id, ordinal, name, flow_version: RUN_FLOW_VERSION, input }
}

export function subjectOf(
  run: Run,
  repository: RepositoryRow,
  task: { kind: string; risk: string; priority: number; attempt: number },
  hook: DecisionSubject['hook'],
  proposal: DecisionSubject['proposal'],
): DecisionSubject {
  return {
    hook,
    environment: run.environment,
    repository: { id: repository.id, name: repository.name, default_branch: repository.default_branch },
    task: { id: run.task_id, kind: task.kind, risk: task.risk, priority: task.priority, attempt: task.attempt },
    agent: { id: run.agent_id, version: run.agent_version },
    proposal,
    validation: null,
    target_branch: null,
  }
}
