import { randomUUID } from 'node:crypto'
import type { Instant } from '@gatehouse/core/kernel/time'
import { fromKysely, type PgBoss } from 'pg-boss'
import type { Trx } from '../db/database.ts'
import { handlerKey, QUEUE_DATA, type QueueData, type QueueName } from './queue-names.ts'

export interface NewJob<Q extends QueueName> {
  queue: Q
  data: QueueData[Q]
  /** With it, nothing is added while a job of the same queue and key is waiting for its first attempt. */
  singleton_key?: string
  /** Not before this time, by the database's clock. */
  start_after?: Instant
}

/** A job of any queue, with the data of that queue. */
export type JobRequest = { [Q in QueueName]: NewJob<Q> }[QueueName]

/**
 * Adds a job in the caller's transaction: it is there exactly when that commits, and a listening worker is woken then.
 * Returns its id, or undefined when a job with this singleton key is waiting already. Of jobs with one `handlerKey` one is
 * worked on at a time. Two transactions that add the same singleton keys in different order can deadlock (40P01): retry them.
 * Throws a ZodError when the data is not what the queue carries.
 */
export async function enqueue(boss: PgBoss, trx: Trx, job: JobRequest): Promise<string | undefined> {
  const data = QUEUE_DATA[job.queue].parse(job.data)
  const id = await boss.send(job.queue, data, {
    db: fromKysely(trx),
    singletonKey: job.singleton_key ?? randomUUID(),
    group: { id: handlerKey(job.queue, job.data) },
    ...(job.start_after === undefined ? {} : { startAfter: new Date(job.start_after) }),
  })
  return id ?? undefined
}
