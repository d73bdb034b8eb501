import { ok, type Result } from '@gatehouse/core/kernel/result'
import type { Opa } from '../opa-command.ts'
import { readPolicyFile, type PolicyFolder } from '../policy-folder.ts'
import { MutantMachine } from './mutant-machine.ts'
import { applyEdits, type Mutant } from './mutants.ts'
import { parseModule, type RegoModule } from './rego-module.ts'
import type { Outcome } from './result-cache.ts'
import { makeSchemata, mutantSwitch, ruleSwitch } from './schemata.ts'
import { Workspace } from './workspace.ts'

export interface InProcessWish {
  readonly folder: PolicyFolder
  readonly opa: Opa
  readonly signal: AbortSignal
  readonly file: string
  readonly module: RegoModule
  readonly mutants: readonly Mutant[]
  /** Positions of the mutants that are not judged yet. */
  readonly open: readonly number[]
  readonly keep: (mutant: number, outcome: Outcome) => void
  /** How many tests OPA runs. */
  readonly tests: number
}

/** Rounds of leaving out what OPA's errors point at. It tells the errors of one stage at a time. */
const ROUNDS = 4
/** The line of METADATA that makes a rule an entrypoint, up to the word that does. */
export const ENTRYPOINT = /^(#[ \t]*)entrypoint(?=:)/gm
/** A turn of the event loop after so many mutants: progress, and Ctrl-C. */
const BREATH = 16

/**
 * Judges mutants of one file in process: OPA compiles all of them at once, each behind a switch, and the compiled tests run with one
 * switch after the other. Tells `keep` of those that a test notices or OPA refuses. What comes back are those that all of OPA's tests
 * pass on; where some test cannot be run in process there are none, and where the file cannot be judged this way nothing is told.
 */
export async function judgeInProcess(wish: InProcessWish): Promise<Result<ReadonlySet<number>, 'opa-failed'>> {
  const { folder, opa, signal, module, mutants, keep } = wish
  const guarded = wish.open.filter((index) => module.rules[mutants[index]?.rule ?? -1]?.isDefault === false)
  const chosen = guarded.flatMap((index) => mutants[index] ?? [])
  if (chosen.length === 0) return ok(new Set())
  const workspace = new Workspace(folder, opa, signal, withoutEntrypoints)
  try {
    const included = await compilable(workspace, wish, chosen)
    if (!included.ok) return included
    if (included.value.size === 0) return ok(new Set())
    const tests = testEntrypoints(folder)
    const planned = await workspace.plan(tests)
    if (!planned.ok) return planned
    if (planned.value === null) return ok(new Set())
    const opened = MutantMachine.open(planned.value.plan, planned.value.data, tests)
    if (!opened.ok) return ok(new Set())
    const passed = new Set<number>()
    for (const [number, mutant] of chosen.entries()) {
      if (number % BREATH === 0) await new Promise((done) => setImmediate(done))
      if (signal.aborted) return ok(new Set())
      const index = guarded[number] ?? -1
      // OPA itself says what is wrong with it, or judges it.
      if (!included.value.has(number)) continue
      const killer = opened.value.killer([ruleSwitch(mutant.rule), mutantSwitch(number)], mutant.rule)
      if (killer !== null) keep(index, { end: killer.end === 'timeout' ? 'timeout' : 'killed', by: killer.test })
      else if (opened.value.tests === wish.tests) passed.add(index)
    }
    return ok(passed)
  } finally {
    workspace.close()
  }
}

/**
 * The mutants that compile beside each other; the workspace's file is left with them in it. Errors do not always point at the mutant that is
 * to blame: where leaving those out does not help, each mutant is compiled by itself. Empty where nothing helps.
 */
async function compilable(
  workspace: Workspace,
  { file, module }: InProcessWish,
  chosen: readonly Mutant[],
): Promise<Result<ReadonlySet<number>, 'opa-failed'>> {
  const included = new Set(chosen.keys())
  const errorsLeft = async (): Promise<Result<readonly (number | null)[], 'opa-failed'>> => {
    const schemata = makeSchemata(module, chosen, (mutant) => included.has(mutant))
    workspace.write(file, withoutEntrypoints(schemata.source))
    const errors = await workspace.check()
    if (!errors.ok) return errors
    return ok(errors.value.map((error) => (error.file.endsWith(file) ? schemata.mutantAt(error.line) : null)))
  }
  for (let round = 0; round < ROUNDS; round++) {
    const blamed = await errorsLeft()
    if (!blamed.ok) return blamed
    if (blamed.value.length === 0) return ok(included)
    for (const mutant of blamed.value) if (mutant !== null) included.delete(mutant)
  }
  included.clear()
  const original = withoutEntrypoints(module.source)
  for (const [number, { edits }] of chosen.entries()) {
    const refusal = await workspace.refusal(file, withoutEntrypoints(applyEdits(module.source, edits)), original)
    if (!refusal.ok) return refusal
    if (refusal.value === null) included.add(number)
  }
  const blamed = await errorsLeft()
  if (!blamed.ok) return blamed
  return ok(blamed.value.length === 0 ? included : new Set())
}

/** Renames the entrypoints that METADATA names: OPA would compile these as well, and fails on some tests that call them (OPA 1.22). */
export function withoutEntrypoints(source: string): string {
  return source.replaceAll(ENTRYPOINT, '$1x_entrypoint')
}

/** The tests of a folder as entrypoints: `a/b/test_c`. */
export function testEntrypoints(folder: PolicyFolder): string[] {
  const names = new Set<string>()
  for (const file of [...folder.tests, ...folder.policies]) {
    const { packageName, rules } = parseModule(readPolicyFile(folder, file))
    for (const { name } of rules)
      if (name.startsWith('test_')) names.add(`${packageName.replaceAll('.', '/')}/${name.split('.')[0] ?? name}`)
  }
  return [...names]
}
