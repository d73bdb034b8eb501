import { z } from 'zod'
import { STATES } from '@gatehouse/core/delivery/states'
import { PersonRef, Risk, Time } from '../schemas.ts'

/** What the next attempt should know of the last one. */
export const Feedback = z.object({
  failing_tests: z.array(z.object({ id: z.string(), message: z.string() })),
  violations: z.array(z.object({ policy_id: z.string(), message: z.string() })),
  comments: z.array(z.string()),
})
export type Feedback = z.infer<typeof Feedback>
export const TaskView = z
  .object({
    id: z.string(),
    title: z.string(),
    description: z.string(),
    kind: z.enum(['coding', 'testing', 'deployment', 'monitoring', 'manager']),
    state: z.enum(STATES.task),
    risk: Risk,
    priority: z.int(),
    attempt: z.int(),
    feedback: Feedback.nullable(),
    story_id: z.string().nullable(),
    repository_id: z.string().nullable(),
    repository_name: z.string().nullable(),
    target_branch: z.string().nullable(),
    environment: z.string(),
    requested_by: PersonRef,
    live_run_id: z.string().nullable(),
    last_run_id: z.string().nullable(),
    live_proposal_id: z.string().nullable(),
    last_proposal_id: z.string().nullable(),
    version: z.int(),
    created_at: Time,
    updated_at: Time,
  })
  .meta({ id: 'Task' })
export const TaskRun = z.strictObject({ agent: z.string().max(120).describe('name or id of the agent') })
