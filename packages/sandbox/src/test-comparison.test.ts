import { expect, test } from 'vitest'
import { compareTests } from './test-comparison.ts'
import type { TestReport, TestStatus } from './test-report.ts'

function report(tests: Readonly<Record<string, TestStatus>>): TestReport {
  const totals = { total: 0, passed: 0, failed: 0, errored: 0, skipped: 0 }
  const list = Object.entries(tests).map(([id, status]) => ({ id, suite: '', name: id, status }))
  return { provenance: 'candidate_reported', tests: list, totals, problems: [] }
}

const names = (list: readonly { readonly id: string }[]): string[] => list.map((entry) => entry.id)

test('removed, newly skipped, newly failing, added and still failing tests are each named', () => {
  const base = report({
    gone: 'passed',
    silenced: 'passed',
    broken: 'passed',
    bad: 'failed',
    kept: 'passed',
    off: 'skipped',
    hidden: 'failed',
  })
  const candidate = report({
    silenced: 'skipped',
    broken: 'errored',
    bad: 'failed',
    kept: 'passed',
    off: 'skipped',
    fresh: 'passed',
    worse: 'failed',
    hidden: 'skipped',
  })
  const compared = compareTests(base, candidate)
  expect(names(compared.removed)).toEqual(['gone'])
  expect(names(compared.newly_skipped)).toEqual(['silenced', 'hidden'])
  expect(names(compared.newly_failing)).toEqual(['broken', 'worse'])
  expect(names(compared.added)).toEqual(['fresh', 'worse'])
  expect(names(compared.still_failing)).toEqual(['bad'])
  expect(compared.provenance).toBe('candidate_reported')
})

test('an empty candidate report removes every test', () => {
  expect(names(compareTests(report({ a: 'passed', b: 'skipped' }), report({})).removed)).toEqual(['a', 'b'])
})
