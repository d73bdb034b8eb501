/**
 * For tests: as much of a runner of GitHub Actions as one job of plain steps needs. Each `run` is a script of its own, under the shell that GitHub
 * gives it; the files GITHUB_OUTPUT, GITHUB_ENV, GITHUB_PATH and GITHUB_STEP_SUMMARY are read after each step; a step that fails ends the
 * job. An expression that is not known here is an error: nothing is passed over.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface WorkflowStep {
  readonly name: string
  readonly id?: string
  readonly uses?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface WorkflowJob {
  readonly outputs?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly steps: readonly WorkflowStep[]
}

export interface Workflow {
  readonly env?: Readonly<Record<string, string>>
  readonly defaults?: { readonly run?: { readonly shell?: string } }
  readonly jobs: Readonly<Record<string, WorkflowJob>>
}

export interface RunnerWish {
  /** The checkout. */
  readonly folder: string
  /** Files of the runner itself. */
  readonly scratch: string
  /** The whole environment of the runner; PATH is needed. */
  readonly env: Readonly<Record<string, string>>
  /** What expressions may ask: `github.actor`, `secrets.GITHUB_TOKEN`. */
  readonly contexts: Readonly<Record<string, string>>
  /** Instead of the workflow's own `env`. */
  readonly override?: Readonly<Record<string, string>>
}

export interface StepRan {
  readonly name: string
  readonly exit: number | null
  /** Both streams. */
  readonly said: string
}

export interface JobRan {
  readonly ok: boolean
  readonly steps: readonly StepRan[]
  readonly outputs: Readonly<Record<string, string>>
  readonly summary: string
}

const SHELLS: Readonly<Record<string, readonly string[]>> = {
  bash: ['--noprofile', '--norc', '-eo', 'pipefail'],
  '': ['-e'],
}

/** Runs the steps of a job in order. `uses` steps are left to the caller, who prepares what they would have. */
export async function runJob(workflow: Workflow, name: string, wish: RunnerWish): Promise<JobRan> {
  const job = workflow.jobs[name]
  if (job === undefined) throw new Error(`there is no job ${name}`)
  const home = mkdtempSync(join(wish.scratch, 'runner-'))
  const known = new Map(Object.entries(wish.contexts))
  const evaluated = (text: string) =>
    text.replaceAll(/\$\{\{\s*([\w.-]+)\s*\}\}/g, (_, expression: string) => {
      const value = known.get(expression)
      if (value === undefined) throw new Error(`the expression ${expression} is not known here`)
      return value
    })
  const all = (env: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(Object.entries(env).map(([key, value]) => [key, evaluated(value)]))
  let env: Record<string, string> = { ...wish.env, ...all(workflow.env), ...wish.override, ...all(job.env) }
  const shell = workflow.defaults?.run?.shell ?? ''
  const flags = SHELLS[shell]
  if (flags === undefined) throw new Error(`the shell ${shell} is not known here`)
  const steps: StepRan[] = []
  let summary = ''
  for (const [index, step] of job.steps.entries()) {
    if (step.run === undefined) continue
    const file = (kind: string) => {
      const path = join(home, `${index}-${kind}`)
      writeFileSync(path, kind === 'script' ? (step.run ?? '') : '')
      return path
    }
    const files = {
      GITHUB_OUTPUT: file('output'),
      GITHUB_ENV: file('env'),
      GITHUB_PATH: file('path'),
      GITHUB_STEP_SUMMARY: file('summary'),
    }
    // oxlint-disable-next-line no-await-in-loop -- a job's steps are one after the other
    const ran = await runStep([...flags, file('script')], wish.folder, { ...env, ...files, ...all(step.env) })
    steps.push({ name: step.name, ...ran })
    summary += readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8')
    if (ran.exit !== 0) return { ok: false, steps, outputs: {}, summary }
    if (step.id !== undefined)
      for (const [key, value] of pairsIn(files.GITHUB_OUTPUT)) known.set(`steps.${step.id}.outputs.${key}`, value)
    const added = readFileSync(files.GITHUB_PATH, 'utf8').split('\n').filter(Boolean)
    env = {
      ...env,
      ...Object.fromEntries(pairsIn(files.GITHUB_ENV)),
      PATH: [...added.toReversed(), env['PATH'] ?? ''].join(':'),
    }
  }
  return { ok: true, steps, outputs: all(job.outputs), summary }
}

async function runStep(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Omit<StepRan, 'name'>> {
  const child = spawn('bash', [...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 600_000 })
  const said: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void said.push(chunk))
  const [exit] = (await once(child, 'close')) as [number | null]
  return { exit, said: Buffer.concat(said).toString('utf8') }
}

/** Lines `name=value`; the form for many lines is an error here. */
function pairsIn(file: string): [string, string][] {
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean)
  return lines.map((line) => {
    const at = line.indexOf('=')
    if (at < 1) throw new Error(`"${line}" sets nothing`)
    return [line.slice(0, at), line.slice(at + 1)]
  })
}
