import type { ValidationFacts } from './facts.ts'
import { validationsFor, type Recipe } from './recipe.ts'

/** A validation of a recipe that holds for a target, and how many reports it names. */
export interface AppliedValidation {
  readonly name: string
  readonly reports: number
}

export const NO_REPORT = 'no report: only the exit code counts'
export const NO_TESTS = '0 TESTS COUNTED: nothing is known to have been tested, whatever the exit code says'

/** What the reports of a validation amount to, in words, and whether they have to be said loudly. */
export interface ReportedTests {
  readonly text: string
  readonly loud: boolean
}

/** Which validations of a recipe hold for a target branch and environment, as `reportedTests` takes them. Pure. */
export function appliedValidations(recipe: Recipe, branch: string, environment: string): AppliedValidation[] {
  return validationsFor(recipe, branch, environment).map((v) => ({ name: v.name, reports: v.reports.length }))
}

/**
 * What the code's own tests told, or that they told nothing: a runner that ran no test ends with exit code 0 too, so a recipe without a
 * report, and a report that counts none, must never look like tests that passed. Null before there are facts. Pure.
 * @param applied the validations that held; where they are not known, all of the recipe's.
 */
export function reportedTests(validation: {
  readonly facts?: Pick<ValidationFacts, 'candidate_reported'> | null
  readonly recipe: Recipe
  readonly applied?: readonly AppliedValidation[] | undefined
}): ReportedTests | null {
  const { facts, recipe } = validation
  if (!facts) return null
  const applied = validation.applied ?? recipe.validations.map((v) => ({ name: v.name, reports: v.reports.length }))
  const silent = applied.filter((v) => v.reports === 0).map((v) => v.name)
  const { total, passed, failed, skipped } = facts.candidate_reported
  if (total === 0) return { text: silent.length === applied.length ? NO_REPORT : NO_TESTS, loud: true }
  const counts = `${passed} of ${total} passed, ${failed} failed, ${skipped} skipped`
  const none = passed + failed === 0 ? `NO TEST RAN: ${counts}` : counts
  const rest = silent.length === 0 || silent.length === applied.length ? '' : `; ${silent.join(', ')}: ${NO_REPORT}`
  return { text: `${none}${rest}`, loud: failed > 0 || passed + failed === 0 }
}
