import { z } from 'zod'
import type { ApprovalRequest, Change } from '@gatehouse/core/approvals/change'
import { Intent } from '@gatehouse/core/approvals/intent'
import type { Vote, Voter } from '@gatehouse/core/approvals/quorum'
import type { ApprovalRequestState, EffectState, ProposalState } from '@gatehouse/core/delivery/states'
import { PolicyRequirement } from '@gatehouse/core/policy/decision'
import { instant } from '@gatehouse/core/kernel/time'
import type { Db, Trx } from '../../db/database.ts'
import { lockVoters, readVoters } from '../access/access-reads.ts'
import { authorsOf } from '../proposals/author-reads.ts'

interface RequestRow {
  id: string
  proposal_id: string
  intent: unknown
  intent_digest: string
  requirements: unknown
  state: string
  reason: string | null
  expires_at: Date
  created_at: Date
}

export function readRequest(row: RequestRow): ApprovalRequest {
  return {
    id: row.id,
    intent_digest: row.intent_digest,
    intent: Intent.parse(row.intent),
    state: row.state as ApprovalRequestState,
    requirements: z.array(PolicyRequirement).parse(row.requirements),
    expires_at: instant(row.expires_at),
  }
}

interface ApprovalRow {
  id: string
  person_id: string
  intent_digest: string
  verdict: string
  at: Date
  revoked_at: Date | null
}

export function readVote(row: ApprovalRow): Vote {
  return {
    id: row.id,
    person_id: row.person_id,
    intent_digest: row.intent_digest,
    verdict: row.verdict === 'yes' ? 'yes' : 'no',
    at: instant(row.at),
    revoked_at: row.revoked_at === null ? null : instant(row.revoked_at),
  }
}

async function assemble(
  db: Db | Trx,
  project: string,
  proposal: { id: string; state: string },
  voters: readonly Voter[],
  lock: boolean,
): Promise<Change> {
  let requests = db
    .selectFrom('approval_requests')
    .selectAll()
    .where('proposal_id', '=', proposal.id)
    .orderBy('id', 'desc')
    .limit(1)
  if (lock) requests = requests.forUpdate()
  const request = await requests.executeTakeFirst()
  let approvals = db
    .selectFrom('approvals')
    .selectAll()
    .where('request_id', '=', request?.id ?? '')
    .orderBy('id')
  if (lock) approvals = approvals.forUpdate()
  const authors = await authorsOf(db, project, proposal.id)
  const effect = await db
    .selectFrom('effects')
    .select('state')
    .where('proposal_id', '=', proposal.id)
    .where('state', '!=', 'refused')
    .executeTakeFirst()
  return {
    proposal_state: proposal.state as ProposalState,
    request: request ? readRequest(request) : null,
    votes: (await approvals.execute()).map(readVote),
    authors: new Set(authors.map((a) => a.person_id)),
    voters,
    effect: (effect?.state as EffectState | undefined) ?? null,
  }
}

/** Everything approving this proposal turns on, locked: memberships, request, approvals. The caller holds task and proposal. */
export async function lockChange(trx: Trx, project: string, proposal: { id: string; state: string }): Promise<Change> {
  const voters = await lockVoters(trx, project)
  return assemble(trx, project, proposal, voters, true)
}

/** The same for screens, without locks. */
export async function readChange(db: Db, project: string, proposal: { id: string; state: string }): Promise<Change> {
  return assemble(db, project, proposal, await readVoters(db, project), false)
}
