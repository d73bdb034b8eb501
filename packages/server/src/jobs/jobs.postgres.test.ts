import { setTimeout as sleep } from 'node:timers/promises'
import { instant, plus } from '@gatehouse/core/kernel/time'
import { sql } from 'kysely'
import pg from 'pg'
import { pino } from 'pino'
import type { PgBoss } from 'pg-boss'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts'
import { closeBoss, openBoss } from './boss.ts'
import { discardDeadLetter, listDeadLetters, redriveDeadLetter, showDeadLetter } from './dead-letters.ts'
import { enqueue } from './enqueue.ts'
import { Permanent } from './job-error.ts'
import { giveBack } from './job-attempt.ts'
import { requireLease, takeLease } from './leases.ts'
import { lostAttempts } from './liveness.ts'
import { installQueues } from './queue-install.ts'
import { makeWorker, type Handlers, type Worker } from './worker.ts'

const log = pino({ level: process.env['TEST_LOG'] ?? 'silent' })
const now = () => instant(Date.now())
let database: TestDatabase
let boss: PgBoss
let count = 0

beforeAll(async () => {
  database = await createTestDatabase()
  await installQueues(database.url('owner'))
  boss = await openBoss(database.url('app'))
})

afterAll(async () => {
  await closeBoss(boss)
  await database.drop()
})

function runData(run_id = `run_${(count += 1)}`) {
  return { project_id: 'prj_1', correlation_id: 'req_1', run_id }
}

async function add(run_id?: string, more: { singleton_key?: string } = {}): Promise<string | undefined> {
  return database.app
    .transaction()
    .execute((trx) => enqueue(boss, trx, { queue: 'run.work', data: runData(run_id), ...more }))
}

async function jobs(id: string): Promise<{ state: string; retry_count: number }[]> {
  const { rows } = await sql<{ state: string; retry_count: number }>`
    select state, retry_count from pgboss.job where id = ${id} and name <> 'dead'`.execute(database.app)
  return rows
}

async function until<T>(what: string, read: () => Promise<T | undefined | false>, limit = 60_000): Promise<T> {
  for (const end = Date.now() + limit; Date.now() < end; await sleep(20)) {
    const value = await read()
    if (value !== undefined && value !== false) return value
  }
  throw new Error(`waited ${limit} ms for ${what}`)
}

async function withWorker<T>(
  handlers: Partial<Handlers>,
  use: (worker: Worker) => Promise<T>,
  grace = 5000,
): Promise<T> {
  const worker = makeWorker({ url: database.url('app'), db: database.app, handlers, log, clock: now, grace })
  await worker.start()
  try {
    return await use(worker)
  } finally {
    await worker.stop()
  }
}

test('a transaction that rolls back leaves no job, one that commits leaves one', async () => {
  let id: string | undefined
  const failing = database.app.transaction().execute(async (trx) => {
    id = await enqueue(boss, trx, { queue: 'run.work', data: runData() })
    throw new Error('no')
  })
  await expect(failing).rejects.toThrow('no')
  expect(await jobs(id ?? '')).toEqual([])
  const kept = await add()
  expect(await jobs(kept ?? '')).toEqual([{ state: 'created', retry_count: 0 }])
  await sql`delete from pgboss.job`.execute(database.app)
})

test('data that the queue does not carry is refused before anything is written', async () => {
  const data = { ...runData(), api_key: 'x' }
  const adding = database.app.transaction().execute((trx) => enqueue(boss, trx, { queue: 'run.work', data }))
  await expect(adding).rejects.toThrow(/api_key/)
})

test('a singleton key adds nothing while a job with it waits', async () => {
  expect(await add('run_s', { singleton_key: 'run_s' })).toBeTypeOf('string')
  expect(await add('run_s', { singleton_key: 'run_s' })).toBeUndefined()
  expect(await add('run_s')).toBeTypeOf('string')
  await sql`delete from pgboss.job`.execute(database.app)
})

test('installing the queues twice at the same time, and again, changes nothing', async () => {
  const fresh = await createTestDatabase()
  try {
    await Promise.all([
      installQueues(fresh.url('owner')),
      installQueues(fresh.url('owner')),
      installQueues(fresh.url('owner')),
    ])
    await installQueues(fresh.url('owner'))
    const { rows } = await sql<{ name: string }>`select name from pgboss.queue order by name`.execute(fresh.app)
    expect(rows.map((row) => row.name)).toEqual([
      'approval.expire',
      'dead',
      'effect.work',
      'run.work',
      'validation.work',
    ])
  } finally {
    await fresh.drop()
  }
})

test('without installed queues a process is told to migrate', async () => {
  const fresh = await createTestDatabase()
  try {
    await expect(openBoss(fresh.url('app'))).rejects.toMatchObject({ code: 'queues-not-ready' })
  } finally {
    await fresh.drop()
  }
})

test('gh_app can neither change the queue tables nor make queues, and gh_reader only reads', async () => {
  const refused = { code: '42501' }
  await expect(sql`alter table pgboss.job add column x int`.execute(database.app)).rejects.toMatchObject(refused)
  await expect(sql`create table pgboss.x ()`.execute(database.app)).rejects.toMatchObject(refused)
  await expect(sql`select pgboss.create_queue('x', '{}')`.execute(database.app)).rejects.toMatchObject(refused)
  await expect(sql`truncate pgboss.job`.execute(database.app)).rejects.toMatchObject(refused)
  await expect(sql`delete from pgboss.job`.execute(database.as('reader'))).rejects.toMatchObject(refused)
  expect((await sql`select * from pgboss.job`.execute(database.as('reader'))).rows).toEqual([])
  await expect(sql`select * from pgboss.job`.execute(database.as('gateway'))).rejects.toMatchObject(refused)
})

test('50 simultaneous sends through cold and busy pools all commit', async () => {
  const own = await openBoss(database.url('app'), { max: 1 })
  try {
    const sends = Array.from({ length: 50 }, () =>
      database.app.transaction().execute((trx) => enqueue(own, trx, { queue: 'validation.work', data: validation() })),
    )
    expect(new Set(await Promise.all(sends)).size).toBe(50)
  } finally {
    await closeBoss(own)
    await sql`delete from pgboss.job`.execute(database.app)
  }
})

function validation() {
  return { project_id: 'prj_1', correlation_id: 'req_1', validation_id: `val_${(count += 1)}` }
}

test('a worker starts a job within moments of the commit, and many jobs without waiting for polls', async () => {
  const started = new Map<string, number>()
  const handlers: Partial<Handlers> = {
    'run.work': async (job) => {
      started.set(job.data.run_id, performance.now())
    },
  }
  await withWorker(handlers, async () => {
    await sleep(300)
    const waits: number[] = []
    for (let i = 0; i < 9; i += 1) {
      const run_id = `run_fast_${i}`
      await add(run_id)
      const committed = performance.now()
      waits.push((await until(run_id, async () => started.get(run_id))) - committed)
    }
    const median = waits.toSorted((a, b) => a - b)[4] ?? Infinity
    log.info({ waits }, 'waits')
    expect(median).toBeLessThan(250)

    const before = performance.now()
    await Promise.all(Array.from({ length: 20 }, (_, i) => add(`run_many_${i}`)))
    await until('20 jobs', async () => [...started.keys()].filter((id) => id.startsWith('run_many_')).length === 20)
    expect(performance.now() - before).toBeLessThan(8000)
  })
})

test('a job is not started before its time, and then soon', async () => {
  let ran = 0
  await withWorker(
    {
      'approval.expire': async () => {
        ran = Date.now()
      },
    },
    async () => {
      const due = plus(now(), 1500)
      const data = { project_id: 'prj_1', correlation_id: 'req_1', request_id: 'apr_1' }
      await database.app
        .transaction()
        .execute((trx) => enqueue(boss, trx, { queue: 'approval.expire', data, start_after: due }))
      await until('the expiry', async () => ran > 0)
      expect(ran).toBeGreaterThanOrEqual(Date.parse(due) - 20)
      expect(ran - Date.parse(due)).toBeLessThan(2500)
    },
  )
})

test('two jobs of one key are worked on one after the other', async () => {
  let now = 0
  let most = 0
  let done = 0
  const handlers: Partial<Handlers> = {
    'run.work': async () => {
      now += 1
      most = Math.max(most, now)
      await sleep(50)
      now -= 1
      done += 1
    },
  }
  await withWorker(handlers, async () => {
    await Promise.all(Array.from({ length: 4 }, () => add('run_one')))
    await until('four jobs', async () => done === 4)
  })
  expect(most).toBe(1)
})

test('a job that failed is tried again soon, with the lease raised', async () => {
  const seen: { attempt: number; epoch: number; at: number }[] = []
  const handlers: Partial<Handlers> = {
    'effect.work': async (job) => {
      seen.push({ attempt: job.attempt, epoch: job.lease.epoch, at: Date.now() })
      if (job.attempt === 1) throw new Error('once')
    },
  }
  await withWorker(handlers, async () => {
    const data = { project_id: 'prj_1', correlation_id: 'req_1', effect_id: 'eff_1' }
    await database.app.transaction().execute((trx) => enqueue(boss, trx, { queue: 'effect.work', data }))
    await until('the second attempt', async () => seen.length === 2)
  })
  expect(seen.map(({ attempt, epoch }) => ({ attempt, epoch }))).toEqual([
    { attempt: 1, epoch: 1 },
    { attempt: 2, epoch: 2 },
  ])
  expect((seen[1]?.at ?? 0) - (seen[0]?.at ?? 0)).toBeLessThan(6000)
})

test('a permanent failure is a dead letter at once; it is listed, shown without secrets, redriven and discarded', async () => {
  let fail = true
  let done = 0
  const handlers: Partial<Handlers> = {
    'run.work': async () => {
      if (fail)
        throw new Permanent('no such branch, at https://bot:hunter2@forge.example/x', { code: 'branch-missing' })
      done += 1
    },
  }
  await withWorker(handlers, async () => {
    await add('run_dead_1')
    await add('run_dead_2')
    const letters = await until('two dead letters', async () => {
      const list = await listDeadLetters(database.app, { project_id: 'prj_1' })
      return list.length === 2 && list
    })
    const [letter, other] = letters
    if (letter === undefined || other === undefined) throw new Error('two were listed')
    expect(letter).toMatchObject({
      queue: 'run.work',
      attempts: 1,
      correlation_id: 'req_1',
      error: { message: 'no such branch, at https://***@forge.example/x', code: 'branch-missing' },
    })
    expect(JSON.stringify((await sql`select * from pgboss.job`.execute(database.app)).rows)).not.toContain('hunter2')
    expect(await listDeadLetters(database.app, { project_id: 'prj_2' })).toEqual([])
    expect(await listDeadLetters(database.app, { queue: 'effect.work' })).toEqual([])
    expect(await listDeadLetters(database.app, { limit: 1, after: letter.id })).toEqual([other])
    expect(await showDeadLetter(database.app, letter.id)).toEqual(letter)
    expect(await showDeadLetter(database.app, 'nonsense')).toBeUndefined()

    fail = false
    const rolled = database.app.transaction().execute(async (trx) => {
      await redriveDeadLetter(boss, trx, letter.id)
      throw new Error('rolled back')
    })
    await expect(rolled).rejects.toThrow('rolled back')
    expect(await listDeadLetters(database.app)).toHaveLength(2)

    const twice = await Promise.all(
      [1, 2].map(() => database.app.transaction().execute((trx) => redriveDeadLetter(boss, trx, letter.id))),
    )
    expect(twice.filter((result) => result.ok)).toHaveLength(1)
    expect(twice.find((result) => !result.ok)).toMatchObject({ code: 'job-not-found' })
    await until('the redriven job', async () => done === 1)
    expect(await listDeadLetters(database.app)).toHaveLength(1)

    const discarded = await database.app.transaction().execute((trx) => discardDeadLetter(trx, other.id))
    expect(discarded).toMatchObject({ ok: true, value: { letter: { id: other.id } } })
    const again = await database.app.transaction().execute((trx) => discardDeadLetter(trx, other.id))
    expect(again).toMatchObject({ ok: false, code: 'job-not-found' })
    expect(await listDeadLetters(database.app)).toEqual([])
    expect(done).toBe(1)
  })
})

test('after its last attempt a job is a dead letter with the error of that attempt', async () => {
  const handlers: Partial<Handlers> = {
    'run.work': async (job) => {
      throw new Error(`attempt ${job.attempt}`)
    },
  }
  await withWorker(handlers, async () => {
    const id = await add()
    await sql`update pgboss.job set retry_limit = 1, retry_delay = 1 where id = ${id}`.execute(database.app)
    const [letter] = await until('a dead letter', async () => {
      const list = await listDeadLetters(database.app)
      return list.length > 0 && list
    })
    expect(letter).toMatchObject({ error: { message: 'attempt 2' }, attempts: 2, source_id: id })
    const dead = letter?.id ?? ''
    await database.app.transaction().execute((trx) => discardDeadLetter(trx, dead))
  })
})

test('a stopping worker takes nothing more, lets its job end, and leaves the next one', async () => {
  const ended: string[] = []
  let begun = 0
  const handlers: Partial<Handlers> = {
    'run.work': async (job) => {
      begun += 1
      await sleep(600)
      ended.push(job.data.run_id)
    },
  }
  const id = await withWorker(handlers, async (worker) => {
    await add('run_ends')
    await until('the job to begin', async () => begun === 1)
    const stopped = worker.stop()
    const left = await add('run_left')
    await stopped
    return left
  })
  expect(ended).toEqual(['run_ends'])
  expect(await jobs(id ?? '')).toEqual([{ state: 'created', retry_count: 0 }])
  await sql`delete from pgboss.job`.execute(database.app)
})

test('a job that outlasts the grace is aborted and another worker has it at once, without a retry used up', async () => {
  const attempts: number[] = []
  let release = (): void => undefined
  const stuck = new Promise<void>((resolve) => {
    release = resolve
  })
  const handlers: Partial<Handlers> = {
    'run.work': async (job) => {
      attempts.push(job.attempt)
      // Deaf to its signal, the first time.
      if (job.attempt === 1) await stuck
    },
  }
  const id = await withWorker(
    handlers,
    async () => {
      const added = await add('run_deaf')
      await until('the job to begin', async () => attempts.length === 1)
      return added
    },
    200,
  )
  await withWorker(handlers, async () => {
    await until('the second attempt', async () => (await jobs(id ?? ''))[0]?.state === 'completed')
  })
  expect(attempts).toEqual([1, 2])
  const { rows } = await sql<{ retry_limit: number }>`select retry_limit from pgboss.job where id = ${id}`.execute(
    database.app,
  )
  expect(rows[0]?.retry_limit).toBe(4)
  release()
})

test('when somebody takes the lease, the attempt ends without writing and is tried again later', async () => {
  const attempts: number[] = []
  const handlers: Partial<Handlers> = {
    'effect.work': async (job) => {
      attempts.push(job.attempt)
      if (job.attempt === 1) await takeLease(database.app, job.lease.key, 'operator', now())
      await database.app.transaction().execute((trx) => requireLease(trx, job.lease))
    },
  }
  await withWorker(handlers, async () => {
    const data = { project_id: 'prj_1', correlation_id: 'req_1', effect_id: 'eff_taken' }
    const id = await database.app.transaction().execute((trx) => enqueue(boss, trx, { queue: 'effect.work', data }))
    await until('the job to complete', async () => (await jobs(id ?? ''))[0]?.state === 'completed')
  })
  expect(attempts).toEqual([1, 2])
  expect(await listDeadLetters(database.app)).toEqual([])
})

test('a job whose data this version cannot read is a dead letter that can only be discarded', async () => {
  await withWorker({ 'run.work': async () => undefined }, async () => {
    await boss.send('run.work', { run: 'old shape' })
    const [letter] = await until('a dead letter', async () => {
      const list = await listDeadLetters(database.app)
      return list.length > 0 && list
    })
    expect(letter).toMatchObject({ error: { code: 'job-data-invalid' }, project_id: null })
    const dead = letter?.id ?? ''
    const redriven = await database.app.transaction().execute((trx) => redriveDeadLetter(boss, trx, dead))
    expect(redriven).toMatchObject({ ok: false, code: 'job-data-invalid' })
    await database.app.transaction().execute((trx) => discardDeadLetter(trx, dead))
  })
})

test('a job that kills its workers again and again ends among the dead letters', async () => {
  const id = await add('run_poison')
  await sql`update pgboss.job set state = 'active', started_on = now(), retry_limit = 28, retry_count = 27 where id = ${id}`.execute(
    database.app,
  )
  const lost = { queue: 'run.work' as const, id: id ?? '', retry_count: 27 }
  expect(await giveBack(database.app, boss, { ...lost, retry_count: 26 }, 'not this attempt')).toBe(false)
  expect(await giveBack(database.app, boss, lost, 'died')).toBe(true)
  expect(await jobs(lost.id)).toEqual([{ state: 'retry', retry_count: 27 }])
  await sql`update pgboss.job set state = 'active', retry_count = 28 where id = ${id}`.execute(database.app)
  expect(await giveBack(database.app, boss, { ...lost, retry_count: 28 }, 'died')).toBe(true)
  const [letter] = await listDeadLetters(database.app)
  expect(letter).toMatchObject({ error: { message: 'died', code: 'worker-ended' }, attempts: 29 })
  const dead = letter?.id ?? ''
  await database.app.transaction().execute((trx) => discardDeadLetter(trx, dead))
  await sql`delete from pgboss.job`.execute(database.app)
})

test('a job whose worker vanished long ago is done at once when a worker starts, however often it was taken back before', async () => {
  const ids = await Promise.all(Array.from({ length: 4 }, () => add()))
  await sql`update pgboss.job set state = 'active', started_on = now(), heartbeat_on = now() - interval '1 hour',
    retry_limit = 20, retry_count = 12 where id = any(${ids})`.execute(database.app)
  const done: string[] = []
  const handlers: Partial<Handlers> = { 'run.work': async (job) => void done.push(job.data.run_id) }
  await withWorker(handlers, async () => {
    await until('all to be done without waiting for a back-off', async () => done.length === 4)
  })
})

test("the queue's own watch, whose back-off would apply, leaves a job that just fell silent to the worker's", async () => {
  const silent = async (seconds: number) => {
    const id = await add()
    await sql`update pgboss.job set state = 'active', started_on = now(), retry_limit = 20, retry_count = 12,
      heartbeat_on = now() - ${seconds} * interval '1 s' where id = ${id}`.execute(database.app)
    return id ?? ''
  }
  const [just, long] = [await silent(15), await silent(600)]
  await sql`update pgboss.queue set monitor_on = null`.execute(database.as('owner'))
  await boss.supervise('run.work')
  expect([await jobs(just), await jobs(long)]).toMatchObject([[{ state: 'active' }], [{ state: 'retry' }]])
  const lost = await lostAttempts(database.app)
  expect(lost.map((attempt) => attempt.id)).toEqual([just])
  await sql`delete from pgboss.job`.execute(database.app)
})

test('an attempt that outlasts its time is ended by the queue itself', async () => {
  const id = await add()
  await sql`update pgboss.job set state = 'active', started_on = now() - interval '7 hours', heartbeat_on = now() + interval '1 hour'
    where id = ${id}`.execute(database.app)
  await withWorker({ 'run.work': async () => undefined }, async () => {
    await until('a second attempt', async () => (await jobs(id ?? ''))[0]?.retry_count === 1, 120_000)
  })
  await sql`delete from pgboss.job where id = ${id}`.execute(database.app)
})

test('a worker whose connections are all cut goes on by itself', async () => {
  let done = 0
  const handlers: Partial<Handlers> = {
    'run.work': async () => {
      done += 1
    },
  }
  await withWorker(handlers, async (worker) => {
    const locks = async () => {
      const held = await sql`select from pg_locks where locktype = 'advisory' and objsubid = 2 and granted
        and objid = (hashtext(${worker.holder})::bigint & 4294967295)::oid`.execute(database.as('reader'))
      return held.rows.length
    }
    expect(await locks()).toBe(1)
    const admin = new pg.Client({ connectionString: database.adminUrl })
    await admin.connect()
    const cut =
      await admin.query(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
      and application_name like 'gatehouse-worker%'`)
    await admin.end()
    expect(cut.rowCount).toBeGreaterThan(1)
    await until('the lock to be held again', async () => (await locks()) === 1)
    await add()
    await until('a job to be done', async () => done === 1)
  })
})
