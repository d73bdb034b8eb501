import { sql } from 'kysely'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { schemaTypes } from './schema-types.ts'
import { createTestDatabase, type TestDatabase } from './test-database.ts'

let database: TestDatabase
let text: string
beforeAll(async () => {
  database = await createTestDatabase('template0')
  await sql`create table all_kinds (
    id text primary key, n bigint not null, small int, serial_no bigint generated always as identity, blob bytea not null,
    doc jsonb not null default '{}', maybe jsonb, tags text[] not null default '{}', at timestamptz not null default now(),
    ended timestamptz, xact xid8 not null, ok boolean not null, price numeric not null, twice bigint generated always as (n * 2) stored)`.execute(
    database.owner,
  )
  const client = new pg.Client({ connectionString: database.adminUrl })
  await client.connect()
  text = await schemaTypes(client)
  await client.end()
})
afterAll(async () => database.drop())

test.each([
  '  id: string\n',
  '  n: number\n',
  '  small: number | null\n',
  '  serial_no: ColumnType<number, never, never>\n',
  '  blob: Buffer\n',
  '  doc: Generated<unknown>\n',
  '  maybe: unknown\n',
  '  tags: Generated<string[]>\n',
  '  at: TimestampWithDefault\n',
  '  ended: Timestamp | null\n',
  '  xact: string\n',
  '  price: string\n',
  '  ok: boolean\n',
  '  twice: ColumnType<number | null, never, never>\n',
  '  all_kinds: AllKinds\n',
])('the generated types say %j', (line) => expect(text).toContain(line))
