import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { open, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { loginRole, type DatabaseRole } from './database.ts'
import { preparePostgresBinaries } from './postgres-binaries.ts'
import { PostgresError } from './postgres-error.ts'
import { ADMIN, openDataFolder, postgresHome, type Credentials } from './postgres-folder.ts'
import { endPostmaster, freePort, gone, isAlive, isPostmasterOf, readPostmaster } from './postgres-process.ts'
import { postgresUser, type PostgresUser } from './postgres-user.ts'
import { ensureLogins } from './roles.ts'

/** The database that every embedded server has, owned by gh_owner. */
export const DEFAULT_DATABASE = 'gatehouse'

const SUPERVISOR_LOCK = '4720481946107801167'
const START_ATTEMPTS = 20
const START_PAUSE_MS = 250
const ANSWER_MS = 20_000
const STOP_MS = 15_000

export interface PostgresOptions {
  /** A folder of its own for the server's files. */
  folder: string
  /** One line for a person, when something noteworthy happens. */
  log: (line: string) => void
  /** As root only: run the server as this uid of /etc/passwd instead of postgres or nobody. */
  uid?: number
  /** Folder of the npm package with the binaries; found by itself unless told. */
  binaries?: string
}

export interface RunningPostgres {
  /** Connection URL of the login role of `role`. `database` is `gatehouse` unless told. */
  url(role: DatabaseRole, database?: string): string
  /** Connection URL of the superuser, to the database `postgres` unless told. */
  adminUrl(database?: string): string
  pid: number
  port: number
  /** True when a server that had lost its supervisor was taken over. */
  adopted: boolean
  /** Ends the server: fast shutdown, bounded. Safe to call twice. */
  stop(): Promise<void>
}

interface Place {
  data: string
  logFile: string
  credentials: Credentials
  user: PostgresUser
}

function urlOf(user: string, password: string, port: number, database: string): string {
  return `postgres://${user}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`
}

/** Holds the folder as its supervisor: an advisory lock of a session, which ends with us however we end. */
async function takeFolder(place: Place, port: number): Promise<pg.Client | 'not-answering' | 'taken'> {
  const client = new pg.Client({
    connectionString: urlOf(ADMIN, place.credentials.admin, port, 'postgres'),
    application_name: 'gatehouse-supervisor',
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ taken: boolean; data: string }>(
      `select pg_try_advisory_lock(${SUPERVISOR_LOCK}) as taken, current_setting('data_directory') as data`,
    )
    if (rows[0]?.data !== place.data) throw new Error('another data folder answers there')
    if (rows[0].taken) return client
    await client.end()
    return 'taken'
  } catch {
    await client.end().catch(() => undefined)
    return 'not-answering'
  }
}

function alreadyRunning(place: Place, pid: number, port: number): PostgresError {
  return new PostgresError(
    'already-running',
    `Another Gatehouse runs on ${place.data} (PostgreSQL has pid ${pid}, port ${port}). Stop it first, or use another data folder.`,
    { pid, port },
  )
}

interface Held {
  client: pg.Client
  pid: number
  port: number
}

/** Takes over a live server that an earlier supervisor left behind; ends one that does not answer. */
async function adopt(place: Place, log: (line: string) => void, own?: number): Promise<Held | undefined> {
  const found = readPostmaster(place.data)
  if (found === undefined) return undefined
  if (!isPostmasterOf(found.pid, place.data)) {
    // PostgreSQL itself takes any living process of this uid for the old server and would refuse to start.
    if (isAlive(found.pid)) await rm(join(place.data, 'postmaster.pid'), { force: true })
    return undefined
  }
  const end = Date.now() + ANSWER_MS
  while (isAlive(found.pid)) {
    const client = await takeFolder(place, readPostmaster(place.data)?.port ?? found.port)
    if (client === 'taken') throw alreadyRunning(place, found.pid, found.port)
    if (client !== 'not-answering')
      return { client, pid: found.pid, port: readPostmaster(place.data)?.port ?? found.port }
    if (Date.now() > end) break
    await sleep(50)
  }
  if (found.pid === own) return undefined
  log(`postgres: the server with pid ${found.pid} on ${place.data} does not answer; ending it`)
  if (!(await endPostmaster(found.pid, STOP_MS))) {
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

function settings(port: number): string[] {
  return [
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
async function attempt(place: Place, postgres: string, log: (line: string) => void): Promise<Held | string> {
  const portFile = join(place.data, 'gatehouse-port')
  const port = await freePort(Number(await readFile(portFile, 'utf8').catch(() => '0')) || 0)
  await writeFile(portFile, String(port))
  const output = await open(place.logFile, 'a', 0o600)
  const before = (await output.stat()).size
  // Its own session: Ctrl-C at the terminal is for us, who then end it in order.
  const child = spawn(postgres, ['-D', place.data, ...settings(port)], {
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
  for (const end = Date.now() + ANSWER_MS; state.ended === undefined && Date.now() < end; await sleep(15)) {
    if (readPostmaster(place.data)?.pid !== pid || pid === undefined) continue
    const client = await takeFolder(place, port)
    if (client === 'taken') throw alreadyRunning(place, pid, port)
    if (client !== 'not-answering') return { client, pid, port }
  }
  const said = await logTail(place, before)
  if (state.ended === undefined && pid !== undefined) {
    log(`postgres: pid ${pid} did not answer within ${ANSWER_MS / 1000} s; ending it`)
    await endPostmaster(pid, STOP_MS)
  }
  return said === '' ? (state.ended ?? 'it did not answer') : said
}

async function hold(place: Place, postgres: string, log: (line: string) => void): Promise<Held & { adopted: boolean }> {
  let said = ''
  for (let attempts = 0; attempts < START_ATTEMPTS; attempts++) {
    const running = await adopt(place, log)
    if (running !== undefined) return { ...running, adopted: true }
    const started = await attempt(place, postgres, log)
    if (typeof started !== 'string') return { ...started, adopted: false }
    said = started
    // After a killed server its memory can be in use for a moment; anything else does not pass by waiting.
    if (!/shared memory block|postmaster\.pid|already in use|could not bind/i.test(said)) break
    await sleep(START_PAUSE_MS)
  }
  throw new PostgresError('postgres-start-failed', `PostgreSQL did not start on ${place.data}: ${said}`)
}

async function ensureDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [DEFAULT_DATABASE])
  if (rowCount === 0) await client.query(`create database ${DEFAULT_DATABASE} owner gh_owner`)
}

/**
 * Starts the embedded PostgreSQL on `folder`, or takes over the one that an ended process left running there. One
 * supervisor holds a folder at a time. Makes the login roles with random passwords and the database `gatehouse`.
 * Throws PostgresError; see its codes.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const { log } = options
  const user = postgresUser(options.uid)
  const home = await postgresHome(options.folder, user)
  if (home !== options.folder && existsSync(join(options.folder, 'moved-to')))
    log(`postgres: its files stand in ${home}`)
  const binaries = await preparePostgresBinaries(home, user, options.binaries)
  const { data, credentials } = await openDataFolder(home, binaries, user)
  const place: Place = { data, logFile: join(home, 'postgres.log'), credentials, user }
  const held = await hold(place, binaries.postgres, log)
  const { pid, port, client } = held
  const adminUrl = (database = 'postgres'): string => urlOf(ADMIN, credentials.admin, port, database)
  let stopping: Promise<void> | undefined
  const end = async (): Promise<void> => {
    await client.end().catch(() => undefined)
    if (!(await endPostmaster(pid, STOP_MS)) && !(await gone(pid, 1_000))) {
      throw new PostgresError('postgres-stop-failed', `PostgreSQL with pid ${pid} on ${data} does not end.`, { pid })
    }
  }
  const stop = (): Promise<void> => (stopping ??= end())
  try {
    await ensureLogins(adminUrl(), credentials.roles)
    await ensureDatabase(client)
  } catch (error) {
    await stop()
    throw error
  }
  if (held.adopted) log(`postgres: took over the running server, pid ${pid}, port ${port}`)
  return {
    url: (role, database = DEFAULT_DATABASE) => urlOf(loginRole(role), credentials.roles[role], port, database),
    adminUrl,
    pid,
    port,
    adopted: held.adopted,
    stop,
  }
}
