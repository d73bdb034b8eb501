import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { migrate } from '../packages/server/src/db/migrate.ts'
import { startPostgres } from '../packages/server/src/db/postgres-server.ts'
import { TEST_TEMPLATE, type TestPostgres } from '../packages/server/src/db/test-database.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestPostgres
  }
}

/** One embedded PostgreSQL for a test run, with a migrated template database that every test file copies. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-test-'))
  await chmod(folder, 0o711)
  const server = await startPostgres({ folder, log: () => undefined })
  const admin = new pg.Client({ connectionString: server.adminUrl() })
  await admin.connect()
  await admin.query(`create database ${TEST_TEMPLATE} owner gh_owner`)
  await admin.query('alter system set fsync = off')
  await admin.query('select pg_reload_conf()')
  await admin.end()
  await migrate(server.url('owner', TEST_TEMPLATE))
  const urls = { owner: '', app: '', broker: '', gateway: '', reader: '' }
  for (const role of ['owner', 'app', 'broker', 'gateway', 'reader'] as const) urls[role] = server.url(role, 'DATABASE')
  project.provide('postgres', { admin: server.adminUrl('DATABASE'), urls })
  return async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
