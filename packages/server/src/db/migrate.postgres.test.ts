import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openDatabase } from './database.ts'
import type { DatabaseError } from './database-error.ts'
import { migrate, MIGRATIONS_FOLDER } from './migrate.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

let database: TestDatabase
let folder: string
beforeEach(async () => {
  database = await createTestDatabase('template0')
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-migrations-'))
  await cp(MIGRATIONS_FOLDER, folder, { recursive: true })
})
afterEach(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

const names = async () => (await readdir(folder)).map((file) => file.replace('.sql', '')).sort()

async function refusal(work: Promise<unknown>): Promise<DatabaseError> {
  return work.then(
    () => Promise.reject(new Error('nothing was refused')),
    (error: unknown) => error as DatabaseError,
  )
}

test('four simultaneous migrators of a new database all succeed, and each migration is applied once', async () => {
  const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(database.url('owner'), folder)))
  expect(applied.flat().sort()).toEqual(await names())
  const rows = await database.owner.selectFrom('migration_checksums').select('name').orderBy('name').execute()
  expect(rows.map((row) => row.name)).toEqual(await names())
  expect(await migrate(database.url('owner'), folder)).toEqual([])
})

test('only what is new is applied', async () => {
  await migrate(database.url('owner'), folder)
  await writeFile(
    join(folder, '9000-more.sql'),
    'create table more (id text primary key); create table still_more (id int);',
  )
  expect(await migrate(database.url('owner'), folder)).toEqual(['9000-more'])
})

test('an edited migration that was applied is refused by name', async () => {
  await migrate(database.url('owner'), folder)
  await writeFile(join(folder, '0001-roles-and-ledger.sql'), '-- something else')
  const error = await refusal(migrate(database.url('owner'), folder))
  expect(error.code).toBe('migration-edited')
  expect(error.message).toContain('0001-roles-and-ledger')
})

test('a database that a newer version migrated is refused by name', async () => {
  await writeFile(join(folder, '9999-from-the-future.sql'), 'select 1')
  await migrate(database.url('owner'), folder)
  const error = await refusal(migrate(database.url('owner')))
  expect(error.code).toBe('database-newer')
  expect(error.message).toContain('9999-from-the-future')
})

test('a migration that fails leaves nothing of its run, and the error says file and line', async () => {
  await writeFile(join(folder, '9000-fine.sql'), 'create table fine (id text);')
  await writeFile(join(folder, '9001-broken.sql'), 'select 1;\nselect 2;\nselect nothing from nowhere;\n')
  const error = await refusal(migrate(database.url('owner'), folder))
  expect(error.code).toBe('migration-failed')
  expect(error.message).toMatch(/9001-broken line 3.*nowhere/)
  const there = await sql<{ there: boolean }>`select to_regclass('public.fine') is not null as there`.execute(
    database.owner,
  )
  expect(there.rows).toEqual([{ there: false }])
})

test('tables belong to gh_owner, whoever migrates', async () => {
  await migrate(database.adminUrl, folder)
  const { rows } = await sql<{ owner: string }>`
    select distinct tableowner as owner from pg_tables where schemaname = 'public'`.execute(database.owner)
  expect(rows).toEqual([{ owner: 'gh_owner' }])
  const functions = await sql<{ owner: string }>`
    select distinct pg_get_userbyid(proowner) as owner from pg_proc where prosecdef`.execute(database.owner)
  expect(functions.rows).toEqual([{ owner: 'gh_owner' }])
})

test('a user who may not set up roles is told what to run, and after that runs with one URL for every role', async () => {
  const user = `plain_${database.name}`
  const admin = new pg.Client({ connectionString: database.adminUrl })
  await admin.connect()
  try {
    await admin.query(`create role ${user} login password 'x'`)
    const url = new URL(database.adminUrl)
    url.username = user
    url.password = 'x'
    const error = await refusal(migrate(url.href, folder))
    expect(error.code).toBe('roles-missing')
    const [, advice] = error.message.split('then start again:\n')
    expect(advice).toContain(`grant gh_owner to "${user}"`)
    await admin.query((advice ?? '').replaceAll(/create role \w+ nologin;/g, ''))
    await migrate(url.href, folder)
    for (const role of ['app', 'reader'] as const) {
      const db = openDatabase(url.href, { role, max: 1 })
      await db.selectFrom('ledger_head').selectAll().execute()
      const code = await sql`delete from ledger_events`.execute(db).catch((e: unknown) => (e as { code: string }).code)
      expect(code).toBe('42501')
      await db.destroy()
    }
  } finally {
    await admin.query(`drop owned by ${user}; drop role ${user}`)
    await admin.end()
  }
})

test('a server that is not there is told as such', async () => {
  const error = await refusal(migrate('postgres://u:p@127.0.0.1:1/none'))
  expect(error.code).toBe('database-unreachable')
})

test('a login role holds no more rights than its group after reset role', async () => {
  await migrate(database.url('owner'), folder)
  const client = new pg.Client({ connectionString: database.url('app') })
  await client.connect()
  await client.query('reset role')
  await expect(client.query('delete from ledger_events')).rejects.toMatchObject({ code: '42501' })
  await expect(client.query('set role gh_owner')).rejects.toMatchObject({ code: '42501' })
  await client.end()
})
