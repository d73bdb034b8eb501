import { z } from 'zod'

const id = z.string().min(1)
const common = { project_id: id, correlation_id: id }

/** What each job carries: ids only, never content and never a secret, since a dead letter shows it. */
export const QUEUE_DATA = {
  'run.work': z.strictObject({ ...common, run_id: id }),
  'validation.work': z.strictObject({ ...common, validation_id: id }),
  'effect.work': z.strictObject({ ...common, effect_id: id }),
  'approval.expire': z.strictObject({ ...common, request_id: id }),
} as const

export type QueueName = keyof typeof QUEUE_DATA
export type QueueData = { [Q in QueueName]: z.infer<(typeof QUEUE_DATA)[Q]> }

export interface QueueRow {
  /** Attempts after the first one. A worker that died under a job does not use them up, see `CRASH_ALLOWANCE`. */
  readonly retry_limit: number
  /** Seconds before the first retry; doubles each time, with jitter. */
  readonly retry_delay: number
  /** Seconds, the longest wait between two retries. */
  readonly retry_delay_max: number
  /** Seconds that one attempt may take; then it is aborted and counts as failed. */
  readonly expire: number
}

const MINUTE = 60
const HOUR = 60 * MINUTE

export const QUEUES = {
  'run.work': { retry_limit: 3, retry_delay: 2, retry_delay_max: 5 * MINUTE, expire: 6 * HOUR },
  'validation.work': { retry_limit: 3, retry_delay: 2, retry_delay_max: 2 * MINUTE, expire: 3 * HOUR },
  'effect.work': { retry_limit: 8, retry_delay: 1, retry_delay_max: 2 * MINUTE, expire: 15 * MINUTE },
  'approval.expire': { retry_limit: 8, retry_delay: 5, retry_delay_max: 5 * MINUTE, expire: 5 * MINUTE },
} as const satisfies Record<QueueName, QueueRow>

export const QUEUE_NAMES = Object.keys(QUEUES).filter((name) => isQueueName(name))

/** One queue for all dead letters: pg-boss keeps the original queue, job, attempts and error beside each. No worker takes from it. */
export const DEAD_QUEUE = 'dead'

/** How often a job is given back after its worker died, on top of its retries: a job that kills its workers must end some time. */
export const CRASH_ALLOWANCE = 25

/** Seconds without a heartbeat after which a job is taken from its worker. */
export const HEARTBEAT = 10

/** The same for pg-boss's own watch, which lets a job wait by its back-off: it comes second, for what ours has not seen. */
export const QUEUE_HEARTBEAT = 6 * HEARTBEAT

export function isQueueName(text: string): text is QueueName {
  return Object.hasOwn(QUEUE_DATA, text)
}

/**
 * The lease key of a job, and its group: at most one job of a key is worked on at a time.
 * Who must stop a worker at once (a cancellation) takes the lease of this key.
 */
export function handlerKey<Q extends QueueName>(queue: Q, data: QueueData[Q]): string {
  if ('run_id' in data) return `run:${data.run_id}`
  if ('validation_id' in data) return `validation:${data.validation_id}`
  if ('effect_id' in data) return `effect:${data.effect_id}`
  if ('request_id' in data) return `approval:${data.request_id}`
  throw new TypeError(`the queue ${queue} has no lease key for its data`)
}
