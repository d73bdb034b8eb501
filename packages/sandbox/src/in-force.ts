import { readFileSync } from 'node:fs'
import { HOME, WORKSPACE } from './isolation-plan.ts'
import { namespaceOf } from './process-tree.ts'
import type { SandboxUser } from './sandbox-user.ts'

/** What the host saw on the very process that then became the command, before it was let go. `null`: could not be read. */
export interface InForce {
  readonly uid: number
  readonly gid: number
  /** Supplementary groups: those of root would open doors. */
  readonly groups: readonly number[]
  readonly capabilities: string
  readonly no_new_privs: boolean
  readonly seccomp: 'filter' | 'strict' | 'off'
  readonly own_namespaces: Readonly<Record<'pid' | 'net' | 'mnt' | 'user' | 'ipc' | 'uts' | 'cgroup', boolean | null>>
  readonly interfaces: readonly string[]
  /** Mount points that are not read-only, as seen inside. */
  readonly writable: readonly string[]
  readonly proc: 'fresh' | 'none' | 'host'
}

/** Harmless character devices and the kernel's own view; its writable parts need rights that nobody inside has. */
const EXPECTED = /^\/(?:proc|dev\/(?:null|zero|full|random|urandom))$/

const NAMESPACES = ['pid', 'net', 'mnt', 'user', 'ipc', 'uts', 'cgroup'] as const

/** Reads /proc/<pid> from the host's side (proc_pid_status(5), proc_pid_mountinfo(5)). Throws when the process is gone. */
export function measure(pid: number): InForce {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string): string => new RegExp(`^${name}:[^\\S\\n]*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? ''
  const mode = field('Seccomp')
  const own = Object.fromEntries(
    NAMESPACES.map((kind) => {
      const theirs = namespaceOf(pid, kind)
      return [kind, theirs === null ? null : theirs !== namespaceOf('self', kind)]
    }),
  ) as InForce['own_namespaces']
  const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').split('\n').filter(Boolean).map(mountLine)
  return {
    uid: Number(field('Uid').split(/\s+/)[1]),
    gid: Number(field('Gid').split(/\s+/)[1]),
    groups: field('Groups').split(/\s+/).filter(Boolean).map(Number),
    capabilities: field('CapEff'),
    no_new_privs: field('NoNewPrivs') === '1',
    seccomp: mode === '2' ? 'filter' : mode === '1' ? 'strict' : 'off',
    own_namespaces: own,
    interfaces: interfaces(readFileSync(`/proc/${pid}/net/dev`, 'utf8')),
    writable: mounts.filter((mount) => mount.writable && !EXPECTED.test(mount.point)).map((mount) => mount.point),
    proc: !mounts.some((mount) => mount.type === 'proc') ? 'none' : own.pid === true ? 'fresh' : 'host',
  }
}

function mountLine(line: string): { point: string; writable: boolean; type: string } {
  const [left = '', right = ''] = line.split(' - ')
  const fields = left.split(' ')
  const type = right.split(' ')[0] ?? ''
  const superOptions = (right.split(' ')[2] ?? '').split(',')
  const writable = (fields[5] ?? '').split(',').includes('rw') && !superOptions.includes('ro')
  return { point: fields[4] ?? '', writable, type }
}

/** Names in /proc/net/dev: two header lines, then `name: counters`. */
export function interfaces(text: string): string[] {
  return text
    .split('\n')
    .slice(2)
    .map((line) => line.split(':')[0]?.trim() ?? '')
    .filter(Boolean)
}

const WRITABLE: readonly string[] = [WORKSPACE, HOME, '/tmp', '/dev/shm']

/** What an isolated command must show; a list of what is missing, empty when all is as planned. */
export function shortcomings(seen: InForce, user: SandboxUser, seccomp: boolean): string[] {
  const missing: string[] = []
  const { uid, gid } = user
  if (seen.gid !== gid) missing.push(`gid is ${seen.gid}, not ${gid}`)
  if (user.own && seen.groups.some((group) => group !== gid))
    missing.push(`supplementary groups ${seen.groups.join(', ')} are left`)
  if (seen.uid !== uid) missing.push(`uid is ${seen.uid}, not ${uid}`)
  if (/[^0]/.test(seen.capabilities)) missing.push(`capabilities ${seen.capabilities} are left`)
  if (!seen.no_new_privs) missing.push('no_new_privs is not set')
  if (seccomp && seen.seccomp !== 'filter') missing.push('no seccomp filter')
  for (const kind of ['pid', 'net', 'mnt', 'ipc'] as const) {
    if (seen.own_namespaces[kind] !== true) missing.push(`no ${kind} namespace of its own`)
  }
  const foreign = seen.interfaces.filter((name) => name !== 'lo')
  if (foreign.length > 0) missing.push(`network interfaces ${foreign.join(', ')}`)
  const open = seen.writable.filter((point) => !WRITABLE.includes(point))
  if (open.length > 0) missing.push(`writable mounts ${open.join(', ')}`)
  if (seen.proc === 'host') missing.push("the host's /proc is visible")
  return missing
}
