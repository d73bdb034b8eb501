import { z } from 'zod'

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
})
export type ValidationFacts = z.infer<typeof ValidationFacts>

export const VERDICTS = ['passed', 'failed', 'errored'] as const
export type Verdict = (typeof VERDICTS)[number]
