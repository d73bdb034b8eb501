import type { Json } from '@gatehouse/core/kernel/canonical'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import { BUILTINS, builtinArity, link, NONDETERMINISTIC } from './builtins/registry.ts'
import { compilePlan, type Entrypoint, type LinkedBuiltin } from './compiler.ts'
import {
  answerOf,
  DEFAULT_LIMITS,
  failure,
  machineLimits,
  messageOf,
  readInput,
  unknownEntrypoint,
  type EvaluateCode,
  type EvaluateOptions,
  type Evaluation,
} from './evaluation.ts'
import { Machine } from './machine.ts'
import { readPlan, short, type Plan } from './plan.ts'
import { Tracer, type Trace, type TraceOptions } from './trace.ts'
import { RegoObject, type Value } from './value.ts'
import { fromJson } from './value-json.ts'

export { DEFAULT_LIMITS, type EvaluateCode, type EvaluateOptions, type Evaluation, type Trace, type TraceOptions }

export type LoadCode = 'invalid-plan' | 'invalid-policy-data' | 'unknown-builtin' | 'nondeterministic-builtin'

export interface BundleParts {
  /** plan.json, parsed. */
  readonly plan: unknown
  /** The bundle's data document. Copied: later changes to it are not seen. */
  readonly data: Json
  /** The bundle's `.manifest`, parsed; only `revision` is read. */
  readonly manifest?: Json
}

/** What a Policy is made of. */
export interface PolicyParts {
  readonly plan: Plan
  readonly builtins: ReadonlyMap<string, LinkedBuiltin>
  readonly data: Value
  readonly revision: string
}

/** A loaded bundle. Immutable; evaluations share nothing but its data. */
export class Policy {
  readonly entrypoints: readonly string[]
  /** The manifest's revision, or the empty text. */
  readonly revision: string
  private readonly parts: PolicyParts
  private readonly compiled: ReadonlyMap<string, Entrypoint>
  private tracer: Tracer | undefined

  /** Throws PlanError where the plan cannot be compiled; `loadBundle` is the way to one. */
  constructor(parts: PolicyParts) {
    this.parts = parts
    this.revision = parts.revision
    this.compiled = compilePlan(parts.plan, parts.builtins)
    this.entrypoints = [...this.compiled.keys()]
  }

  /**
   * Evaluates one entrypoint (`gatehouse/decision`). Synchronous and deterministic: time and chance come in with the
   * input or not at all. Never throws: what a policy or input can do wrong is a code.
   */
  evaluate(entrypoint: string, input: Json, options: EvaluateOptions = {}): Evaluation {
    const document = readInput(input, options)
    if (!document.ok) return document
    const run = this.run(entrypoint, document.value, options)
    return run.ok ? answerOf(entrypoint, run.value, options) : run
  }

  /** The raw result set of an entrypoint for a value made by `fromJson` or `readJson`. Never throws. */
  run(
    entrypoint: string,
    input: Value | undefined,
    options: EvaluateOptions = {},
  ): { ok: true; value: readonly Value[] } | (Evaluation & { ok: false }) {
    const entry = this.compiled.get(entrypoint)
    if (entry === undefined) return unknownEntrypoint(entrypoint, this.entrypoints)
    try {
      const machine = new Machine(machineLimits(options))
      entry(machine, input, this.parts.data)
      return { ok: true, value: machine.results }
    } catch (error) {
      return failure(error)
    }
  }

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
    return ok(new Policy({ plan, builtins: linked, data, revision: revisionOf(parts.manifest) }))
  } catch (error) {
    return refuse('invalid-plan', `plan.json cannot be compiled: ${messageOf(error)}.`)
  }
}

function revisionOf(manifest: Json | undefined): string {
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) return ''
  const revision = (manifest as { readonly [key: string]: Json | undefined })['revision']
  return typeof revision === 'string' ? revision : ''
}
