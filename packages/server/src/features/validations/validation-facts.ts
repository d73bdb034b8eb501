import { globMatch, type Recipe } from '@gatehouse/core/delivery/validations/recipe'
import type { TickedTasks, ValidationFacts, Verdict } from '@gatehouse/core/delivery/validations/facts'
import { compareTests } from '@gatehouse/sandbox/test-comparison'
import type { TestReport, TestResult } from '@gatehouse/sandbox/test-report'
import type { ProposalFile } from '../decisions/input-reads.ts'
import type { RecipeRun } from './recipe-run-service.ts'

const MOST = 500

/** What a validation showed, host-measured apart from candidate-reported (law 5). Pure. */
export function factsOf(
  recipe: Recipe,
  files: readonly ProposalFile[],
  base: RecipeRun,
  candidate: RecipeRun,
  ticked_tasks: TickedTasks,
): { readonly verdict: Verdict; readonly facts: ValidationFacts } {
  const compared = compareTests(report(base.tests), report(candidate.tests))
  const testFiles = files.filter((f) => recipe.test_paths.some((pattern) => globMatch(pattern, f.path)))
  const count = (status: TestResult['status']) => candidate.tests.filter((t) => t.status === status).length
  const failing = [...compared.newly_failing, ...compared.still_failing]
  const facts: ValidationFacts = {
    host_measured: {
      commands: candidate.envelopes
        .flatMap((e) => e.commands)
        .map(({ name, exit_code, timed_out, duration_ms }) => ({ name, exit_code, timed_out, duration_ms })),
      test_files_deleted: testFiles.filter((f) => f.status === 'deleted').map((f) => f.path),
      test_files_changed: testFiles.filter((f) => f.status !== 'deleted' && f.status !== 'added').map((f) => f.path),
    },
    candidate_reported: {
      total: candidate.tests.length,
      passed: count('passed'),
      failed: count('failed') + count('errored'),
      skipped: count('skipped'),
      // A run that stopped early names no test removed: what did not run was not taken away.
      removed_tests: candidate.passed ? compared.removed.map((t) => t.id).slice(0, MOST) : [],
      newly_skipped_tests: compared.newly_skipped.map((t) => t.id).slice(0, MOST),
      newly_failing_tests: failing.map((t) => ({ id: t.id, message: (t.message ?? '').slice(0, 2000) })).slice(0, MOST),
      problems: [...candidate.report_problems.slice(0, 49), ...baseProblem(base)],
    },
    ticked_tasks,
  }
  return { verdict: candidate.passed ? 'passed' : 'failed', facts }
}

/** What the lists of removed and skipped tests may lack: they are told by what the base's own run reported. */
function baseProblem(base: RecipeRun): string[] {
  if (base.passed) return []
  const late = base.envelopes.flatMap((e) => e.commands).find((c) => c.timed_out)
  const why = late ? `${late.name} ran out of time` : (base.report_problems[0] ?? 'a command or a test failed')
  return [`the recipe does not pass on the base itself (${why}): removed and skipped tests may not all be listed`]
}

function report(tests: readonly TestResult[]): TestReport {
  return {
    provenance: 'candidate_reported',
    tests,
    totals: { total: tests.length, passed: 0, failed: 0, errored: 0, skipped: 0 },
    problems: [],
  }
}

/** In one sentence, for the proposal's row: why a validation failed. */
export function failureReason(facts: ValidationFacts): string {
  const { host_measured, candidate_reported } = facts
  const bad = host_measured.commands.find((c) => c.exit_code !== 0 || c.timed_out)
  const parts: string[] = []
  if (bad)
    parts.push(
      bad.timed_out ? `${bad.name} ran out of time` : `${bad.name} ended with exit code ${bad.exit_code ?? 'none'}`,
    )
  if (candidate_reported.newly_failing_tests.length > 0)
    parts.push(
      `failing: ${candidate_reported.newly_failing_tests
        .slice(0, 5)
        .map((t) => t.id)
        .join(', ')}`,
    )
  if (candidate_reported.problems.length > 0) parts.push(candidate_reported.problems[0] ?? '')
  return parts.join('; ') || 'the recipe did not pass'
}
