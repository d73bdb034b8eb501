import type { Json } from '@gatehouse/core/kernel/canonical'
import type { Result } from '@gatehouse/core/kernel/result'
import { BUILTINS } from './builtins/registry.ts'
import { assembled, Evaluator, planOf, type BundleParts, type LoadCode } from './evaluator.ts'
import { DEFAULT_LIMITS, type EvaluateCode, type EvaluateOptions, type Evaluation } from './evaluation.ts'
import type { Plan } from './plan.ts'
import { Tracer, type Trace, type TraceOptions } from './trace.ts'

export {
  DEFAULT_LIMITS,
  type BundleParts,
  type EvaluateCode,
  type EvaluateOptions,
  type Evaluation,
  type LoadCode,
  type Trace,
  type TraceOptions,
}

/** A loaded bundle. Immutable; evaluations share nothing but its data. */
export class Policy extends Evaluator {
  private tracer: Tracer | undefined

  /**
   * `evaluate`, with what was read, what fired, which lines were run and until when the answer holds. The answer is the
   * same. The code for it is made at the first call, so that a policy that is never explained pays nothing.
   */
  trace(entrypoint: string, input: Json, options: TraceOptions = {}): Trace {
    this.tracer ??= new Tracer(this.parts)
    return this.tracer.trace(entrypoint, input, options)
  }

  /** The plan as it was read: what tools look constants and lines up in. */
  get plan(): Plan {
    return this.parts.plan
  }
}

/**
 * Loads a bundle's compiled plan (`opa build -t plan`) with its data. Refuses a plan that is not of OPA's form, and one
 * that uses a builtin we lack (`unknown-builtin`) or one whose result is not decided by its operands
 * (`nondeterministic-builtin`), naming it, also where no input would ever call it. Never throws.
 */
export function loadBundle(parts: BundleParts): Result<Policy, LoadCode> {
  const plan = planOf(parts)
  return plan.ok ? assembled(plan.value, parts, BUILTINS, (all) => new Policy(all)) : plan
}
