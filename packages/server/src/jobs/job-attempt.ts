import type { Instant } from '@gatehouse/core/kernel/time'
import { sql } from 'kysely'
import { fromKysely, type PgBoss } from 'pg-boss'
import type { Db } from '../db/database.ts'
import { limitIdle, takeLease } from './leases.ts'
import { attemptHolder, type JobAttempt } from './liveness.ts'
import { CRASH_ALLOWANCE, QUEUES } from './queue-names.ts'

/**
 * Takes the lease for an attempt, if the attempt is still ours: a worker that was frozen between fetching the job and this
 * must not take the lease from the one that came after it. Returns the epoch, or undefined when the attempt has lapsed.
 */
export async function claimAttempt(
  db: Db,
  attempt: JobAttempt,
  key: string,
  holder: string,
  at: Instant,
): Promise<number | undefined> {
  return db.transaction().execute(async (trx) => {
    await limitIdle(trx)
    const { rows } = await sql`select from pgboss.job where name = ${attempt.queue} and id = ${attempt.id}
      and state = 'active' and retry_count = ${attempt.retry_count} for update`.execute(trx)
    return rows.length === 0 ? undefined : takeLease(trx, key, attemptHolder(holder, attempt), at)
  })
}

/**
 * Gives an attempt back to its queue at once, without back-off, because its worker ended and not because it failed. Does not
 * use up a retry, at most `CRASH_ALLOWANCE` times. Returns false when the attempt was settled or taken already.
 */
export async function giveBack(db: Db, boss: PgBoss, attempt: JobAttempt, message: string): Promise<boolean> {
  const { queue, id, retry_count } = attempt
  return db.transaction().execute(async (trx) => {
    const inside = fromKysely(trx)
    await sql`update pgboss.job set retry_limit = least(retry_limit + 1, ${QUEUES[queue].retry_limit + CRASH_ALLOWANCE})
      where name = ${queue} and id = ${id} and state = 'active' and retry_count = ${retry_count}`.execute(trx)
    const failed = await boss.fail(queue, { id, retryCount: retry_count }, { message, code: 'worker-ended' }, { db: inside })
    if (failed.affected === 0) return false
    await boss.update(queue, undefined, { id, startAfter: 0, db: inside })
    return true
  })
}
