import type { Json } from '@gatehouse/core/kernel/canonical'
import type { EvaluateOptions, Evaluation, Policy } from './rego.ts'
import type { FiredRule } from './trace.ts'

/** Why a decision is what it is. A plain document: it can be written as JSON as it is. */
export interface Explanation {
  readonly evaluation: Evaluation
  /** The rules that gave a value, in order of file and line, each with what it read itself. */
  readonly fired: readonly FiredRule[]
  /** JSON pointers (RFC 6901) into the input: all that was read, also what was looked for and is not there. */
  readonly reads: readonly string[]
  /** See `Trace.validUntil`. */
  readonly valid_until: string | null
}

/** Evaluates once and says which rules fired and what they read. The answer is that of `policy.evaluate`. Never throws. */
export function explain(policy: Policy, entrypoint: string, input: Json, options: EvaluateOptions = {}): Explanation {
  const trace = policy.trace(entrypoint, input, { ...options, explained: true })
  return {
    evaluation: trace.evaluation,
    fired: trace.fired(),
    reads: trace.reads(),
    valid_until: trace.validUntil,
  }
}
