/** For tests: those that need the real OPA. */
import { test } from 'vitest'
import { findOpa } from '../../../tools/opa.ts'

/** A test that is given the path of OPA, and is skipped with the reason where there is none of the right version. */
export const testWithOpa = test.extend<{ readonly opa: string }>({
  opa: async ({ skip }, use) => {
    const found = findOpa()
    if (found.ok) await use(found.path)
    else skip(found.reason)
  },
})
