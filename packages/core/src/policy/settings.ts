import { z } from 'zod'

export const POLICY_MODES = ['shadow', 'warn', 'enforce'] as const
export type PolicyMode = (typeof POLICY_MODES)[number]

const count = z.int().min(0)
const money = z.number().min(0)
const label = z.string().min(1).max(200)
const pattern = z.string().min(1).max(4096)
const labels = z.array(label).max(1000)

/** From `from` until before `to`, nothing takes effect in these environments and branches; an empty list means all. */
export const FreezeWindow = z.strictObject({
  id: label,
  from: z.iso.datetime({ offset: true }),
  to: z.iso.datetime({ offset: true }),
  environments: labels.max(50),
  branches: labels.max(50),
  reason: z.string().min(1).max(500),
})
export type FreezeWindow = z.infer<typeof FreezeWindow>

/**
 * Whose approval a change under `pattern` needs, as CODEOWNERS has it, its patterns too: the last rule that matches a path wins. Roles of the project, persons by
 * id, or both: each of them may approve.
 */
export const CodeOwnerRule = z.strictObject({
  pattern,
  roles: z.array(z.string().min(1).max(40)).max(20),
  persons: labels.max(100),
  count: count.min(1).max(20),
})
export type CodeOwnerRule = z.infer<typeof CodeOwnerRule>

/**
 * What a project sets on top of the bundle's preset. A setting can only tighten: approvals take the larger number, limits and budgets the
 * smaller one, allow-lists what both allow, paths, owners and freezes are added, and a mode can be made stricter.
 */
export const DecisionSettings = z.strictObject({
  approvals: z
    .strictObject({
      low: count.max(20).optional(),
      medium: count.max(20).optional(),
      high: count.max(20).optional(),
      critical: count.max(20).optional(),
    })
    .optional(),
  /** Patterns as in CODEOWNERS. */
  protected_paths: z.array(pattern).max(1000).optional(),
  max_changed_files: count.optional(),
  max_diff_bytes: count.optional(),
  max_execution_time_seconds: count.optional(),
  max_requests_per_day: count.optional(),
  max_retries: count.optional(),
  max_cost_per_request: money.optional(),
  max_cost_per_day: money.optional(),
  max_cost_per_month: money.optional(),
  allowed_tools: labels.optional(),
  allowed_actions: labels.optional(),
  /** `provider/model`. */
  allowed_models: labels.optional(),
  allowed_hosts: labels.optional(),
  code_owners: z.array(CodeOwnerRule).max(200).optional(),
  freeze: z.array(FreezeWindow).max(100).optional(),
  /** The ladder of environments: first and last are the bundle's, more may stand between. */
  environments: labels.max(20).optional(),
  promotion_approvals: count.max(20).optional(),
  self_modification_owners: count.max(20).optional(),
  /** policy id -> environment (or `default`) -> mode. */
  modes: z.record(label, z.record(label, z.enum(POLICY_MODES))).optional(),
})
export type DecisionSettings = z.infer<typeof DecisionSettings>
