/** A test's end, as the code under test said. */
export const TEST_STATUSES = ['passed', 'failed', 'errored', 'skipped'] as const
export type TestStatus = (typeof TEST_STATUSES)[number]

export interface TestResult {
  /** Stable name of the test: its suite path and name, and `#2`, `#3`... for repeated ones in order of the report. */
  readonly id: string
  readonly suite: string
  readonly name: string
  readonly file?: string
  readonly status: TestStatus
  /** First part of the failure's or skip's text. */
  readonly message?: string
  readonly duration_ms?: number
}

export interface TestReport {
  /** Everything here was written by the code under test or its runner inside the sandbox: a claim, not evidence. */
  readonly provenance: 'candidate_reported'
  readonly tests: readonly TestResult[]
  readonly totals: Readonly<Record<TestStatus | 'total', number>>
  /** What was odd in the document; a report with problems is still as good as its tests. */
  readonly problems: readonly string[]
}
