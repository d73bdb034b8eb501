import type { Recipe } from '@gatehouse/core/delivery/validations/recipe'
import { newId } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import { millis } from '@gatehouse/core/kernel/time'
import type { ActTransaction } from '../../db/act.ts'
import { moveTask } from '../tasks/task-service.ts'
import { requireTransition } from '../transitions.ts'

/** The way to validate, read from the protected base before the transaction. */
export interface ValidationPlan {
  readonly recipe: Recipe
  readonly recipe_digest: string
  readonly recipe_source: string
}

/** Starts a validation within an act: the row, the states of proposal and task, the job, the event. The task and proposal are locked by the caller. */
export async function insertValidation(
  tx: ActTransaction,
  proposal: {
    readonly id: string
    readonly task_id: string
    readonly base_commit: string
    readonly result_tree: string
  },
  from: { readonly state: string; readonly task_state: string },
  plan: ValidationPlan,
): Promise<string> {
  const { trx, acting } = tx
  requireTransition('proposal', 'validation.start', from.state, 'validating')
  const task = await trx
    .selectFrom('tasks')
    .select(['id', 'state', 'version'])
    .where('id', '=', proposal.task_id)
    .executeTakeFirst()
  if (!task || task.state !== from.task_state) throw new Problem('wrong-state', `the task is ${task?.state ?? 'gone'}`)
  const id = newId('validation', millis(acting.at))
  await trx
    .insertInto('validations')
    .values({
      id,
      project_id: acting.project_id,
      proposal_id: proposal.id,
      state: 'running',
      base_commit: proposal.base_commit,
      result_tree: proposal.result_tree,
      recipe: JSON.stringify(plan.recipe),
      recipe_digest: plan.recipe_digest,
      recipe_source: plan.recipe_source,
      correlation_id: acting.correlation_id,
      created_at: acting.at,
    })
    .execute()
  await trx
    .updateTable('proposals')
    .set({ state: 'validating', reason: null, updated_at: acting.at })
    .where('id', '=', proposal.id)
    .execute()
  await moveTask(tx, task, 'validation.start', 'validating')
  tx.enqueue({
    queue: 'validation.work',
    data: { project_id: acting.project_id, validation_id: id, correlation_id: acting.correlation_id },
  })
  tx.record({
    act: 'validation.start',
    subject: { kind: 'validation', id },
    rows: [proposal.id, task.id],
    digests: { recipe: plan.recipe_digest },
    detail: { proposal: proposal.id, recipe_source: plan.recipe_source, base_commit: proposal.base_commit },
  })
  return id
}
