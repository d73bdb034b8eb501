import { z } from 'zod'
import { VERDICTS as TICK_VERDICTS } from '../../specs/evidence.ts'

const Named = { id: z.string().max(200).nullable(), path: z.string().max(4096), line: z.int().min(1) }

/**
 * The tasks of specifications that the change ticks, each judged by files, symbols, history and tests, never by its tick (law 5): what the tests
 * say of it is reported by the candidate. At most 500, the worst first.
 */
export const TickedTasks = z
  .strictObject({
    judged: z.array(
      z.strictObject({
        ...Named,
        text: z.string().max(500),
        verdict: z.enum(TICK_VERDICTS),
        /** False where the task names nothing that can be looked for. */
        lookable: z.boolean(),
        /** Files and symbols that the change takes out of the task's words. */
        dropped: z.array(z.string().max(500)).max(100),
        evidence: z.array(
          z.strictObject({
            about: z.enum(['file', 'symbol', 'test', 'commit']),
            found: z.enum(['yes', 'partly', 'no', 'against']),
            text: z.string().max(500),
            where: z.string().max(500).nullable(),
          }),
        ),
        /** Where the verdict would be wrong. */
        caveats: z.array(z.string().max(500)),
      }),
    ),
    /** Open tasks that the change takes away. */
    removed: z.array(z.strictObject({ ...Named, text: z.string().max(500) })),
    /** How many there are, with those that are not listed. */
    total: z.int().min(0),
    /** Why ticks could not be judged; null where all were. */
    not_judged: z.string().max(2000).nullable(),
  })
  .meta({ id: 'TickedTasks' })
export type TickedTasks = z.infer<typeof TickedTasks>

/** Of a validation that ended before ticks were judged: policy denies it, and says to validate again. */
const BEFORE: TickedTasks = {
  judged: [],
  removed: [],
  total: 0,
  not_judged: 'this validation ended before ticked tasks were judged',
}

/**
 * What a validation showed. `host_measured` is what we saw from outside; `candidate_reported` is what the code's own tests printed:
 * an attacker's code could have printed anything (law 5), so it stands apart wherever it is shown.
 */
export const ValidationFacts = z.strictObject({
  host_measured: z.strictObject({
    commands: z.array(
      z.strictObject({
        name: z.string(),
        exit_code: z.int().nullable(),
        timed_out: z.boolean(),
        duration_ms: z.number(),
      }),
    ),
    test_files_deleted: z.array(z.string()),
    test_files_changed: z.array(z.string()),
  }),
  candidate_reported: z.strictObject({
    total: z.int(),
    passed: z.int(),
    failed: z.int(),
    skipped: z.int(),
    removed_tests: z.array(z.string()),
    newly_skipped_tests: z.array(z.string()),
    newly_failing_tests: z.array(z.strictObject({ id: z.string(), message: z.string() })),
    problems: z.array(z.string()),
  }),
  ticked_tasks: TickedTasks.default(BEFORE),
})
export type ValidationFacts = z.infer<typeof ValidationFacts>

export const VERDICTS = ['passed', 'failed', 'errored'] as const
export type Verdict = (typeof VERDICTS)[number]
