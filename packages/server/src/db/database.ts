import { Kysely, PostgresDialect, type Transaction } from 'kysely'
import pg from 'pg'
import type { DB } from './schema.gen.ts'

export type Database = DB
export type Db = Kysely<Database>
export type Trx = Transaction<Database>

/** The database roles (DESIGN 5). `owner` is for migrations only. */
export const DATABASE_ROLES = ['owner', 'app', 'broker', 'gateway', 'reader'] as const
export type DatabaseRole = (typeof DATABASE_ROLES)[number]

/** The NOLOGIN group role that holds the rights of a database role. Migrations grant to these. */
export function groupRole(role: DatabaseRole): string {
  return `gh_${role}`
}

/** The login role that the supervisor makes for a database role. */
export function loginRole(role: DatabaseRole): string {
  return `gatehouse_${role}`
}

function safeInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new RangeError(`the database returned ${text}, beyond a safe integer`)
  return value
}

const INT8 = 20
const DATE = 1082

/** How values arrive: int8 as number (throws beyond 2^53), date as text; the rest as pg does it. */
export const databaseTypes = new pg.TypeOverrides()
databaseTypes.setTypeParser(INT8, safeInteger)
databaseTypes.setTypeParser(DATE, String)

export interface DatabaseOptions {
  /** Every connection acts as this role's group, so one URL with more rights loses them here too. */
  role: DatabaseRole
  /** Connections at most; 10 unless told. */
  max?: number
  /** Shown in pg_stat_activity. */
  name?: string
  /** What to do with an error of an idle connection (the server went away); the pool replaces it. */
  onIdleError?: (error: Error) => void
}

/** A pool of connections that act as `role`. For what Kysely cannot do: LISTEN, COPY, pg-boss. End it with `end()`. */
export function openPool(url: string, options: DatabaseOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    types: databaseTypes,
    application_name: options.name ?? `gatehouse-${options.role}`,
    options: `-c role=${groupRole(options.role)} -c timezone=UTC`,
    connectionTimeoutMillis: 10_000,
  })
  // Without a listener an idle connection that the server closes would end the process.
  pool.on('error', options.onIdleError ?? (() => undefined))
  // Nor has a client that is checked out one of its own; its next query rejects anyway.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

/** The database as one role. End it with `destroy()`. */
export function openDatabase(url: string, options: DatabaseOptions): Db {
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: openPool(url, options) }) })
}
