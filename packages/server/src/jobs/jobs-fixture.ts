// A worker in a process of its own, for the tests of jobs. Four steps: a file, two rows in the database, a file.
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { instant } from '@gatehouse/core/kernel/time'
import { pino } from 'pino'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { openPool, type Database, type Db } from '../db/database.ts'
import { crashPoint } from './crash-point.ts'
import { requireLease } from './leases.ts'
import { runStep, runStepInTransaction, type Step } from './steps.ts'
import { makeWorker, type JobContext } from './worker.ts'

export const FIXTURE_FLOW = 1

/** The tables that the steps write to, beside steps and leases. */
export const FIXTURE_TABLES = `create table fixture_effects (id bigint generated always as identity primary key, owner_id text not null,
  step text not null, epoch bigint not null, holder text not null);
  grant select, insert on fixture_effects to gh_app; grant usage on all sequences in schema public to gh_app`

/** The work of one job: what a handler of run.work looks like. `file` gets a line for each effect outside the database. */
export async function fixtureHandler(db: Db, holder: string, file: string, pause: number, job: JobContext<'run.work'>) {
  const at = () => instant(Date.now())
  const { lease, signal } = job
  const base = { owner_id: job.data.run_id, flow_version: FIXTURE_FLOW, input: { run: job.data.run_id } }
  const outside = async (ordinal: number, name: string) => {
    const step: Step = { ...base, ordinal, name }
    const execute = async () => {
      appendFileSync(file, `${name} ${holder}\n`)
      await sleep(pause, undefined, { signal })
      return { by: holder }
    }
    return (await runStep({ db, lease, step, at, signal, execute })).output
  }
  const inside = async (ordinal: number, name: string) => {
    const step: Step = { ...base, ordinal, name }
    const execute = async (trx: Parameters<Parameters<typeof runStepInTransaction>[0]['execute']>[0]) => {
      await sql`insert into fixture_effects (owner_id, step, epoch, holder)
        values (${job.data.run_id}, ${name}, ${lease.epoch}, ${holder})`.execute(trx)
      crashPoint(`fixture.${name}.written`)
      return { by: holder }
    }
    return (await runStepInTransaction({ db, lease, step, at, signal, execute })).output
  }
  await outside(1, 'prepare')
  await inside(2, 'record')
  crashPoint('fixture.between')
  await db.transaction().execute(async (trx) => {
    await requireLease(trx, lease)
    await sql`insert into fixture_effects (owner_id, step, epoch, holder)
      select ${job.data.run_id}, 'plain', ${lease.epoch}, ${holder}
      where not exists (select from fixture_effects where owner_id = ${job.data.run_id} and step = 'plain' and holder = ${holder})`.execute(
      trx,
    )
  })
  await outside(3, 'deliver')
  await inside(4, 'close')
}

if (import.meta.main) {
  const [url = '', holder = '', file = '', pause = '20'] = process.argv.slice(2)
  const log = pino({ level: 'debug' }, pino.destination(2))
  const pool = openPool(url, { role: 'app', max: 4 })
  // The server ends the connection of a frozen transaction; without a listener that would end this process.
  pool.on('connect', (client) => client.on('error', () => undefined))
  const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
  const worker = makeWorker({
    url,
    db,
    holder,
    log,
    clock: () => instant(Date.now()),
    handlers: { 'run.work': (job) => fixtureHandler(db, holder, file, Number(pause), job) },
  })
  await worker.start()
  process.stdout.write('ready\n')
  process.once('SIGTERM', () => {
    void worker.stop().then(() => db.destroy())
  })
}
