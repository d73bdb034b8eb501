import type { Rlimits } from './command-argv.ts'
import type { Envelope, IsolationInForce } from './envelope.ts'
import type { InForce } from './in-force.ts'
import type { IsolationPlan } from './isolation-plan.ts'
import { PLAIN_NOTES } from './plain-workspace.ts'
import type { IsolationReport } from './probe.ts'
import type { SandboxLimits } from './sandbox-request.ts'
import type { SandboxUser } from './sandbox-user.ts'

/** What a run without any command says: it was not measured, so nothing is claimed. */
const NOT_MEASURED = 'no command ran: isolation is as probed, not as measured in this run'

function rlimitNames(rlimits: Rlimits): string[] {
  const names = ['RLIMIT_CORE=0']
  if (rlimits.pids !== null) names.push(`RLIMIT_NPROC=${rlimits.pids}`)
  if (rlimits.cpu_seconds !== null) names.push(`RLIMIT_CPU=${rlimits.cpu_seconds}`)
  if (rlimits.file_mb !== null) names.push(`RLIMIT_FSIZE=${rlimits.file_mb}MiB`)
  return names
}

export function describeIsolated(
  plan: IsolationPlan,
  report: IsolationReport,
  seen: InForce | null,
  loopbackUp: boolean,
  rlimits: Rlimits,
): IsolationInForce {
  const notes: string[] = []
  if (seen === null) notes.push(NOT_MEASURED)
  if (!plan.seccomp)
    notes.push(
      `no seccomp filter of ours: ${plan.driver === 'util-linux' ? 'util-linux has no tool that loads one' : 'refused here'}`,
    )
  if (plan.proc === 'none')
    notes.push("no /proc inside: this machine grants no fresh one, and the host's would show its processes")
  if (plan.proc === 'none' && plan.driver === 'util-linux')
    notes.push('a command sees itself as uid 0 of its own user namespace; it has no capability there')
  if (plan.overlay === 'copy') notes.push('no overlayfs here: the base was copied into the private tmpfs')
  if (report.cgroup === null) notes.push('no control groups here: memory is not limited; processes by RLIMIT_NPROC')
  if (!plan.user.own) notes.push('runs as the user that runs Gatehouse, in a user namespace of its own')
  if (report.nested[plan.driver] === 'on') notes.push('user namespaces can be made inside')
  const bubblewrap = plan.driver === 'bubblewrap'
  return {
    driver: plan.driver,
    network: seen === null || seen.own_namespaces.net === true ? 'none' : 'host',
    loopback: bubblewrap || loopbackUp ? 'up' : 'down',
    filesystem: plan.overlay === 'copy' ? 'private-copy' : plan.overlay,
    writable: [...(seen?.writable ?? [])],
    user: {
      uid: seen?.uid ?? plan.user.uid,
      own: plan.user.own,
      capabilities: seen?.capabilities ?? 'not measured',
      no_new_privs: seen?.no_new_privs ?? false,
      user_namespace: seen?.own_namespaces.user ?? false,
    },
    pid: seen === null || seen.own_namespaces.pid === true ? 'own-namespace' : 'host',
    seccomp: seen?.seccomp === 'filter' ? 'filter' : 'off',
    cgroup: { version: report.cgroup?.version ?? 'none', controllers: [...(report.cgroup?.controllers ?? [])] },
    rlimits: rlimitNames(rlimits),
    disk_limit: 'tmpfs-size',
    proc: seen?.proc ?? plan.proc,
    nested_userns: report.nested[plan.driver] ?? 'on',
    notes,
  }
}

export function describePlain(user: SandboxUser, seen: InForce | null, rlimits: Rlimits): IsolationInForce {
  const notes: string[] = [...PLAIN_NOTES]
  if (seen === null) notes.push(NOT_MEASURED)
  notes.push(
    user.own
      ? 'the whole tree is ended by its uid, which only this run has'
      : 'the tree is ended by descent and by a mark in the environment: a process that clears its environment and leaves its parent can outlive the run',
  )
  return {
    driver: 'none',
    network: 'host',
    loopback: 'host',
    filesystem: 'plain-copy',
    writable: [],
    user: {
      uid: seen?.uid ?? user.uid,
      own: user.own,
      capabilities: seen?.capabilities ?? 'not measured',
      no_new_privs: seen?.no_new_privs ?? false,
      user_namespace: seen?.own_namespaces.user ?? false,
    },
    pid: 'host',
    seccomp: seen?.seccomp === 'filter' ? 'filter' : 'off',
    cgroup: { version: 'none', controllers: [] },
    rlimits: rlimitNames(rlimits),
    disk_limit: 'file-size-only',
    proc: 'host',
    nested_userns: 'on',
    notes,
  }
}

/** Which limits the machine really enforces in this run. */
export function enforcedLimits(limits: SandboxLimits, isolation: IsolationInForce): Envelope['limits']['enforced'] {
  const enforced: Envelope['limits']['enforced'] = ['output', 'time']
  const has = (controller: 'memory' | 'pids' | 'cpu'): boolean => isolation.cgroup.controllers.includes(controller)
  if (has('memory')) enforced.push('memory')
  if (has('pids') || isolation.rlimits.some((name) => name.startsWith('RLIMIT_NPROC'))) enforced.push('pids')
  if (isolation.disk_limit === 'tmpfs-size') enforced.push('disk')
  if (limits.cpu_seconds !== undefined) enforced.push('cpu_seconds')
  if (limits.cpus !== undefined && has('cpu')) enforced.push('cpus')
  return enforced
}
