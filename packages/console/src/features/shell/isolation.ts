import type { LedgerEvent, Repository } from '@gatehouse/client/operations.gen'

/** What ran, or may run, without isolation. `validation.finish` says in its detail what was in force. */
export function withoutIsolation(
  repositories: readonly Repository[],
  validations: readonly LedgerEvent[],
): { readonly repositories: readonly string[]; readonly validations: readonly LedgerEvent[] } {
  return {
    repositories: repositories.filter((each) => each.settings.isolation === 'none').map((each) => each.name),
    validations: validations.filter((event) => event.detail['isolation'] === 'none'),
  }
}
