/** Evaluates generated policies by the real OPA and here, and says where the answers differ. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { link } from '../packages/rego/src/builtins/link.ts'
import { BUILTINS } from '../packages/rego/src/builtins/registry.ts'
import { readJson } from '../packages/rego/src/json-reader.ts'
import { dot } from '../packages/rego/src/machine.ts'
import { readPlan } from '../packages/rego/src/plan.ts'
import { Policy } from '../packages/rego/src/rego.ts'
import { readTarGz } from '../packages/rego/src/tar-archive.ts'
import { RegoObject, type Value } from '../packages/rego/src/value.ts'
import { jsonText } from '../packages/rego/src/value-json.ts'
import { limitedCommand, OPA_LIMITS, runLimited, type OpaLimits } from './opa-differential-limits.ts'
import { moduleText, type GeneratedPolicy } from './opa-policy-generator.ts'

/** What an entrypoint gives: JSON text as OPA writes it, no value, or OPA's error code (ours too: `policy-over-limit`). */
export type Answer = { readonly value: string } | { readonly undefined: true } | { readonly error: string }

export interface Difference {
  readonly policy: GeneratedPolicy
  /** Position in the batch. */
  readonly at: number
  readonly entrypoint: string
  /** JSON text. */
  readonly input: string
  readonly opa: Answer
  readonly ours: Answer
}

export interface BatchResult {
  /** Positions of the policies that OPA's compiler refuses. */
  readonly dropped: ReadonlySet<number>
  readonly evaluations: number
  /** How many of OPA's answers were a value, undefined, an error; and how many of ours and of OPA's ran over a limit. */
  readonly counts: { value: number; undefined: number; error: number; overLimit: number; opaOverLimit: number }
  readonly differences: readonly Difference[]
  /** Where OPA differs from its own plan: without rule index and early exit, or as wasm, it answers as we do. */
  readonly indexed: readonly Difference[]
  /** plan.json of all that compiled, parsed; and the data documents' JSON text. */
  readonly plan: unknown
  readonly data: string
}

/** OPA with what bounds it. */
interface Opa {
  readonly path: string
  readonly limits: OpaLimits
}

type Placed = readonly [at: number, policy: GeneratedPolicy]

const LIMITS = { fuel: 20_000_000, maxDepth: 256 } as const

/** A policy for our evaluator, its data read without passing numbers through doubles. Throws where the plan is refused. */
export function policyOf(plan: unknown, data: string): Policy {
  const read = readPlan(plan)
  const builtins = new Map(
    read.builtins.map(({ name }) => {
      const builtin = BUILTINS.get(name)
      if (builtin === undefined) throw new Error(`the builtin ${name} is not known here`)
      return [name, link(builtin)] as const
    }),
  )
  return new Policy({ plan: read, builtins, data: readJson(data), revision: '' })
}

export function answerHere(policy: Policy, entrypoint: string, input: string): Answer {
  const run = policy.run(entrypoint, readJson(input), LIMITS)
  if (!run.ok) return { error: run.error ?? run.code }
  const [first] = run.value
  const result = first instanceof RegoObject ? first.get('result') : undefined
  return result === undefined ? { undefined: true } : { value: jsonText(result) }
}

export const isSame = (a: Answer, b: Answer): boolean => JSON.stringify(a) === JSON.stringify(b)

const nameOf = (at: number): string => `p${at}`

/**
 * Rules that can be asked for, and the package as a whole. `opa build` refuses the latter, and rules with names of several
 * parts, where functions stand beside them.
 */
const entrypointsOf = (policy: GeneratedPolicy, at: number): string[] => [
  ...policy.modules.flatMap(({ rules, package: pack }) => {
    const alone = !rules.some((r) => r.isFunction)
    const asked = rules.filter((r) => !r.isFunction && (alone || !r.clauses[0]?.head.startsWith(`${r.name}.`)))
    return asked.map((r) => `${pack.replace('PKG', nameOf(at))}/${r.name}`)
  }),
  ...(policy.modules.at(-1)?.rules.some((r) => r.isFunction) ? [] : [nameOf(at)]),
]
const sourcesOf = ([at, policy]: Placed): string[] => policy.modules.map((m) => `${nameOf(at)}-${m.package}.rego`)

/** Removes modules until OPA compiles the rest; gives the positions removed. */
function dropRefused(opa: Opa, folder: string, policies: readonly GeneratedPolicy[]): Set<number> {
  const dropped = new Set<number>()
  for (;;) {
    const said = runLimited(opa.path, ['check', '--format', 'json', '--max-errors', '100000', '.'], folder, opa.limits)
    if (said.status === 0) return dropped
    const { errors } = (said.isOver ? { errors: [] } : JSON.parse(said.stderr || said.stdout)) as {
      readonly errors: readonly { readonly message: string; readonly location?: { readonly file: string } }[]
    }
    const before = dropped.size
    for (const { location } of errors) {
      const at = Number(/(?:^|\/)p(\d+)-/.exec(location?.file ?? '')?.[1] ?? -1)
      if (at >= 0) dropped.add(at)
    }
    if (dropped.size === before) {
      // An error in what the compiler made itself has no place, nor has a limit: each policy is asked alone.
      for (const [at, policy] of policies.entries()) {
        if (dropped.has(at)) continue
        if (runLimited(opa.path, ['check', ...sourcesOf([at, policy])], folder, opa.limits).status !== 0)
          dropped.add(at)
      }
    }
    if (dropped.size === before) throw new Error(`opa check: ${said.stderr.slice(0, 2000)}`)
    for (const at of dropped) {
      const policy = policies[at]
      if (policy) for (const source of sourcesOf([at, policy])) rmSync(join(folder, source), { force: true })
    }
  }
}

/** The plan of these policies, parsed; undefined where OPA cannot make one. */
function build(opa: Opa, folder: string, placed: readonly Placed[]): unknown {
  const flags = placed.flatMap(([at, p]) => entrypointsOf(p, at).flatMap((e) => ['-e', e]))
  const sources = placed.flatMap(sourcesOf)
  const args = ['build', '-t', 'plan', ...flags, '-o', '../b.tar.gz', ...sources]
  if (runLimited(opa.path, args, folder, opa.limits).status !== 0) return undefined
  const files = readTarGz(readFileSync(join(folder, '..', 'b.tar.gz')))
  return JSON.parse(files.get('plan.json')?.toString('utf8') ?? 'null')
}

/** Those of which OPA makes plans: it evaluates some policies that it cannot plan, as with heads like `r[[1]] := 2`. */
function buildable(opa: Opa, folder: string, placed: readonly Placed[]): Placed[] {
  if (placed.length === 0 || build(opa, folder, placed) !== undefined) return [...placed]
  if (placed.length === 1) return []
  const half = placed.length >> 1
  return [...buildable(opa, folder, placed.slice(0, half)), ...buildable(opa, folder, placed.slice(half))]
}

/** OPA as a server on a socket of its own; it starts again where a limit has ended it. `stop` ends it. */
class OpaServer {
  private child: ChildProcess | undefined
  private agent = new Agent({ keepAlive: true, maxSockets: 4 })
  private readonly opa: Opa
  private readonly folder: string
  private readonly socketPath: string
  private said = ''

  constructor(opa: Opa, folder: string, scratch: string) {
    this.opa = opa
    this.folder = folder
    this.socketPath = join(scratch, 'opa.sock')
  }

  async start(): Promise<void> {
    const flags = ['--skip-version-check', '--addr', `unix://${this.socketPath}`, '--log-level', 'error']
    const { file, args, env } = limitedCommand(this.opa.path, ['run', '--server', ...flags, '.'], this.opa.limits)
    rmSync(this.socketPath, { force: true })
    const child = spawn(file, args, { cwd: this.folder, env, stdio: ['ignore', 'ignore', 'pipe'] })
    this.child = child
    child.stderr?.on('data', (part: Buffer) => (this.said = `${this.said}${part.toString('utf8')}`.slice(-2000)))
    for (let i = 0; i < 20 * this.opa.limits.seconds; i++) {
      if (child.exitCode !== null) throw new Error(`opa run ended with ${child.exitCode}: ${this.said}`)
      const up = await this.send('GET', '/health').catch(() => undefined)
      if (up?.status === 200) return
      await pause(50)
    }
    throw new Error('opa run does not answer')
  }

  private send(method: string, path: string, body = ''): Promise<{ status: number; text: string }> {
    const timeout = this.opa.limits.seconds * 1000
    return new Promise((resolve, reject) => {
      const sent = request({ socketPath: this.socketPath, agent: this.agent, method, path, timeout }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
        )
        response.on('error', reject)
      })
      sent.on('error', reject)
      sent.on('timeout', () => sent.destroy(new Error('opa took too long to answer')))
      sent.end(body)
    })
  }

  /** Undefined where OPA ran over a limit. */
  async answer(entrypoint: string, input: string): Promise<Answer | undefined> {
    const sent = await this.send('POST', `/v1/data/${entrypoint}`, `{"input":${input}}`).catch(() => undefined)
    if (sent === undefined) {
      await this.stop()
      await this.start()
      return undefined
    }
    const { status, text } = sent
    if (status === 200) {
      const body = text.trimEnd()
      if (body.startsWith('{"result":')) return { value: body.slice('{"result":'.length, -1) }
      return { undefined: true }
    }
    const said = JSON.parse(text) as {
      readonly errors?: readonly { readonly code?: string }[]
      readonly message?: string
    }
    return { error: said.errors?.[0]?.code ?? `${status} ${said.message ?? text}` }
  }

  async stop(): Promise<void> {
    this.agent.destroy()
    this.agent = new Agent({ keepAlive: true, maxSockets: 4 })
    const { child } = this
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
}

/** What OPA answers where it asks each rule, as its plan does: without rule index and early exit. */
function answerUnindexed(opa: Opa, folder: string, difference: Difference): Answer {
  const { entrypoint, input, at, policy } = difference
  const sources = [...sourcesOf([at, policy]), 'data.json'].flatMap((file) => ['--data', file])
  const flags = ['--format', 'json', '--disable-indexing', '--disable-early-exit', '--stdin-input', ...sources]
  const query = `data.${entrypoint.replaceAll('/', '.')}`
  const said = runLimited(opa.path, ['eval', ...flags, query], folder, opa.limits, input)
  if (said.isOver) return { error: 'opa-over-limit' }
  const output = readJson(said.stdout)
  const at0 = (value: Value | undefined, key: Value): Value | undefined => dot(dot(value, key), 0)
  const code = dot(at0(output, 'errors'), 'code')
  if (typeof code === 'string') return { error: code }
  const value = dot(at0(at0(output, 'result'), 'expressions'), 'value')
  return value === undefined ? { undefined: true } : { value: jsonText(value) }
}

/** A result without the order of its lists: OPA's machine goes through sets in an order of its own. */
function unordered(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(unordered).sort().join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${unordered(member)}`)
  return `{${members.sort().join()}}`
}

/**
 * Whether OPA's own machine for plans answers as we do: inside `every` OPA asks a rule for its first value only, which no
 * flag changes, and its planner leaves out a comprehension that stands alone below `not`.
 */
async function isWasm(opa: Opa, folder: string, difference: Difference): Promise<boolean> {
  const { at, policy, entrypoint, input, opa: theirs, ours } = difference
  const parsed = (answer: Answer): string => ('value' in answer ? unordered(JSON.parse(answer.value)) : '')
  // One value written in two ways: here another machine says nothing.
  if ('value' in theirs && parsed(theirs) === parsed(ours)) return false
  const args = ['build', '-t', 'wasm', '-e', entrypoint, '-o', '../w.tar.gz', ...sourcesOf([at, policy])]
  if (runLimited(opa.path, args, folder, opa.limits).status !== 0) return false
  const wasm = readTarGz(readFileSync(join(folder, '..', 'w.tar.gz'))).get('policy.wasm')
  if (wasm === undefined) throw new Error('opa build -t wasm made no policy.wasm')
  const { loadPolicy } = await import('@open-policy-agent/opa-wasm')
  const loaded = await loadPolicy(new Uint8Array(wasm))
  loaded.setData(JSON.parse(readFileSync(join(folder, 'data.json'), 'utf8')) as object)
  try {
    const [first] = loaded.evaluate(JSON.parse(input)) as readonly { readonly result: unknown }[]
    if (first === undefined) return 'undefined' in ours
    return 'value' in ours && unordered(first.result) === unordered(JSON.parse(ours.value))
  } catch (error) {
    return 'error' in ours && ours.error === 'eval_conflict_error' && String(error).includes('conflict')
  }
}

/** What a batch may be given otherwise: limits of OPA, and who answers in place of this evaluator. */
export interface BatchOptions {
  readonly limits?: OpaLimits
  readonly answer?: (policy: Policy, entrypoint: string, input: string) => Answer
}

/** Compares all policies of a batch, over all their entrypoints and inputs. OPA runs as one build and one server. */
export async function compareBatch(
  path: string,
  policies: readonly GeneratedPolicy[],
  { limits = OPA_LIMITS, answer = answerHere }: BatchOptions = {},
): Promise<BatchResult> {
  const opa: Opa = { path, limits }
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-opa-'))
  const folder = join(scratch, 'policies')
  mkdirSync(folder)
  let server: OpaServer | undefined
  try {
    for (const [at, policy] of policies.entries()) {
      for (const m of policy.modules)
        writeFileSync(join(folder, `${nameOf(at)}-${m.package}.rego`), moduleText(m, nameOf(at)))
    }
    const dropped = dropRefused(opa, folder, policies)
    const kept = buildable(
      opa,
      folder,
      [...policies.entries()].filter(([at]) => !dropped.has(at)),
    )
    for (const at of policies.keys()) if (!kept.some(([k]) => k === at)) dropped.add(at)
    const counts = { value: 0, undefined: 0, error: 0, overLimit: 0, opaOverLimit: 0 }
    const data = `{${kept.map(([at, p]) => `"${nameOf(at)}_d":${p.data},"${nameOf(at)}":{"base":${p.base}}`).join(',')}}`
    if (kept.length === 0) return { dropped, evaluations: 0, counts, differences: [], indexed: [], plan: {}, data }
    writeFileSync(join(folder, 'data.json'), data)
    const entrypoints = kept.flatMap(([at, p]) =>
      entrypointsOf(p, at).map((entrypoint) => ({ at, policy: p, entrypoint })),
    )
    const plan = build(opa, folder, kept)
    if (plan === undefined) throw new Error('opa build refuses together what it takes apart')
    server = new OpaServer(opa, folder, scratch)
    const mine = policyOf(plan, data)
    await server.start()
    const differences: Difference[] = []
    const indexed: Difference[] = []
    let evaluations = 0
    for (const { at, policy, entrypoint } of entrypoints) {
      for (const input of policy.inputs) {
        const theirs = await server.answer(entrypoint, input)
        const ours = answer(mine, entrypoint, input)
        evaluations++
        if (theirs === undefined) {
          counts.opaOverLimit++
          continue
        }
        if ('value' in theirs) counts.value++
        else if ('undefined' in theirs) counts.undefined++
        else counts.error++
        if ('error' in ours && ours.error === 'policy-over-limit') counts.overLimit++
        else if (!isSame(ours, theirs)) {
          const difference = { policy, at, entrypoint, input, opa: theirs, ours }
          const isIndexed =
            isSame(answerUnindexed(opa, folder, difference), ours) || (await isWasm(opa, folder, difference))
          ;(isIndexed ? indexed : differences).push(difference)
        }
      }
    }
    return { dropped, evaluations, counts, differences, indexed, plan, data }
  } finally {
    await server?.stop()
    rmSync(scratch, { recursive: true, force: true })
  }
}
