import type { Json } from '@gatehouse/core/kernel/canonical'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import { instant, type Instant } from '@gatehouse/core/kernel/time'
import { sql } from 'kysely'
import { fromKysely, type PgBoss } from 'pg-boss'
import type { Db, Trx } from '../db/database.ts'
import { storedFailure, type JobFailure } from './job-error.ts'
import { DEAD_QUEUE, handlerKey, isQueueName, QUEUE_DATA, type QueueName } from './queue-names.ts'

/** A job that failed for good and waits for a person. */
export interface DeadLetter {
  id: string
  /** The queue it failed in. */
  queue: string
  project_id: string | null
  correlation_id: string | null
  /** What the job carried: ids. */
  data: Json
  error: JobFailure
  attempts: number
  queued_at: Instant
  died_at: Instant
  /** The failed job's own id. */
  source_id: string
}

interface Row {
  id: string
  queue: string | null
  data: Json
  singleton_key: string | null
  source_output: unknown
  source_retry_count: number | null
  source_created_on: Date | null
  created_on: Date
  source_id: string | null
}

const COLUMNS = sql`id, source_name as queue, data, singleton_key, source_output, source_retry_count, source_created_on,
  created_on, source_id`
const WAITING = sql`name = ${DEAD_QUEUE} and state = 'created'`
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function textIn(data: Json, field: string): string | null {
  const value = typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[field] : undefined
  return typeof value === 'string' ? value : null
}

function letterOf(row: Row): DeadLetter {
  return {
    id: row.id,
    queue: row.queue ?? '',
    project_id: textIn(row.data, 'project_id'),
    correlation_id: textIn(row.data, 'correlation_id'),
    data: row.data,
    error: storedFailure(row.source_output),
    attempts: (row.source_retry_count ?? 0) + 1,
    queued_at: instant(row.source_created_on ?? row.created_on),
    died_at: instant(row.created_on),
    source_id: row.source_id ?? row.id,
  }
}

export interface DeadLetterFilter {
  project_id?: string
  queue?: QueueName
  /** At most, 50 unless told. */
  limit?: number
  /** The id of the last letter of the page before. */
  after?: string
}

/** Dead letters, newest first. */
export async function listDeadLetters(db: Db, filter: DeadLetterFilter = {}): Promise<DeadLetter[]> {
  if (filter.after !== undefined && !UUID.test(filter.after)) return []
  const { rows } = await sql<Row>`select ${COLUMNS} from pgboss.job where ${WAITING}
    ${filter.project_id === undefined ? sql`` : sql`and data ->> 'project_id' = ${filter.project_id}`}
    ${filter.queue === undefined ? sql`` : sql`and source_name = ${filter.queue}`}
    ${filter.after === undefined ? sql`` : sql`and (created_on, id) < (select created_on, id from pgboss.job where ${WAITING} and id = ${filter.after})`}
    order by created_on desc, id desc limit ${filter.limit ?? 50}`.execute(db)
  return rows.map(letterOf)
}

async function find(db: Db | Trx, id: string, lock: boolean): Promise<Row | undefined> {
  if (!UUID.test(id)) return undefined
  const { rows } = await sql<Row>`select ${COLUMNS} from pgboss.job where ${WAITING} and id = ${id}
    ${lock ? sql`for update` : sql``}`.execute(db)
  return rows[0]
}

/** One dead letter, or undefined. */
export async function showDeadLetter(db: Db | Trx, id: string): Promise<DeadLetter | undefined> {
  const row = await find(db, id, false)
  return row && letterOf(row)
}

function gone(id: string) {
  return refuse(
    'job-not-found',
    `There is no dead job ${id}. It may have been redriven or discarded; list the dead jobs.`,
  )
}

async function remove(trx: Trx, id: string): Promise<void> {
  await sql`delete from pgboss.job where ${WAITING} and id = ${id}`.execute(trx)
}

/**
 * Puts a dead job back to its queue as a fresh one with all its attempts, in the caller's transaction, which also writes the
 * ledger event. Two at the same time: the second is told `job-not-found`.
 */
export async function redriveDeadLetter(
  boss: PgBoss,
  trx: Trx,
  id: string,
): Promise<
  Result<{ job_id: string; letter: DeadLetter }, 'job-not-found' | 'job-already-waiting' | 'job-data-invalid'>
> {
  const row = await find(trx, id, true)
  if (row === undefined) return gone(id)
  const letter = letterOf(row)
  const { queue } = letter
  const parsed = isQueueName(queue) ? QUEUE_DATA[queue].safeParse(row.data) : undefined
  if (!isQueueName(queue) || parsed?.success !== true) {
    return refuse(
      'job-data-invalid',
      `This version cannot work on the dead job ${id} of the queue '${queue}'. Discard it.`,
    )
  }
  const job_id = await boss.send(queue, parsed.data, {
    db: fromKysely(trx),
    singletonKey: row.singleton_key ?? id,
    group: { id: handlerKey(queue, parsed.data) },
  })
  if (job_id === null) {
    return refuse(
      'job-already-waiting',
      `A job for the same work waits in ${queue} already. Discard the dead job ${id}.`,
    )
  }
  await remove(trx, id)
  return ok({ job_id, letter })
}

/** Deletes a dead job for good, in the caller's transaction, which also writes the ledger event. */
export async function discardDeadLetter(
  trx: Trx,
  id: string,
): Promise<Result<{ letter: DeadLetter }, 'job-not-found'>> {
  const row = await find(trx, id, true)
  if (row === undefined) return gone(id)
  await remove(trx, id)
  return ok({ letter: letterOf(row) })
}
