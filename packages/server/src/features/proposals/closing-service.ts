import { LIVE_REQUEST, type ProposalState, type TaskState } from '@gatehouse/core/delivery/states'
import type { Act } from '@gatehouse/core/kernel/acts'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Context } from '../../context.ts'
import { performAct, type Acting, type ActTransaction } from '../../db/act.ts'
import { runEnvelopeDigest } from '../runs/run-reads.ts'
import { lockTask, moveTask, type TaskRow } from '../tasks/task-service.ts'
import { requireTransition } from '../transitions.ts'
import { lockProposal } from './change-service.ts'

/** Locks a proposal's task, then the proposal: the one order everywhere. */
export async function lockTaskAndProposal(tx: ActTransaction, id: string) {
  const { trx, acting } = tx
  const found = await trx
    .selectFrom('proposals')
    .select('task_id')
    .where('project_id', '=', acting.project_id)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!found) throw new Problem('not-found', `there is no proposal ${id}; gatehouse proposal list shows those here`)
  const task = await lockTask(trx, acting.project_id, found.task_id)
  return { task, proposal: await lockProposal(trx, acting.project_id, id) }
}

/** Refuses where an effect of the proposal was granted: from then on what happens is settled by the effect alone. */
export async function refuseAfterGrant({ trx }: ActTransaction, proposal: string): Promise<void> {
  const effect = await trx
    .selectFrom('effects')
    .select(['id', 'state'])
    .where('proposal_id', '=', proposal)
    .where('state', '!=', 'refused')
    .executeTakeFirst()
  if (effect)
    throw new Problem(
      'effect-granted',
      `the merge was granted already (effect ${effect.id} is ${effect.state}); it is too late`,
    )
}

/**
 * Ends a proposal by one of its closing acts: its live approval request goes stale or is cancelled, so its approvals count no more, and a
 * running validation finds itself without a proposal to speak for. Returns the rows changed, for the caller's event.
 */
export async function closeProposal(
  tx: ActTransaction,
  id: string,
  act: Extract<Act, 'proposal.supersede' | 'proposal.withdraw'>,
  to: Extract<ProposalState, 'superseded' | 'withdrawn'>,
  reason: string,
  taskTo: Extract<TaskState, 'proposed' | 'ready'>,
): Promise<{ task: TaskRow; rows: string[] }> {
  const { trx, acting } = tx
  const { task, proposal } = await lockTaskAndProposal(tx, id)
  await refuseAfterGrant(tx, id)
  requireTransition('proposal', act, proposal.state, to)
  await trx
    .updateTable('proposals')
    .set({ state: to, reason, version: proposal.version + 1, updated_at: acting.at })
    .where('id', '=', id)
    .execute()
  const requestTo = act === 'proposal.supersede' ? 'stale' : 'cancelled'
  const requests = await trx
    .updateTable('approval_requests')
    .set({ state: requestTo, reason: act === 'proposal.supersede' ? 'the diff changed' : reason })
    .where('proposal_id', '=', id)
    .where('state', 'in', LIVE_REQUEST)
    .returning('id')
    .execute()
  const validations = await trx
    .updateTable('validations')
    .set({ state: 'errored', reason: `the proposal was ${to}`, finished_at: acting.at })
    .where('proposal_id', '=', id)
    .where('state', '=', 'running')
    .returning('id')
    .execute()
  await moveTask(tx, task, act, taskTo)
  return { task, rows: [task.id, ...requests.map((r) => r.id), ...validations.map((v) => v.id)] }
}

export async function withdrawProposal(context: Context, acting: Acting, id: string, reason: string): Promise<void> {
  await performAct(context, acting, async (tx) => {
    const { rows } = await closeProposal(tx, id, 'proposal.withdraw', 'withdrawn', reason, 'ready')
    tx.record({ act: 'proposal.withdraw', subject: { kind: 'proposal', id }, rows, detail: { reason } })
  })
}

const CLOSED: readonly string[] = ['failed', 'superseded', 'withdrawn', 'merged'] satisfies ProposalState[]

/**
 * Erases what a closed proposal stored (its diff, its outputs, its objects' ref) while every digest stays in row and ledger. A blob that another
 * proposal also names stays. The bytes go after the commit: a crash between leaves bytes that no row offers.
 */
export async function purgeProposal(context: Context, acting: Acting, id: string, reason: string): Promise<void> {
  const gone = await performAct(context, acting, async (tx) => {
    const { trx } = tx
    const { proposal } = await lockTaskAndProposal(tx, id)
    if (!CLOSED.includes(proposal.state))
      throw new Problem(
        'wrong-state',
        `the proposal is ${proposal.state}; only a closed one is purged. Withdraw it first: gatehouse proposal withdraw ${id}`,
      )
    if (proposal.purged_at) throw new Problem('content-purged', `it was purged at ${proposal.purged_at.toISOString()}`)
    await trx
      .updateTable('proposals')
      .set({ purged_at: acting.at, rationale: '', claimed: null, version: proposal.version + 1, updated_at: acting.at })
      .where('id', '=', id)
      .execute()
    const validations = await trx
      .selectFrom('validations')
      .select(['envelope_digest'])
      .where('proposal_id', '=', id)
      .execute()
    // What the agent printed while it made the diff.
    const printed = proposal.run_id === null ? null : await runEnvelopeDigest(trx, proposal.run_id)
    const envelopes = [...validations.map((v) => v.envelope_digest), printed]
    const named = [proposal.diff_digest, ...envelopes.filter((digest) => digest !== null)]
    const kept = await trx
      .selectFrom('proposals')
      .leftJoin('validations', 'validations.proposal_id', 'proposals.id')
      .select(['proposals.diff_digest', 'validations.envelope_digest'])
      .where('proposals.id', '!=', id)
      .where('proposals.purged_at', 'is', null)
      .where((eb) => eb.or([eb('proposals.diff_digest', 'in', named), eb('validations.envelope_digest', 'in', named)]))
      .execute()
    const stillNamed = new Set(kept.flatMap((k) => [k.diff_digest, k.envelope_digest ?? '']))
    const free = [...new Set(named)].filter((digest) => !stillNamed.has(digest))
    if (free.length > 0)
      await trx.updateTable('blobs').set({ purged_at: acting.at }).where('sha256', 'in', free).execute()
    tx.record({
      act: 'proposal.purge',
      subject: { kind: 'proposal', id },
      digests: { diff: proposal.diff_digest },
      detail: { reason, blobs: free.length },
    })
    return { free, repository: proposal.repository_id, merged: proposal.state === 'merged' }
  })
  for (const digest of gone.free) await context.blobs.remove(digest as Parameters<typeof context.blobs.remove>[0])
  if (!gone.merged) await context.forge.dropRef(gone.repository, `proposals/${id}`)
}
