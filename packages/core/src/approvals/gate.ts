import type { Sha256 } from '../kernel/canonical.ts'
import { isPast, type Instant } from '../kernel/time.ts'
import { granted, isLive, type Change } from './change.ts'
import { executionDigest, intentChanges, intentDigest, type Execution, type Intent } from './intent.ts'
import { askedOf, eligible, quorum, requirementKey, voteProblem, type Requirement } from './quorum.ts'

/** What a validation showed, as the gate needs it. */
export interface Evidence {
  readonly validation_id: string
  readonly validation_digest: string
  readonly verdict: 'passed' | 'failed' | 'errored'
  readonly base_commit: string
  readonly result_tree: string
  readonly recipe_digest: string
}

/** What policy said at `before_effect`. */
export interface GateDecision {
  readonly decision_id: string
  readonly outcome: 'allow' | 'warn' | 'deny'
  readonly violations: readonly { readonly policy_id: string; readonly message: string }[]
  readonly requirements: readonly Requirement[]
  readonly policy_set_hash: string
  readonly valid_until: Instant | null
}

export interface GateInput {
  readonly at: Instant
  readonly change: Change
  /** The intent computed now, from the proposal's rows and bytes. */
  readonly intent: Intent
  readonly proposal: { readonly base_commit: string; readonly base_tree: string; readonly result_tree: string }
  /** The target branch's commit now. */
  readonly target_head: string
  /** The recipe's digest at that commit now. */
  readonly recipe_digest: string
  readonly evidence: Evidence | null
  readonly decision: GateDecision | null
}

export type MissingCode =
  | 'grant-already-used'
  | 'proposal-not-validated'
  | 'approval-request-missing'
  | 'approval-request-closed'
  | 'approval-expired'
  | 'intent-changed'
  | 'approvals-missing'
  | 'authors-unknown'
  | 'evidence-missing'
  | 'evidence-failed'
  | 'evidence-stale'
  | 'base-moved'
  | 'policy-unanswered'
  | 'policy-denied'
  | 'policy-answer-stale'

/** One thing that stands between a proposal and its effect, and who can give it. */
export interface Missing {
  readonly code: MissingCode
  readonly what: string
  readonly who: string
}

export type GateResult =
  | { readonly ok: true; readonly execution: Execution; readonly execution_digest: Sha256 }
  | { readonly ok: false; readonly missing: readonly Missing[] }

/**
 * The one gate: every governed effect passes here, inside the transaction that holds the rows locked. Pure.
 * Either the execution that may happen, once, or everything that is missing at once.
 */
export function gate(input: GateInput): GateResult {
  const missing = [
    ...effectMissing(input),
    ...approvalMissing(input),
    ...evidenceMissing(input),
    ...policyMissing(input),
  ]
  const { evidence, decision, change, proposal } = input
  if (missing.length > 0 || !evidence || !decision || !change.request) return { ok: false, missing }
  const digest = intentDigest(input.intent)
  const execution: Execution = {
    schema: 'gatehouse.execution/v1',
    intent_digest: digest,
    base_commit: proposal.base_commit,
    base_tree: proposal.base_tree,
    result_tree: proposal.result_tree,
    recipe_digest: evidence.recipe_digest,
    validation_id: evidence.validation_id,
    validation_digest: evidence.validation_digest,
    decision_id: decision.decision_id,
    policy_set_hash: decision.policy_set_hash,
    approvals: change.votes
      .filter((v) => v.verdict === 'yes' && v.revoked_at === null && v.intent_digest === digest)
      .filter((v) => voteProblem(v.person_id, change.voters, change.authors) === null)
      .map((v) => v.id)
      .toSorted(),
  }
  return { ok: true, execution, execution_digest: executionDigest(execution) }
}

function effectMissing({ change }: GateInput): Missing[] {
  if (granted(change))
    return [
      {
        code: 'grant-already-used',
        what: 'the effect of this intent was granted before; a grant is used once',
        who: 'nobody: submit a new proposal for a new change',
      },
    ]
  if (change.proposal_state !== 'validated')
    return [
      {
        code: 'proposal-not-validated',
        what: `the proposal is ${change.proposal_state}`,
        who: 'the worker, by validating it: gatehouse proposal validate',
      },
    ]
  return []
}

function approvalMissing({ change, intent, decision, at }: GateInput): Missing[] {
  const { request } = change
  if (!request)
    return [
      {
        code: 'approval-request-missing',
        what: 'no approval was asked for yet',
        who: 'the worker, when validation passes',
      },
    ]
  const missing: Missing[] = []
  if (change.authors.size === 0)
    missing.push({
      code: 'authors-unknown',
      what: 'nobody is on record as the author, so nobody can be told apart from the author',
      who: 'the author, by submitting the proposal again',
    })
  if (!isLive(request.state))
    missing.push({
      code: 'approval-request-closed',
      what: `the approval request is ${request.state}`,
      who: 'anyone who may validate: gatehouse proposal validate opens a new one',
    })
  if (isPast(request.expires_at, at))
    missing.push({
      code: 'approval-expired',
      what: `the approvals ran out at ${request.expires_at}`,
      who: 'anyone who may validate, then the approvers again',
    })
  const digest = intentDigest(intent)
  if (digest !== request.intent_digest)
    missing.push({
      code: 'intent-changed',
      what: `what would happen is not what was approved: ${intentChanges(request.intent, intent).join(', ')} changed`,
      who: 'the approvers, on the new intent',
    })
  const requirements = [...request.requirements, ...(decision?.requirements ?? [])]
  const seen = new Set<string>()
  for (const state of quorum(requirements, change.votes, digest, change.voters, change.authors)) {
    const key = requirementKey(state.requirement)
    if (state.remaining === 0 || seen.has(key)) continue
    seen.add(key)
    const could = eligible(state, change.voters, change.authors)
    missing.push({
      code: 'approvals-missing',
      what: `${state.remaining} more approval(s) by ${askedOf(state.requirement)}: ${state.requirement.reason}`,
      who: could.length > 0 ? could.join(', ') : 'nobody in the project can: add a person with such a role',
    })
  }
  return missing
}

function evidenceMissing({ evidence, proposal, target_head, recipe_digest }: GateInput): Missing[] {
  const missing: Missing[] = []
  const again = 'anyone who may validate: gatehouse proposal validate'
  if (target_head !== proposal.base_commit)
    missing.push({
      code: 'base-moved',
      what: `the target branch moved from ${proposal.base_commit} to ${target_head}`,
      who: again,
    })
  if (!evidence) return [...missing, { code: 'evidence-missing', what: 'no validation is on record', who: again }]
  if (evidence.verdict !== 'passed')
    missing.push({
      code: 'evidence-failed',
      what: `the last validation ${evidence.verdict}`,
      who: 'the author, with a proposal that passes',
    })
  if (evidence.base_commit !== proposal.base_commit || evidence.result_tree !== proposal.result_tree)
    missing.push({
      code: 'evidence-stale',
      what: 'the validation is of another tree than the one that would be merged',
      who: again,
    })
  if (evidence.recipe_digest !== recipe_digest)
    missing.push({ code: 'evidence-stale', what: 'the recipe changed since the validation', who: again })
  return missing
}

function policyMissing({ decision, at }: GateInput): Missing[] {
  if (!decision)
    return [
      { code: 'policy-unanswered', what: 'policy gave no decision', who: 'the operator: see the decision in the log' },
    ]
  const missing: Missing[] = decision.violations.map((v) => ({
    code: 'policy-denied',
    what: `${v.policy_id}: ${v.message}`,
    who: 'the author, with a change that the policy allows',
  }))
  // Anything but a plain yes is a no, also a word that this version does not know.
  if (decision.outcome !== 'allow' && decision.outcome !== 'warn' && missing.length === 0)
    missing.push({ code: 'policy-denied', what: 'policy denied without naming a violation', who: 'the policy owner' })
  if (decision.valid_until !== null && isPast(decision.valid_until, at))
    missing.push({
      code: 'policy-answer-stale',
      what: `the decision held until ${decision.valid_until}`,
      who: 'the worker, by asking again',
    })
  return missing
}
