import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { openDatabase, type DatabaseRole, type Db } from './database.ts'

/** The migrated database that every test database is copied from. */
export const TEST_TEMPLATE = 'gatehouse_template'

/** What the run's server is reached by: URLs with `DATABASE` in the place of the database's name. */
export interface TestPostgres {
  admin: string
  urls: Record<DatabaseRole, string>
}

export interface TestDatabase {
  name: string
  /** Connection URL to this database as a role's login. */
  url(role: DatabaseRole): string
  /** Connection URL to this database as superuser. */
  adminUrl: string
  /** A handle that acts as the role; opened once, closed by `drop()`. */
  as(role: DatabaseRole): Db
  owner: Db
  app: Db
  /** Closes the handles and drops the database. */
  drop(): Promise<void>
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/**
 * A database of its own for a test file, migrated. For `*.postgres.test.ts` only (vitest's project `postgres` starts the
 * server). `from` is the template: an empty database with 'template0'.
 */
export async function createTestDatabase(from: string = TEST_TEMPLATE): Promise<TestDatabase> {
  const server = inject('postgres')
  const name = `test_${randomBytes(8).toString('hex')}`
  const there = (url: string, database: string): string => url.replace(/DATABASE$/, database)
  await asAdmin(there(server.admin, 'postgres'), `create database ${name} template ${from} owner gh_owner`)
  const open = new Map<DatabaseRole, Db>()
  const url = (role: DatabaseRole): string => there(server.urls[role], name)
  const as = (role: DatabaseRole): Db => {
    const db = open.get(role) ?? openDatabase(url(role), { role, name: `test-${role}` })
    open.set(role, db)
    return db
  }
  return {
    name,
    url,
    adminUrl: there(server.admin, name),
    as,
    get owner() {
      return as('owner')
    },
    get app() {
      return as('app')
    },
    async drop() {
      for (const db of open.values()) await db.destroy()
      await asAdmin(there(server.admin, 'postgres'), `drop database ${name} with (force)`)
    },
  }
}
