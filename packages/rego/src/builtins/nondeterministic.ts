import { EvaluationError } from '../machine.ts'

/**
 * A builtin was called so that its result would not be decided by its operands: it would ask the clock, the machine or
 * chance. Ends the evaluation, also where builtin errors do not: undefined could make a negation true.
 */
export class NondeterministicError extends EvaluationError {
  constructor(message: string) {
    super('eval_builtin_error', `not decided by the policy and its input: ${message}`)
  }
}
