import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { chown, open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { PostgresError } from './postgres-error.ts'
import { ADMIN, type Credentials } from './postgres-folder.ts'
import {
  clusterName,
  endPostmaster,
  freePort,
  isAlive,
  isPostmasterOf,
  leftovers,
  readPostmaster,
} from './postgres-process.ts'
import type { PostgresUser } from './postgres-user.ts'

const SUPERVISOR_LOCK = '4720481946107801167'
const START_ATTEMPTS = 20
const START_PAUSE_MS = 250
const LEFTOVERS_AFTER = 4
const LEFTOVER_PATIENCE_MS = 500
// SQLSTATE of a server that lives and recovers what a killed one left: as long as it says so it is waited for, up to this.
const CANNOT_CONNECT_NOW = '57P03'
const RECOVERY_PATIENCE_MS = 600_000

/** How long a server may take to answer, and to end after each signal, in milliseconds. */
export interface Patience {
  answer: number
  stop: number
}

/** What starting needs to know. */
export interface Place {
  data: string
  logFile: string
  credentials: Credentials
  user: PostgresUser
  /** The server's program. */
  postgres: string
  patience: Patience
  log: (line: string) => void
}

/** A running server, held by the session `client`. */
export interface Held {
  client: pg.Client
  pid: number
  port: number
}

export function urlOf(user: string, password: string, port: number, database: string): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`
}

/** Holds the folder as its supervisor: an advisory lock of a session, which ends with us however we end. */
export async function takeFolder(
  place: Place,
  port: number,
): Promise<pg.Client | 'not-answering' | 'starting' | 'taken'> {
  const client = new pg.Client({
    connectionString: urlOf(ADMIN, place.credentials.admin, port, 'postgres'),
    application_name: 'gatehouse-supervisor',
    connectionTimeoutMillis: 5_000,
    query_timeout: 5_000,
    keepAlive: true,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ taken: boolean; data: string }>(
      `select pg_try_advisory_lock(${SUPERVISOR_LOCK}) as taken, current_setting('data_directory') as data`,
    )
    const [row] = rows
    if (row === undefined || realpathSync(row.data) !== realpathSync(place.data))
      throw new Error('another data folder answers there')
    if (row.taken) return client
    await client.end()
    return 'taken'
  } catch (error) {
    await client.end().catch(() => undefined)
    return error instanceof pg.DatabaseError && error.code === CANNOT_CONNECT_NOW ? 'starting' : 'not-answering'
  }
}

function alreadyRunning(place: Place, pid: number, port: number): PostgresError {
  return new PostgresError(
    'already-running',
    `Another Gatehouse runs on ${place.data} (PostgreSQL has pid ${pid}, port ${port}). Stop it first, or use another data folder.`,
    { pid, port },
  )
}

/** The new end of our patience with a server that says it is starting up. */
function whileStarting(place: Place, begun: number): number {
  return Math.min(Date.now() + place.patience.answer, begun + RECOVERY_PATIENCE_MS)
}

/** Takes over a live server that an earlier supervisor left behind; ends one that does not answer. */
async function adopt(place: Place): Promise<Held | undefined> {
  const found = readPostmaster(place.data)
  if (found === undefined) return undefined
  if (!isPostmasterOf(found.pid, place.data)) {
    // PostgreSQL itself takes any living process of this uid for the old server and would refuse to start.
    if (isAlive(found.pid)) await rm(join(place.data, 'postmaster.pid'), { force: true })
    return undefined
  }
  const begun = Date.now()
  let end = begun + place.patience.answer
  while (isAlive(found.pid)) {
    const client = await takeFolder(place, readPostmaster(place.data)?.port ?? found.port)
    if (client === 'taken') throw alreadyRunning(place, found.pid, found.port)
    if (client === 'starting') end = whileStarting(place, begun)
    else if (client !== 'not-answering')
      return { client, pid: found.pid, port: readPostmaster(place.data)?.port ?? found.port }
    if (Date.now() > end) break
    await sleep(50)
  }
  place.log(`postgres: the server with pid ${found.pid} on ${place.data} does not answer; ending it`)
  if (!(await endPostmaster(found.pid, place.patience.stop))) {
    throw new PostgresError(
      'postgres-stop-failed',
      `The old PostgreSQL with pid ${found.pid} on ${place.data} neither answers nor ends. End it by hand.`,
      { pid: found.pid },
    )
  }
  return undefined
}

async function logTail(place: Place, from: number): Promise<string> {
  const text = await readFile(place.logFile, 'utf8').catch(() => '')
  return Buffer.from(text).subarray(from).toString('utf8').split('\n').slice(-12).join('\n').trim()
}

function settings(port: number, data: string): string[] {
  return [
    `cluster_name=${clusterName(data)}`,
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'max_connections=200',
    'shared_buffers=128MB',
    'password_encryption=scram-sha-256',
    'timezone=UTC',
    'log_timezone=UTC',
    'max_wal_size=1GB',
    'fsync=on',
    'full_page_writes=on',
  ].flatMap((setting) => ['-c', setting])
}

/** One attempt: the spawned server held by us, or what it said when it ended. */
async function attempt(place: Place): Promise<Held | string> {
  const portFile = join(place.data, 'gatehouse-port')
  const port = await freePort(Number(await readFile(portFile, 'utf8').catch(() => '0')) || 0)
  await writeFile(portFile, String(port))
  const output = await open(place.logFile, 'a', 0o600)
  // As root we write into the user's folder: what we write is his, so that he can go on without root.
  if (place.user.spawn.uid !== undefined) {
    await output.chown(place.user.uid, place.user.gid)
    await chown(portFile, place.user.uid, place.user.gid)
  }
  const before = (await output.stat()).size
  // Its own session: Ctrl-C at the terminal is for us, who then end it in order.
  const child = spawn(place.postgres, ['-D', place.data, ...settings(port, place.data)], {
    ...place.user.spawn,
    cwd: '/',
    detached: true,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', output.fd, output.fd],
  })
  const state: { ended?: string } = {}
  child.once('error', (error) => (state.ended = error.message))
  child.once('exit', (code, signal) => (state.ended ??= `it ended with ${signal ?? `code ${code}`}`))
  child.unref()
  await output.close()
  const { pid } = child
  const begun = Date.now()
  let end = begun + place.patience.answer
  for (; state.ended === undefined && Date.now() < end; await sleep(15)) {
    if (readPostmaster(place.data)?.pid !== pid || pid === undefined) continue
    const client = await takeFolder(place, port)
    if (client === 'taken') throw alreadyRunning(place, pid, port)
    if (client === 'starting') end = whileStarting(place, begun)
    else if (client !== 'not-answering') return { client, pid, port }
  }
  const said = await logTail(place, before)
  if (state.ended === undefined && pid !== undefined) {
    place.log(`postgres: pid ${pid} did not answer within ${place.patience.answer} ms; ending it`)
    await endPostmaster(pid, place.patience.stop)
  }
  return said === '' ? (state.ended ?? 'it did not answer') : said
}

async function endLeftovers(place: Place): Promise<void> {
  for (const pid of leftovers(place.data)) {
    place.log(`postgres: ending pid ${pid}, left over from a killed server on ${place.data}`)
    // One that ended meanwhile is what we want; SIGINT, the first signal, would only cancel its query.
    await endPostmaster(pid, LEFTOVER_PATIENCE_MS).catch(() => false)
  }
}

/**
 * A running server on the folder, held by us: the one that an ended process left behind, or a new one.
 * Throws PostgresError `already-running`, `postgres-start-failed` (with what the server said) or `postgres-stop-failed`.
 */
export async function holdPostgres(place: Place): Promise<Held & { adopted: boolean }> {
  let said = ''
  for (let attempts = 0; attempts < START_ATTEMPTS; attempts++) {
    const running = await adopt(place)
    if (running !== undefined) return { ...running, adopted: true }
    const started = await attempt(place)
    if (typeof started !== 'string') return { ...started, adopted: false }
    said = started
    // After a killed server its memory can be in use for a moment; anything else does not pass by waiting.
    if (attempts >= LEFTOVERS_AFTER) await endLeftovers(place)
    if (!/shared memory block|postmaster\.pid|already in use|could not bind/i.test(said)) break
    await sleep(START_PAUSE_MS)
  }
  throw new PostgresError('postgres-start-failed', `PostgreSQL did not start on ${place.data}: ${said}`)
}
