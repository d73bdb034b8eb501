import type { TaskState } from '@gatehouse/core/delivery/states'
import type { Act } from '@gatehouse/core/kernel/acts'
import { newId } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import { millis } from '@gatehouse/core/kernel/time'
import type { Risk } from '@gatehouse/core/specs/story'
import type { Context } from '../../context.ts'
import { performAct, type Acting, type ActTransaction } from '../../db/act.ts'
import type { Trx } from '../../db/database.ts'
import { requireTransition } from '../transitions.ts'
import type { Feedback } from './task-schemas.ts'

/** The task's row, locked: everything about a task, its proposals and its approvals is changed under this lock, in this order. */
export async function lockTask(trx: Trx, project: string, id: string) {
  const row = await trx
    .selectFrom('tasks')
    .selectAll()
    .where('project_id', '=', project)
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (!row) throw new Problem('not-found', `there is no task ${id}; gatehouse task list shows those here`)
  return row
}
export type TaskRow = Awaited<ReturnType<typeof lockTask>>

/** Moves a locked task to another state by an act of the flow. The caller's event names the row. */
export async function moveTask(
  tx: ActTransaction,
  task: Pick<TaskRow, 'id' | 'state' | 'version'>,
  act: Act,
  to: TaskState,
  set: { readonly feedback?: Feedback | null; readonly attempt?: number } = {},
): Promise<void> {
  requireTransition('task', act, task.state, to)
  const { feedback, ...rest } = set
  await tx.trx
    .updateTable('tasks')
    .set({
      ...rest,
      ...(feedback === undefined ? {} : { feedback: feedback === null ? null : JSON.stringify(feedback) }),
      state: to,
      version: task.version + 1,
      updated_at: tx.acting.at,
    })
    .where('id', '=', task.id)
    .execute()
}

/** Inserts a task. The caller records the event. */
export async function insertTask(
  { trx, acting }: ActTransaction,
  task: {
    readonly title: string
    readonly description: string
    readonly risk: Risk
    readonly priority: number
    readonly requested_by: string
    readonly story_id: string | null
    readonly repository_id: string | null
    readonly target_branch: string | null
    readonly environment: string
    readonly state: TaskState
  },
): Promise<string> {
  const id = newId('task', millis(acting.at))
  await trx
    .insertInto('tasks')
    .values({
      ...task,
      id,
      project_id: acting.project_id,
      kind: 'coding',
      owner_person_id: task.requested_by,
      created_at: acting.at,
      updated_at: acting.at,
    })
    .execute()
  return id
}

/** Cancels a task nothing of which is live. */
export async function cancelTask(context: Context, acting: Acting, id: string): Promise<void> {
  await performAct(context, acting, async (tx) => {
    const task = await lockTask(tx.trx, acting.project_id, id)
    await moveTask(tx, task, 'task.cancel', 'cancelled')
    tx.record({ act: 'task.cancel', subject: { kind: 'task', id } })
  })
}
