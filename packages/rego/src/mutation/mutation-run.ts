import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import type { Opa } from '../opa-command.ts'
import { readPolicyFile, type PolicyFolder } from '../policy-folder.ts'
import { judgeInProcess } from './in-process-judge.ts'
import { applyEdits, mutantsOf, type Mutant } from './mutants.ts'
import { argumentsOf, argues, staleArguments, type Argument } from './mutation-arguments.ts'
import { parseModule, type RegoModule } from './rego-module.ts'
import { RegoSourceError } from './rego-tokens.ts'
import { ResultCache, stateHash, type Outcome } from './result-cache.ts'
import { Workspace, type OpaVerdict } from './workspace.ts'

/** To be raised where a change of this folder changes what becomes of a mutant. */
const ENGINE = 'mutation-1'

export interface MutationWish {
  readonly folder: PolicyFolder
  readonly opa: Opa
  /** Policy files to change, relative to the folder's root; all of them where null. */
  readonly files: readonly string[] | null
  /** Lines to change, by file; a file that is not in it is left out. All lines where null. */
  readonly lines: ReadonlyMap<string, ReadonlySet<number>> | null
  /** `auto` runs compiled tests in process wherever it can; `opa` runs OPA for every mutant. */
  readonly engine: 'auto' | 'opa'
  /** Lets OPA run the tests on what survives in process; otherwise it only says whether it compiles. */
  readonly confirm: boolean
  /** OPA processes side by side. */
  readonly workers: number
  /** For one run of the tests, in milliseconds. Null: ten times what they take unchanged, at least 20 s. */
  readonly timeoutMs: number | null
  /** Folder of outcomes of earlier runs, or null. */
  readonly cache: string | null
  readonly signal: AbortSignal
  /** A file of the folder as messages name it; by default as the folder does. */
  readonly shown?: (file: string) => string
  readonly onProgress: (progress: { readonly file: string; readonly done: number; readonly total: number }) => void
}

export interface MutantReport {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly mutator: string
  readonly change: string
  /** The lines that change, before and after. */
  readonly before: string
  readonly after: string
  readonly end: Outcome['end']
  /** The test that noticed, or OPA's message for one that does not compile. */
  readonly by: string | null
  /** Why it may survive, as the file argues. */
  readonly argument: string | null
}

export interface MutationReport {
  readonly opa_version: string
  readonly files: number
  readonly tests: number
  readonly total: number
  /** Timeouts are among them. */
  readonly killed: number
  readonly timeouts: number
  readonly survived: number
  readonly argued: number
  readonly invalid: number
  /** Percent: killed of those that are valid and not argued. 100 where there is none. */
  readonly score: number
  readonly argument_faults: readonly { readonly file: string; readonly line: number; readonly message: string }[]
  readonly mutants: readonly MutantReport[]
}

export type MutationCode = 'opa-failed' | 'policy-invalid' | 'policy-tests-failed' | 'policy-not-found'

interface Target {
  readonly file: string
  readonly module: RegoModule
  readonly mutants: readonly Mutant[]
}

/** Changes each condition, operator and constant of the policies in turn and sees which change no test notices. */
export async function runMutation(wish: MutationWish): Promise<Result<MutationReport, MutationCode>> {
  const unknown = wish.files?.find((file) => !wish.folder.policies.includes(file))
  if (unknown !== undefined)
    return refuse(
      'policy-not-found',
      `${unknown} is no policy of the folder; it has ${wish.folder.policies.slice(0, 20).join(', ')}.`,
    )
  const workspaces = [new Workspace(wish.folder, wish.opa, wish.signal)]
  try {
    const began = performance.now()
    const baseline = await baselineTests(workspaces[0] as Workspace, shownBy(wish))
    if (!baseline.ok) return baseline
    // Only what OPA compiles is looked at: of anything else it says better what is wrong.
    const targets = targetsOf(wish)
    if (!targets.ok) return targets
    const timeoutMs = wish.timeoutMs ?? Math.max(20_000, 10 * (performance.now() - began))
    const cache = new ResultCache(wish.cache, stateHash(stateOf(wish)))
    while (workspaces.length < wish.workers) workspaces.push(new Workspace(wish.folder, wish.opa, wish.signal))
    const total = targets.value.reduce((sum, { mutants }) => sum + mutants.length, 0)
    const reports: MutantReport[] = []
    const faults: { file: string; line: number; message: string }[] = []
    for (const target of targets.value) {
      let done = reports.length
      const tick = () => wish.onProgress({ file: target.file, done: ++done, total })
      const outcomes = await judge(wish, target, { workspaces, cache, timeoutMs, tests: baseline.value }, tick)
      if (!outcomes.ok) return outcomes
      const told = report(target, outcomes.value, wish.lines?.get(target.file) ?? null)
      reports.push(...told.mutants)
      faults.push(...told.faults)
    }
    return ok(summary(wish, targets.value.length, baseline.value, reports, faults))
  } finally {
    for (const workspace of workspaces) workspace.close()
  }
}

function shownBy({ shown = (file) => file }: MutationWish): (file: string) => string {
  return shown
}

function targetsOf(wish: MutationWish): Result<Target[], 'policy-invalid'> {
  const { folder, files, lines } = wish
  const targets: Target[] = []
  for (const file of folder.policies) {
    if (files !== null && !files.includes(file)) continue
    const wanted = lines?.get(file)
    if (lines !== null && wanted === undefined) continue
    try {
      const module = parseModule(readPolicyFile(folder, file))
      targets.push({ file, module, mutants: mutantsOf(module).filter(({ line }) => wanted?.has(line) ?? true) })
    } catch (error) {
      if (!(error instanceof RegoSourceError)) throw error
      return refuse('policy-invalid', `${shownBy(wish)(file)}:${error.line}: ${error.message}.`)
    }
  }
  return ok(targets)
}

async function baselineTests(
  workspace: Workspace,
  shown: (file: string) => string,
): Promise<Result<number, MutationCode>> {
  const errors = await workspace.check()
  if (!errors.ok) return errors
  const [error] = errors.value
  if (error !== undefined) return refuse('policy-invalid', `${shown(error.file)}:${error.line}: ${error.message}.`)
  const tests = await workspace.tests()
  if (!tests.ok) return tests
  const [failed] = tests.value.failed
  if (failed !== undefined)
    return refuse(
      'policy-tests-failed',
      `${failed} fails on the policies as they are (${tests.value.failed.length} in all); mend that first.`,
    )
  if (tests.value.passed.length === 0)
    return refuse(
      'policy-tests-failed',
      `There is no test in ${wish(workspace)}: rules named test_... in files named ..._test.rego.`,
    )
  return ok(tests.value.passed.length)
}

function wish(workspace: Workspace): string {
  return workspace.folder.root
}

/** Everything that an outcome follows from. */
function stateOf({ folder, opa, engine, confirm }: MutationWish): (string | Uint8Array)[] {
  const files = [...folder.policies, ...folder.tests, ...folder.data]
  return [
    ENGINE,
    engine,
    String(confirm),
    opa.version,
    ...files.flatMap((file) => [file, readFileSync(join(folder.root, file))]),
  ]
}

function keyOf(file: string, mutant: Mutant): string {
  return stateHash([file, ...mutant.edits.flatMap(({ start, end, text }) => [String(start), String(end), text])])
}

interface Means {
  readonly workspaces: readonly Workspace[]
  readonly cache: ResultCache
  readonly timeoutMs: number
  readonly tests: number
}

async function judge(
  wish: MutationWish,
  target: Target,
  means: Means,
  tick: () => void,
): Promise<Result<readonly Outcome[], 'opa-failed'>> {
  const { file, module, mutants } = target
  const { workspaces, cache, timeoutMs, tests } = means
  const outcomes = mutants.map((mutant) => cache.get(keyOf(file, mutant)) ?? null)
  const keep = (index: number, outcome: Outcome) => {
    const mutant = mutants[index]
    if (mutant === undefined) return
    outcomes[index] = outcome
    cache.set(keyOf(file, mutant), outcome)
    tick()
  }
  for (const outcome of outcomes) if (outcome !== null) tick()
  const open = () => outcomes.flatMap((outcome, index) => (outcome === null ? [index] : []))
  let passed: ReadonlySet<number> = new Set()
  if (wish.engine === 'auto' && open().length > 0) {
    const quick = await judgeInProcess({ ...wish, file, module, mutants, open: open(), keep, tests })
    if (!quick.ok) return quick
    if (!wish.confirm) passed = quick.value
  }
  const queue = open()
  const work = async (workspace: Workspace) => {
    for (let index = queue.shift(); index !== undefined && !wish.signal.aborted; index = queue.shift()) {
      const source = applyEdits(module.source, mutants[index]?.edits ?? [])
      const outcome = passed.has(index)
        ? await compiled(workspace, file, source, module.source)
        : outcomeOf(await workspace.verdict(file, source, module.source, timeoutMs))
      if (outcome !== null && !wish.signal.aborted) keep(index, outcome)
    }
  }
  await Promise.all(workspaces.map(work))
  if (wish.signal.aborted) return refuse('opa-failed', 'The run was stopped; the next one goes on where it was.')
  if (outcomes.includes(null))
    return refuse(
      'opa-failed',
      `OPA could not judge a mutant of ${shownBy(wish)(file)}; the next run goes on where this one was.`,
    )
  return ok(outcomes.flatMap((outcome) => (outcome === null ? [] : [outcome])))
}

/** A survivor, if it compiles by itself: beside the original rules OPA's types are wider. */
async function compiled(workspace: Workspace, file: string, source: string, original: string): Promise<Outcome | null> {
  const refusal = await workspace.refusal(file, source, original)
  if (!refusal.ok) return null
  return refusal.value === null ? { end: 'survived', by: null } : { end: 'invalid', by: refusal.value }
}

function outcomeOf(verdict: OpaVerdict): Outcome {
  if (verdict.end === 'invalid') return { end: 'invalid', by: verdict.message }
  if (verdict.end === 'passed') return { end: 'survived', by: null }
  return { end: verdict.end === 'timeout' ? 'timeout' : 'killed', by: 'opa test' }
}

function report(
  { file, module, mutants }: Target,
  outcomes: readonly Outcome[],
  lines: ReadonlySet<number> | null,
): { readonly mutants: MutantReport[]; readonly faults: { file: string; line: number; message: string }[] } {
  const codeLines = [...new Set(module.tokens.map(({ line }) => line))]
  const { found, faults } = argumentsOf(module.comments, codeLines)
  const judged = mutants.map((mutant, index) => ({
    mutant,
    outcome: outcomes[index] ?? { end: 'invalid' as const, by: null },
  }))
  const spoken = found.filter(({ line }) => lines === null || lines.has(line))
  const stale = staleArguments(
    spoken,
    judged.map(({ mutant, outcome }) => ({ ...mutant, survived: outcome.end === 'survived' })),
  )
  return {
    mutants: judged.map(({ mutant, outcome }) => mutantReport(file, module, mutant, outcome, found)),
    faults: [...faults, ...stale].map((fault) => ({ file, ...fault })),
  }
}

function mutantReport(
  file: string,
  module: RegoModule,
  mutant: Mutant,
  outcome: Outcome,
  found: readonly Argument[],
): MutantReport {
  const { mutator, line, column, change } = mutant
  const argument = outcome.end === 'survived' ? found.find((a) => argues(a, mutant)) : undefined
  return {
    file,
    line,
    column,
    mutator,
    change,
    ...changedLines(module.source, mutant),
    ...outcome,
    argument: argument?.reason ?? null,
  }
}

/** The lines from the first to the last that a mutant changes, before and after. */
function changedLines(source: string, { edits }: Mutant): { readonly before: string; readonly after: string } {
  const first = Math.min(...edits.map(({ start }) => start))
  const last = Math.max(...edits.map(({ end }) => end))
  const from = source.lastIndexOf('\n', first - 1) + 1
  const found = source.indexOf('\n', last)
  const to = found < 0 ? source.length : found
  const moved = edits.map((edit) => ({ ...edit, start: edit.start - from, end: edit.end - from }))
  const before = source.slice(from, to)
  return { before, after: applyEdits(before, moved) }
}

function summary(
  wish: MutationWish,
  files: number,
  tests: number,
  mutants: readonly MutantReport[],
  argument_faults: MutationReport['argument_faults'],
): MutationReport {
  const count = (is: (mutant: MutantReport) => boolean) => mutants.filter(is).length
  const timeouts = count(({ end }) => end === 'timeout')
  const killed = timeouts + count(({ end }) => end === 'killed')
  const argued = count(({ argument }) => argument !== null)
  const survived = count(({ end, argument }) => end === 'survived' && argument === null)
  const judged = killed + survived
  return {
    opa_version: wish.opa.version,
    files,
    tests,
    total: mutants.length,
    killed,
    timeouts,
    survived,
    argued,
    invalid: count(({ end }) => end === 'invalid'),
    // Cut, never rounded up: 100 means every one.
    score: judged === 0 ? 100 : Math.floor((killed * 10_000) / judged) / 100,
    argument_faults,
    mutants,
  }
}
