import { existsSync, readdirSync } from 'node:fs'
import { chmod, mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sampleDraft } from '@gatehouse/ledger/ledger-samples'
import { sql } from 'kysely'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DATABASE_ROLES, groupRole, loginRole, openDatabase } from './database.ts'
import { binariesPackage } from './postgres-binaries.ts'
import { instant } from '@gatehouse/core/kernel/time'
import { appendEvents } from './ledger-append.ts'
import { verifyLedger } from './ledger-verify.ts'
import { migrate } from './migrate.ts'
import { startPostgres } from './postgres-server.ts'

// Where Debian's packages put theirs. The oldest version that is said to work is 15.
const DEBIAN = '/usr/lib/postgresql'
const OWN = existsSync(DEBIAN)
  ? readdirSync(DEBIAN).filter((major) => Number(major) >= 15 && existsSync(join(DEBIAN, major, 'bin', 'initdb')))
  : []

let top: string
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'gatehouse-own-'))
  await chmod(top, 0o755)
})
afterEach(async () => rm(top, { recursive: true }))

/** A folder laid out as the npm package, around a PostgreSQL that the machine has. */
async function packaged(major: string, folder: string): Promise<string> {
  const root = join(top, `package-${major}`)
  await mkdir(join(root, 'native'), { recursive: true })
  await symlink(join(folder, 'bin'), join(root, 'native', 'bin'))
  await writeFile(join(root, 'package.json'), JSON.stringify({ version: `${major}.0` }))
  return root
}

/** A server as an administrator would hand it over: none of our roles, a user and a database of his. */
async function onOwnServer(
  binaries: string,
  rights: string,
  work: (url: string, admin: pg.Client) => Promise<void>,
): Promise<void> {
  const server = await startPostgres({ folder: await mkdtemp(join(top, 'postgres-')), log: () => undefined, binaries })
  const admin = new pg.Client({ connectionString: server.adminUrl() })
  try {
    await admin.connect()
    await admin.query('drop database gatehouse')
    for (const role of DATABASE_ROLES) await admin.query(`drop role ${loginRole(role)}, ${groupRole(role)}`)
    await admin.query(`create role own_user login ${rights} password 'own'`)
    await admin.query('create database own owner own_user')
    const inside = new pg.Client({ connectionString: server.adminUrl('own') })
    await inside.connect()
    await work(`postgres://own_user:own@127.0.0.1:${server.port}/own`, inside)
    await inside.end()
  } finally {
    await admin.end()
    await server.stop()
  }
}

async function useIt(url: string): Promise<void> {
  await migrate(url)
  expect(await migrate(url)).toEqual([])
  const app = openDatabase(url, { role: 'app', max: 1 })
  await app.transaction().execute((trx) =>
    appendEvents(
      trx,
      [1, 2].map((n) => ({ ...sampleDraft(n), time: instant(Date.now()) })),
    ),
  )
  expect(await verifyLedger(app)).toMatchObject({ ok: true, count: 2 })
  await expect(sql`delete from ledger_events`.execute(app)).rejects.toMatchObject({ code: '42501' })
  await app.destroy()
}

test('a user who may create roles needs nothing else', async () => {
  await onOwnServer(binariesPackage(), 'createrole', useIt)
})

test("the same on the PostgreSQL of this machine's packages", async (ctx) => {
  if (OWN.length === 0) ctx.skip('this machine has no PostgreSQL of 15 or later in /usr/lib/postgresql')
  for (const major of OWN) await onOwnServer(await packaged(major, join(DEBIAN, major)), 'createrole', useIt)
})

test('a user who may not is told what to run; run as it stands, it is enough', async () => {
  await onOwnServer(binariesPackage(), '', async (url, admin) => {
    const error = await migrate(url).then(
      () => new Error('nothing was refused'),
      (thrown: unknown) => thrown as Error,
    )
    expect(error).toMatchObject({ code: 'roles-missing' })
    const [, advice = ''] = error.message.split('then start again:\n')
    expect(advice).toContain('create role gh_owner nologin;')
    await admin.query(advice)
    await useIt(url)
  })
})
