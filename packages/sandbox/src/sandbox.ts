import { dirname } from 'node:path'
import { instant } from '@gatehouse/core/kernel/time'
import { refuse, type Refusal } from '@gatehouse/core/kernel/result'
import { makeCgroup, type RunCgroup } from './cgroup.ts'
import { collectChanges, type Collected, type RefusedResult } from './collect-changes.ts'
import type { Rlimits } from './command-argv.ts'
import { runProcess, type CommandEnd } from './command-process.ts'
import { ENVELOPE_SCHEMA, type CommandOutcome, type Envelope } from './envelope.ts'
import { startHolder, type PlacedFile } from './holder.ts'
import { findHostTools } from './host-tools.ts'
import { shortcomings, type InForce } from './in-force.ts'
import { describeIsolated, describePlain, enforcedLimits } from './isolation-described.ts'
import { runIsolated } from './isolated-command.ts'
import { SandboxSetupError, WORKSPACE, type IsolationPlan } from './isolation-plan.ts'
import { keepFiles, type KeptContent } from './kept-files.ts'
import { planRoot } from './mounts.ts'
import { openPlainWorkspace } from './plain-workspace.ts'
import { probeIsolation, type IsolationReport } from './probe.ts'
import { SandboxRequest, type SandboxCommand } from './sandbox-request.ts'

export interface SandboxRun {
  readonly ok: true
  readonly envelope: Envelope
  /** Contents of the kept files that could be read: `candidate_reported`. */
  readonly kept: readonly KeptContent[]
  /** The resulting tree, when `collect` was asked for. */
  readonly result: Collected | RefusedResult | null
  /** True when every command ended with exit code 0, none timed out and none was left out. */
  readonly passed: boolean
}

export type SandboxRefusal = Refusal<
  'isolation-unavailable' | 'sandbox-request-invalid' | 'sandbox-setup-failed' | 'sandbox-aborted'
>
export type SandboxResult = SandboxRun | SandboxRefusal

/** A workspace that commands run in, by whichever way. */
interface Session {
  run(command: SandboxCommand, signal: AbortSignal | undefined): Promise<CommandEnd>
  describe(seen: InForce | null): Envelope['isolation']
  readonly folder: string
  readonly upper: string | null
  oomKills(): number
  close(): Promise<void>
}

/**
 * Runs commands one after the other in one throw-away workspace above read-only layers, and says what was in force.
 * A command that fails is not a refusal: its exit code is in the envelope. Refusals: `sandbox-request-invalid`,
 * `isolation-unavailable` (this machine grants none and the request does not allow that), `sandbox-setup-failed`
 * (we or the machine broke: errored, not failed), `sandbox-aborted` (the signal fired before the first command ended).
 */
export async function runCommands(
  input: SandboxRequest,
  options: { readonly signal?: AbortSignal } = {},
): Promise<SandboxResult> {
  const parsed = SandboxRequest.safeParse(input)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return refuse('sandbox-request-invalid', `${issue?.path.join('.') ?? 'request'}: ${issue?.message ?? 'invalid'}`)
  }
  const request = parsed.data
  if (isAborted(options.signal)) return refuse('sandbox-aborted', 'stopped before it began')
  const report = await probeIsolation()
  const driver = request.driver ?? report.driver
  if (driver === 'none' && request.isolation !== 'none-allowed') return unavailable(report)
  const plan = driver === 'none' ? null : report.plans[driver]
  if (driver !== 'none' && plan === null) return unavailable(report, driver)
  const startedAt = instant(Date.now())
  let session: Session | undefined
  try {
    session = plan === null ? openPlain(request) : await openIsolated(request, plan, report)
    const outcomes = await runAll(session, request, options.signal)
    if (outcomes.commands.length === 0 && isAborted(options.signal))
      return refuse('sandbox-aborted', 'stopped before it began')
    const { files, contents } = keepFiles(session.folder, request.keep ?? [])
    const result =
      request.collect === undefined
        ? null
        : await collectChanges({ ...request.collect, merged: session.folder, upper: session.upper })
    const isolation = session.describe(outcomes.seen)
    const { memory_mb, pids, disk_mb, output_bytes, cpu_seconds = null, cpus = null } = request.limits
    const envelope: Envelope = {
      schema: ENVELOPE_SCHEMA,
      isolation,
      limits: {
        memory_mb,
        pids,
        disk_mb,
        cpu_seconds,
        cpus,
        output_bytes,
        enforced: enforcedLimits(request.limits, isolation),
      },
      commands: outcomes.commands,
      files,
      started_at: startedAt,
      finished_at: instant(Date.now()),
    }
    const passed = outcomes.commands.length === request.commands.length && outcomes.commands.every(succeeded)
    return { ok: true, envelope, kept: contents, result, passed }
  } catch (error) {
    if (isAborted(options.signal)) return refuse('sandbox-aborted', 'stopped while it was being set up')
    if (error instanceof SandboxSetupError) return refuse('sandbox-setup-failed', error.message)
    throw error
  } finally {
    await session?.close()
  }
}

function unavailable(report: IsolationReport, driver?: string): SandboxRefusal {
  const what =
    driver === undefined ? 'this machine grants no isolation' : `the ${driver} driver does not work on this machine`
  return refuse(
    'isolation-unavailable',
    `${what}: ${report.missing.join('; ') || 'no reason given'}. Install bubblewrap, allow user namespaces, or run the container with them; ` +
      'or say --isolation none to run plain limited processes, which the evidence will state',
  )
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true
}

function succeeded(outcome: CommandOutcome): boolean {
  return outcome.exit_code === 0 && !outcome.timed_out && !outcome.aborted
}

async function runAll(
  session: Session,
  request: SandboxRequest,
  signal: AbortSignal | undefined,
): Promise<{ commands: CommandOutcome[]; seen: InForce | null }> {
  const commands: CommandOutcome[] = []
  let seen: InForce | null = null
  for (const command of request.commands) {
    const killsBefore = session.oomKills()
    const { in_force, ...end } = await session.run(command, signal)
    // Each command was measured and admitted by the same rule; the first is the one described.
    seen ??= in_force
    commands.push({ name: command.name, argv: command.argv, ...end, oom_killed: session.oomKills() > killsBefore })
    const last = commands.at(-1)
    if (end.aborted || (last !== undefined && !succeeded(last) && request.continue_on_failure !== true)) break
  }
  return { commands, seen }
}

function layersOf(request: SandboxRequest): string[] {
  const { base, candidate } = request.workspace
  return candidate === undefined ? [base] : [candidate, base]
}

function placedOf(request: SandboxRequest): PlacedFile[] {
  return (request.placed ?? []).map((file) => ({
    path: file.path,
    content: typeof file.content === 'string' ? Buffer.from(file.content) : file.content,
    executable: file.executable ?? false,
  }))
}

async function openIsolated(request: SandboxRequest, plan: IsolationPlan, report: IsolationReport): Promise<Session> {
  const { limits } = request
  const holder = await startHolder({
    plan,
    root: planRoot(dirname(process.execPath), request.tools ?? []),
    layers: layersOf(request),
    disk_mb: limits.disk_mb,
    // One inode for each KiB, so that neither runs out long before the other; the fixed part is our own root's.
    inodes: 1_000 + limits.disk_mb * 1_024,
    placed: placedOf(request),
  })
  let cgroup: RunCgroup | null = null
  try {
    if (report.cgroup !== null) cgroup = makeCgroup(report.cgroup, { ...limits, cpus: limits.cpus ?? null })
  } catch (error) {
    await holder.close()
    throw new SandboxSetupError(`control groups: ${String(error)}`, { cause: error })
  }
  const group = cgroup
  const rlimits: Rlimits = { pids: limits.pids, cpu_seconds: limits.cpu_seconds ?? null, file_mb: null }
  return {
    folder: holder.host(`${holder.m}/root${WORKSPACE}`),
    upper: plan.overlay === 'copy' ? null : holder.host(`${holder.m}/upper`),
    run: (command, signal) =>
      runIsolated({
        plan,
        holder,
        inside: { cwd: `${WORKSPACE}/${command.cwd ?? ''}`, argv: command.argv, env: request.env ?? {}, rlimits },
        timeout_ms: command.timeout_ms,
        output_bytes: limits.output_bytes,
        signal,
        admit: (pid, seen) => {
          const short = shortcomings(seen, plan.user, plan.seccomp)
          if (short.length > 0) throw new SandboxSetupError(`not isolated as planned: ${short.join(', ')}`)
          try {
            group?.join(pid)
          } catch (error) {
            throw new SandboxSetupError(`control groups: ${String(error)}`, { cause: error })
          }
        },
      }),
    describe: (seen) => describeIsolated(plan, report, seen, holder.loopback, rlimits),
    oomKills: () => group?.oomKills() ?? 0,
    close: async () => {
      await holder.close()
      group?.remove()
    },
  }
}

function openPlain(request: SandboxRequest): Session {
  const { limits } = request
  const plain = openPlainWorkspace({
    layers: layersOf(request),
    placed: placedOf(request),
    tools: request.tools ?? [],
    host: findHostTools(),
  })
  const rlimits: Rlimits = {
    pids: plain.user.own ? limits.pids : null,
    cpu_seconds: limits.cpu_seconds ?? null,
    file_mb: limits.disk_mb,
  }
  return {
    folder: plain.folder,
    upper: null,
    run: (command, signal) => {
      const inside = { cwd: `${WORKSPACE}/${command.cwd ?? ''}`, argv: command.argv, env: request.env ?? {}, rlimits }
      const [file, argv] = plain.command(inside)
      return runProcess({
        file,
        argv,
        cwd: '/',
        seccomp_fd: null,
        timeout_ms: command.timeout_ms,
        output_bytes: limits.output_bytes,
        signal,
        admit: () => {},
        stop: plain.stop,
        settle: plain.settle,
      })
    },
    describe: (seen) => describePlain(plain.user, seen, rlimits),
    oomKills: () => 0,
    close: plain.close,
  }
}
