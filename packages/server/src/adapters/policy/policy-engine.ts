import type { DecisionInput, PolicyDecision } from '@gatehouse/core/policy/decision'
import type { Result } from '@gatehouse/core/kernel/result'
import type { Instant } from '@gatehouse/core/kernel/time'

export interface PolicyIdentity {
  /** SHA-256 over the bundle's plan, data and manifest as loaded. */
  readonly bundle_digest: string
  readonly revision: string
}

export interface PolicyAnswer extends PolicyDecision {
  /** The answer is the same until this instant, which is excluded, all but `at` being equal; null: whatever the time. */
  readonly valid_until: Instant | null
}

/** Where policy is evaluated: the compiled plan in process, or (later) an OPA server. */
export interface PolicyEngine {
  identity(): PolicyIdentity
  /** One evaluation. Anything but a decision of the known form is a refusal: nothing fails open. */
  evaluate(input: DecisionInput): Result<PolicyAnswer, 'policy-unavailable'>
}
