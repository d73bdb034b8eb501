import type { DecisionInput, PolicyDecision } from '@gatehouse/core/policy/decision'
import type { Result } from '@gatehouse/core/kernel/result'

export interface PolicyIdentity {
  /** SHA-256 over the bundle's plan, data and manifest as loaded. */
  readonly bundle_digest: string
  readonly revision: string
}

/** Where policy is evaluated: the compiled plan in process, or (later) an OPA server. */
export interface PolicyEngine {
  identity(): PolicyIdentity
  /** One evaluation. Anything but a decision of the known form is a refusal: nothing fails open. */
  evaluate(input: DecisionInput): Result<PolicyDecision, 'policy-unavailable'>
}
