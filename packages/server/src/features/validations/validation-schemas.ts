import { z } from 'zod'
import { Recipe } from '@gatehouse/core/delivery/validations/recipe'
import { ValidationFacts } from '@gatehouse/core/delivery/validations/facts'
import { Digest, Time } from '../schemas.ts'

const Output = z.object({ text: z.string(), bytes: z.number(), dropped: z.number() })
export const CommandView = z
  .object({
    name: z.string(),
    argv: z.array(z.string()),
    exit_code: z.int().nullable(),
    signal: z.string().nullable(),
    timed_out: z.boolean(),
    duration_ms: z.number(),
    stdout: Output,
    stderr: Output,
  })
  .meta({ id: 'CommandResult' })
/** What isolation was in force, as measured. `driver` none means plain limited processes. */
export const IsolationView = z
  .looseObject({ driver: z.string(), network: z.string(), notes: z.array(z.string()) })
  .meta({ id: 'Isolation' })
export const ValidationView = z
  .object({
    id: z.string(),
    proposal_id: z.string(),
    state: z.enum(['running', 'passed', 'failed', 'errored']),
    reason: z.string().nullable(),
    base_commit: z.string(),
    result_tree: z.string(),
    recipe_digest: Digest,
    recipe_source: z.string(),
    recipe: Recipe,
    applied: z
      .array(z.object({ name: z.string(), reports: z.int() }))
      .optional()
      .describe(
        "the recipe's validations that hold for this target, and how many reports each names; 0: exit code only",
      ),
    facts: ValidationFacts.nullable(),
    isolation: IsolationView.nullable(),
    envelope_digest: Digest.nullable(),
    digest: Digest.nullable(),
    created_at: Time,
    finished_at: Time.nullable(),
  })
  .meta({ id: 'Validation' })
export const ValidationDetail = ValidationView.extend({ commands: z.array(CommandView) }).meta({
  id: 'ValidationDetail',
})
