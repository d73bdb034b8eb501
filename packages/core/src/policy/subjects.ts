import { z } from 'zod'

const id = z.string().min(1).max(200)
const name = z.string().min(1).max(200)
const count = z.int().min(0)
const time = z.iso.datetime({ offset: true })
const path = z.string().min(1).max(4096)

/** One edit of a definition: a JSON Pointer (RFC 6901) and both values; null where there was or is none. */
export const FieldChange = z.strictObject({ path: z.string().max(4096), old_value: z.json(), new_value: z.json() })
export type FieldChange = z.infer<typeof FieldChange>

/** What was shown about an agent version in an environment. Only `host_measured` counts (law 5). */
export const PromotionEvidence = z.strictObject({
  agent_version: name,
  environment: name,
  verdict: z.enum(['passed', 'failed', 'errored']),
  source: z.enum(['host_measured', 'candidate_reported']),
  finished_at: time,
  tests_total: count,
  tests_failed: count,
})

/** A request to bind an agent version in the next environment. The input's `environment` is `to`. */
export const Promotion = z.strictObject({
  id,
  agent_version: name,
  from: name,
  to: name,
  requested_by: id,
  evidence: PromotionEvidence.nullable(),
})
export type Promotion = z.infer<typeof Promotion>

/** A time-bound, approved leave from one policy for one scope; null in a scope means any. */
export const PolicyException = z.strictObject({
  id,
  policy_id: z.string().min(1).max(120),
  scope: z.strictObject({ environment: name, repository_id: id.nullable(), agent_id: id.nullable() }),
  reason: z.string().max(4000),
  requested_by: id,
  approved_by: z.array(id).max(20),
  starts_at: time,
  expires_at: time,
})
export type PolicyException = z.infer<typeof PolicyException>

/** A bundle that is to be put in force, with what was verified about it by the host. */
export const BundleUpdate = z.strictObject({
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  revision: count,
  current_revision: count,
  /** What the verifier said: true only where identity, issuer, digest and timestamps are in order. */
  signature_verified: z.boolean(),
  tests_total: count,
  tests_failed: count,
  /** Decisions replayed in the canary, and those that came out otherwise without an explanation. */
  replayed: count,
  unexplained_flips: count,
})

export const PolicyUpdate = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bundle'), bundle: BundleUpdate }),
  z.strictObject({ kind: z.literal('exception'), exception: PolicyException }),
])
export type PolicyUpdate = z.infer<typeof PolicyUpdate>

/** A fix proposed or made by ourselves. `applied_today` counts those applied since midnight UTC, this one not. */
export const Remediation = z.strictObject({
  id,
  mode: z.enum(['propose', 'apply']),
  kind: z.string().min(1).max(80),
  reversible: z.boolean(),
  targets: z.array(z.strictObject({ kind: name, id, environment: name })).max(10_000),
  files: z.array(path).max(100_000),
  applied_today: count,
})
export type Remediation = z.infer<typeof Remediation>

/** An open incident; null in its scope means any environment, any repository. */
export const Incident = z.strictObject({
  id,
  summary: z.string().max(500),
  environment: name.nullable(),
  repository_id: id.nullable(),
})
export type Incident = z.infer<typeof Incident>
