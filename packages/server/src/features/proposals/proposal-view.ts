import { castVote, revokeVote, type Change } from '@gatehouse/core/approvals/change'
import { eligible, quorum } from '@gatehouse/core/approvals/quorum'
import { transition } from '@gatehouse/core/delivery/flow'
import type { Act } from '@gatehouse/core/kernel/acts'
import { may, rolesFor } from '@gatehouse/core/kernel/access'
import { instant } from '@gatehouse/core/kernel/time'
import type { EffectState } from '@gatehouse/core/delivery/states'
import type { Context } from '../../context.ts'
import type { Acting } from '../../db/act.ts'
import type { Caller } from '../../http/actor.ts'
import { loginsOf, personRef, readVoters } from '../access/access-reads.ts'
import { readChange, readRequest, readVote } from '../approvals/approval-reads.ts'
import { decisionsAbout } from '../decisions/decision-reads.ts'
import type { ProposalFile } from '../decisions/input-reads.ts'
import { missingNow } from '../effects/effect-service.ts'
import { latestValidation } from '../validations/validation-reads.ts'
import { authorsOf } from './author-reads.ts'
import { proposalRecord, rowView, type ProposalRecord } from './proposal-reads.ts'

interface Can {
  ok: boolean
  reason: string | null
}

/** Everything that the page of a proposal shows, and what this caller may do there and why not: from the same functions that decide. */
export async function showProposal(context: Context, caller: Caller, acting: Acting, id: string) {
  const { db } = context
  const row = await proposalRecord(db, caller.project_id, id)
  const authors = await authorsOf(db, caller.project_id, id)
  const requests = await db
    .selectFrom('approval_requests')
    .selectAll()
    .where('proposal_id', '=', id)
    .orderBy('id', 'desc')
    .execute()
  const votes =
    requests.length === 0
      ? []
      : await db
          .selectFrom('approvals')
          .selectAll()
          .where(
            'request_id',
            'in',
            requests.map((r) => r.id),
          )
          .orderBy('id')
          .execute()
  const voters = await readVoters(db, caller.project_id)
  const effect = await effectView(context, id)
  const logins = await loginsOf(db, [
    row.created_by,
    ...authors.map((a) => a.person_id),
    ...votes.map((v) => v.person_id),
    ...voters.map((v) => v.person_id),
    ...(effect ? [effect.requested_by] : []),
  ])
  const authorSet = new Set(authors.map((a) => a.person_id))
  const approvals = requests.map((request) => {
    const { intent, intent_digest, state, requirements, expires_at } = readRequest(request)
    const cast = votes.filter((v) => v.request_id === request.id)
    const standing = quorum(requirements, cast.map(readVote), intent_digest, voters, authorSet)
    return {
      request_id: request.id,
      state,
      reason: request.reason,
      intent,
      intent_digest,
      expires_at,
      created_at: instant(request.created_at),
      requirements: standing.map((state) => ({
        ...state.requirement,
        roles: [...state.requirement.roles],
        persons: state.requirement.persons && [...state.requirement.persons],
        by: state.by.map((p) => personRef(logins, p)),
        remaining: state.remaining,
        eligible: eligible(state, voters, authorSet).map((p) => personRef(logins, p)),
      })),
      votes: cast
        .map((v) => ({ ...readVote(v), person: personRef(logins, v.person_id), comment: v.comment }))
        .map(({ person_id: _person, ...v }) => v),
    }
  })
  const [current = null, ...past] = approvals
  const task = await db.selectFrom('tasks').selectAll().where('id', '=', row.task_id).executeTakeFirstOrThrow()
  const closed = ['superseded', 'withdrawn', 'merged'].includes(row.state)
  const missing =
    closed || effect?.state === 'granted'
      ? []
      : (await missingNow(context, acting, task, row)).map((m) => ({ ...m, who: named(m.who, logins) }))
  const change = await readChange(db, caller.project_id, row)
  const subjects = row.run_id === null ? [id] : [id, row.run_id]
  return {
    ...rowView(row, logins),
    rationale: row.rationale,
    claimed: row.claimed,
    base_commit: row.base_commit,
    base_tree: row.base_tree,
    result_tree: row.result_tree,
    head_commit: row.head_commit,
    agent_version: row.agent_version,
    files: row.files as ProposalFile[],
    authors: authors.map((a) => ({ person: personRef(logins, a.person_id), path: a.path })),
    validation: await latestValidation(db, caller.project_id, id),
    decisions: await decisionsAbout(db, caller.project_id, subjects),
    approval: current,
    past_approvals: past,
    effect: effect ? { ...effect, requested_by: personRef(logins, effect.requested_by) } : null,
    missing,
    can: cans(caller, acting, row, change, missing),
    correlation_id: row.correlation_id,
  }
}

function named(who: string, logins: ReadonlyMap<string, string>): string {
  return who
    .split(', ')
    .map((w) => logins.get(w) ?? w)
    .join(', ')
}

async function effectView(context: Context, proposal: string) {
  const row = await context.db
    .selectFrom('effects')
    .innerJoin('grants', 'grants.effect_id', 'effects.id')
    .selectAll('effects')
    .select(['grants.id as grant_id', 'grants.spent_at'])
    .where('proposal_id', '=', proposal)
    .orderBy('effects.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row) return null
  return {
    id: row.id,
    kind: 'merge' as const,
    state: row.state as EffectState,
    reason: row.reason,
    grant_id: row.grant_id,
    grant_spent_at: row.spent_at === null ? null : instant(row.spent_at),
    intent_digest: row.intent_digest,
    execution_digest: row.execution_digest,
    result_commit: row.result_commit,
    requested_by: row.requested_by,
    granted_at: instant(row.granted_at),
    settled_at: row.settled_at === null ? null : instant(row.settled_at),
  }
}

function cans(
  caller: Caller,
  acting: Acting,
  row: ProposalRecord,
  change: Change,
  missing: readonly { what: string }[],
) {
  const role = (act: Act): Can | null =>
    may(caller.roles, act) ? null : { ok: false, reason: `${act} needs the role ${rolesFor(act).join(' or ')}` }
  const digest = change.request?.intent_digest ?? ''
  const voting = (verdict: 'yes' | 'no'): Can => {
    const cast = castVote(
      change,
      { id: 'preview', person_id: caller.person_id, intent_digest: digest, verdict },
      acting.at,
    )
    return cast.ok ? { ok: true, reason: null } : { ok: false, reason: cast.detail }
  }
  const moving = (act: Act, to: 'superseded' | 'withdrawn' | 'validating'): Can => {
    if (change.effect !== null && change.effect !== 'refused')
      return { ok: false, reason: 'the merge was granted already' }
    const result = transition(
      'proposal',
      act === 'proposal.validate' ? 'validation.start' : act,
      change.proposal_state,
      to,
    )
    return result.ok ? { ok: true, reason: null } : { ok: false, reason: result.detail }
  }
  const revoked = revokeVote(change, caller.person_id, acting.at)
  const purgeable = ['failed', 'superseded', 'withdrawn', 'merged'].includes(row.state) && row.purged_at === null
  return {
    approve: role('proposal.approve') ?? voting('yes'),
    reject: role('proposal.reject') ?? voting('no'),
    revoke:
      role('proposal.revoke') ?? (revoked.ok ? { ok: true, reason: null } : { ok: false, reason: revoked.detail }),
    merge:
      role('proposal.merge') ??
      (missing.length === 0 && row.state === 'validated'
        ? { ok: true, reason: null }
        : { ok: false, reason: missing.map((m) => m.what).join('; ') || `the proposal is ${row.state}` }),
    validate: role('proposal.validate') ?? moving('proposal.validate', 'validating'),
    supersede: role('proposal.supersede') ?? moving('proposal.supersede', 'superseded'),
    withdraw: role('proposal.withdraw') ?? moving('proposal.withdraw', 'withdrawn'),
    purge:
      role('proposal.purge') ??
      (purgeable
        ? { ok: true, reason: null }
        : { ok: false, reason: row.purged_at ? 'it was purged' : 'only a closed proposal is purged' }),
  }
}
