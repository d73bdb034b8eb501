import type { Id } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Context } from '../../context.ts'
import { performAct, type Acting, type ActTransaction } from '../../db/act.ts'
import { mergeIntent, voidChangedRequest } from '../approvals/approval-service.ts'
import { repositoryByName } from '../repositories/repository-reads.ts'
import { insertValidation } from '../validations/validation-service.ts'
import { lockTaskAndProposal, refuseAfterGrant } from './closing-service.ts'
import { planValidation } from './proposal-service.ts'
import { fileRows, prepareChange } from './change-service.ts'

/**
 * Validates a proposal again, on the target branch as it is now. Where that moved, the change is put on top of it: when the diff stays the same to
 * the byte, so does the intent and its approvals stand; when it does not, they are void and it is said which part changed.
 */
export async function revalidateProposal(context: Context, acting: Acting, id: string): Promise<void> {
  const row = await context.db
    .selectFrom('proposals')
    .selectAll()
    .where('project_id', '=', acting.project_id)
    .where('id', '=', id)
    .executeTakeFirst()
  if (!row) throw new Problem('not-found', `there is no proposal ${id}`)
  const repository = await repositoryByName(context.db, acting.project_id, row.repository_id)
  const plan = await planValidation(context, repository, row.target_branch, row.environment)
  const moved = plan.base_commit === row.base_commit ? null : await rebase(context, acting, row, plan.base_commit)
  const work = performAct(context, acting, async (tx) => {
    const { task, proposal } = await lockTaskAndProposal(tx, id)
    await refuseAfterGrant(tx, id)
    if (proposal.version !== row.version)
      throw new Problem('version-conflict', 'the proposal changed meanwhile; look at it and ask again')
    await refuseRejected(tx, id)
    if (proposal.state === 'validating')
      throw new Problem('wrong-state', 'it is being validated already; gatehouse proposal show says how far it is')
    const rows: string[] = []
    let changed: readonly string[] = []
    if (moved) {
      await tx.trx
        .updateTable('proposals')
        .set({
          base_commit: moved.base_commit,
          base_tree: moved.base_tree,
          result_tree: moved.result_tree,
          head_commit: moved.head_commit,
          diff_digest: moved.digest,
          diff_bytes: moved.diff.bytes.length,
          files: JSON.stringify(fileRows(moved.diff)),
          version: proposal.version + 1,
          updated_at: acting.at,
        })
        .where('id', '=', id)
        .execute()
      const voided = await voidChangedRequest(
        tx,
        proposal,
        mergeIntent(acting.project_id, { ...proposal, diff_digest: moved.digest }),
      )
      rows.push(...voided.rows)
      changed = voided.changed
    }
    tx.record({
      act: 'proposal.validate',
      subject: { kind: 'proposal', id },
      rows,
      digests: { diff: moved?.digest ?? proposal.diff_digest, diff_before: proposal.diff_digest },
      detail: {
        rebased: moved !== null,
        intent:
          changed.length === 0 ? 'the same: approvals stand' : `changed: ${changed.join(', ')}; approvals are void`,
      },
    })
    const now = moved ?? proposal
    await insertValidation(
      tx,
      { id, task_id: task.id, base_commit: now.base_commit, result_tree: now.result_tree },
      { state: proposal.state, task_state: task.state },
      plan,
    )
  })
  await work.catch(async (error: unknown) => {
    if (moved) await keepHead(context, row.repository_id, id)
    throw error
  })
}

/** The rebased commit took the proposal's keeping ref; where it does not come to that, the ref goes back to the commit that the row names. */
async function keepHead(context: Context, repository: string, id: string): Promise<void> {
  const { head_commit } = await context.db
    .selectFrom('proposals')
    .select('head_commit')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  await context.forge.keepRef(repository, `proposals/${id}`, head_commit)
}

/** A person's no lasts: the same change is not put up again under a fresh request. */
async function refuseRejected({ trx }: ActTransaction, id: string): Promise<void> {
  const request = await trx
    .selectFrom('approval_requests')
    .select('state')
    .where('proposal_id', '=', id)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (request?.state === 'rejected')
    throw new Problem(
      'wrong-state',
      `a reviewer rejected this proposal; answer with a changed one: gatehouse proposal supersede ${id} <patch>`,
    )
}

async function rebase(
  context: Context,
  acting: Acting,
  row: {
    id: string
    repository_id: string
    base_commit: string
    head_commit: string
    title: string
    diff_digest: string
  },
  onto: string,
) {
  const { forge } = context
  const merged = await forge.mergeTree(row.repository_id, {
    base: row.base_commit,
    ours: onto,
    theirs: row.head_commit,
  })
  if (!merged.clean)
    throw new Problem(
      'patch-does-not-apply',
      `the target branch moved to ${onto} and the change no longer fits: ${merged.conflicts.slice(0, 10).join(', ')}. Supersede it with a patch against the branch as it is.`,
      { conflicts: merged.conflicts.slice(0, 50) },
    )
  const base = await forge.resolveCommit(row.repository_id, onto)
  if (!base) throw new Problem('branch-not-found', `the commit ${onto} is gone`)
  const diff = await forge.diffTrees(row.repository_id, base.tree, merged.tree)
  if (diff.files.length === 0)
    throw new Problem('diff-empty', 'the target branch holds this change already; withdraw the proposal')
  const change = await prepareChange(context, row.repository_id, {
    id: row.id as Id<'proposal'>,
    base_commit: onto,
    base_tree: base.tree,
    result_tree: merged.tree,
    diff,
    title: row.title,
    at: acting.at,
    correlation_id: acting.correlation_id,
  })
  return change
}
