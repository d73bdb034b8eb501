import type { Json } from '@gatehouse/core/kernel/canonical'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import { builtinArity, link, NONDETERMINISTIC } from './builtins/link.ts'
import { builtinsNamed } from './builtins/families.ts'
import type { Builtin } from './builtins/operand.ts'
import { compilePlan, type Entrypoint, type LinkedBuiltin } from './compiler.ts'
import {
  answerOf,
  DEFAULT_LIMITS,
  failure,
  machineLimits,
  messageOf,
  readInput,
  unknownEntrypoint,
  type EvaluateOptions,
  type Evaluation,
} from './evaluation.ts'
import { Machine } from './machine.ts'
import { readPlan, short, type Plan } from './plan.ts'
import { RegoObject, type Value } from './value.ts'
import { fromJson } from './value-json.ts'

export type LoadCode = 'invalid-plan' | 'invalid-policy-data' | 'unknown-builtin' | 'nondeterministic-builtin'

export interface BundleParts {
  /** plan.json, parsed. */
  readonly plan: unknown
  /** The bundle's data document. Copied: later changes to it are not seen. */
  readonly data: Json
  /** The bundle's `.manifest`, parsed; only `revision` is read. */
  readonly manifest?: Json
}

/** What an Evaluator is made of. */
interface PolicyParts {
  readonly plan: Plan
  readonly builtins: ReadonlyMap<string, LinkedBuiltin>
  readonly data: Value
  readonly revision: string
}

/** A loaded bundle that decides, and no more: `Policy` (rego.ts) also explains. Immutable; evaluations share nothing but its data. */
export class Evaluator {
  readonly entrypoints: readonly string[]
  /** The manifest's revision, or the empty text. */
  readonly revision: string
  protected readonly parts: PolicyParts
  private readonly compiled: ReadonlyMap<string, Entrypoint>

  /** Throws PlanError where the plan cannot be compiled; `loadEvaluator` is the way to one, `loadBundle` to a Policy. */
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
}

/** plan.json, read. */
export function planOf(parts: BundleParts): Result<Plan, LoadCode> {
  try {
    return ok(readPlan(parts.plan))
  } catch (error) {
    return refuse('invalid-plan', `plan.json is not a plan of OPA: ${messageOf(error)}.`)
  }
}

/** What `make` makes of a plan with what it needs; `builtins` are those there are, by OPA's names. Never throws. */
export function assembled<T extends Evaluator>(
  plan: Plan,
  parts: BundleParts,
  builtins: ReadonlyMap<string, Builtin>,
  make: (parts: PolicyParts) => T,
): Result<T, LoadCode> {
  const linked = new Map<string, LinkedBuiltin>()
  for (const use of plan.builtins) {
    if (NONDETERMINISTIC.has(use.name)) {
      return refuse(
        'nondeterministic-builtin',
        `The bundle uses the builtin ${short(use.name)}, whose result is not decided by its operands. Give what it would find in the input.`,
      )
    }
    const builtin = builtins.get(use.name)
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
    return ok(make({ plan, builtins: linked, data, revision: revisionOf(parts.manifest) }))
  } catch (error) {
    return refuse('invalid-plan', `plan.json cannot be compiled: ${messageOf(error)}.`)
  }
}

/**
 * `loadBundle` for a process that decides and is started for it: of the builtins that few policies use those alone are
 * loaded that this one does.
 */
export async function loadEvaluator(parts: BundleParts): Promise<Result<Evaluator, LoadCode>> {
  const plan = planOf(parts)
  if (!plan.ok) return plan
  const builtins = await builtinsNamed(plan.value.builtins.map(({ name }) => name))
  return assembled(plan.value, parts, builtins, (all) => new Evaluator(all))
}

function revisionOf(manifest: Json | undefined): string {
  if (typeof manifest !== 'object' || manifest === null || Array.isArray(manifest)) return ''
  const revision = (manifest as { readonly [key: string]: Json | undefined })['revision']
  return typeof revision === 'string' ? revision : ''
}
