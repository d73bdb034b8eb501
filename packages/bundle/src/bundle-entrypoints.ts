import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import { GOVERNANCE_ENTRYPOINT } from '@gatehouse/rego/opa-build'
import type { PolicyFolder } from '@gatehouse/rego/policy-folder'
import { packagesOf } from './bundle-manifest.ts'

/** What to do where nothing, or something that is not there, is asked. */
export const NAME_AN_ENTRYPOINT =
  'name one with --entrypoint package/rule, or write "# entrypoint: true" into the METADATA of the rule'

/**
 * What of a folder is asked: what is wished, else Gatehouse's own decision where the folder has its package, else nothing, and OPA takes
 * what METADATA names. `usage` where a wish has not the form `package/rule`.
 */
export function chosenEntrypoints(folder: PolicyFolder, wished: readonly string[]): Result<readonly string[], 'usage'> {
  const odd = wished.find((name) => !isEntrypoint(name))
  if (odd !== undefined)
    return refuse(
      'usage',
      `--entrypoint "${odd}": a package and a rule with slashes between are needed, as ${GOVERNANCE_ENTRYPOINT}; without "data"`,
    )
  if (wished.length > 0) return ok(wished)
  return ok(packagesOf(folder).has('gatehouse') ? [GOVERNANCE_ENTRYPOINT] : [])
}

/** Dots stand between the words of a path in Rego; in an entrypoint they would be part of a word. */
function isEntrypoint(name: string): boolean {
  const parts = name.split('/')
  return parts[0] !== 'data' && parts.every((part) => part !== '') && !/^data\.|^\w+(?:\.\w+)+$/.test(name)
}
