import { readdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { sha256 } from '@gatehouse/core/kernel/canonical'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import { openPool } from './database.ts'
import { DatabaseError } from './database-error.ts'
import { ensureRoles } from './roles.ts'

export const MIGRATIONS_FOLDER = fileURLToPath(new URL('./migrations', import.meta.url))

interface MigrationTables {
  kysely_migration: { name: string; timestamp: string }
  migration_checksums: { name: string; sha256: string }
}

interface MigrationFile {
  name: string
  sha256: string
  text: string
}

async function readMigrations(folder: string): Promise<MigrationFile[]> {
  const files = (await readdir(folder)).filter((file) => /^\d{4}-[a-z0-9-]+\.sql$/.test(file)).sort()
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(`${folder}/${file}`, 'utf8')
      return { name: file.slice(0, -'.sql'.length), sha256: sha256(text), text }
    }),
  )
}

async function checkApplied(db: Kysely<MigrationTables>, files: readonly MigrationFile[]): Promise<void> {
  const there = await sql<{ there: boolean }>`
    select to_regclass('public.migration_checksums') is not null as there`.execute(db)
  if (there.rows[0]?.there !== true) return
  const applied = await db.selectFrom('migration_checksums').selectAll().orderBy('name').execute()
  const byName = new Map(files.map((file) => [file.name, file]))
  for (const { name, sha256 } of applied) {
    const file = byName.get(name)
    if (file === undefined) {
      throw new DatabaseError(
        'database-newer',
        `The database has the migration ${name}, which this version of Gatehouse does not know. ` +
          'It was used by a newer version: start that version, or restore a backup from before the upgrade.',
      )
    }
    if (file.sha256 !== sha256) {
      throw new DatabaseError(
        'migration-edited',
        `The migration ${name} was applied with sha256 ${sha256}, its file now has ${file.sha256}. ` +
          'Restore the file; a change of the schema is a new migration.',
      )
    }
  }
}

function provider(files: readonly MigrationFile[]): { getMigrations(): Promise<Record<string, Migration>> } {
  const migration = (file: MigrationFile): Migration => ({
    async up(db: Kysely<MigrationTables>) {
      await sql.raw(file.text).execute(db)
      await db.insertInto('migration_checksums').values({ name: file.name, sha256: file.sha256 }).execute()
    },
  })
  return { getMigrations: async () => Object.fromEntries(files.map((file) => [file.name, migration(file)])) }
}

function placeOf(error: unknown, text: string | undefined): string {
  const position = error instanceof Error && 'position' in error ? Number(error.position) : Number.NaN
  return text === undefined || Number.isNaN(position) ? '' : ` line ${text.slice(0, position).split('\n').length}`
}

async function createChecksums(db: Kysely<MigrationTables>): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // `if not exists` alone is not safe against a simultaneous migrator.
    await sql`select pg_advisory_xact_lock(4720481946107801165)`.execute(trx)
    await sql`create table if not exists migration_checksums (name text primary key, sha256 text not null)`.execute(trx)
  })
}

/**
 * Brings the database up to date: roles if they are missing, then the plain SQL files of `folder` in order, each once,
 * all in one transaction under an advisory lock. Safe to run at the same time from several processes.
 * `url` is that of `gatehouse_owner`, or of a user of your own server who may create roles. Returns the names applied.
 * Throws DatabaseError `roles-missing`, `migration-edited`, `database-newer`, `migration-failed` or `database-unreachable`.
 */
export async function migrate(url: string, folder: string = MIGRATIONS_FOLDER): Promise<string[]> {
  await ensureRoles(url)
  const files = await readMigrations(folder)
  const pool = openPool(url, { role: 'owner', max: 2, name: 'gatehouse-migrate' })
  const db = new Kysely<MigrationTables>({ dialect: new PostgresDialect({ pool }) })
  try {
    await checkApplied(db, files)
    await createChecksums(db)
    const { error, results } = await new Migrator({ db, provider: provider(files) }).migrateToLatest()
    if (error !== undefined) {
      await checkApplied(db, files)
      const failed = results?.find((result) => result.status === 'Error')?.migrationName ?? 'the preparation'
      const place = placeOf(error, files.find((file) => file.name === failed)?.text)
      const why = error instanceof Error ? error.message : JSON.stringify(error)
      throw new DatabaseError(
        'migration-failed',
        `Migration failed in ${failed}${place}, nothing was changed: ${why}`,
        {
          cause: error,
        },
      )
    }
    return (results ?? []).map((result) => result.migrationName)
  } finally {
    await db.destroy()
  }
}
