import { z } from 'zod'
import { CanonicalDefinition } from '../agents/canonical.ts'
import { AGENT_STATES } from '../agents/definition.ts'
import { VERDICTS } from '../specs/evidence.ts'
import { RISKS } from '../specs/story.ts'
import { DecisionSettings } from './settings.ts'
import { FieldChange, Incident, PolicyException, PolicyUpdate, Promotion, Remediation } from './subjects.ts'

/** Where policy decides. */
export const DECISION_HOOKS = [
  'on_field_change',
  'on_review_open',
  'on_create_attempt',
  'on_promotion_attempt',
  'before_execute',
  'after_execute',
  'before_effect',
  'on_policy_update',
  'on_remediation_attempt',
] as const
export type DecisionHook = (typeof DECISION_HOOKS)[number]

export const Risk = z.enum(RISKS)
export type Risk = z.infer<typeof Risk>

export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const

const id = z.string().min(1).max(200)
const name = z.string().min(1).max(200)
const count = z.int().min(0)
const path = z.string().min(1).max(4096)
const names = z.array(z.string().max(4096)).max(100_000)
/** Git's file mode, `100644` for one; null where the file did not or does not exist. */
const mode = z.string().max(6).nullable()

const Actor = z.strictObject({
  kind: z.enum(['person', 'agent', 'service']),
  id,
  person_id: id.nullable(),
  roles: z.array(z.string().max(40)).max(20),
})

const Repository = z.strictObject({ id, name, default_branch: name })

const Task = z.strictObject({
  id,
  kind: z.string().min(1).max(80),
  risk: Risk,
  priority: z.union([z.string().max(40), z.int()]),
  attempt: count,
})

const Agent = z.strictObject({
  id,
  name,
  version: z.string().min(1).max(200),
  lifecycle: z.strictObject({ state: z.enum(AGENT_STATES) }),
  owner_person_id: id.nullable(),
  definition: CanonicalDefinition,
  /** Runs begun since midnight UTC, this one not counted. */
  runs_today: count,
  /** US dollars metered by the gateway since midnight UTC and since the first of the month. Only agents with a model have it. */
  spend: z.strictObject({ day: z.number().min(0), month: z.number().min(0) }).optional(),
})

const ChangedFile = z.strictObject({
  path,
  status: z.enum(['added', 'modified', 'deleted']),
  old_mode: mode,
  new_mode: mode,
  binary: z.boolean(),
  additions: count,
  deletions: count,
})

const Proposal = z.strictObject({
  id,
  provenance: z.enum(['observed', 'unobserved']),
  files: z.array(ChangedFile).max(100_000),
  /** Size of the diff in bytes. */
  diff_bytes: count,
  /** Persons who may not approve: the author set. */
  authors: z.array(id).max(1000),
})

/** A task in a file of specifications, by the id that it has there. */
const TaskPlace = { id: z.string().max(200).nullable(), path, line: z.int().min(1) }

const Validation = z.strictObject({
  id,
  verdict: z.enum(['passed', 'failed', 'errored']),
  /** What isolated the commands: `bubblewrap`, `util-linux`, `docker`, ..., `none`. */
  isolation_driver: z.string().min(1).max(80),
  host_measured: z.strictObject({
    commands: z
      .array(z.strictObject({ name: z.string().max(200), exit_code: z.int().nullable(), timed_out: z.boolean() }))
      .max(1000),
    test_files_deleted: names,
    test_files_changed: names,
  }),
  candidate_reported: z.strictObject({
    removed_tests: names,
    newly_skipped_tests: names,
    newly_failing_tests: names,
    total: count,
    failed: count,
  }),
  /** Tasks that the change ticks, each judged by files, history and tests, and open ones that it takes away. */
  ticked_tasks: z.strictObject({
    judged: z
      .array(z.strictObject({ ...TaskPlace, verdict: z.enum(VERDICTS), lookable: z.boolean(), dropped: names }))
      .max(1000),
    removed: z.array(z.strictObject(TaskPlace)).max(1000),
    not_judged: z.string().max(2000).nullable(),
  }),
})

/** The parts of the input that a hook is decided by. What is missing denies: `policy/governance/data/contract.json` is made from this table. */
export const HOOK_SUBJECTS = {
  on_field_change: ['agent', 'field_change'],
  on_review_open: ['agent'],
  on_create_attempt: ['agent'],
  on_promotion_attempt: ['agent', 'promotion'],
  before_execute: ['task'],
  after_execute: ['proposal'],
  before_effect: ['proposal', 'effect'],
  on_policy_update: ['policy_update'],
  on_remediation_attempt: ['remediation'],
} as const satisfies Readonly<Record<DecisionHook, readonly string[]>>

/** What policy is asked: the input document of the entrypoint `gatehouse/decision`. */
export const DecisionInput = z.strictObject({
  hook: z.enum(DECISION_HOOKS),
  /** RFC 3339. Policy has no other clock. */
  at: z.iso.datetime({ offset: true }),
  project: z.strictObject({ id, name }),
  environment: z.string().min(1).max(80),
  actor: Actor,
  repository: Repository.nullable(),
  task: Task.nullable(),
  agent: Agent.nullable(),
  proposal: Proposal.nullable(),
  validation: Validation.nullable(),
  effect: z
    .strictObject({
      kind: z.literal('merge'),
      target_branch: name,
      /** `policy` asks for a merge without approvals, which only low-risk paths get. Approvals where it is not said. */
      authority: z.enum(['approvals', 'policy']).optional(),
    })
    .nullable(),
  settings: DecisionSettings,
  field_change: FieldChange.optional(),
  promotion: Promotion.optional(),
  policy_update: PolicyUpdate.optional(),
  remediation: Remediation.optional(),
  /** Open incidents in the project. */
  incidents: z.array(Incident).max(1000).optional(),
  /** Approved exceptions by policy id. Policy checks their bounds, scope and time again. */
  exceptions: z.record(z.string().min(1).max(120), z.array(PolicyException).max(1000)).optional(),
})
export type DecisionInput = z.infer<typeof DecisionInput>

/** One thing a policy says: as a violation it denies, as a warning it does not. */
export const PolicyFinding = z.strictObject({
  policy_id: z.string().min(1).max(120),
  message: z.string().min(1).max(20_000),
  severity: z.enum(SEVERITIES),
  runbook_url: z.string().max(500),
})
export type PolicyFinding = z.infer<typeof PolicyFinding>

/**
 * Approvals that are needed before the effect: `count` persons who are no authors, each with one of `roles` or named in `persons`. Where only
 * persons may approve, `roles` holds the word `code-owner`, which nobody has as a role.
 */
export const PolicyRequirement = z.strictObject({
  id: z.string().min(1).max(200),
  policy_id: z.string().min(1).max(120),
  count: count.min(1),
  roles: z.array(z.string().min(1).max(40)).min(1).max(20),
  persons: z.array(id).min(1).max(100).optional(),
  reason: z.string().min(1).max(20_000),
})
export type PolicyRequirement = z.infer<typeof PolicyRequirement>

export const PolicyMutation = z.strictObject({
  policy_id: z.string().min(1).max(120),
  path: z.string().min(1).max(400),
  value: z.json(),
  reason: z.string().min(1).max(2000),
})
export type PolicyMutation = z.infer<typeof PolicyMutation>

/** What policy answers. A decision that does not fit this schema is an error of the policy and denies. */
export const PolicyDecision = z.strictObject({
  outcome: z.enum(['allow', 'warn', 'deny']),
  violations: z.array(PolicyFinding),
  warnings: z.array(PolicyFinding),
  /** What policies in shadow would have said. Shown, never acted on. */
  shadowed: z.array(PolicyFinding).default([]),
  locked_fields: z.array(z.string().min(1).max(400)),
  mutations: z.array(PolicyMutation),
  requirements: z.array(PolicyRequirement),
  /** Null where there is no task and no proposal to have one. */
  effective_risk: Risk.nullable(),
})
export type PolicyDecision = z.infer<typeof PolicyDecision>
