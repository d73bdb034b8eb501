import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import type { Host } from '../../host.ts'

/** What a running server says of itself in `<data>/gatehouse.json`. */
export interface Instance {
  readonly pid: number
  readonly url: string
  /** RFC 3339. */
  readonly started_at: string
  readonly version: string
}

/** Reads `gatehouse.json`; null where there is none, or half of one. */
export async function readInstance(data: string): Promise<Instance | null> {
  let value: unknown
  try {
    value = JSON.parse(await readFile(join(data, 'gatehouse.json'), 'utf8'))
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const { pid, url, started_at, version } = value as Record<string, unknown>
  if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid < 2) return null
  if (typeof url !== 'string' || !URL.canParse(url) || typeof started_at !== 'string') return null
  return { pid, url, started_at, version: typeof version === 'string' ? version : 'unknown' }
}

interface ProcessFacts {
  readonly command: string
  readonly ageSeconds: number
}

/** A clock set anew, or a slow start, may make a process look this much younger than its own note. */
const AGE_SLACK_SECONDS = 60

/**
 * The instance of a data folder, if it runs: a pid alone proves nothing, since pids are used again. The process must run our server's
 * program and be no younger than its note says.
 */
export async function runningInstance(host: Host, data: string): Promise<Instance | null> {
  const instance = await readInstance(data)
  if (!instance) return null
  const facts = await processFacts(host, instance.pid)
  if (!facts || !facts.command.includes(basename(host.serverMain))) return null
  const noteAge = (host.now() - Date.parse(instance.started_at)) / 1000
  return facts.ageSeconds + AGE_SLACK_SECONDS < noteAge ? null : instance
}

/** What the system says of a process; null where it is gone (a zombie is). */
export async function processFacts(host: Host, pid: number): Promise<ProcessFacts | null> {
  return host.platform === 'linux' ? await factsOfProc(pid) : await factsOfPs(pid)
}

async function factsOfProc(pid: number): Promise<ProcessFacts | null> {
  try {
    const [stat, command, uptime] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
      readFile('/proc/uptime', 'utf8'),
    ])
    // proc(5): the name in parentheses may hold anything; state is field 3, starttime field 22 in ticks of 1/100 s.
    const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (rest[0] === 'Z' || rest[0] === 'X') return null
    return { command: command.replaceAll('\0', ' '), ageSeconds: Number(uptime.split(' ')[0]) - Number(rest[19]) / 100 }
  } catch {
    return null
  }
}

async function factsOfPs(pid: number): Promise<ProcessFacts | null> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'etime=,stat=,command=', '-p', String(pid)])
    const [, etime, state, command] = /^\s*(\S+)\s+(\S+)\s+(.*)$/m.exec(stdout) ?? []
    if (etime === undefined || command === undefined || state?.startsWith('Z')) return null
    return { command, ageSeconds: elapsedSeconds(etime) }
  } catch {
    return null
  }
}

/** Seconds of ps's `[[dd-]hh:]mm:ss` (POSIX). */
export function elapsedSeconds(etime: string): number {
  const [days, clock] = etime.includes('-') ? etime.split('-', 2) : ['0', etime]
  const seconds = (clock ?? '').split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
  return Number(days) * 86_400 + seconds
}

export interface Readiness {
  readonly ready: boolean
  readonly checks: Readonly<Record<string, string>>
}

/** Asks `/readyz`; null where nothing answers. */
export async function readiness(host: Host, url: string): Promise<Readiness | null> {
  try {
    const signal = AbortSignal.any([host.signal, AbortSignal.timeout(5_000)])
    const response = await host.fetch(new URL('/readyz', url), { signal, redirect: 'error' })
    const body: unknown = await response.json()
    const checks = typeof body === 'object' && body !== null && 'checks' in body ? body.checks : {}
    const told = Object.entries(typeof checks === 'object' && checks !== null ? checks : {})
    return {
      ready: response.status === 200,
      checks: Object.fromEntries(told.map(([name, state]) => [name, String(state)])),
    }
  } catch {
    return null
  }
}
