import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { migrate } from '../packages/server/src/db/migrate.ts'
import { endPostmaster, isAlive, isPostmasterOf, readPostmaster } from '../packages/server/src/db/postgres-process.ts'
import { startPostgres } from '../packages/server/src/db/postgres-server.ts'
import { TEST_TEMPLATE, type TestPostgres } from '../packages/server/src/db/test-database.ts'

declare module 'vitest' {
  interface ProvidedContext {
    postgres: TestPostgres
  }
}

const PREFIX = 'gatehouse-test-'
const RUN_FILE = 'run.pid'

/** Ends and removes what test runs left that were killed before they could: server and folder. */
async function removeAbandoned(): Promise<void> {
  for (const entry of await readdir(tmpdir())) {
    if (!entry.startsWith(PREFIX)) continue
    const folder = join(tmpdir(), entry)
    const run = Number(await readFile(join(folder, RUN_FILE), 'utf8').catch(() => 'unknown'))
    if (!Number.isInteger(run) || isAlive(run)) continue
    const data = join(folder, 'postgres', 'data')
    const server = readPostmaster(data)
    if (server !== undefined && isPostmasterOf(server.pid, data)) await endPostmaster(server.pid, 5_000)
    await rm(folder, { recursive: true, force: true })
  }
}

/** One embedded PostgreSQL for a test run, with a migrated template database that every test file copies. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeAbandoned()
  const folder = await mkdtemp(join(tmpdir(), PREFIX))
  await chmod(folder, 0o711)
  await writeFile(join(folder, RUN_FILE), String(process.pid))
  const server = await startPostgres({ folder: join(folder, 'postgres'), log: () => undefined })
  const admin = new pg.Client({ connectionString: server.adminUrl() })
  await admin.connect()
  await admin.query(`create database ${TEST_TEMPLATE} owner gh_owner`)
  await admin.query('alter system set fsync = off')
  await admin.query('select pg_reload_conf()')
  await admin.end()
  await migrate(server.url('owner', TEST_TEMPLATE))
  // Tests have clocks of their own; ledger-time.postgres.test.ts sets the limit back.
  const template = new pg.Client({ connectionString: server.url('owner', TEST_TEMPLATE) })
  await template.connect()
  await template.query("update ledger_limits set skew = interval '100 years'")
  await template.end()
  const urls = { owner: '', app: '', broker: '', gateway: '', reader: '' }
  for (const role of ['owner', 'app', 'broker', 'gateway', 'reader'] as const) urls[role] = server.url(role, 'DATABASE')
  project.provide('postgres', { admin: server.adminUrl('DATABASE'), urls })
  return async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
