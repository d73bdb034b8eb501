import { z } from 'zod'
import { sha256Json, type Sha256 } from '../kernel/canonical.ts'

const digest = z.string().regex(/^[0-9a-f]{64}$/)

/**
 * What people approve. `diff_digest` is the SHA-256 of the exact diff bytes between the base tree and the result tree, so a
 * rebase that leaves those bytes the same leaves the intent the same, and one changed byte does not.
 */
export const Intent = z.strictObject({
  schema: z.literal('gatehouse.intent/v1'),
  kind: z.literal('merge'),
  project_id: z.string(),
  repository_id: z.string(),
  task_id: z.string(),
  target_branch: z.string(),
  environment: z.string(),
  diff_digest: digest,
  agent_version: digest.nullable(),
  exceptions: z.array(z.string()),
})
export type Intent = z.infer<typeof Intent>

export function intentDigest(intent: Intent): Sha256 {
  return sha256Json(intent)
}

/** Which parts of an intent changed, by field name, for the person whose approval is void. */
export function intentChanges(before: Intent, after: Intent): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Intent>
  return [...keys].filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]))
}

/** What machines recompute before acting. */
export const Execution = z.strictObject({
  schema: z.literal('gatehouse.execution/v1'),
  intent_digest: digest,
  base_commit: z.string(),
  base_tree: z.string(),
  result_tree: z.string(),
  recipe_digest: digest,
  validation_id: z.string(),
  validation_digest: digest,
  decision_id: z.string(),
  policy_set_hash: digest,
  approvals: z.array(z.string()),
})
export type Execution = z.infer<typeof Execution>

export function executionDigest(execution: Execution): Sha256 {
  return sha256Json(execution)
}
