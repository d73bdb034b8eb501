import { z } from 'zod'
import { Criterion } from '@gatehouse/core/specs/story'
import type { Db } from '../../db/database.ts'
import { Feedback } from '../tasks/task-schemas.ts'

/** What an agent is told, as /agent/task.json in its sandbox. No token, no address, no name of a person. */
export interface Briefing {
  readonly task_id: string
  readonly title: string
  readonly attempt: number
  readonly story: {
    readonly problem: string
    readonly user_story: string
    readonly criteria: readonly { readonly id: string; readonly text: string }[]
  } | null
  readonly feedback: Feedback | null
}

export async function briefingOf(
  db: Db,
  run: { readonly task_id: string; readonly attempt: number; readonly story_id: string | null },
): Promise<Briefing> {
  const task = await db
    .selectFrom('tasks')
    .select(['title', 'feedback'])
    .where('id', '=', run.task_id)
    .executeTakeFirstOrThrow()
  const story =
    run.story_id === null
      ? undefined
      : await db
          .selectFrom('stories')
          .select(['problem', 'user_story', 'criteria'])
          .where('id', '=', run.story_id)
          .executeTakeFirst()
  return {
    task_id: run.task_id,
    title: task.title,
    attempt: run.attempt,
    story: story
      ? {
          problem: story.problem,
          user_story: story.user_story,
          criteria: z
            .array(Criterion)
            .parse(story.criteria)
            .map(({ id, text }) => ({ id, text })),
        }
      : null,
    feedback: task.feedback === null ? null : Feedback.parse(task.feedback),
  }
}
