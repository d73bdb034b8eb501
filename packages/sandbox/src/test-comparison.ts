import type { TestReport, TestResult } from './test-report.ts'

export interface TestComparison {
  /** Both sides are what the code under test reported: a claim that policy can tell from a measured fact. */
  readonly provenance: 'candidate_reported'
  /** In the base, not in the candidate. */
  readonly removed: readonly TestResult[]
  /** Ran in the base, is skipped in the candidate. */
  readonly newly_skipped: readonly TestResult[]
  /** Failed or errored in the candidate, but not in the base (also when the base does not have it). */
  readonly newly_failing: readonly TestResult[]
  readonly added: readonly TestResult[]
  readonly still_failing: readonly TestResult[]
}

const fails = (test: TestResult | undefined): boolean => test?.status === 'failed' || test?.status === 'errored'

/**
 * Compares two reports of the same recipe by test id; each list keeps the order of its report. `removed` holds the
 * base's tests, every other list the candidate's. A renamed test is one removed and one added: whoever renames says so.
 */
export function compareTests(base: TestReport, candidate: TestReport): TestComparison {
  const before = new Map(base.tests.map((test) => [test.id, test]))
  const after = new Map(candidate.tests.map((test) => [test.id, test]))
  return {
    provenance: 'candidate_reported',
    removed: base.tests.filter((test) => !after.has(test.id)),
    newly_skipped: candidate.tests.filter(
      (test) => test.status === 'skipped' && before.has(test.id) && before.get(test.id)?.status !== 'skipped',
    ),
    newly_failing: candidate.tests.filter((test) => fails(test) && !fails(before.get(test.id))),
    added: candidate.tests.filter((test) => !before.has(test.id)),
    still_failing: candidate.tests.filter((test) => fails(test) && fails(before.get(test.id))),
  }
}
