import type { Json } from '@gatehouse/core/kernel/canonical'
import { ok, refuse, type Refusal, type Result } from '@gatehouse/core/kernel/result'
import { BUILTINS, builtinArity, link, NONDETERMINISTIC } from './builtins/registry.ts'
import { compilePlan, type Entrypoint, type LinkedBuiltin } from './compiler.ts'
import { BuiltinError, EvaluationError, LimitError, Machine, type EvaluationErrorCode } from './machine.ts'
import { readPlan, short, type Plan } from './plan.ts'
import { FrozenError, RegoObject, type Value } from './value.ts'
import { DocumentError, fromJson, toJson } from './value-json.ts'

export type LoadCode = 'invalid-plan' | 'invalid-policy-data' | 'unknown-builtin' | 'nondeterministic-builtin'

export type EvaluateCode =
  | 'policy-undefined'
  | 'policy-error'
  | 'policy-over-limit'
  | 'unknown-entrypoint'
  | 'invalid-policy-input'

export interface BundleParts {
  /** plan.json, parsed. */
  readonly plan: unknown
  /** The bundle's data document. Copied: later changes to it are not seen. */
  readonly data: Json
  /** The bundle's `.manifest`, parsed; only `revision` is read. */
  readonly manifest?: Json
}

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

/** A loaded bundle. Immutable; evaluations share nothing but its data. */
export class Policy {
  readonly entrypoints: readonly string[]
  /** The manifest's revision, or the empty text. */
  readonly revision: string
  private readonly compiled: ReadonlyMap<string, Entrypoint>
  private readonly data: Value

  constructor(compiled: ReadonlyMap<string, Entrypoint>, data: Value, revision: string) {
    this.compiled = compiled
    this.data = data
    this.revision = revision
    this.entrypoints = [...compiled.keys()]
  }

  /**
   * Evaluates one entrypoint (`gatehouse/decision`). Synchronous and deterministic: time and chance come in with the
   * input or not at all. Never throws: what a policy or input can do wrong is a code.
   */
  evaluate(entrypoint: string, input: Json, options: EvaluateOptions = {}): Evaluation {
    const maxDepth = options.maxDepth ?? DEFAULT_LIMITS.maxDepth
    const maxBytes = options.maxResultBytes ?? DEFAULT_LIMITS.maxResultBytes
    let document: Value
    try {
      document = fromJson(input, maxDepth)
    } catch (error) {
      return refuse(
        'invalid-policy-input',
        `The input is not a JSON document that can be evaluated: ${messageOf(error)}.`,
      )
    }
    const run = this.run(entrypoint, document, options)
    if (!run.ok) return run
    if (run.value.length === 0) return undefinedResult(entrypoint)
    try {
      const [first] = run.value
      const result = first instanceof RegoObject ? first.get('result') : undefined
      if (result === undefined) return undefinedResult(entrypoint)
      return { ok: true, result: toJson(result, maxDepth, maxBytes) }
    } catch (error) {
      return failure(error)
    }
  }

  /** The raw result set of an entrypoint for a value made by `fromJson` or `readJson`. Never throws. */
  run(
    entrypoint: string,
    input: Value | undefined,
    options: EvaluateOptions = {},
  ): { ok: true; value: readonly Value[] } | (Evaluation & { ok: false }) {
    const entry = this.compiled.get(entrypoint)
    if (entry === undefined) {
      const known = this.entrypoints.slice(0, 10).map(short).join(', ')
      return refuse('unknown-entrypoint', `The bundle has no entrypoint ${short(entrypoint)}; it has ${known}.`)
    }
    try {
      const machine = new Machine({
        fuel: options.fuel ?? DEFAULT_LIMITS.fuel,
        maxDepth: options.maxDepth ?? DEFAULT_LIMITS.maxDepth,
        strictBuiltinErrors: options.strictBuiltinErrors ?? false,
      })
      entry(machine, input, this.data)
      return { ok: true, value: machine.results }
    } catch (error) {
      return failure(error)
    }
  }
}

function undefinedResult(entrypoint: string): Evaluation & { ok: false } {
  return refuse(
    'policy-undefined',
    `The entrypoint ${short(entrypoint)} has no value for this input. Nothing is allowed by an undefined decision.`,
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown error'
}

function failure(error: unknown): Evaluation & { ok: false } {
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

/**
 * Loads a bundle's compiled plan (`opa build -t plan`) with its data. Refuses a plan that is not of OPA's form, and one
 * that uses a builtin we lack (`unknown-builtin`) or one whose result is not decided by its operands
 * (`nondeterministic-builtin`), naming it, also where no input would ever call it. Never throws.
 */
export function loadBundle(parts: BundleParts): Result<Policy, LoadCode> {
  let plan: Plan
  try {
    plan = readPlan(parts.plan)
  } catch (error) {
    return refuse('invalid-plan', `plan.json is not a plan of OPA: ${messageOf(error)}.`)
  }
  const linked = new Map<string, LinkedBuiltin>()
  for (const use of plan.builtins) {
    if (NONDETERMINISTIC.has(use.name)) {
      return refuse(
        'nondeterministic-builtin',
        `The bundle uses the builtin ${short(use.name)}, whose result is not decided by its operands. Give what it would find in the input.`,
      )
    }
    const builtin = BUILTINS.get(use.name)
    if (builtin === undefined) {
      return refuse(
        'unknown-builtin',
        `The bundle uses the builtin ${short(use.name)}, which is not known here. Check the bundle against capabilities.json.`,
      )
    }
    if (builtinArity(builtin) !== use.arity) {
      return refuse(
        'invalid-plan',
        `plan.json declares the builtin ${short(use.name)} with ${use.arity} arguments; it has ${builtinArity(builtin)}.`,
      )
    }
    linked.set(use.name, link(builtin))
  }
  let data: Value
  try {
    data = fromJson(parts.data, DEFAULT_LIMITS.maxDepth, true)
  } catch (error) {
    return refuse(
      'invalid-policy-data',
      `The bundle's data is not a JSON document that can be used: ${messageOf(error)}.`,
    )
  }
  if (!(data instanceof RegoObject)) return refuse('invalid-policy-data', "The bundle's data must be a JSON object.")
  try {
    return ok(new Policy(compilePlan(plan, linked), data, revisionOf(parts.manifest)))
  } catch (error) {
    return refuse('invalid-plan', `plan.json cannot be compiled: ${messageOf(error)}.`)
  }
}

function revisionOf(manifest: Json | undefined): string {
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) return ''
  const revision = (manifest as { readonly [key: string]: Json | undefined })['revision']
  return typeof revision === 'string' ? revision : ''
}
