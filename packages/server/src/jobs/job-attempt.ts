import type { Instant } from '@gatehouse/core/kernel/time'
import { sql } from 'kysely'
import { fromKysely, type PgBoss } from 'pg-boss'
import type { Db } from '../db/database.ts'
import { limitIdle, takeLease } from './leases.ts'
import { attemptHolder, type JobAttempt } from './liveness.ts'
import { CRASH_ALLOWANCE, QUEUES } from './queue-names.ts'

// The first half of the two-number advisory lock that orders the claims of one lease key.
const CLAIM_LOCK = 1734635628

/** `lapsed`: the attempt was given to another worker. `busy`: another job of the same key is being worked on. */
export type Claim = { state: 'held'; epoch: number } | { state: 'lapsed' } | { state: 'busy' }

/**
 * Takes the lease for an attempt, if the attempt is still ours (a worker that was frozen between fetching the job and this
 * must not take the lease from the one that came after it) and no other job of the key is under way (two workers can fetch
 * two jobs of one group in the same instant).
 */
export async function claimAttempt(
  db: Db,
  attempt: JobAttempt,
  key: string,
  holder: string,
  at: Instant,
): Promise<Claim> {
  return db.transaction().execute(async (trx): Promise<Claim> => {
    await limitIdle(trx)
    await sql`select pg_advisory_xact_lock(${CLAIM_LOCK}, hashtext(${key}))`.execute(trx)
    const ours = await sql`select from pgboss.job where name = ${attempt.queue} and id = ${attempt.id}
      and state = 'active' and retry_count = ${attempt.retry_count} for update`.execute(trx)
    if (ours.rows.length === 0) return { state: 'lapsed' }
    const others = await sql`select from pgboss.job job join leases lease on lease.key = job.group_id
      where job.name = ${attempt.queue} and job.group_id = ${key} and job.state = 'active' and job.id <> ${attempt.id}
        and lease.holder = split_part(lease.holder, '/', 1) || '/' || job.id || '/' || job.retry_count`.execute(trx)
    if (others.rows.length > 0) return { state: 'busy' }
    return { state: 'held', epoch: await takeLease(trx, key, attemptHolder(holder, attempt), at) }
  })
}

/**
 * Gives an attempt back to its queue, without back-off (after `delay` seconds), because its worker ended and not because it failed. Does not
 * use up a retry, at most `CRASH_ALLOWANCE` times. Returns false when the attempt was settled or taken already.
 */
export async function giveBack(
  db: Db,
  boss: PgBoss,
  attempt: JobAttempt,
  message: string,
  delay = 0,
): Promise<boolean> {
  const { queue, id, retry_count } = attempt
  return db.transaction().execute(async (trx) => {
    const inside = fromKysely(trx)
    const ours =
      await sql`update pgboss.job set retry_limit = least(retry_limit + 1, ${QUEUES[queue].retry_limit + CRASH_ALLOWANCE})
      where name = ${queue} and id = ${id} and state = 'active' and retry_count = ${retry_count}`.execute(trx)
    if (ours.numAffectedRows !== 1n) return false
    await boss.fail(queue, { id, retryCount: retry_count }, { message, code: 'worker-ended' }, { db: inside })
    await boss.update(queue, undefined, { id, startAfter: delay, db: inside })
    return true
  })
}
