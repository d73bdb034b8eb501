import { expect, test } from 'vitest'
import type { Validation } from '@gatehouse/client/operations.gen'
import { nothingTested, ranWithoutIsolation, testFindings } from './validation-summary.ts'

const validation = (over: Partial<Validation>) => ({ facts: null, isolation: null, ...over }) as Validation

test('each finding says who saw it: a deleted file the host, the rest the candidate', () => {
  const findings = testFindings(
    validation({
      facts: {
        host_measured: { commands: [], test_files_deleted: ['t.js'], test_files_changed: ['u.js'] },
        candidate_reported: {
          total: 1,
          passed: 0,
          failed: 1,
          skipped: 1,
          removed_tests: ['r'],
          newly_skipped_tests: ['s'],
          newly_failing_tests: [{ id: 'f', message: 'm' }],
          problems: [],
        },
        ticked_tasks: { judged: [], removed: [], total: 0, not_judged: null },
      },
    }),
  )
  expect(findings.map(({ kind, test: name, source }) => `${kind} ${name} ${source}`)).toEqual([
    'failing f candidate',
    'file-deleted t.js host',
    'removed r candidate',
    'skipped s candidate',
  ])
})

test('a validation that has not measured its isolation is not said to have run without', () => {
  expect(ranWithoutIsolation(validation({}))).toBe(false)
  expect(ranWithoutIsolation(validation({ isolation: { driver: 'none', network: 'host', notes: [] } }))).toBe(true)
})

test('reports that count no test that ran are said loudly; a recipe without a report is another thing', () => {
  const counted = (passed: number, skipped: number, reports: number) =>
    nothingTested(
      validation({
        recipe: { version: 1, validations: [], test_paths: [] },
        applied: [{ name: 'unit', reports }],
        facts: {
          host_measured: { commands: [], test_files_deleted: [], test_files_changed: [] },
          candidate_reported: {
            total: passed + skipped,
            passed,
            failed: 0,
            skipped,
            removed_tests: [],
            newly_skipped_tests: [],
            newly_failing_tests: [],
            problems: [],
          },
          ticked_tasks: { judged: [], removed: [], total: 0, not_judged: null },
        },
      }),
    )
  expect(counted(0, 0, 1)).toContain('0 TESTS COUNTED')
  expect(counted(0, 2, 1)).toContain('NO TEST RAN')
  expect(counted(1, 2, 1)).toBeNull()
  expect(counted(0, 0, 0)).toBeNull()
  expect(nothingTested(validation({}))).toBeNull()
})
