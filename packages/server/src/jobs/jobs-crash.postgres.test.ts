import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import type { PgBoss } from 'pg-boss'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts'
import { closeBoss, openBoss } from './boss.ts'
import { enqueue } from './enqueue.ts'
import { FIXTURE_TABLES } from './jobs-fixture.ts'
import { installQueues } from './queue-install.ts'

const FIXTURE = fileURLToPath(new URL('./jobs-fixture.ts', import.meta.url))
let database: TestDatabase
let boss: PgBoss
let folder: string
let children: ChildProcess[] = []
let count = 0

beforeAll(async () => {
  database = await createTestDatabase()
  await installQueues(database.url('owner'))
  await sql.raw(FIXTURE_TABLES).execute(database.owner)
  boss = await openBoss(database.url('app'))
})

afterAll(async () => {
  await closeBoss(boss)
  await database.drop()
})

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-jobs-'))
})

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  children = []
  await rm(folder, { recursive: true, force: true })
})

interface Fixture {
  child: ChildProcess
  ready: Promise<unknown>
  errors(): string
}

function start(holder: string, env: Record<string, string> = {}): Fixture {
  const child = spawn(process.execPath, [FIXTURE, database.url('app'), holder, join(folder, 'effects'), '20'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.push(child)
  let errors = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const ready = Promise.race([
    child.stdout === null ? Promise.reject(new Error('no stdout')) : once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error(`the worker ${holder} ended at once:\n${errors}`))),
  ])
  ready.catch(() => undefined)
  return { child, ready, errors: () => errors }
}

async function until<T>(what: string, read: () => Promise<T | undefined | false>, limit = 120_000): Promise<T> {
  for (const end = Date.now() + limit; Date.now() < end; await sleep(25)) {
    const value = await read()
    if (value !== undefined && value !== false) return value
  }
  throw new Error(`waited ${limit} ms for ${what}`)
}

async function add(): Promise<{ run_id: string; id: string }> {
  const run_id = `run_crash_${(count += 1)}`
  const data = { project_id: 'prj_1', correlation_id: 'req_1', run_id }
  const id = await database.app.transaction().execute((trx) => enqueue(boss, trx, { queue: 'run.work', data }))
  return { run_id, id: id ?? '' }
}

async function completed(id: string): Promise<boolean> {
  const { rows } = await sql<{ state: string }>`select state from pgboss.job where id = ${id}`.execute(database.app)
  return rows[0]?.state === 'completed'
}

async function steps(run_id: string) {
  const rows = await database.app
    .selectFrom('steps')
    .selectAll()
    .where('owner_id', '=', run_id)
    .orderBy('ordinal')
    .execute()
  return rows.map((row) => ({
    name: row.name,
    by: (row.output as { by: string } | null)?.by ?? null,
    epoch: row.epoch,
  }))
}

async function effects(run_id: string) {
  const { rows } = await sql<{ step: string; epoch: number; holder: string }>`
    select step, epoch, holder from fixture_effects where owner_id = ${run_id} order by id`.execute(database.app)
  return rows
}

const NAMES = ['prepare', 'record', 'deliver', 'close']

test.for([
  ['step.prepare.started', 0],
  ['step.prepare.executed', 0],
  ['step.prepare.finished', 1],
  ['fixture.record.written', 1],
  ['step.record.finished', 2],
  ['fixture.between', 2],
  ['step.deliver.executed', 2],
  ['fixture.close.written', 3],
  ['step.close.finished', 4],
] as const)('killed at %s, the work goes on in another worker after %i recorded steps', async ([point, kept]) => {
  const second = start('second')
  await second.ready
  second.child.kill('SIGSTOP')
  const first = start('first', { GATEHOUSE_CRASH_AT: point })
  await first.ready
  const { run_id, id } = await add()
  await once(first.child, 'exit')
  expect(first.child.signalCode).toBe('SIGKILL')
  second.child.kill('SIGCONT')
  await until('the job to complete', () => completed(id))
  // By its lock, not by a heartbeat that ran out.
  expect(second.errors()).toContain('the worker first ended with this job')

  const recorded = await steps(run_id)
  expect(recorded.map((step) => step.name)).toEqual(NAMES)
  expect(recorded.map((step) => step.by)).toEqual(NAMES.map((_, index) => (index < kept ? 'first' : 'second')))
  const written = await effects(run_id)
  const inSteps = written.filter((row) => row.step !== 'plain').map((row) => row.step)
  expect(inSteps).toEqual(['record', 'close'])
  // Effects outside are at least once: only the step that was under way is repeated.
  const lines = (await readFile(join(folder, 'effects'), 'utf8')).trim().split('\n')
  expect(lines.filter((line) => line.startsWith('prepare'))).toHaveLength(
    point.startsWith('step.prepare.executed') ? 2 : 1,
  )
  expect(lines.filter((line) => line.startsWith('deliver'))).toHaveLength(
    point.startsWith('step.deliver.executed') ? 2 : 1,
  )
})

test('a worker started again in place of a killed one resumes at once', async () => {
  const first = start('first', { GATEHOUSE_CRASH_AT: 'step.prepare.executed' })
  await first.ready
  const { run_id, id } = await add()
  await once(first.child, 'exit')
  const again = start('again')
  await again.ready
  await until('the job to complete', () => completed(id))
  expect(again.errors()).toContain('the worker first ended with this job')
  expect((await steps(run_id)).map((step) => step.by)).toEqual(NAMES.map(() => 'again'))
})

test.for(['job.fetched', 'step.prepare.executed', 'fixture.record.written', 'fixture.between'])(
  'a worker frozen at %s and thawed after the takeover changes nothing',
  { timeout: 180_000 },
  async (point) => {
    const frozen = start('frozen', { GATEHOUSE_FREEZE_AT: point })
    await frozen.ready
    const { run_id, id } = await add()
    await until('the freeze', async () => frozen.errors().includes('SIGSTOP'))
    const since = Date.now()
    const other = start('other')
    await other.ready
    await until('the job to complete', () => completed(id))
    expect(Date.now() - since).toBeLessThan(120_000)
    const before = { steps: await steps(run_id), effects: await effects(run_id) }
    // Frozen before it took the lease, it never had an epoch.
    const epoch = point === 'job.fetched' ? 1 : 2
    expect(before.steps.at(-1)).toEqual({ name: 'close', by: 'other', epoch })

    frozen.child.kill('SIGCONT')
    await until('the thawed worker to notice', async () => /lost its lease|job failed|lapsed/.test(frozen.errors()))
    await sleep(500)
    expect({ steps: await steps(run_id), effects: await effects(run_id) }).toEqual(before)
    // What it committed before the freeze stands; what it had not is the other's.
    const frozenRows = before.effects.filter((row) => row.holder === 'frozen').map((row) => row.step)
    expect(frozenRows).toEqual(point === 'fixture.between' ? ['record'] : [])
    expect(await completed(id)).toBe(true)
    const lease = await database.app
      .selectFrom('leases')
      .selectAll()
      .where('key', '=', `run:${run_id}`)
      .executeTakeFirst()
    expect(lease).toMatchObject({ epoch })
  },
)
