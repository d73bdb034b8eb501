import type { FastifyRequest } from 'fastify'
import { sha256 } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Context } from '../context.ts'
import type { Caller } from './actor.ts'

export interface Answer {
  readonly status: number
  readonly body: unknown
}

const ABANDONED_AFTER_MS = 120_000
const KEPT_MS = 24 * 3_600_000
const FORGOTTEN_AT_ONCE = 1000

/**
 * Answers an acting POST once per `Idempotency-Key` and person: a repeat gets the recorded answer, another request under the same key is
 * refused. Only successes are kept, for 24 hours: what was refused may be tried again under the same key.
 */
export async function idempotent(
  context: Context,
  caller: Caller,
  request: FastifyRequest,
  perform: () => Promise<Answer>,
): Promise<Answer & { readonly replayed: boolean }> {
  const key = request.headers['idempotency-key']
  if (key === undefined || key === '') return { ...(await perform()), replayed: false }
  if (Array.isArray(key) || !/^[\x21-\x7e]{1,200}$/.test(key))
    throw new Problem('request-invalid', 'Idempotency-Key: 1 to 200 printable characters without spaces')
  const hash = sha256(`${request.method} ${request.url}\n${JSON.stringify(request.body ?? null)}`)
  const now = context.clock()
  const row = { person_id: caller.person_id, key, request_hash: hash, created_at: now }
  const { db } = context
  await forgetOld(context, caller.person_id, key, new Date(Date.parse(now) - KEPT_MS))
  const inserted = await db
    .insertInto('idempotency_keys')
    .values(row)
    .onConflict((c) => c.doNothing())
    .returning('key')
    .executeTakeFirst()
  if (!inserted) {
    const known = await db
      .selectFrom('idempotency_keys')
      .selectAll()
      .where('person_id', '=', caller.person_id)
      .where('key', '=', key)
      .executeTakeFirst()
    if (known && known.request_hash !== hash)
      throw new Problem(
        'idempotency-key-reused',
        'this Idempotency-Key came with another request before; use a new one',
      )
    if (known && known.status !== null) return { status: known.status, body: known.body, replayed: true }
    // One of those who find it abandoned takes it over; the row may also be gone, because the first was refused just now.
    const taken =
      known && Date.parse(now) - known.created_at.getTime() >= ABANDONED_AFTER_MS
        ? await db
            .updateTable('idempotency_keys')
            .set({ created_at: now })
            .where('person_id', '=', caller.person_id)
            .where('key', '=', key)
            .where('status', 'is', null)
            .where('created_at', '=', known.created_at)
            .returning('key')
            .executeTakeFirst()
        : undefined
    if (!taken)
      throw new Problem(
        'idempotency-in-flight',
        'the first request with this key is still running; ask again in a moment',
      )
  }
  try {
    const answer = await perform()
    await db
      .updateTable('idempotency_keys')
      .set({ status: answer.status, body: JSON.stringify(answer.body) })
      .where('person_id', '=', caller.person_id)
      .where('key', '=', key)
      .execute()
    return { ...answer, replayed: false }
  } catch (error) {
    await db
      .deleteFrom('idempotency_keys')
      .where('person_id', '=', caller.person_id)
      .where('key', '=', key)
      .where('status', 'is', null)
      .execute()
    throw error
  }
}

/** Answers past their time go, this key's and some of all others': each keyed request sweeps more than it leaves. */
async function forgetOld({ db }: Pick<Context, 'db'>, person: string, key: string, before: Date): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('person_id', '=', person)
    .where('key', '=', key)
    .where('created_at', '<=', before)
    .execute()
  await db
    .with('old', (q) =>
      q
        .selectFrom('idempotency_keys')
        .select(['person_id', 'key'])
        .where('created_at', '<=', before)
        .orderBy('created_at')
        .limit(FORGOTTEN_AT_ONCE)
        // Two who sweep at once do not wait for each other.
        .forUpdate()
        .skipLocked(),
    )
    .deleteFrom('idempotency_keys')
    .using('old')
    .whereRef('idempotency_keys.person_id', '=', 'old.person_id')
    .whereRef('idempotency_keys.key', '=', 'old.key')
    .execute()
}
