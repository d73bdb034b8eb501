import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type pg from 'pg'
import { loginRole, type DatabaseRole } from './database.ts'
import { preparePostgresBinaries } from './postgres-binaries.ts'
import { ADMIN, dataOwner, openDataFolder, postgresHome } from './postgres-folder.ts'
import { keepPostgres } from './postgres-keeper.ts'
import { holdPostgres, urlOf, type Patience, type Place } from './postgres-start.ts'
import { postgresUser } from './postgres-user.ts'
import { ensureLogins } from './roles.ts'

/** The database that every embedded server has, owned by gh_owner. */
export const DEFAULT_DATABASE = 'gatehouse'

export interface PostgresOptions {
  /** A folder of its own for the server's files. */
  folder: string
  /** One line for a person, when something noteworthy happens. */
  log: (line: string) => void
  /** As root only: run the server as this uid of /etc/passwd instead of postgres or nobody. */
  uid?: number
  /** Folder of the npm package with the binaries; found by itself unless told. */
  binaries?: string
  /** How long it may take to answer (20 s) and to end after each signal (15 s), in milliseconds. */
  patience?: Patience
}

export interface RunningPostgres {
  /** Connection URL of the login role of `role`. `database` is `gatehouse` unless told. */
  url(role: DatabaseRole, database?: string): string
  /** Connection URL of the superuser, to the database `postgres` unless told. */
  adminUrl(database?: string): string
  /** Of the server now: another one after it died and was started again. */
  readonly pid: number
  readonly port: number
  /** True when a server that had lost its supervisor was taken over. */
  adopted: boolean
  /** Ends the server: fast shutdown, bounded. Safe to call twice. */
  stop(): Promise<void>
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
  const user = postgresUser(options.uid ?? dataOwner(options.folder))
  const home = await postgresHome(options.folder, user)
  if (home !== options.folder && existsSync(join(options.folder, 'moved-to')))
    log(`postgres: its files stand in ${home}`)
  const binaries = await preparePostgresBinaries(home, user, options.binaries)
  const { data, credentials } = await openDataFolder(home, binaries, user)
  const patience = options.patience ?? { answer: 20_000, stop: 15_000 }
  const { postgres } = binaries
  const place: Place = { data, logFile: join(home, 'postgres.log'), credentials, user, postgres, patience, log }
  const first = await holdPostgres(place)
  const keeper = keepPostgres(first, place)
  const adminUrl = (database = 'postgres'): string => urlOf(ADMIN, credentials.admin, keeper.held().port, database)
  try {
    await ensureLogins(adminUrl(), credentials.roles)
    await ensureDatabase(first.client)
  } catch (error) {
    await keeper.stop()
    throw error
  }
  if (first.adopted) log(`postgres: took over the running server, pid ${first.pid}, port ${first.port}`)
  return {
    url: (role, database = DEFAULT_DATABASE) =>
      urlOf(loginRole(role), credentials.roles[role], keeper.held().port, database),
    adminUrl,
    get pid() {
      return keeper.held().pid
    },
    get port() {
      return keeper.held().port
    },
    adopted: first.adopted,
    stop: () => keeper.stop(),
  }
}
