import { expect, test } from 'vitest'
import { Recipe } from '@gatehouse/core/delivery/validations/recipe'
import { factsOf } from './validation-facts.ts'
import type { RecipeRun } from './recipe-run-service.ts'

const recipe = Recipe.parse({ version: 1, validations: [{ name: 'a', commands: [{ name: 'a', run: ['true'] }] }] })
const run = (more: Partial<RecipeRun>): RecipeRun => ({
  envelopes: [],
  passed: true,
  tests: [],
  report_problems: [],
  ...more,
})

const NO_TICKS = { judged: [], removed: [], total: 0, not_judged: null }

test('where the base itself did not pass, the facts say that lists of removed tests may lack some', () => {
  const told = (base: RecipeRun) => factsOf(recipe, [], base, run({}), NO_TICKS).facts.candidate_reported.problems
  expect(told(run({}))).toEqual([])
  expect(told(run({ passed: false, report_problems: ['out.xml: the report is missing'] }))).toEqual([
    'the recipe does not pass on the base itself (out.xml: the report is missing): removed and skipped tests may not all be listed',
  ])
})
