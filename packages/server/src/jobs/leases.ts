import type { Instant } from '@gatehouse/core/kernel/time'
import { sql } from 'kysely'
import type { Db, Trx } from '../db/database.ts'

/** The right to work on `key`, until somebody takes it with a higher epoch (law 10). */
export interface Lease {
  readonly key: string
  readonly epoch: number
}

/** Another attempt has taken the lease: what this one still wants to write is refused. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
  readonly code = 'lease-lost'
  readonly key: string

  constructor(key: string, epoch: number, now: number | undefined) {
    super(
      `The lease of ${key} was taken over: this attempt holds epoch ${epoch}, the lease ${now === undefined ? 'is gone' : `is at ${now}`}. ` +
        'Nothing of this attempt is written any more.',
    )
    this.key = key
  }
}

/** Milliseconds that a transaction under a lease may stand still before the server ends it. */
export const IDLE_LIMIT = 10_000

/**
 * Has the server end this transaction after 10 s without a statement. A worker frozen inside its transaction would
 * otherwise hold the lease's row, and the attempt that takes over would wait for it without end.
 */
export async function limitIdle(trx: Trx): Promise<void> {
  await sql`select set_config('idle_in_transaction_session_timeout', ${String(IDLE_LIMIT)}, true)`.execute(trx)
}

/** Takes the lease of `key`, whoever holds it: raises its epoch and returns the new one. `holder` is for people to read. */
export async function takeLease(db: Db | Trx, key: string, holder: string, at: Instant): Promise<number> {
  const row = await db
    .insertInto('leases')
    .values({ key, epoch: 1, holder, taken_at: at })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({ epoch: sql`leases.epoch + 1`, holder, taken_at: at }),
    )
    .returning('epoch')
    .executeTakeFirstOrThrow()
  return row.epoch
}

/**
 * The first statement of every write transaction of a worker. Locks the lease's row, so that nobody takes over between this
 * check and the commit. Throws LeaseLost when the epoch is not ours. The transaction must not stand still for 10 s after it
 * (`limitIdle`): no git, sandbox or network inside.
 */
export async function requireLease(trx: Trx, lease: Lease): Promise<void> {
  await limitIdle(trx)
  const row = await trx.selectFrom('leases').select('epoch').where('key', '=', lease.key).forUpdate().executeTakeFirst()
  if (row?.epoch !== lease.epoch) throw new LeaseLost(lease.key, lease.epoch, row?.epoch)
}

/**
 * The same check without the lock, for who may only read leases (the broker's role). It says that the lease was ours at this
 * moment; what follows needs a guard of its own against a second doing (compare-and-swap). Throws LeaseLost.
 */
export async function checkLease(db: Db | Trx, lease: Lease): Promise<void> {
  const row = await db.selectFrom('leases').select('epoch').where('key', '=', lease.key).executeTakeFirst()
  if (row?.epoch !== lease.epoch) throw new LeaseLost(lease.key, lease.epoch, row?.epoch)
}
