import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Postmaster {
  pid: number
  port: number
}

/** What `postmaster.pid` says, whether or not that process still lives. */
export function readPostmaster(data: string): Postmaster | undefined {
  try {
    const [pid, , , port] = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
    const found = { pid: Number(pid), port: Number(port) }
    return Number.isInteger(found.pid) && found.pid > 0 && Number.isInteger(found.port) ? found : undefined
  } catch {
    return undefined
  }
}

function zombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !zombie(pid)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Whether the process of `postmaster.pid` is really this folder's server: after a restart of a container another process
 * often has its pid. Where /proc cannot tell (not Linux) a living pid is believed.
 */
export function isPostmasterOf(pid: number, data: string): boolean {
  if (!isAlive(pid)) return false
  if (!existsSync('/proc/self/cwd')) return true
  try {
    // The server's working directory is its data folder.
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(data)
  } catch (error) {
    // Root in a container without CAP_SYS_PTRACE may not look there; the command line is everybody's to read (proc(5)).
    const code = (error as NodeJS.ErrnoException).code
    return (code === 'EACCES' || code === 'EPERM') && namedAfter(pid, data)
  }
}

/**
 * The name that a server on this folder gives itself. The processes that it starts write it into their titles, where it can be
 * read without rights over them (PostgreSQL's setting `cluster_name`).
 */
export function clusterName(data: string): string {
  return `gatehouse-${createHash('sha256').update(realpathSync(data)).digest('hex').slice(0, 16)}`
}

/** Whether the data folder stands among the server's arguments, or its name in the title of a process that it started. */
function namedAfter(pid: number, data: string): boolean {
  try {
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return (
      argv.includes(data) ||
      argv.includes(realpathSync(data)) ||
      argv[0]?.startsWith(`postgres: ${clusterName(data)}: `) === true
    )
  } catch {
    return false
  }
}

/**
 * Backends that outlived their killed server: one that computes does not notice for as long as it computes, and keeps the
 * memory that a new server needs. Found through /proc; empty where there is none.
 */
export function leftovers(data: string): number[] {
  const postmaster = readPostmaster(data)?.pid
  if (!existsSync('/proc/self/cwd') || (postmaster !== undefined && isPostmasterOf(postmaster, data))) return []
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && isPostmasterOf(Number(entry), data) && commandOf(entry) === 'postgres')
    .map(Number)
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
  } catch {
    return ''
  }
}

/** Waits until the process is gone. False when it still lives after `milliseconds`. */
export async function gone(pid: number, milliseconds: number): Promise<boolean> {
  for (const end = Date.now() + milliseconds; isAlive(pid);) {
    if (Date.now() > end) return false
    await sleep(20)
  }
  return true
}

/** Ends a server: fast shutdown, then immediate, then by force. False when nothing helped. */
export async function endPostmaster(pid: number, patience: number): Promise<boolean> {
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true
      throw error
    }
    if (await gone(pid, patience)) return true
  }
  return false
}

async function portFrom(wanted: number): Promise<number> {
  const server = createServer()
  server.listen(wanted, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** The wanted TCP port on 127.0.0.1 when it is free, else a free one. */
export async function freePort(wanted: number): Promise<number> {
  return wanted === 0 ? portFrom(0) : portFrom(wanted).catch(() => portFrom(0))
}
