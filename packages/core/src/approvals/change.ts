import type { ApprovalRequestState, EffectState, ProposalState } from '../delivery/states.ts'
import { refuse, ok, type Result } from '../kernel/result.ts'
import { isPast, type Instant } from '../kernel/time.ts'
import type { Intent } from './intent.ts'
import { intentChanges, intentDigest } from './intent.ts'
import { quorum, quorumMet, voteProblem, type Requirement, type Vote, type Voter } from './quorum.ts'

export interface ApprovalRequest {
  readonly id: string
  readonly intent_digest: string
  readonly intent: Intent
  readonly state: ApprovalRequestState
  readonly requirements: readonly Requirement[]
  readonly expires_at: Instant
}

/** Everything that approving one proposal turns on, as the locking transaction read it. */
export interface Change {
  readonly proposal_state: ProposalState
  readonly request: ApprovalRequest | null
  /** The votes of this request alone: those of an expired, rejected or stale one must not come back to life. */
  readonly votes: readonly Vote[]
  /** Every person behind the diff; never empty, since each token and agent has its person. */
  readonly authors: ReadonlySet<string>
  readonly voters: readonly Voter[]
  readonly effect: EffectState | null
}

export type VoteRefusal =
  | 'self-approval'
  | 'not-eligible'
  | 'nothing-to-approve'
  | 'intent-mismatch'
  | 'request-expired'
  | 'already-voted'
  | 'effect-granted'

/** A person's yes or no to the intent digest they were shown. Pure: gives the vote and the request's next state. */
export function castVote(
  change: Change,
  vote: {
    readonly id: string
    readonly person_id: string
    readonly intent_digest: string
    readonly verdict: 'yes' | 'no'
  },
  at: Instant,
): Result<{ readonly vote: Vote; readonly request_state: ApprovalRequestState }, VoteRefusal> {
  const { request } = change
  if (granted(change)) return refuse('effect-granted', 'the effect was already granted: it is too late to vote')
  if (!request || change.proposal_state !== 'validated' || !isLive(request.state))
    return refuse('nothing-to-approve', 'there is no open approval request: the proposal must be validated first')
  if (isPast(request.expires_at, at))
    return refuse(
      'request-expired',
      `the approval request expired at ${request.expires_at}; validate the proposal again to open a new one`,
    )
  const problem = voteProblem(vote.person_id, change.voters, change.authors)
  if (problem === 'self-approval')
    return refuse('self-approval', 'you are among the authors of this change; another person has to look at it')
  if (problem === 'not-eligible') return refuse('not-eligible', 'your role in this project gives you no vote')
  if (vote.intent_digest !== request.intent_digest)
    return refuse(
      'intent-mismatch',
      `you were shown intent ${vote.intent_digest}, but the request is for ${request.intent_digest}: look again`,
    )
  if (
    change.votes.some(
      (v) => v.person_id === vote.person_id && v.intent_digest === vote.intent_digest && v.revoked_at === null,
    )
  )
    return refuse('already-voted', 'your vote on this intent is recorded already; take it back first to change it')
  const cast: Vote = { ...vote, at, revoked_at: null }
  const states = quorum(
    request.requirements,
    [...change.votes, cast],
    request.intent_digest,
    change.voters,
    change.authors,
  )
  const next = vote.verdict === 'no' ? 'rejected' : quorumMet(states) ? 'satisfied' : 'open'
  return ok({ vote: cast, request_state: next })
}

/** Takes a vote back. After the grant it is too late: the caller records the attempt and changes nothing. */
export function revokeVote(
  change: Change,
  personId: string,
  at: Instant,
): Result<{ readonly vote: Vote; readonly request_state: ApprovalRequestState }, 'too-late' | 'nothing-to-revoke'> {
  if (granted(change))
    return refuse(
      'too-late',
      'the effect was granted before this revocation; it is recorded and does not undo the effect',
    )
  // The vote on the intent of this request: an older one of the same person must not be taken back in its stead.
  const vote = change.votes.find(
    (v) =>
      v.person_id === personId &&
      v.verdict === 'yes' &&
      v.revoked_at === null &&
      v.intent_digest === change.request?.intent_digest,
  )
  if (!vote || !change.request || !isLive(change.request.state))
    return refuse('nothing-to-revoke', 'you have no standing approval of this proposal')
  const revoked = { ...vote, revoked_at: at }
  const votes = change.votes.map((v) => (v.id === vote.id ? revoked : v))
  const { request } = change
  const states = quorum(request.requirements, votes, request.intent_digest, change.voters, change.authors)
  return ok({ vote: revoked, request_state: quorumMet(states) ? 'satisfied' : 'open' })
}

/** What becomes of a request when the intent is computed anew: the same digest keeps it, another voids it and says which part. */
export function reconsider(
  request: ApprovalRequest,
  intent: Intent,
): { readonly keep: true } | { readonly keep: false; readonly changed: readonly string[] } {
  if (intentDigest(intent) === request.intent_digest) return { keep: true }
  return { keep: false, changed: intentChanges(request.intent, intent) }
}

/** Whether an effect was granted (or done): from then on nothing about the approval can change what happens. */
export function granted(change: Change): boolean {
  return change.effect !== null && change.effect !== 'refused'
}

export function isLive(state: ApprovalRequestState): boolean {
  return state === 'open' || state === 'satisfied'
}
