import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canonicalJson, type Json } from '@gatehouse/core/kernel/canonical'
import type { DecisionInput } from '@gatehouse/core/policy/decision'
import { DecisionCache, inputHash } from './decision-cache.ts'
import { GOVERNANCE, governanceBundle } from './governance-fixture.ts'
import { GOVERNANCE_ENTRYPOINT } from './opa-build.ts'
import { findOpa } from './opa-command.ts'
import { benchInputs } from './rego-bench-inputs.ts'
import { opaBench, opaServer, wasmPeer, type Peer } from './rego-bench-peers.ts'
import { loadBundle, type Policy } from './rego.ts'

/**
 * The governance bundle's decisions here and by OPA's own evaluators, side by side in one run, over the same inputs of
 * about 5 KB. `node packages/rego/src/rego-bench.ts [inputs]` prints JSON: milliseconds, and ratios to our `evaluate`
 * (above 1: slower than ours). In process the evaluators take turns every 250 inputs, so that what else the machine does
 * meets all alike. What is absent says so.
 */
const ENTRYPOINT = GOVERNANCE_ENTRYPOINT
const OVER_HTTP = 2000
const OPA_BENCHED = 3
const BLOCK = 250
/** Inputs decided before anything is measured; a multiple of BLOCK. */
const WARM_UP = 1000

interface Times {
  readonly p50: number
  readonly p99: number
  readonly mean: number
}

function rounded(value: number, digits = 3): number {
  return Number(value.toFixed(digits))
}

function timesOf(values: readonly number[]): Times {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => rounded(sorted[Math.floor(sorted.length * share)] ?? 0)
  return { p50: at(0.5), p99: at(0.99), mean: rounded(sorted.reduce((sum, value) => sum + value, 0) / sorted.length) }
}

function ratio(theirs: Times, ours: Times): { readonly p50: number; readonly p99: number } {
  return { p50: rounded(theirs.p50 / ours.p50, 2), p99: rounded(theirs.p99 / ours.p99, 2) }
}

function timed<T>(times: number[], work: () => T): T {
  const from = performance.now()
  const result = work()
  times.push(performance.now() - from)
  return result
}

function absent(error: unknown): { readonly absent: string } {
  return { absent: error instanceof Error ? error.message : 'unknown error' }
}

function evaluated(policy: Policy, input: DecisionInput): Json {
  const decision = policy.evaluate(ENTRYPOINT, input)
  if (!decision.ok) throw new Error(`${decision.code}: ${decision.detail}`)
  return decision.result
}

/** Without any order, also within texts: OPA's WebAssembly goes through sets in the order of its hash table. */
function ordered(value: Json): Json {
  if (typeof value === 'string') return Array.from(value).toSorted().join('')
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((item) => ordered(item))
    return items.toSorted((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1))
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, ordered(item ?? null)]))
}

/** Decides the inputs by every evaluator of this process, some by one, then the same by the next, and compares what they say. */
function inProcess(policy: Policy, peer: Peer | null, inputs: readonly DecisionInput[]) {
  const times = { evaluate: [] as number[], trace: [] as number[], wasm: [] as number[] }
  const same = { byte_for_byte: 0, but_for_order: 0 }
  for (let from = -WARM_UP; from < inputs.length; from += BLOCK) {
    if (from === 0) {
      for (const list of Object.values(times)) list.length = 0
      same.byte_for_byte = same.but_for_order = 0
    }
    const block = from < 0 ? inputs.slice(0, BLOCK) : inputs.slice(from, from + BLOCK)
    const mine = block.map((input) => timed(times.evaluate, () => evaluated(policy, input)))
    const traced = block.map((input) => timed(times.trace, () => policy.trace(ENTRYPOINT, input).evaluation))
    const theirs = peer === null ? [] : block.map((input) => timed(times.wasm, () => peer.decide(input)))
    for (const [i, decision] of mine.entries()) {
      const text = canonicalJson(decision)
      const again = traced[i]
      if (again?.ok !== true || canonicalJson(again.result) !== text)
        throw new Error('trace says otherwise than evaluate')
      const other = theirs[i]
      if (other === undefined) continue
      const isSame = canonicalJson(other) === text
      if (isSame) same.byte_for_byte++
      if (isSame || canonicalJson(ordered(other)) === canonicalJson(ordered(decision))) same.but_for_order++
    }
  }
  const evaluate = timesOf(times.evaluate)
  const trace = timesOf(times.trace)
  const wasm = timesOf(times.wasm)
  return {
    evaluate,
    trace: { ...trace, to_evaluate: ratio(trace, evaluate) },
    opa_wasm:
      peer === null
        ? null
        : {
            ...wasm,
            to_evaluate: ratio(wasm, evaluate),
            to_trace: ratio(wasm, trace),
            same_decisions: same,
            builtins_given_in_javascript: peer.givenBuiltins,
          },
  }
}

async function overLoopback(opa: string, policy: Policy, inputs: readonly DecisionInput[], ours: Times) {
  const server = await opaServer(opa)
  try {
    const values: number[] = []
    let same = 0
    for (const [i, input] of inputs.slice(0, OVER_HTTP).entries()) {
      const from = performance.now()
      const theirs = await server.decide(input)
      if (i >= 100) values.push(performance.now() - from)
      if (canonicalJson(theirs) === canonicalJson(evaluated(policy, input))) same++
    }
    const times = timesOf(values)
    return { ...times, requests: OVER_HTTP, to_evaluate: ratio(times, ours), same_byte_for_byte: same }
  } finally {
    await server.close()
  }
}

async function byOpaBench(opa: string, folder: string, inputs: readonly DecisionInput[], policy: Policy) {
  const out: unknown[] = []
  for (const input of inputs.slice(0, OPA_BENCHED)) {
    const theirs = await opaBench(opa, folder, input)
    const values: number[] = []
    for (let i = 0; i < 500; i++) timed(values, () => evaluated(policy, input))
    const ours = timesOf(values)
    const times = { p50: rounded(theirs.p50), p99: rounded(theirs.p99), mean: 0 }
    out.push({ hook: input.hook, p50: times.p50, p99: times.p99, ours, to_evaluate: ratio(times, ours) })
  }
  return out
}

/**
 * From the start of a process that has nothing loaded to its end, two processes deciding: from TypeScript, and with the modules that a run before has left
 * compiled in a folder (Node's compile cache), as a packed or installed one finds them; and as a process that is up sees it.
 */
function cold(folder: string, inputs: readonly DecisionInput[]) {
  const file = join(folder, 'inputs.jsonl')
  writeFileSync(file, inputs.map((input) => JSON.stringify(input)).join('\n'))
  const program = fileURLToPath(new URL('rego-bench-cold.ts', import.meta.url))
  const run = (cache: readonly string[]) => {
    const from = performance.now()
    const ran = spawnSync(process.execPath, [program, GOVERNANCE, file, ENTRYPOINT, '2', ...cache], {
      encoding: 'utf8',
    })
    const ms = performance.now() - from
    const [answers, , scanMs = 0] = ran.stdout.split(' ').map(Number)
    if (ran.status !== 0 || answers !== inputs.length) throw new Error(`the cold run failed: ${ran.stderr}`)
    return { ms, scanMs }
  }
  const times = (values: readonly number[]) => {
    const ms = values.map((value) => Math.round(value))
    return { ms, best_ms: Math.min(...ms) }
  }
  const best = (cache: readonly string[]) => {
    const runs = Array.from({ length: 5 }, () => run(cache))
    return { whole: times(runs.map(({ ms }) => ms)), of_it_the_scan: times(runs.map(({ scanMs }) => scanMs)) }
  }
  const compiled = join(folder, 'compiled')
  const fromSource = best([])
  run([compiled])
  return {
    processes: 2,
    inputs: inputs.length,
    from_source: fromSource,
    modules_kept_compiled: best([compiled]),
  }
}

/** All decided once, then again after one input has changed: given whole, and given by what they hash to. */
function rescan(policy: Policy, inputs: readonly DecisionInput[]) {
  const cache = new DecisionCache({ maxBytes: 1024 * 1024 * 1024 })
  const scan = (all: readonly DecisionInput[]): number => {
    const from = performance.now()
    for (const input of all) cache.evaluate(policy, 'set', ENTRYPOINT, input)
    return performance.now() - from
  }
  const first = scan(inputs)
  const [one, ...rest] = inputs
  if (one === undefined) throw new Error('there are no inputs')
  const changed: DecisionInput = { ...one, project: { ...one.project, name: 'another name' } }
  const missed = cache.stats.misses
  const whole = scan([changed, ...rest])
  const asked = cache.stats.misses - missed
  // A caller that keeps the hash of each input beside what it is made of.
  const known = rest.map((input) => ({ hash: inputHash(input) ?? '', at: input.at }))
  const again: DecisionInput = { ...one, project: { ...one.project, name: 'a third name' } }
  const from = performance.now()
  const found = known.filter(({ hash, at }) => cache.kept('set', ENTRYPOINT, hash, at) !== null).length
  cache.evaluate(policy, 'set', ENTRYPOINT, again)
  const hashed = performance.now() - from
  return {
    inputs: inputs.length,
    changed: 1,
    first_scan_ms: Math.round(first),
    given_whole: { ms: Math.round(whole), evaluated: asked, share_of_first: rounded(whole / first) },
    given_by_hash: { ms: rounded(hashed), found, share_of_first: rounded(hashed / first, 5) },
  }
}

async function bench(): Promise<void> {
  const inputs = benchInputs(Number(process.argv[2] ?? 10_000))
  const parts = governanceBundle()
  const from = performance.now()
  const loaded = loadBundle(parts)
  const loadMs = performance.now() - from
  if (!loaded.ok) throw new Error(`${loaded.code}: ${loaded.detail}`)
  const policy = loaded.value
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  try {
    const coldRun = cold(folder, inputs)
    const opa = await findOpa(process.env, process.cwd())
    const none = opa.ok ? null : { absent: opa.detail }
    const peer = opa.ok ? await wasmPeer(opa.value.path, folder).catch(absent) : none
    const near = inProcess(policy, peer === null || 'absent' in peer ? null : peer, inputs)
    const report = {
      machine: {
        cores: availableParallelism(),
        node: process.version,
        load_average: loadavg().map((n) => rounded(n, 1)),
      },
      opa: opa.ok ? opa.value.version : none,
      inputs: inputs.length,
      mean_input_bytes: Math.round(inputs.reduce((sum, i) => sum + JSON.stringify(i).length, 0) / inputs.length),
      unit: 'ms per decision; a ratio above 1 says how many times slower than ours',
      load_ms: rounded(loadMs, 1),
      evaluate: near.evaluate,
      trace: near.trace,
      opa_wasm: near.opa_wasm ?? peer,
      opa_bench: opa.ok ? await byOpaBench(opa.value.path, folder, inputs, policy).catch(absent) : none,
      opa_server: opa.ok ? await overLoopback(opa.value.path, policy, inputs, near.evaluate).catch(absent) : none,
      cold: coldRun,
      rescan: rescan(policy, inputs),
    }
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

await bench()
