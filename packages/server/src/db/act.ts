import type { Act } from '@gatehouse/core/kernel/acts'
import { newId } from '@gatehouse/core/kernel/ids'
import { Problem } from '@gatehouse/core/kernel/problems'
import { millis, type Instant } from '@gatehouse/core/kernel/time'
import type { LedgerActor, LedgerEventDraft } from '@gatehouse/ledger/event'
import type { Context } from '../context.ts'
import { enqueue, type JobRequest } from '../jobs/enqueue.ts'
import type { Trx } from './database.ts'
import { appendEvents } from './ledger-append.ts'

/** Who acts, where, when, and the id that follows the request through job, sandbox and ledger. */
export interface Acting {
  readonly project_id: string
  readonly actor: LedgerActor
  readonly correlation_id: string
  readonly at: Instant
}

export interface EventInput {
  readonly act: Act
  /** Where a service of ours did this part within another's request. */
  readonly by?: LedgerActor
  readonly subject: { readonly kind: string; readonly id: string }
  /** Every governed row changed under this event; of an act that took place, the subject is added by itself. */
  readonly rows?: readonly string[]
  readonly outcome?: 'ok' | 'refused' | 'failed'
  readonly reason?: string
  readonly decision_id?: string | null
  readonly digests?: Readonly<Record<string, string>>
  readonly detail?: Readonly<Record<string, string | number | boolean>>
}

/** One governed transaction under way: rows are written through `trx`; events and jobs leave with its commit or not at all. */
export interface ActTransaction {
  readonly trx: Trx
  readonly acting: Acting
  readonly record: (event: EventInput) => void
  readonly enqueue: (job: JobRequest) => void
}

const RETRY = new Set(['40001', '40P01'])

/**
 * Runs one governed act as one transaction: what `work` writes, then the jobs, then the ledger events last (law 6).
 * A serialization failure or deadlock is tried again, three times in all. Problems thrown by `work` roll everything back.
 */
export async function performAct<T>(
  context: Pick<Context, 'db'> & { readonly boss: Context['boss'] | null },
  acting: Acting,
  work: (tx: ActTransaction) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await context.db.transaction().execute(async (trx) => {
        const events: LedgerEventDraft[] = []
        const jobs: JobRequest[] = []
        const result = await work({
          trx,
          acting,
          record: (event) => events.push(draft(acting, event)),
          enqueue: (job) => jobs.push(job),
        })
        for (const job of jobs) await enqueue(queueOf(context.boss), trx, job)
        await appendEvents(trx, events)
        return result
      })
    } catch (error) {
      if (attempt < 3 && RETRY.has(sqlState(error))) continue
      throw error
    }
  }
}

/** Only what starts an empty installation acts without a queue, and enqueues nothing. */
function queueOf(boss: Context['boss'] | null): Context['boss'] {
  if (boss === null) throw new Error('this process has no queue to enqueue into')
  return boss
}

/** The ledger remembers that it was tried and refused, in a transaction of its own, since the act's own rolled back. */
export async function recordRefusal(
  context: Pick<Context, 'db' | 'boss'>,
  acting: Acting,
  event: EventInput & { readonly reason: string },
): Promise<void> {
  await performAct(context, acting, async (tx) => tx.record({ ...event, outcome: 'refused' }))
}

/** Performs an act whose refusals count: a Problem that `work` throws is put on the ledger, then thrown on. */
export async function performOrRecord<T>(
  context: Pick<Context, 'db' | 'boss'>,
  acting: Acting,
  refused: { readonly act: Act; readonly subject: { readonly kind: string; readonly id: string } },
  work: (tx: ActTransaction) => Promise<T>,
): Promise<T> {
  try {
    return await performAct(context, acting, work)
  } catch (error) {
    if (error instanceof Problem && error.slug !== 'not-found' && error.slug !== 'internal-error')
      await recordRefusal(context, acting, {
        ...refused,
        reason: error.slug,
        detail: { why: error.message.slice(0, 1000) },
      })
    throw error
  }
}

function draft(acting: Acting, event: EventInput): LedgerEventDraft {
  return {
    time: acting.at,
    category: 'governed',
    act: event.act,
    actor: event.by ?? acting.actor,
    project_id: acting.project_id,
    subject: { ...event.subject },
    outcome: event.outcome ?? 'ok',
    reason: event.reason ?? null,
    correlation_id: acting.correlation_id,
    decision_id: event.decision_id ?? null,
    rows: [...new Set([...(event.outcome === 'refused' ? [] : [event.subject.id]), ...(event.rows ?? [])])],
    digests: { ...event.digests },
    detail: wellFormed(event.detail ?? {}),
  }
}

/** Text cut to a length can end in half of a surrogate pair, which has no canonical JSON. */
function wellFormed(detail: NonNullable<EventInput['detail']>): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [name, typeof value === 'string' ? value.toWellFormed() : value]),
  )
}

export function sqlState(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** Whether a unique index refused a row; `constraint` is its name. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (sqlState(error) !== '23505') return false
  return constraint === undefined || (error as { constraint?: string }).constraint === constraint
}

/** A service of ours as an actor, on behalf of whoever caused the work. */
export function serviceActor(
  name: 'worker' | 'broker' | 'triage' | 'operator',
  onBehalfOf: readonly string[] = [],
): LedgerActor {
  return {
    kind: 'service',
    id: `service:${name}`,
    person_id: null,
    on_behalf_of: [...onBehalfOf],
    fingerprint: null,
    roles: [],
    scopes: [],
  }
}

export function newCorrelationId(at: Instant): string {
  return newId('request', millis(at))
}
