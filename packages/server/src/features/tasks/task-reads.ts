import { LIVE_PROPOSAL, LIVE_RUN, type TaskState } from '@gatehouse/core/delivery/states'
import { Problem } from '@gatehouse/core/kernel/problems'
import { instant } from '@gatehouse/core/kernel/time'
import type { Db } from '../../db/database.ts'
import { loginsOf, personRef } from '../access/access-reads.ts'
import { pageOf } from '../paging.ts'
import { Risk, type PageQuery } from '../schemas.ts'
import { Feedback } from './task-schemas.ts'

function tasks(db: Db, project: string) {
  return db
    .selectFrom('tasks')
    .leftJoin('repositories', 'repositories.id', 'tasks.repository_id')
    .selectAll('tasks')
    .select('repositories.name as repository_name')
    .select((eb) => [
      eb
        .selectFrom('runs')
        .select('runs.id')
        .whereRef('runs.task_id', '=', 'tasks.id')
        .where('runs.state', 'in', LIVE_RUN)
        .limit(1)
        .as('live_run_id'),
      eb
        .selectFrom('runs')
        .select('runs.id')
        .whereRef('runs.task_id', '=', 'tasks.id')
        .orderBy('runs.id', 'desc')
        .limit(1)
        .as('last_run_id'),
      eb
        .selectFrom('proposals')
        .select('proposals.id')
        .whereRef('proposals.task_id', '=', 'tasks.id')
        .where('proposals.state', 'in', LIVE_PROPOSAL)
        .limit(1)
        .as('live_proposal_id'),
      eb
        .selectFrom('proposals')
        .select('proposals.id')
        .whereRef('proposals.task_id', '=', 'tasks.id')
        .orderBy('proposals.id', 'desc')
        .limit(1)
        .as('last_proposal_id'),
    ])
    .where('tasks.project_id', '=', project)
}
type Row = Awaited<ReturnType<ReturnType<typeof tasks>['executeTakeFirstOrThrow']>>

async function views(db: Db, rows: readonly Row[]) {
  const logins = await loginsOf(
    db,
    rows.map((r) => r.requested_by),
  )
  return rows.map((row) => ({
    id: row.id,
    title: row.title,
    description: row.description,
    kind: 'coding' as const,
    state: row.state as TaskState,
    risk: Risk.parse(row.risk),
    priority: row.priority,
    attempt: row.attempt,
    feedback: row.feedback === null ? null : Feedback.parse(row.feedback),
    story_id: row.story_id,
    repository_id: row.repository_id,
    repository_name: row.repository_name,
    target_branch: row.target_branch,
    environment: row.environment,
    requested_by: personRef(logins, row.requested_by),
    live_run_id: row.live_run_id,
    last_run_id: row.last_run_id,
    live_proposal_id: row.live_proposal_id,
    last_proposal_id: row.last_proposal_id,
    version: row.version,
    created_at: instant(row.created_at),
    updated_at: instant(row.updated_at),
  }))
}

export async function listTasks(
  db: Db,
  project: string,
  query: PageQuery & { readonly state?: TaskState | undefined },
) {
  let q = tasks(db, project)
    .orderBy('tasks.id', 'desc')
    .limit(query.limit + 1)
  if (query.cursor !== undefined) q = q.where('tasks.id', '<', query.cursor)
  if (query.state !== undefined) q = q.where('tasks.state', '=', query.state)
  const { rows, next_cursor } = pageOf(await q.execute(), query.limit)
  return { items: await views(db, rows), next_cursor }
}

export async function showTask(db: Db, project: string, id: string) {
  const row = await tasks(db, project).where('tasks.id', '=', id).executeTakeFirst()
  const [view] = row ? await views(db, [row]) : []
  if (!view) throw new Problem('not-found', `there is no task ${id}; gatehouse task list shows those here`)
  return view
}
