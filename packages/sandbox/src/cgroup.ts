import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { namespaceOf } from './process-tree.ts'

/** A place where we may make control groups: one folder for v2, one for each controller of v1. */
export interface CgroupPlace {
  readonly version: 'v1' | 'v2'
  readonly controllers: readonly Controller[]
  readonly folders: Readonly<Partial<Record<Controller, string>>>
}

const CONTROLLERS = ['memory', 'pids', 'cpu'] as const
export type Controller = (typeof CONTROLLERS)[number]

export interface CgroupLimits {
  readonly memory_mb: number
  readonly pids: number
  /** Whole or part processors; null: no limit. */
  readonly cpus: number | null
}

export interface RunCgroup {
  readonly place: CgroupPlace
  join(pid: number): void
  /** How many processes the kernel killed for memory so far. */
  oomKills(): number
  remove(): void
}

const PARENT = 'gatehouse'
let counter = 0

/** What `tryPlaces` found, and why not where it found nothing: for the probe. */
export interface CgroupReport {
  readonly place: CgroupPlace | null
  readonly tried: readonly string[]
}

/**
 * Finds where control groups can really be made: v2 first, then v1 (cgroups(7)). `base` is /sys/fs/cgroup, an argument
 * so that a test can show another tree. A group is made, joined by nobody, and removed: nothing is assumed.
 */
export function findCgroups(base = '/sys/fs/cgroup'): CgroupReport {
  const tried: string[] = []
  for (const folder of [base, join(base, 'unified')]) {
    if (!existsSync(join(folder, 'cgroup.controllers'))) continue
    const found = tryV2(folder)
    if (typeof found !== 'string') return { place: found, tried }
    tried.push(`v2 at ${folder}: ${found}`)
  }
  const folders: Partial<Record<Controller, string>> = {}
  for (const controller of CONTROLLERS) {
    const folder = join(base, controller)
    if (!existsSync(join(folder, 'cgroup.procs')) || existsSync(join(folder, 'cgroup.controllers'))) continue
    const problem = tryFolder(folder, LIMIT_FILE.v1[controller])
    if (problem === null) folders[controller] = join(folder, PARENT)
    else tried.push(`v1 ${controller}: ${problem}`)
  }
  const controllers = CONTROLLERS.filter((controller) => folders[controller] !== undefined)
  if (controllers.length > 0) return { place: { version: 'v1', controllers, folders }, tried }
  if (tried.length === 0) tried.push(`no control groups at ${base}`)
  return { place: null, tried }
}

const LIMIT_FILE = {
  v1: { memory: 'memory.limit_in_bytes', pids: 'pids.max', cpu: 'cpu.cfs_quota_us' },
  v2: { memory: 'memory.max', pids: 'pids.max', cpu: 'cpu.max' },
} as const

function tryV2(folder: string): CgroupPlace | string {
  const offered = readFileSync(join(folder, 'cgroup.controllers'), 'utf8').trim().split(/\s+/)
  const wanted = CONTROLLERS.filter((controller) => offered.includes(controller))
  if (wanted.length === 0) return 'it offers none of memory, pids and cpu'
  try {
    const parent = join(folder, PARENT)
    ensureFolder(parent)
    const enable = wanted.map((controller) => `+${controller}`).join(' ')
    // Refused (EBUSY) where the folder itself holds processes, as in most containers.
    for (const at of [folder, parent]) writeFileSync(join(at, 'cgroup.subtree_control'), enable)
    const problem = tryFolder(folder, LIMIT_FILE.v2[wanted[0] ?? 'pids'])
    if (problem !== null) return problem
    return { version: 'v2', controllers: wanted, folders: Object.fromEntries(wanted.map((name) => [name, parent])) }
  } catch (error) {
    return String(error)
  }
}

function tryFolder(folder: string, file: string): string | null {
  const probe = join(folder, PARENT, `probe-${process.pid}-${counter++}`)
  try {
    ensureFolder(join(folder, PARENT))
    mkdirSync(probe)
    try {
      accessSync(join(probe, file), constants.W_OK)
    } finally {
      rmdirSync(probe)
    }
    return null
  } catch (error) {
    return String(error)
  }
}

/** Makes a run's group with its limits. Throws when the kernel refuses one of them: a limit is in force or it is an error. */
export function makeCgroup(place: CgroupPlace, limits: CgroupLimits): RunCgroup {
  const name = `run-${namespaceNumber()}-${process.pid}-${counter++}`
  const paths = [...new Set(Object.values(place.folders))].map((folder) => join(folder, name))
  const at = (controller: Controller): string | null => {
    const folder = place.folders[controller]
    return folder === undefined ? null : join(folder, name)
  }
  for (const folder of new Set(Object.values(place.folders))) ensureFolder(folder)
  for (const path of paths) mkdirSync(path)
  const memory = at('memory')
  if (memory !== null) {
    writeFileSync(join(memory, LIMIT_FILE[place.version].memory), String(limits.memory_mb * 1_048_576))
    const swap = join(memory, place.version === 'v2' ? 'memory.swap.max' : 'memory.memsw.limit_in_bytes')
    if (existsSync(swap)) writeFileSync(swap, place.version === 'v2' ? '0' : String(limits.memory_mb * 1_048_576))
  }
  const pids = at('pids')
  if (pids !== null) writeFileSync(join(pids, 'pids.max'), String(limits.pids))
  const cpu = at('cpu')
  if (cpu !== null && limits.cpus !== null) {
    const quota = String(Math.round(limits.cpus * 100_000))
    writeFileSync(join(cpu, LIMIT_FILE[place.version].cpu), place.version === 'v2' ? `${quota} 100000` : quota)
  }
  return {
    place,
    join: (pid) => {
      for (const path of paths) writeFileSync(join(path, 'cgroup.procs'), String(pid))
    },
    oomKills: () => (memory === null ? 0 : oomKills(memory, place.version)),
    remove: () => {
      for (const path of paths) removeEmpty(path)
    },
  }
}

function oomKills(folder: string, version: 'v1' | 'v2'): number {
  try {
    const text = readFileSync(join(folder, version === 'v2' ? 'memory.events' : 'memory.oom_control'), 'utf8')
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Not mkdir's recursive form: Node's loops for ever where a pseudo file system answers ENOENT. */
function ensureFolder(path: string): void {
  if (!existsSync(path)) mkdirSync(path)
}

function removeEmpty(path: string): boolean {
  try {
    rmdirSync(path)
    return true
  } catch {
    return false
  }
}

/** Removes groups that a killed process of ours left: only of our pid namespace, only of pids that are gone. */
export function sweepCgroups(place: CgroupPlace): void {
  for (const folder of new Set(Object.values(place.folders))) {
    for (const name of existsSync(folder) ? readdirSync(folder) : []) {
      const match = /^(?:run-(\d+)|probe)-(\d+)-\d+$/.exec(name)
      if (match === null || (match[1] !== undefined && match[1] !== namespaceNumber())) continue
      if (!existsSync(`/proc/${match[2]}`)) removeEmpty(join(folder, name))
    }
  }
}

function namespaceNumber(): string {
  return /\d+/.exec(namespaceOf('self', 'pid') ?? '')?.[0] ?? '0'
}
