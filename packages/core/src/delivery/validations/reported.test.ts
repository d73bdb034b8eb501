import { expect, test } from 'vitest'
import type { ValidationFacts } from './facts.ts'
import { Recipe } from './recipe.ts'
import { appliedValidations, NO_REPORT, NO_TESTS, reportedTests } from './reported.ts'

const facts = (more: Partial<ValidationFacts['candidate_reported']>): ValidationFacts => ({
  host_measured: { commands: [], test_files_deleted: [], test_files_changed: [] },
  candidate_reported: {
    total: 0,
    passed: 0,
    failed: 0,
    skipped: 0,
    removed_tests: [],
    newly_skipped_tests: [],
    newly_failing_tests: [],
    problems: [],
    ...more,
  },
  ticked_tasks: { judged: [], removed: [], total: 0, not_judged: null },
})
const commands = [{ name: 'test', run: ['true'] }]
const junit = [{ format: 'junit', path: 'out.xml' }]
const recipe = Recipe.parse({
  version: 1,
  validations: [
    { name: 'lint', commands },
    { name: 'unit', commands, reports: junit, branches: ['main'] },
  ],
})

test('a recipe without a report for the target says that only the exit code counts', () => {
  const applied = appliedValidations(recipe, 'release', 'sandbox')
  expect(applied).toEqual([{ name: 'lint', reports: 0 }])
  expect(reportedTests({ recipe, applied, facts: facts({}) })).toEqual({ text: NO_REPORT, loud: true })
})

test('a report that counts no test is said loudly, and so is one whose every test was skipped', () => {
  const applied = appliedValidations(recipe, 'main', 'sandbox')
  expect(reportedTests({ recipe, applied, facts: facts({}) })).toEqual({ text: NO_TESTS, loud: true })
  const skipped = reportedTests({ recipe, applied, facts: facts({ total: 3, skipped: 3 }) })
  expect(skipped?.loud).toBe(true)
  expect(skipped?.text).toContain('NO TEST RAN')
})

test('counts are given, with the validations beside them that have no report', () => {
  const applied = appliedValidations(recipe, 'main', 'sandbox')
  const told = facts({ total: 3, passed: 2, skipped: 1 })
  expect(reportedTests({ recipe, applied, facts: told })).toEqual({
    text: `2 of 3 passed, 0 failed, 1 skipped; lint: ${NO_REPORT}`,
    loud: false,
  })
  expect(reportedTests({ recipe, applied: applied.slice(1), facts: told })?.text).toBe(
    '2 of 3 passed, 0 failed, 1 skipped',
  )
  expect(reportedTests({ recipe, applied, facts: facts({ total: 1, failed: 1 }) })?.loud).toBe(true)
})

test('before there are facts nothing is said; where the validations that held are not known, the recipe is asked', () => {
  expect(reportedTests({ recipe, facts: null })).toBeNull()
  expect(reportedTests({ recipe, facts: facts({}) })?.text).toBe(NO_TESTS)
})
