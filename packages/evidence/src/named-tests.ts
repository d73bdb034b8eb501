import type { TaskClaims } from '@gatehouse/core/specs/claims'
import type { TestFact } from '@gatehouse/core/specs/evidence-grades'
import type { PlacedClaim } from './file-facts.ts'
import type { Lookup } from './symbol-lookup.ts'
import type { TestResults } from './test-results.ts'

/** What results say of the tests that a task names: files of tests that are there, and tests by name. */
export function testFacts(
  claimed: readonly PlacedClaim[],
  claims: TaskClaims | undefined,
  results: TestResults,
  file: Lookup['file'],
): TestFact[] {
  const files = claimed
    .filter(
      ({ claim, found }) =>
        claim.isTest && !found.folder && claim.action !== 'delete' && (found.atHead === true || found.onDisk),
    )
    .map(({ found }): TestFact => {
      const symbols = file(found.path)
      return {
        name: found.path,
        written: symbols?.tests ?? null,
        ...results.ofFile(found.path, symbols?.testNames ?? []),
      }
    })
  const named = (claims?.symbols ?? []).filter(
    ({ name, call }) => /^(?:test_\w+|Test[A-Z]\w+)$/.test(name) || (call && /^test[A-Z]\w*$/.test(name)),
  )
  return [...files, ...named.map(({ name }): TestFact => ({ name, written: null, ...results.ofName(name) }))]
}
