import { Criterion } from '@gatehouse/core/specs/story'
import { z } from 'zod'
import { Problem } from '@gatehouse/core/kernel/problems'
import { instant } from '@gatehouse/core/kernel/time'
import type { StoryState, RunbookState } from '@gatehouse/core/delivery/states'
import type { Db } from '../../db/database.ts'
import { loginsOf, personRef } from '../access/access-reads.ts'
import { Risk, type PageQuery } from '../schemas.ts'
import { pageOf } from '../paging.ts'

function stories(db: Db, project: string) {
  return db
    .selectFrom('stories')
    .leftJoin('tasks', 'tasks.story_id', 'stories.id')
    .selectAll('stories')
    .select('tasks.id as task_id')
    .where('stories.project_id', '=', project)
}
type Row = Awaited<ReturnType<ReturnType<typeof stories>['executeTakeFirstOrThrow']>>

async function views(db: Db, rows: readonly Row[]) {
  const runbooks =
    rows.length === 0
      ? []
      : await db
          .selectFrom('runbooks')
          .selectAll()
          .where(
            'story_id',
            'in',
            rows.map((r) => r.id),
          )
          .execute()
  const logins = await loginsOf(db, [
    ...rows.map((r) => r.submitted_by),
    ...runbooks.flatMap((r) => r.accepted_by ?? []),
  ])
  return rows.map((row) => {
    const runbook = runbooks.find((r) => r.story_id === row.id)
    return {
      id: row.id,
      feature_request_id: row.feature_request_id,
      title: row.title,
      state: row.state as StoryState,
      risk: row.risk === null ? null : Risk.parse(row.risk),
      priority: row.priority,
      planner_notes: z.array(z.string()).parse(row.planner_notes),
      problem: row.problem,
      user_story: row.user_story,
      criteria: z.array(Criterion).parse(row.criteria),
      repository_id: row.repository_id,
      submitted_by: personRef(logins, row.submitted_by),
      runbook: runbook ? runbookView(runbook, logins) : null,
      task_id: row.task_id,
      version: row.version,
      created_at: instant(row.created_at),
      updated_at: instant(row.updated_at),
    }
  })
}

interface RunbookRow {
  id: string
  story_id: string
  state: string
  digest: string
  body: string
  accepted_by: string | null
  accepted_at: Date | null
  created_at: Date
}

function runbookView(row: RunbookRow, logins: ReadonlyMap<string, string>) {
  return {
    id: row.id,
    story_id: row.story_id,
    state: row.state as RunbookState,
    digest: row.digest,
    body: row.body,
    accepted_by: row.accepted_by === null ? null : personRef(logins, row.accepted_by),
    accepted_at: row.accepted_at === null ? null : instant(row.accepted_at),
    created_at: instant(row.created_at),
  }
}

export async function listStories(db: Db, project: string, query: PageQuery) {
  let q = stories(db, project)
    .orderBy('stories.id', 'desc')
    .limit(query.limit + 1)
  if (query.cursor !== undefined) q = q.where('stories.id', '<', query.cursor)
  const { rows, next_cursor } = pageOf(await q.execute(), query.limit)
  return { items: await views(db, rows), next_cursor }
}

/** By id or feature_request_id. Problem: not-found. */
export async function showStory(db: Db, project: string, key: string) {
  const row = await stories(db, project)
    .where((eb) => eb.or([eb('stories.id', '=', key), eb('stories.feature_request_id', '=', key)]))
    .executeTakeFirst()
  if (!row) throw new Problem('not-found', `there is no story ${key}; gatehouse story list shows those here`)
  const [view] = await views(db, [row])
  if (!view) throw new Error('a story without a view')
  return view
}

/** By its own id, its story's, or the story's feature_request_id. Problem: not-found. */
export async function showRunbook(db: Db, project: string, key: string) {
  const row = await db
    .selectFrom('runbooks')
    .selectAll()
    .where('project_id', '=', project)
    .where((eb) =>
      eb.or([
        eb('id', '=', key),
        eb('story_id', '=', key),
        eb(
          'story_id',
          'in',
          eb
            .selectFrom('stories')
            .select('stories.id')
            .where('stories.project_id', '=', project)
            .where('stories.feature_request_id', '=', key),
        ),
      ]),
    )
    .executeTakeFirst()
  if (!row) throw new Problem('not-found', `there is no runbook ${key}; gatehouse story show names a story's runbook`)
  return runbookView(row, await loginsOf(db, row.accepted_by === null ? [] : [row.accepted_by]))
}
