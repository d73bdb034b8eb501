import { castVote, isLive, reconsider, revokeVote } from '@gatehouse/core/approvals/change'
import { intentDigest, type Intent } from '@gatehouse/core/approvals/intent'
import { quorum, quorumMet, requirementKey, type Requirement } from '@gatehouse/core/approvals/quorum'
import type { Act } from '@gatehouse/core/kernel/acts'
import { newId } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import { millis, plus } from '@gatehouse/core/kernel/time'
import type { Context } from '../../context.ts'
import {
  performAct,
  performOrRecord,
  recordRefusal,
  serviceActor,
  type Acting,
  type ActTransaction,
} from '../../db/act.ts'
import { lockTaskAndProposal } from '../proposals/closing-service.ts'
import { refusalProblem } from '../refusal.ts'
import { moveTask } from '../tasks/task-service.ts'
import { requireTransition } from '../transitions.ts'
import { lockChange, readRequest } from './approval-reads.ts'

const DAY = 86_400_000

/** The intent of merging a proposal as its row stands. */
export function mergeIntent(
  project: string,
  p: {
    repository_id: string
    task_id: string
    target_branch: string
    environment: string
    diff_digest: string
    agent_version: string | null
  },
): Intent {
  return {
    schema: 'gatehouse.intent/v1',
    kind: 'merge',
    project_id: project,
    repository_id: p.repository_id,
    task_id: p.task_id,
    target_branch: p.target_branch,
    environment: p.environment,
    diff_digest: p.diff_digest,
    agent_version: p.agent_version,
    exceptions: [],
  }
}

/**
 * Opens the approval request of a proposal that just passed, or keeps the one there is where the intent is still the same: its approvals stand,
 * held to the requirements of now. Within the act that ends the validation. Answers whether enough approvals stand already.
 */
export async function openOrKeepRequest(
  tx: ActTransaction,
  proposal: { id: string },
  intent: Intent,
  requirements: readonly Requirement[],
  approvalDays: number,
): Promise<{ row: string; satisfied: boolean; kept: boolean }> {
  const { trx, acting } = tx
  const change = await lockChange(trx, acting.project_id, { id: proposal.id, state: 'validated' })
  const live = change.request && isLive(change.request.state) ? change.request : null
  const kept = live ? merged(live.requirements, requirements) : requirements
  if (live && reconsider(live, intent).keep && millis(acting.at) < millis(live.expires_at)) {
    const satisfied = quorumMet(quorum(kept, change.votes, live.intent_digest, change.voters, change.authors))
    await trx
      .updateTable('approval_requests')
      .set({ state: satisfied ? 'satisfied' : 'open', requirements: JSON.stringify(kept) })
      .where('id', '=', live.id)
      .execute()
    return { row: live.id, satisfied, kept: true }
  }
  const rows: string[] = []
  if (live) {
    await trx
      .updateTable('approval_requests')
      .set({ state: 'expired', reason: 'its time ran out' })
      .where('id', '=', live.id)
      .execute()
    rows.push(live.id)
  }
  const id = newId('approval_request', millis(acting.at))
  const expires_at = plus(acting.at, approvalDays * DAY)
  await trx
    .insertInto('approval_requests')
    .values({
      id,
      project_id: acting.project_id,
      proposal_id: proposal.id,
      intent: JSON.stringify(intent),
      intent_digest: intentDigest(intent),
      requirements: JSON.stringify(requirements),
      state: 'open',
      expires_at,
      created_at: acting.at,
    })
    .execute()
  tx.enqueue({
    queue: 'approval.expire',
    data: { project_id: acting.project_id, request_id: id, correlation_id: acting.correlation_id },
    start_after: expires_at,
  })
  tx.record({
    act: 'approval.open',
    subject: { kind: 'approval_request', id },
    rows,
    digests: { intent: intentDigest(intent) },
    detail: {
      proposal: proposal.id,
      expires_at,
      needs:
        requirements.map((r) => `${r.count} ${[...r.roles, ...(r.persons ?? [])].join('|')}`).join(', ') ||
        '1 maintainer|owner',
    },
  })
  return { row: id, satisfied: false, kept: false }
}

/** What an open request asked for stays asked for; what policy asks for now is added. */
function merged(before: readonly Requirement[], now: readonly Requirement[]): Requirement[] {
  return [...new Map([...before, ...now].map((r) => [requirementKey(r), r])).values()]
}

/** Voids a live request whose intent is no longer what would happen, and says which part changed. Within the act that changed it. */
export async function voidChangedRequest(
  tx: ActTransaction,
  proposal: { id: string; state: string },
  intent: Intent,
): Promise<{ rows: string[]; changed: readonly string[] }> {
  const change = await lockChange(tx.trx, tx.acting.project_id, proposal)
  if (!change.request || !isLive(change.request.state)) return { rows: [], changed: [] }
  const verdict = reconsider(change.request, intent)
  if (verdict.keep) return { rows: [], changed: [] }
  requireTransition('approval_request', 'proposal.validate', change.request.state, 'stale')
  await tx.trx
    .updateTable('approval_requests')
    .set({ state: 'stale', reason: `${verdict.changed.join(', ')} changed` })
    .where('id', '=', change.request.id)
    .execute()
  return { rows: [change.request.id], changed: verdict.changed }
}

export interface VoteInput {
  readonly intent_digest: string
  readonly comment: string
  readonly verdict: 'yes' | 'no'
}

/** One person's recorded yes or no to exactly the intent they were shown. Refusals are put on the ledger too. */
export async function vote(context: Context, acting: Acting, proposalId: string, input: VoteInput): Promise<void> {
  const act = input.verdict === 'yes' ? 'proposal.approve' : 'proposal.reject'
  const person_id = acting.actor.person_id
  if (person_id === null) throw new Problem('not-eligible', 'only a person approves')
  await performOrRecord(context, acting, { act, subject: { kind: 'proposal', id: proposalId } }, async (tx) => {
    const { trx } = tx
    const { task, proposal } = await lockTaskAndProposal(tx, proposalId)
    const change = await lockChange(trx, acting.project_id, proposal)
    const cast = castVote(
      change,
      {
        id: newId('approval', millis(acting.at)),
        person_id,
        intent_digest: input.intent_digest,
        verdict: input.verdict,
      },
      acting.at,
    )
    if (!cast.ok) throw refusalProblem(cast)
    const { vote: row, request_state } = cast.value
    const request = change.request
    if (!request) throw new Error('a vote without a request')
    await trx
      .insertInto('approvals')
      .values({
        id: row.id,
        project_id: acting.project_id,
        request_id: request.id,
        person_id,
        intent_digest: row.intent_digest,
        verdict: row.verdict,
        comment: input.comment,
        at: acting.at,
      })
      .execute()
    if (request_state !== request.state)
      await trx.updateTable('approval_requests').set({ state: request_state }).where('id', '=', request.id).execute()
    const rows = [row.id, request.id, task.id]
    if (request_state === 'satisfied' && task.state === 'awaiting_approval')
      await moveTask(tx, task, 'proposal.approve', 'approved')
    if (request_state === 'open' && task.state === 'approved')
      await moveTask(tx, task, 'proposal.approve', 'awaiting_approval')
    if (request_state === 'rejected') {
      requireTransition('proposal', 'proposal.reject', proposal.state, 'failed')
      await trx
        .updateTable('proposals')
        .set({
          state: 'failed',
          reason: `rejected: ${input.comment}`,
          version: proposal.version + 1,
          updated_at: acting.at,
        })
        .where('id', '=', proposalId)
        .execute()
      await moveTask(tx, task, 'proposal.reject', 'needs_revision', {
        feedback: { failing_tests: [], violations: [], comments: [input.comment] },
      })
    }
    tx.record({
      act,
      subject: { kind: 'proposal', id: proposalId },
      rows,
      digests: { intent: row.intent_digest, diff: proposal.diff_digest },
      detail: { request: request.id, now: request_state },
    })
  })
}

/** A member whose role gives them no say tried to vote or merge: the ledger remembers it, where there is such a proposal. */
export async function noteForbidden(context: Context, acting: Acting, act: Act, proposalId: string): Promise<void> {
  const proposal = await context.db
    .selectFrom('proposals')
    .select('id')
    .where('project_id', '=', acting.project_id)
    .where('id', '=', proposalId)
    .executeTakeFirst()
  if (proposal)
    await recordRefusal(context, acting, { act, subject: { kind: 'proposal', id: proposal.id }, reason: 'forbidden' })
}

/** Takes a yes back. After the grant it is too late: recorded, and nothing changes (law 1). */
export async function revoke(context: Context, acting: Acting, proposalId: string): Promise<void> {
  const person_id = acting.actor.person_id
  if (person_id === null) throw new Problem('nothing-to-revoke', 'only a person approves')
  await performOrRecord(
    context,
    acting,
    { act: 'proposal.revoke', subject: { kind: 'proposal', id: proposalId } },
    async (tx) => {
      const { trx } = tx
      const { task, proposal } = await lockTaskAndProposal(tx, proposalId)
      const change = await lockChange(trx, acting.project_id, proposal)
      const revoked = revokeVote(change, person_id, acting.at)
      if (!revoked.ok) throw refusalProblem(revoked)
      const { vote: row, request_state } = revoked.value
      const request = change.request
      if (!request) throw new Error('a revocation without a request')
      await trx.updateTable('approvals').set({ revoked_at: acting.at }).where('id', '=', row.id).execute()
      if (request_state !== request.state)
        await trx.updateTable('approval_requests').set({ state: request_state }).where('id', '=', request.id).execute()
      if (request_state === 'open' && task.state === 'approved')
        await moveTask(tx, task, 'proposal.revoke', 'awaiting_approval')
      tx.record({
        act: 'proposal.revoke',
        subject: { kind: 'proposal', id: proposalId },
        rows: [row.id, request.id, task.id],
        digests: { intent: row.intent_digest },
      })
    },
  )
}

/** The job at a request's end: what is still live then expires. The gate checks the time itself too, whether or not this ran. */
export async function expireRequest(
  context: Pick<Context, 'db' | 'boss' | 'clock'>,
  job: { project_id: string; request_id: string; correlation_id: string },
): Promise<void> {
  const at = context.clock()
  const acting: Acting = {
    project_id: job.project_id,
    actor: serviceActor('worker'),
    correlation_id: job.correlation_id,
    at,
  }
  await performAct(context, acting, async (tx) => {
    const { trx } = tx
    const found = await trx
      .selectFrom('approval_requests')
      .select(['proposal_id'])
      .where('id', '=', job.request_id)
      .executeTakeFirst()
    if (!found) return
    const { task } = await lockTaskAndProposal(tx, found.proposal_id)
    const row = await trx
      .selectFrom('approval_requests')
      .selectAll()
      .where('id', '=', job.request_id)
      .forUpdate()
      .executeTakeFirstOrThrow()
    const request = readRequest(row)
    if (!isLive(request.state) || millis(at) < millis(request.expires_at)) return
    const effect = await trx
      .selectFrom('effects')
      .select('id')
      .where('proposal_id', '=', found.proposal_id)
      .where('state', '!=', 'refused')
      .executeTakeFirst()
    if (effect) return
    requireTransition('approval_request', 'approval.expire', request.state, 'expired')
    await trx
      .updateTable('approval_requests')
      .set({ state: 'expired', reason: 'its time ran out' })
      .where('id', '=', request.id)
      .execute()
    if (task.state === 'approved') await moveTask(tx, task, 'approval.expire', 'awaiting_approval')
    tx.record({ act: 'approval.expire', subject: { kind: 'approval_request', id: request.id }, rows: [task.id] })
  })
}
