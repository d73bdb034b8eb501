import type { Validation } from '@gatehouse/client/operations.gen'
import { NO_REPORT, reportedTests } from '@gatehouse/core/delivery/validations/reported'

export interface TestFinding {
  readonly kind: 'failing' | 'removed' | 'skipped' | 'file-deleted'
  readonly test: string
  readonly message: string
  /** Who says so: a file that is gone was seen by us, the rest was printed by the code under test (law 5). */
  readonly source: 'host' | 'candidate'
}

/** What speaks against a change in its tests, worst first. */
export function testFindings(validation: Validation): TestFinding[] {
  const { facts } = validation
  if (!facts) return []
  const { host_measured: host, candidate_reported: candidate } = facts
  const found = (kind: TestFinding['kind'], source: TestFinding['source'], tests: readonly string[]): TestFinding[] =>
    tests.map((test) => ({ kind, test, message: '', source }))
  return [
    ...candidate.newly_failing_tests.map(({ id, message }): TestFinding => ({
      kind: 'failing',
      test: id,
      message,
      source: 'candidate',
    })),
    ...found('file-deleted', 'host', host.test_files_deleted),
    ...found('removed', 'candidate', candidate.removed_tests),
    ...found('skipped', 'candidate', candidate.newly_skipped_tests),
  ]
}

/** Whether the commands ran as plain processes on the host. */
export function ranWithoutIsolation(validation: Validation): boolean {
  return validation.isolation?.driver === 'none'
}

/** What to say where reports were asked for and none of them counts a test that ran; else null. */
export function nothingTested(validation: Validation): string | null {
  const { passed = 0, failed = 0 } = validation.facts?.candidate_reported ?? {}
  const reported = passed + failed === 0 ? reportedTests(validation) : null
  return reported?.loud && reported.text !== NO_REPORT ? reported.text : null
}
