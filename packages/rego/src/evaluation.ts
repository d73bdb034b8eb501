import type { Json } from '@gatehouse/core/kernel/canonical'
import { refuse, type Refusal } from '@gatehouse/core/kernel/result'
import { BuiltinError, EvaluationError, LimitError, type EvaluationErrorCode, type MachineLimits } from './machine.ts'
import { short } from './plan.ts'
import { FrozenError, RegoObject, type Value } from './value.ts'
import { DocumentError, fromJson, toJson } from './value-json.ts'

export type EvaluateCode =
  | 'policy-undefined'
  | 'policy-error'
  | 'policy-over-limit'
  | 'unknown-entrypoint'
  | 'invalid-policy-input'

export interface EvaluateOptions {
  /** Steps: calls, loop turns, builtins' work by size. Default 5,000,000. */
  readonly fuel?: number
  /** Calls within calls, and nesting of input and result. Default 256. */
  readonly maxDepth?: number
  /** Size of the result, about its JSON text. Default 1,000,000. */
  readonly maxResultBytes?: number
  /** A builtin that fails ends the evaluation with `policy-error`; otherwise it is undefined, as in `opa eval`. */
  readonly strictBuiltinErrors?: boolean
}

export type Evaluation =
  | { readonly ok: true; readonly result: Json }
  | (Refusal<EvaluateCode> & {
      /** OPA's code where the policy contradicts itself or a builtin failed. */
      readonly error?: EvaluationErrorCode
    })

export const DEFAULT_LIMITS = { fuel: 5_000_000, maxDepth: 256, maxResultBytes: 1_000_000 } as const

function undefinedResult(entrypoint: string): Evaluation & { ok: false } {
  return refuse(
    'policy-undefined',
    `The entrypoint ${short(entrypoint)} has no value for this input. Nothing is allowed by an undefined decision.`,
  )
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error'
}

/** What an evaluation that threw says: never permission. */
export function failure(error: unknown): Evaluation & { ok: false } {
  if (error instanceof LimitError)
    return refuse('policy-over-limit', `The policy went over its limit: ${error.message}.`)
  if (error instanceof DocumentError && error.kind !== 'invalid') {
    return refuse('policy-over-limit', `The policy went over its limit: ${error.message}.`)
  }
  // Only depth of recursion and size of strings or arrays make V8 throw a RangeError here.
  if (error instanceof RangeError)
    return refuse('policy-over-limit', 'The policy went over its limit: values are nested too deep or too large.')
  if (error instanceof EvaluationError) {
    return { ...refuse('policy-error', `The policy failed: ${error.code}: ${error.message}.`), error: error.code }
  }
  if (error instanceof FrozenError || error instanceof DocumentError || error instanceof BuiltinError) {
    return { ...refuse('policy-error', `The policy failed: ${error.message}.`), error: 'eval_internal_error' }
  }
  return {
    ...refuse('policy-error', `The policy could not be evaluated: ${messageOf(error)}.`),
    error: 'eval_internal_error',
  }
}

export function machineLimits(options: EvaluateOptions): MachineLimits {
  return {
    fuel: options.fuel ?? DEFAULT_LIMITS.fuel,
    maxDepth: options.maxDepth ?? DEFAULT_LIMITS.maxDepth,
    strictBuiltinErrors: options.strictBuiltinErrors ?? false,
  }
}

/** The input as values, or why it is none. */
export function readInput(
  input: Json,
  options: EvaluateOptions,
): { readonly ok: true; readonly value: Value } | (Evaluation & { ok: false }) {
  try {
    return { ok: true, value: fromJson(input, options.maxDepth ?? DEFAULT_LIMITS.maxDepth) }
  } catch (error) {
    return refuse(
      'invalid-policy-input',
      `The input is not a JSON document that can be evaluated: ${messageOf(error)}.`,
    )
  }
}

/** The answer in an entrypoint's result set. */
export function answerOf(entrypoint: string, results: readonly Value[], options: EvaluateOptions): Evaluation {
  const [first] = results
  try {
    const result = first instanceof RegoObject ? first.get('result') : undefined
    if (result === undefined) return undefinedResult(entrypoint)
    const maxBytes = options.maxResultBytes ?? DEFAULT_LIMITS.maxResultBytes
    return { ok: true, result: toJson(result, options.maxDepth ?? DEFAULT_LIMITS.maxDepth, maxBytes) }
  } catch (error) {
    return failure(error)
  }
}

export function unknownEntrypoint(entrypoint: string, known: readonly string[]): Evaluation & { ok: false } {
  const names = known.slice(0, 10).map(short).join(', ')
  return refuse('unknown-entrypoint', `The bundle has no entrypoint ${short(entrypoint)}; it has ${names}.`)
}
