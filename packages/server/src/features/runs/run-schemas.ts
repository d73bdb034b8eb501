import { z } from 'zod'
import { STATES } from '@gatehouse/core/delivery/states'
import { Digest, PersonRef, Time } from '../schemas.ts'
import { CommandView } from '../validations/validation-schemas.ts'

export const StepView = z
  .object({
    name: z.string(),
    ordinal: z.int(),
    epoch: z.int(),
    started_at: Time,
    finished_at: Time.nullable(),
    duration_ms: z.number().nullable(),
  })
  .meta({ id: 'Step' })
export const RunView = z
  .object({
    id: z.string(),
    task_id: z.string(),
    agent: z.object({ id: z.string(), name: z.string(), version: Digest }),
    state: z.enum(STATES.run),
    reason: z.string().nullable(),
    attempt: z.int(),
    branch: z.string(),
    base_commit: z.string(),
    started_by: PersonRef,
    proposal_id: z.string().nullable(),
    steps: z.array(StepView),
    correlation_id: z.string(),
    created_at: Time,
    finished_at: Time.nullable(),
  })
  .meta({ id: 'Run' })
/** A run with what the agent's command printed, which is the agent's own word (law 5): kept as evidence, bounded when it was kept. */
export const RunDetail = RunView.extend({
  commands: z.array(CommandView).describe("what was run and what it printed; empty before the agent's command ended"),
  envelope_digest: Digest.nullable(),
  output_missing: z.string().nullable().describe('why the output of an ended command is not shown'),
}).meta({ id: 'RunDetail' })
