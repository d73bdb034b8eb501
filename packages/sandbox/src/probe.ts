import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findCgroups, sweepCgroups, type CgroupPlace } from './cgroup.ts'
import { startHolder } from './holder.ts'
import { findHostTools, type HostTools } from './host-tools.ts'
import { shortcomings } from './in-force.ts'
import { DRIVERS, type Driver, type IsolationPlan } from './isolation-plan.ts'
import { runIsolated } from './isolated-command.ts'
import { planRoot } from './mounts.ts'
import { privilege, sandboxUser } from './sandbox-user.ts'
import { seccompProgram } from './seccomp-program.ts'

/** What this machine grants, each item found by really trying it. */
export interface IsolationReport {
  /** The one that is used unless a request names another; `none` when neither worked. */
  readonly driver: Driver | 'none'
  readonly plans: Readonly<Record<Driver, IsolationPlan | null>>
  readonly cgroup: CgroupPlace | null
  /** By the driver in use; `null` with none. */
  readonly overlay: 'overlay' | 'overlay-userxattr' | 'copy' | null
  readonly proc: 'fresh' | 'none' | null
  readonly seccomp: boolean
  readonly nested_userns: 'off' | 'on' | null
  /** By driver, since only one of them may keep user namespaces from being made inside. */
  readonly nested: Readonly<Record<Driver, 'off' | 'on' | null>>
  /** What did not work and what the machine said. */
  readonly missing: readonly string[]
}

let cached: Promise<IsolationReport> | undefined

/** Finds what this machine grants. The answer is kept for the life of the process. */
export function probeIsolation(): Promise<IsolationReport> {
  cached ??= probe()
  return cached
}

async function probe(): Promise<IsolationReport> {
  const tools = findHostTools()
  const missing: string[] = []
  const found: Record<Driver, { plan: IsolationPlan; nested: 'off' | 'on' } | null> = {
    bubblewrap: null,
    'util-linux': null,
  }
  for (const driver of DRIVERS) found[driver] = await tryDriver(driver, tools, missing)
  const cgroups = findCgroups()
  missing.push(...cgroups.tried.map((text) => `control groups: ${text}`))
  if (cgroups.place !== null) sweepCgroups(cgroups.place)
  const driver = DRIVERS.find((name) => found[name] !== null) ?? 'none'
  const best = driver === 'none' ? null : found[driver]
  return {
    driver,
    plans: { bubblewrap: found.bubblewrap?.plan ?? null, 'util-linux': found['util-linux']?.plan ?? null },
    cgroup: cgroups.place,
    overlay: best?.plan.overlay ?? null,
    proc: best?.plan.proc ?? null,
    seccomp: best?.plan.seccomp ?? false,
    nested_userns: best?.nested ?? null,
    nested: { bubblewrap: found.bubblewrap?.nested ?? null, 'util-linux': found['util-linux']?.nested ?? null },
    missing,
  }
}

const NEEDED: Readonly<Record<Driver, readonly (keyof HostTools)[]>> = {
  bubblewrap: ['sh', 'mount', 'unshare', 'nsenter', 'setpriv', 'bwrap'],
  'util-linux': ['sh', 'mount', 'unshare', 'nsenter', 'setpriv', 'pivot_root'],
}

async function tryDriver(
  driver: Driver,
  tools: HostTools,
  missing: string[],
): Promise<{ plan: IsolationPlan; nested: 'off' | 'on' } | null> {
  const absent = NEEDED[driver].filter((name) => tools[name] === null)
  if (absent.length > 0) {
    missing.push(`${driver}: ${absent.join(', ')} not installed`)
    return null
  }
  const said: string[] = []
  for (const plan of candidates(driver, tools)) {
    const outcome = await tryPlan(plan)
    if (typeof outcome !== 'string') return { plan, nested: outcome.nested }
    if (!said.includes(outcome)) said.push(outcome)
    // No candidate changes what the holder's very first step needs.
    if (outcome.includes('before "unshared"')) break
  }
  missing.push(`${driver}: ${said.join('; ')}`)
  return null
}

/** From the strongest to the weakest. A weaker one is tried only when all before it failed. */
function* candidates(driver: Driver, tools: HostTools): Generator<IsolationPlan> {
  const rights = privilege()
  const user = sandboxUser()
  const filter = driver === 'bubblewrap' && seccompProgram(process.arch) !== null
  const privileges = rights === 'host-root' ? (['host-root', 'mapped-root'] as const) : [rights]
  for (const privilege of privileges) {
    const kernel = privilege === 'host-root' ? 'overlay' : 'overlay-userxattr'
    for (const overlay of [kernel, 'copy'] as const)
      for (const userns of privilege === 'host-root' ? [true, false] : [true])
        for (const [proc, limit] of [
          ['fresh', userns],
          ['fresh', false],
          ['none', false],
        ] as const)
          for (const seccomp of filter ? [true, false] : [false])
            yield { driver, privilege, user, tools, userns, overlay, proc, seccomp, nested_userns_limit: limit }
  }
}

async function tryPlan(plan: IsolationPlan): Promise<{ nested: 'off' | 'on' } | string> {
  const empty = mkdtempSync(join(tmpdir(), 'gatehouse-probe-'))
  try {
    const root = planRoot(dirname(process.execPath), [])
    const holder = await startHolder({ plan, root, layers: [empty], disk_mb: 1, inodes: 1_000, placed: [] })
    try {
      const end = await runIsolated({
        plan,
        holder,
        inside: {
          cwd: '/tmp',
          argv: ['/bin/sh', '-c', 'echo x >/dev/null && echo ok; unshare -U true 2>/dev/null && echo nested'],
          env: {},
          rlimits: { pids: null, cpu_seconds: null, file_mb: null },
        },
        timeout_ms: 5_000,
        output_bytes: 4_096,
        admit: (_, seen) => {
          const short = shortcomings(seen, plan.user, plan.seccomp)
          if (short.length > 0) throw new Error(short.join(', '))
        },
      })
      if (!end.stdout.text.startsWith('ok')) return `a trial command failed: ${end.stderr.text.trim()}`
      return { nested: end.stdout.text.includes('nested') ? 'on' : 'off' }
    } finally {
      await holder.close()
    }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    rmSync(empty, { recursive: true, force: true })
  }
}
