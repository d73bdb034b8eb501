import type { TaskState } from '@gatehouse/core/delivery/states'
import type { Context } from '../../context.ts'
import { performAct, type Acting, type ActTransaction } from '../../db/act.ts'
import { requireLease } from '../../jobs/leases.ts'
import type { Feedback } from '../tasks/task-schemas.ts'
import { lockTask, moveTask } from '../tasks/task-service.ts'
import { requireTransition } from '../transitions.ts'

import type { Job, Run } from './run-work.ts'

/** Ends a run without a proposal, in an act of its own, under the lease. */
export async function endRun(
  context: Context,
  job: Job,
  run: Run,
  acting: Acting,
  state: 'failed' | 'errored',
  reason: string,
  feedback: Feedback | null,
): Promise<void> {
  await performAct(context, acting, async (tx) => {
    await requireLease(tx.trx, job.lease)
    await lockTask(tx.trx, run.project_id, run.task_id)
    await endRunInto(tx, run, state, reason, feedback)
  })
}

/** Ends a run without a proposal, in the caller's act; its task waits for another attempt and knows why. */
export async function endRunInto(
  tx: ActTransaction,
  run: Run,
  state: 'failed' | 'errored',
  reason: string,
  feedback: Feedback | null,
  decision?: string,
): Promise<void> {
  const { trx, acting } = tx
  const row = await trx
    .selectFrom('runs')
    .select('state')
    .where('id', '=', run.id)
    .forUpdate()
    .executeTakeFirstOrThrow()
  if (!['queued', 'running'].includes(row.state)) return
  requireTransition('run', 'run.finish', row.state, state)
  await trx
    .updateTable('runs')
    .set({ state, reason: reason.slice(0, 2000), finished_at: acting.at })
    .where('id', '=', run.id)
    .execute()
  const task = await lockTask(trx, run.project_id, run.task_id)
  const to: TaskState = state === 'failed' ? 'needs_revision' : 'failed'
  await moveTask(tx, task, 'run.finish', to, { feedback })
  tx.record({
    act: 'run.finish',
    subject: { kind: 'run', id: run.id },
    rows: [task.id, ...(decision ? [decision] : [])],
    outcome: 'failed',
    reason: state === 'failed' ? (feedback?.violations.length ? 'policy-denied' : 'run-failed') : 'internal-error',
    decision_id: decision ?? null,
    detail: { state, why: reason.slice(0, 1000) },
  })
}
