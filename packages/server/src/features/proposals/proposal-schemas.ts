import { z } from 'zod'
import { Intent } from '@gatehouse/core/approvals/intent'
import { STATES } from '@gatehouse/core/delivery/states'
import { DecisionView, RequirementView } from '../decisions/decision-schemas.ts'
import { PageQuery, Digest, PersonRef, Risk, Time } from '../schemas.ts'
import { ValidationView } from '../validations/validation-schemas.ts'

export const PATCH_MAX_BYTES = 10_485_760
export const ProposalSubmit = z.strictObject({
  patch: z
    .string()
    .max(Math.ceil((PATCH_MAX_BYTES * 4) / 3) + 4)
    .describe('the patch, base64: git diff, git format-patch or a unified diff'),
  title: z.string().min(1).max(300).optional(),
  rationale: z.string().max(20_000).default(''),
  repository: z
    .string()
    .max(120)
    .optional()
    .describe('name of the repository; needed unless there is just one or a task is given'),
  task: z.string().max(60).optional().describe('the task it is for; without one, a task is made'),
  target_branch: z.string().max(200).optional().describe("the branch it is for; by default the repository's own"),
})
export const ProposalSupersede = z.strictObject({
  patch: ProposalSubmit.shape.patch,
  title: z.string().min(1).max(300).optional(),
  rationale: z.string().max(20_000).optional(),
})
export const ProposalQuery = PageQuery.extend({
  state: z.enum(STATES.proposal).optional(),
  task: z.string().max(60).optional(),
})
export const Vote = z.strictObject({
  intent_digest: Digest.describe('the intent you were shown'),
  comment: z.string().max(5000).default(''),
})
export const Reject = z.strictObject({
  intent_digest: Digest,
  comment: z.string().min(1).max(5000).describe('what has to change; the next attempt reads it'),
})
export const Reason = z.strictObject({ reason: z.string().min(1).max(2000) })
const File = z.object({
  path: z.string(),
  status: z.string(),
  old_mode: z.string().nullable(),
  new_mode: z.string().nullable(),
  binary: z.boolean(),
  additions: z.int().nullable(),
  deletions: z.int().nullable(),
})
export const ProposalRow = z
  .object({
    id: z.string(),
    task_id: z.string(),
    run_id: z.string().nullable(),
    title: z.string(),
    state: z.enum(STATES.proposal),
    reason: z.string().nullable(),
    provenance: z.enum(['observed', 'unobserved']),
    repository_id: z.string(),
    repository_name: z.string(),
    target_branch: z.string(),
    environment: z.string(),
    risk: Risk,
    priority: z.int(),
    diff_digest: Digest,
    diff_bytes: z.int(),
    files_changed: z.int(),
    additions: z.int(),
    deletions: z.int(),
    created_by: PersonRef,
    supersedes: z.string().nullable(),
    superseded_by: z.string().nullable(),
    purged_at: Time.nullable(),
    created_at: Time,
    updated_at: Time,
  })
  .meta({ id: 'ProposalRow' })
export const VoteView = z
  .object({
    id: z.string(),
    person: PersonRef,
    verdict: z.enum(['yes', 'no']),
    comment: z.string(),
    intent_digest: Digest,
    at: Time,
    revoked_at: Time.nullable(),
  })
  .meta({ id: 'Vote' })
const Can = z.object({ ok: z.boolean(), reason: z.string().nullable() })
export const ApprovalView = z
  .object({
    request_id: z.string(),
    state: z.enum(STATES.approval_request),
    reason: z.string().nullable(),
    intent: Intent,
    intent_digest: Digest,
    expires_at: Time,
    requirements: z.array(
      RequirementView.extend({ by: z.array(PersonRef), remaining: z.int(), eligible: z.array(PersonRef) }),
    ),
    votes: z.array(VoteView),
    created_at: Time,
  })
  .meta({ id: 'Approval' })
export const MissingView = z.object({ code: z.string(), what: z.string(), who: z.string() }).meta({ id: 'Missing' })
export const EffectView = z
  .object({
    id: z.string(),
    kind: z.literal('merge'),
    state: z.enum(STATES.effect),
    reason: z.string().nullable(),
    grant_id: z.string(),
    grant_spent_at: Time.nullable(),
    intent_digest: Digest,
    execution_digest: Digest,
    result_commit: z.string().nullable(),
    requested_by: PersonRef,
    granted_at: Time,
    settled_at: Time.nullable(),
  })
  .meta({ id: 'Effect' })
export const ProposalView = ProposalRow.extend({
  rationale: z.string(),
  claimed: z
    .unknown()
    .describe("author and trailers as the patch claims them: attacker's words, shown, never an identity"),
  base_commit: z.string(),
  base_tree: z.string(),
  result_tree: z.string(),
  head_commit: z.string(),
  agent_version: Digest.nullable(),
  files: z.array(File),
  authors: z.array(z.object({ person: PersonRef, path: z.string() })),
  validation: ValidationView.nullable(),
  decisions: z.array(DecisionView),
  approval: ApprovalView.nullable(),
  past_approvals: z.array(ApprovalView),
  effect: EffectView.nullable(),
  missing: z.array(MissingView).describe('what stands between this proposal and its merge now'),
  can: z
    .object({
      approve: Can,
      reject: Can,
      revoke: Can,
      merge: Can,
      validate: Can,
      supersede: Can,
      withdraw: Can,
      purge: Can,
    })
    .describe('what you may do, and why not'),
  correlation_id: z.string(),
}).meta({ id: 'Proposal' })
