import { fork, type ChildProcess } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, closeSync, chmodSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeGit } from './adapters/forge/git-command.ts'
import { requireGit } from './adapters/forge/git-version.ts'
import { openDatabase, type DatabaseRole } from './db/database.ts'
import { instant } from '@gatehouse/core/kernel/time'
import { migrate } from './db/migrate.ts'
import { startPostgres } from './db/postgres-server.ts'
import { bootstrap } from './features/access/access-service.ts'
import { installQueues } from './jobs/queue-install.ts'
import { loggedError, makeLog } from './log.ts'
import { readDatabaseUrl, readPort, settingsFrom } from './settings.ts'

const ALREADY_RUNNING = 3
const RESTART_AFTER_MS = 500
const log = makeLog('up', process.env['GATEHOUSE_ENVIRONMENT'] ?? 'local')

/**
 * The whole product on one machine: embedded PostgreSQL (or yours, by DATABASE_URL), migrations, the first owner, API and worker as
 * children. Writes `<data>/gatehouse.json` when all is ready. Exit codes: 0 stopped cleanly, 3 another one holds the data folder, 1 else.
 */
async function main(): Promise<void> {
  const data = process.env['GATEHOUSE_DATA']
  if (data === undefined || data === '') throw new Error('GATEHOUSE_DATA is not set; start with: gatehouse up')
  mkdirSync(data, { recursive: true, mode: 0o711 })
  chmodSync(data, 0o711)
  const lock = holdFolder(data)
  const stops: (() => Promise<void>)[] = [async () => lock.release()]
  let ending: Promise<void> | null = null
  const end = (code: number) => {
    ending ??= stopAll(stops).then(() => process.exit(code))
    return ending
  }
  process.on('SIGTERM', () => void end(0))
  process.on('SIGINT', () => void end(0))
  try {
    await requireGit(makeGit())
    const urls = await database(data, stops)
    await migrate(urls('owner'))
    await installQueues(urls('owner'))
    const port = await choosePort(
      readPort(process.env['GATEHOUSE_PORT'] ?? '7410'),
      process.env['GATEHOUSE_PORT'] !== undefined,
    )
    const env = childEnvironment(data, port)
    await firstOwner(data, withDatabase(env, urls, ['app']))
    const ended = () => ending !== null
    await Promise.all([
      keepChild('main-api.ts', withDatabase(env, urls, ['app']), stops, ended),
      keepChild('main-worker.ts', withDatabase(env, urls, ['app', 'broker']), stops, ended),
    ])
    const url = `http://${reachable(env['GATEHOUSE_HOST'] ?? '127.0.0.1')}:${port}`
    writeAtomically(
      join(data, 'gatehouse.json'),
      JSON.stringify({ pid: process.pid, url, started_at: new Date().toISOString(), version: '0.1.0' }),
    )
    stops.push(async () => rmSync(join(data, 'gatehouse.json'), { force: true }))
    log.info({ url }, 'ready')
    process.send?.({ ready: 'up', url })
  } catch (error) {
    log.error(
      { err: error, code: error instanceof Error && 'code' in error ? error.code : undefined },
      loggedError(error).message,
    )
    await end(error instanceof Error && 'code' in error && error.code === 'already-running' ? ALREADY_RUNNING : 1)
  }
}

/** One instance a data folder: a file that names the living process that holds it. */
function holdFolder(data: string): { release(): void } {
  const path = join(data, 'gatehouse.pid')
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const fd = openSync(path, 'wx', 0o644)
      writeFileSync(fd, `${process.pid} ${startTicks(process.pid) ?? ''}\n`)
      closeSync(fd)
      return { release: () => rmSync(path, { force: true }) }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    const [pid = '', ticks = ''] = readFileSync(path, 'utf8').trim().split(' ')
    if (Number(pid) > 0 && startTicks(Number(pid)) === ticks && ticks !== '') {
      log.error({ pid: Number(pid), code: 'already-running' }, `Gatehouse runs on ${data} already (pid ${pid})`)
      process.send?.({ refused: 'already-running', pid: Number(pid) })
      process.exit(ALREADY_RUNNING)
    }
    rmSync(path, { force: true })
  }
  throw new Error(`${path} cannot be held`)
}

/** When a process began, in clock ticks since boot: tells a reused pid from the same process. Elsewhere than on Linux: whether it lives. */
function startTicks(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19] ?? null
  } catch {
    if (process.platform === 'linux') return null
  }
  try {
    process.kill(pid, 0)
    return 'alive'
  } catch {
    return null
  }
}

async function database(data: string, stops: (() => Promise<void>)[]): Promise<(role: DatabaseRole) => string> {
  const own = process.env['DATABASE_URL']
  if (own !== undefined && own !== '') {
    const url = readDatabaseUrl(own)
    return () => url
  }
  const postgres = await startPostgres({
    folder: join(data, 'postgres'),
    log: (line) => log.debug({ postgres: line }, 'postgres'),
  })
  stops.push(() => postgres.stop())
  return (role) => postgres.url(role)
}

/** What every child is told; each then gets the database addresses of its own roles, and no others. */
function childEnvironment(data: string, port: number): NodeJS.ProcessEnv {
  return { ...process.env, GATEHOUSE_DATA: data, GATEHOUSE_PORT: String(port) }
}

function withDatabase(
  env: NodeJS.ProcessEnv,
  urls: (role: DatabaseRole) => string,
  roles: readonly DatabaseRole[],
): NodeJS.ProcessEnv {
  const own = roles.map((role) => [`GATEHOUSE_DATABASE_URL_${role.toUpperCase()}`, urls(role)])
  return { ...env, ...Object.fromEntries(own) }
}

/** An address of this machine to reach a listening one by: one that listens everywhere is reached on the loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

/** The port asked for, or the default where it is free, else any free one. */
async function choosePort(port: number, asked: boolean): Promise<number> {
  const free = (wanted: number) =>
    new Promise<number | null>((resolve) => {
      const server = createServer()
      server.once('error', () => resolve(null))
      server.listen(wanted, process.env['GATEHOUSE_HOST'] ?? '127.0.0.1', () => {
        const address = server.address()
        server.close(() => resolve(typeof address === 'object' && address ? address.port : null))
      })
    })
  const found = (await free(port)) ?? (asked ? null : await free(0))
  if (found === null)
    throw Object.assign(new Error(`port ${port} is taken by another program; choose another with --port`), {
      code: 'port-in-use',
    })
  return found
}

/** On an empty installation: the project and its owner, whose token lies in the data folder for the operator alone. */
async function firstOwner(data: string, env: NodeJS.ProcessEnv): Promise<void> {
  const settings = settingsFrom(env)
  const db = openDatabase(settings.databaseUrl('app'), { role: 'app', name: 'gatehouse-first-owner', max: 1 })
  try {
    const context = { db, clock: () => instant(Date.now()), tokenPepper: settings.tokenPepper }
    const first = await bootstrap(context, process.env['GATEHOUSE_OPERATOR'] ?? 'operator')
    if (first) writeFileSync(join(data, 'operator-token'), `${first.token}\n`, { mode: 0o600 })
  } finally {
    await db.destroy()
  }
}

function child(name: string, env: NodeJS.ProcessEnv): ChildProcess {
  return fork(fileURLToPath(new URL(name, import.meta.url)), { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}

/** Resolves when a child says it is ready; throws when it ends before. */
function ready(process_: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    process_.once('message', () => resolve())
    process_.once('exit', (code, signal) =>
      reject(new Error(`a process ended before it was ready (${signal ?? `exit code ${code}`}); see the log above`)),
    )
  })
}

/** Starts a process, and starts it again when it dies by itself: sessions, jobs and streams are taken up where they stood. */
async function keepChild(
  name: string,
  env: NodeJS.ProcessEnv,
  stops: (() => Promise<void>)[],
  ending: () => boolean,
): Promise<void> {
  let current = child(name, env)
  stops.push(() => stopChild(current))
  const watch = (watched: ChildProcess) =>
    watched.once('exit', (code, signal) => {
      if (ending()) return
      log.error({ process: name, code, signal }, 'a process ended by itself; starting another')
      setTimeout(() => {
        if (ending()) return
        current = child(name, env)
        watch(current)
      }, RESTART_AFTER_MS)
    })
  await ready(current)
  watch(current)
}

function stopChild(process_: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (process_.exitCode !== null || process_.signalCode !== null) return resolve()
    const late = setTimeout(() => process_.kill('SIGKILL'), 30_000)
    process_.once('exit', () => {
      clearTimeout(late)
      resolve()
    })
    process_.kill('SIGTERM')
  })
}

/** Last started, first stopped; each gets its chance whatever the others do. */
async function stopAll(stops: (() => Promise<void>)[]): Promise<void> {
  for (const stop of stops.toReversed())
    await stop().catch((error: unknown) => log.error({ err: error }, 'could not stop a part'))
  log.info('stopped')
}

function writeAtomically(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o644 })
  renameSync(`${path}.new`, path)
}

await main()
