import type { Db } from '../../db/database.ts'
import type { EmbeddedForge } from '../../adapters/forge/embedded-forge.ts'
import { Execution } from '@gatehouse/core/approvals/intent'
import { instant } from '@gatehouse/core/kernel/time'
import { checkLease, type Lease } from '../../jobs/leases.ts'
import { GATEHOUSE_SIGNATURE } from '../proposals/change-service.ts'

export type BrokerAnswer =
  | { readonly state: 'effected'; readonly commit: string }
  | { readonly state: 'refused'; readonly reason: string }
  | { readonly state: 'settled' }

/**
 * The one place that writes protected branches. Under its own database role it reads the grant and the lease; only an unspent grant of an
 * effect that is granted or unknown, held by the current lease, moves the branch: by compare-and-swap from exactly the approved base to a commit
 * of exactly the approved tree. The commit's id follows from the grant, so that doing it again finds it done.
 */
export async function carryOutMerge(
  broker: Db,
  forge: EmbeddedForge,
  effectId: string,
  lease: Lease,
): Promise<BrokerAnswer> {
  const granted = await broker.transaction().execute(async (trx) => {
    await checkLease(trx, lease)
    return trx
      .selectFrom('effects')
      .innerJoin('grants', 'grants.effect_id', 'effects.id')
      .innerJoin('proposals', 'proposals.id', 'effects.proposal_id')
      .select([
        'effects.state',
        'effects.execution',
        'effects.message',
        'effects.granted_at',
        'effects.execution_digest',
      ])
      .select(['grants.spent_at', 'grants.execution_digest as grant_digest'])
      .select(['proposals.repository_id', 'proposals.target_branch', 'proposals.head_commit'])
      .where('effects.id', '=', effectId)
      .executeTakeFirst()
  })
  if (!granted || granted.spent_at !== null || !['granted', 'unknown'].includes(granted.state))
    return { state: 'settled' }
  if (granted.grant_digest !== granted.execution_digest)
    return { state: 'refused', reason: 'the grant is for another execution' }
  const execution = Execution.parse(granted.execution)
  const merged = await forge.mergeExactly(granted.repository_id, {
    branch: granted.target_branch,
    base: execution.base_commit,
    tree: execution.result_tree,
    parents: [execution.base_commit, granted.head_commit],
    message: granted.message,
    author: GATEHOUSE_SIGNATURE,
    at: instant(granted.granted_at),
  })
  if (merged.state === 'refused')
    return { state: 'refused', reason: `the branch moved to ${merged.current ?? 'nothing'} before the merge` }
  return { state: 'effected', commit: merged.commit }
}
