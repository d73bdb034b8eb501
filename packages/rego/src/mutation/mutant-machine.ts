import type { Json } from '@gatehouse/core/kernel/canonical'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import { link, NONDETERMINISTIC } from '../builtins/link.ts'
import { BUILTINS } from '../builtins/registry.ts'
import { PLAIN } from '../compiler-dialect.ts'
import { compilePlan, type Entrypoint, type LinkedBuiltin } from '../compiler.ts'
import { LimitError, Machine } from '../machine.ts'
import { readPlan } from '../plan.ts'
import { RegoObject, type Value } from '../value.ts'
import { fromJson, toJson } from '../value-json.ts'
import { SWITCH } from './schemata.ts'

/** What a test did with a mutant on. */
export type TestEnd = 'passed' | 'failed' | 'timeout'

const MAX_DEPTH = 256
const MAX_RESULT = 10_000_000
/** Steps of a test on the original policy may be as many. */
const BASE_FUEL = 50_000_000
/** A mutant may take as many times the steps of the original, and at least these, before it counts as endless. */
const SLOWER = 20
const MIN_FUEL = 1_000_000

/**
 * Runs the tests of a compiled plan with switches set. A test is an entrypoint; it passes where its value is the one that the
 * original policy gives it, so that tests of several cases count case by case.
 */
export class MutantMachine {
  /** Tests that pass on the original, in the order to try them: what killed last comes first. */
  private readonly order = new Map<number, string[]>()
  private readonly baseline: ReadonlyMap<string, { readonly value: string; readonly fuel: number }>
  private readonly entrypoints: ReadonlyMap<string, Entrypoint>
  private readonly data: Json

  private constructor(
    entrypoints: ReadonlyMap<string, Entrypoint>,
    data: Json,
    baseline: ReadonlyMap<string, { value: string; fuel: number }>,
  ) {
    this.entrypoints = entrypoints
    this.data = data
    this.baseline = baseline
  }

  /** Refuses a plan that is not ours to run, for one with a builtin that we lack. */
  static open(plan: unknown, data: Json, tests: readonly string[]): Result<MutantMachine, 'mutation-not-in-process'> {
    try {
      const read = readPlan(plan)
      const linked = new Map<string, LinkedBuiltin>()
      for (const { name } of read.builtins) {
        const builtin = BUILTINS.get(name)
        if (builtin === undefined || NONDETERMINISTIC.has(name))
          return refuse('mutation-not-in-process', `The builtin ${name} is not evaluated in process.`)
        linked.set(name, link(builtin))
      }
      const entrypoints = compilePlan(read, linked, PLAIN)
      const original = withSwitches(data, [])
      const baseline = new Map<string, { value: string; fuel: number }>()
      for (const test of tests) {
        const entry = entrypoints.get(test)
        const end = entry === undefined ? null : run(entry, original, BASE_FUEL)
        // What fails here by itself is no judge of mutants.
        if (end !== null && end.value !== null && end.value !== 'false')
          baseline.set(test, { value: end.value, fuel: end.fuel })
      }
      return ok(new MutantMachine(entrypoints, data, baseline))
    } catch (error) {
      return refuse(
        'mutation-not-in-process',
        `OPA's plan is not evaluated: ${error instanceof Error ? error.message : 'unknown error'}`,
      )
    }
  }

  /** How many tests judge. */
  get tests(): number {
    return this.baseline.size
  }

  /** The first test that notices the switches, or null where all pass. `group` are mutants likely killed by the same test. */
  killer(switches: readonly string[], group: number): { readonly test: string; readonly end: TestEnd } | null {
    const data = withSwitches(this.data, switches)
    const order = this.order.get(group) ?? [...this.baseline.keys()]
    this.order.set(group, order)
    for (const [index, test] of order.entries()) {
      const end = this.test(test, data)
      if (end === 'passed') continue
      order.splice(index, 1)
      order.unshift(test)
      return { test, end }
    }
    return null
  }

  private test(test: string, data: Value): TestEnd {
    const entry = this.entrypoints.get(test)
    const base = this.baseline.get(test)
    if (entry === undefined || base === undefined) return 'passed'
    const end = run(entry, data, Math.max(MIN_FUEL, base.fuel * SLOWER))
    if (end.timeout) return 'timeout'
    return end.value === base.value ? 'passed' : 'failed'
  }
}

function withSwitches(data: Json, switches: readonly string[]): Value {
  const on = Object.fromEntries(switches.map((name) => [name, true]))
  return fromJson({ ...(data as Record<string, Json>), [SWITCH]: on }, MAX_DEPTH, true)
}

/** The entrypoint's value as JSON, null where it has none or the policy contradicts itself; and the steps taken. */
function run(entry: Entrypoint, data: Value, fuel: number): { value: string | null; fuel: number; timeout: boolean } {
  const machine = new Machine({ fuel, maxDepth: MAX_DEPTH, strictBuiltinErrors: false })
  let value: string | null = null
  let timeout = false
  try {
    entry(machine, undefined, data)
    const [first] = machine.results
    const result = first instanceof RegoObject ? first.get('result') : undefined
    if (result !== undefined) value = JSON.stringify(toJson(result, MAX_DEPTH, MAX_RESULT))
  } catch (error) {
    timeout = error instanceof LimitError || error instanceof RangeError
  }
  return { value, fuel: fuel - machine.fuel, timeout }
}
