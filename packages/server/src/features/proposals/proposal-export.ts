import { Problem } from '@gatehouse/core/kernel/problems'
import { readBlob } from '../../blobs/blob-rows.ts'
import type { Context } from '../../context.ts'
import type { Acting } from '../../db/act.ts'
import type { Caller } from '../../http/actor.ts'
import { showDecision } from '../decisions/decision-reads.ts'
import { showValidation, validationsOf } from '../validations/validation-reads.ts'
import { proposalRecord } from './proposal-reads.ts'
import { showProposal } from './proposal-view.ts'

/** The exact bytes of a proposal's diff. Problems: not-found, content-purged. */
export async function proposalDiff(context: Context, project: string, id: string): Promise<Uint8Array> {
  const row = await proposalRecord(context.db, project, id)
  if (row.purged_at)
    throw new Problem(
      'content-purged',
      `the diff was purged at ${row.purged_at.toISOString()}; its digest was ${row.diff_digest}`,
    )
  return readBlob(context, row.diff_digest)
}

/** A proposal with all its evidence in one document: what a reviewer elsewhere, or later, needs to judge it. */
export async function exportProposal(context: Context, caller: Caller, acting: Acting, id: string) {
  const proposal = await showProposal(context, caller, acting, id)
  const project = caller.project_id
  const diff =
    proposal.purged_at === null ? Buffer.from(await proposalDiff(context, project, id)).toString('base64') : null
  const validations = await Promise.all(
    (await validationsOf(context.db, project, id)).map(async (v) =>
      proposal.purged_at === null ? showValidation(context, project, v.id) : { ...v, commands: [] },
    ),
  )
  const decisions = await Promise.all(proposal.decisions.map((d) => showDecision(context.db, project, d.id)))
  const related = [
    id,
    proposal.task_id,
    ...(proposal.run_id ? [proposal.run_id] : []),
    ...validations.map((v) => v.id),
    ...(proposal.effect ? [proposal.effect.id] : []),
  ]
  const events = await context.db
    .selectFrom('ledger_events')
    .select(['seq', 'body', 'prev_hash', 'hash'])
    .where('project_id', '=', project)
    .where('subject_id', 'in', related)
    .orderBy('seq')
    .limit(5000)
    .execute()
  return {
    schema: 'gatehouse.proposal-export/v1' as const,
    proposal,
    diff_base64: diff,
    validations,
    decisions,
    events: events.map((e) => ({
      seq: e.seq,
      body_base64: e.body.toString('base64'),
      prev_hash: e.prev_hash.toString('hex'),
      hash: e.hash.toString('hex'),
    })),
  }
}
