import { instant } from '@gatehouse/core/kernel/time'
import { readBlob } from '../../blobs/blob-rows.ts'
import type { Context } from '../../context.ts'
import { loginsOf } from '../access/access-reads.ts'
import type { ProposalRecord } from '../proposals/proposal-reads.ts'

const WIRE_STATE: Readonly<Record<string, 'pending' | 'validated' | 'failed'>> = {
  pending: 'pending',
  validating: 'pending',
  validated: 'validated',
  merged: 'validated',
  failed: 'failed',
  superseded: 'failed',
  withdrawn: 'failed',
}

/** A proposal as the older wire's PatchProposal. */
export async function patchProposal(context: Context, row: ProposalRecord) {
  const { db } = context
  const votes = await db
    .selectFrom('approvals')
    .innerJoin('approval_requests', 'approval_requests.id', 'approvals.request_id')
    .select(['approvals.person_id', 'approvals.at', 'approvals.verdict', 'approvals.revoked_at'])
    .where('approval_requests.proposal_id', '=', row.id)
    .orderBy('approvals.id')
    .execute()
  const validation = await db
    .selectFrom('validations')
    .select(['id', 'state', 'finished_at', 'recipe'])
    .where('proposal_id', '=', row.id)
    .where('state', '!=', 'running')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  const logins = await loginsOf(db, [row.created_by, ...votes.map((v) => v.person_id)])
  const risk = row.effective_risk ?? row.task_risk
  return {
    proposal_id: row.id,
    task_id: row.task_id,
    title: row.title,
    summary: row.rationale,
    diff: row.purged_at ? '' : Buffer.from(await readBlob(context, row.diff_digest)).toString('utf8'),
    created_at: instant(row.created_at),
    created_by: logins.get(row.created_by) ?? row.created_by,
    status: WIRE_STATE[row.state] ?? 'failed',
    risk,
    validation: validation
      ? {
          success: validation.state === 'passed',
          workspace_id: validation.id,
          commands: [],
          status: validation.state,
          validated_at: validation.finished_at === null ? null : instant(validation.finished_at),
        }
      : null,
    approvals: votes.map((v) => ({
      actor: { client_id: v.person_id, subject: logins.get(v.person_id) ?? v.person_id, roles: [] },
      timestamp: instant(v.at),
      outcome: v.revoked_at ? 'revoked' : v.verdict === 'yes' ? 'approved' : 'rejected',
    })),
    rationale: [`[risk:${risk}]`, ...(row.reason === null ? [] : [row.reason])],
  }
}

/** The wire's first command, really done: the kept diff applied to its base once more, and its tree compared with the one validated. */
export async function applyAgain(context: Context, row: ProposalRecord) {
  const patch = await readBlob(context, row.diff_digest)
  const began = performance.now()
  const applied = await context.forge.applyPatch(row.repository_id, { base: row.base_commit, patch })
  const duration_ms = Math.round(performance.now() - began)
  const same = applied.ok && applied.value.result_tree === row.result_tree
  const stderr = same ? '' : applied.ok ? 'the diff gives another tree than the one validated' : applied.detail
  return { command: ['git', 'apply'], return_code: same ? 0 : 1, stdout: '', stderr, duration_ms }
}
