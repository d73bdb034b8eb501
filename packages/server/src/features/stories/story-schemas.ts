import { z } from 'zod'
import { STATES } from '@gatehouse/core/delivery/states'
import { Criterion } from '@gatehouse/core/specs/story'
import { Digest, PersonRef, Risk, Time } from '../schemas.ts'

export const StorySubmit = z.strictObject({
  markdown: z.string().min(1).max(262_144).describe('the story as Markdown'),
  repository: z
    .string()
    .max(120)
    .optional()
    .describe('name of the repository that the change is for; needed unless there is just one'),
})
export const RunbookView = z
  .object({
    id: z.string(),
    story_id: z.string(),
    state: z.enum(STATES.runbook),
    digest: Digest,
    body: z.string(),
    accepted_by: PersonRef.nullable(),
    accepted_at: Time.nullable(),
    created_at: Time,
  })
  .meta({ id: 'Runbook' })
export const RunbookAccept = z.strictObject({ digest: Digest.describe('the digest of the runbook you read') })
export const StoryView = z
  .object({
    id: z.string(),
    feature_request_id: z.string(),
    title: z.string(),
    state: z.enum(STATES.story),
    risk: Risk.nullable(),
    priority: z.int().nullable(),
    planner_notes: z.array(z.string()),
    problem: z.string(),
    user_story: z.string(),
    criteria: z.array(Criterion),
    repository_id: z.string().nullable(),
    submitted_by: PersonRef,
    runbook: RunbookView.nullable(),
    task_id: z.string().nullable(),
    version: z.int(),
    created_at: Time,
    updated_at: Time,
  })
  .meta({ id: 'Story' })
export const StorySubmitted = StoryView.extend({
  deduplicated: z.boolean().describe('true where the feature_request_id was known and the story was updated in place'),
}).meta({ id: 'SubmittedStory' })
