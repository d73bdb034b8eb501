import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '@gatehouse/core/kernel/time'
import type { JobWithMetadata, PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import type { Db } from '../db/database.ts'
import { makeBoss, startBoss } from './boss.ts'
import { crashPoint } from './crash-point.ts'
import { claimAttempt, giveBack } from './job-attempt.ts'
import { failureOf, Permanent } from './job-error.ts'
import { LeaseLost, type Lease } from './leases.ts'
import { holdLiveness, lostAttempts, type JobAttempt, type Liveness } from './liveness.ts'
import { handlerKey, HEARTBEAT, QUEUE_DATA, QUEUE_NAMES, type QueueData, type QueueName } from './queue-names.ts'

export interface JobContext<Q extends QueueName> {
  queue: Q
  data: QueueData[Q]
  /** Pass it to every step and `requireLease`. */
  lease: Lease
  /** 1 for the first. */
  attempt: number
  /** Aborted when the attempt is no longer ours, has run out of time, or the worker stops. */
  signal: AbortSignal
  correlation_id: string
  log: Logger
}

/** Does the work of one job. What it throws is retried by the queue's policy; a `Permanent` is not. */
export type Handler<Q extends QueueName> = (job: JobContext<Q>) => Promise<void>
export type Handlers = { [Q in QueueName]: Handler<Q> }

export interface WorkerOptions {
  url: string
  /** As role app. */
  db: Db
  /** Queues without a handler are left to other workers. */
  handlers: Partial<Handlers>
  /** Jobs at a time, per queue; 2 unless told. */
  concurrency?: Partial<Record<QueueName, number>>
  log: Logger
  clock: Clock
  /** This worker's name; it must be unique among living workers and hold no `/`. Made from host, pid and chance unless told. */
  holder?: string
  /** Milliseconds that `stop` waits for jobs under way before it aborts them; 10,000 unless told. */
  grace?: number
}

export interface Worker {
  readonly holder: string
  /** For `enqueue` in handlers. Usable from start to stop. */
  readonly boss: PgBoss
  /** Throws JobsError `queues-not-ready`, or what the database says. */
  start(): Promise<void>
  /** Takes no more jobs, waits for those under way, aborts them after `grace`, and gives back what still does not end. */
  stop(): Promise<void>
}

const DEFAULT_CONCURRENCY = 2
// How long an aborted handler may take to end.
const ABORT_PATIENCE = 2000
const SWEEP_INTERVAL = 1000
// Seconds between two looks of pg-boss for attempts that outlast their time.
const SUPERVISE_EVERY = 10

interface UnderWay {
  attempt: JobAttempt
  controller: AbortController
}

type Outcome = { status: 'completed' | 'failed' | 'deadletter'; output?: object }

async function within(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  const timer = new AbortController()
  const late = sleep(milliseconds, false, { signal: timer.signal }).catch(() => false)
  try {
    return await Promise.race([promise.then(() => true), late])
  } finally {
    timer.abort()
  }
}

/** A worker: takes jobs from the queues that it has handlers for. One per process is enough. */
export function makeWorker(options: WorkerOptions): Worker {
  const { db, clock, handlers } = options
  const holder = options.holder ?? `${hostname()}.${process.pid}.${randomUUID().slice(0, 8)}`
  const log = options.log.child({ worker: holder })
  const queues = QUEUE_NAMES.filter((queue) => handlers[queue] !== undefined)
  const places = queues.reduce((sum, queue) => sum + (options.concurrency?.[queue] ?? DEFAULT_CONCURRENCY), 0)
  const boss = makeBoss(
    options.url,
    'app',
    {
      name: 'gatehouse-worker',
      max: places + 3,
      onError: (error) => log.error({ err: error }, 'the queue reported an error'),
    },
    {
      useListenNotify: true,
      // Only ever behind a sweep, see `watch`: what it finds lost waits by its back-off, as if the job itself had failed.
      supervise: false,
      monitorIntervalSeconds: SUPERVISE_EVERY,
      maintenanceIntervalSeconds: 3600,
      // Rebuilding indexes is the owner's right.
      reindex: false,
    },
  )
  boss.on('warning', (warning) => log.warn({ warning: warning.message }, 'the queue warned'))

  const underWay = new Map<string, UnderWay>()
  let stopping = false
  let sweeping: Promise<void> = Promise.resolve()
  let supervising: Promise<void> = Promise.resolve()
  let sweeps = 0
  let timer: NodeJS.Timeout | undefined
  let liveness: Liveness | undefined

  async function handBack(attempt: JobAttempt): Promise<Outcome> {
    await giveBack(db, boss, attempt, `the worker ${holder} stopped before this job was done`)
    // Settling is refused by now, since the attempt is no longer active under this worker.
    return { status: 'completed' }
  }

  function outcomeOf(error: unknown, jobLog: Logger): Outcome {
    const failure = failureOf(error)
    if (error instanceof LeaseLost) {
      jobLog.info({ reason: failure }, 'this attempt lost its lease and ends')
      return { status: 'failed', output: failure }
    }
    if (error instanceof Permanent) {
      jobLog.error({ err: error }, 'the job failed for good')
      return { status: 'deadletter', output: failure }
    }
    jobLog.warn({ err: error }, 'the job failed')
    return { status: 'failed', output: failure }
  }

  async function work<Q extends QueueName>(queue: Q, handler: Handler<Q>, job: JobWithMetadata): Promise<Outcome> {
    const attempt: JobAttempt = { queue, id: job.id, retry_count: job.retryCount }
    if (stopping) return handBack(attempt)
    const parsed = QUEUE_DATA[queue].safeParse(job.data)
    if (!parsed.success) {
      const failure = new Permanent(`The data of this job is not what ${queue} carries: ${parsed.error.message}`, {
        code: 'job-data-invalid',
      })
      return outcomeOf(failure, log)
    }
    const data = parsed.data as QueueData[Q]
    const key = handlerKey(queue, data)
    const jobLog = log.child({ queue, job_id: job.id, lease: key, correlation_id: data.correlation_id })
    const controller = new AbortController()
    underWay.set(job.id, { attempt, controller })
    try {
      crashPoint('job.fetched')
      const claim = await claimAttempt(db, attempt, key, holder, clock())
      if (claim.state === 'lapsed') {
        jobLog.info('the attempt lapsed before its lease was taken')
        return { status: 'completed' }
      }
      if (claim.state === 'busy') {
        await giveBack(db, boss, attempt, 'another job of the same lease key was under way', 1)
        return { status: 'completed' }
      }
      const { epoch } = claim
      jobLog.debug({ epoch, attempt: job.retryCount + 1 }, 'job taken')
      await handler({
        queue,
        data,
        lease: { key, epoch },
        attempt: job.retryCount + 1,
        signal: AbortSignal.any([job.signal, controller.signal]),
        correlation_id: data.correlation_id,
        log: jobLog.child({ epoch }),
      })
      return { status: 'completed' }
    } catch (error) {
      if (controller.signal.aborted && !(error instanceof Permanent)) return await handBack(attempt)
      return outcomeOf(error, jobLog)
    } finally {
      underWay.delete(job.id)
    }
  }

  async function take<Q extends QueueName>(queue: Q, handler: Handler<Q>): Promise<void> {
    let id: string | undefined
    id = await boss.work(
      queue,
      {
        batchSize: 1,
        includeMetadata: true,
        perJobResults: true,
        groupConcurrency: 1,
        pollingIntervalSeconds: 1,
        // Its default of 30 s would be what a retry waits, for which there is no notification.
        notifyPollingIntervalSeconds: 1,
        heartbeatRefreshSeconds: HEARTBEAT / 4,
      },
      async (jobs: JobWithMetadata[]) => {
        const results = await Promise.all(
          jobs.map(async (job) => ({ id: job.id, ...(await work(queue, handler, job)) })),
        )
        // Without this the next waiting job waits for the next poll.
        if (id !== undefined) boss.notifyWorker(id)
        return results
      },
    )
  }

  async function sweep(): Promise<void> {
    for (const lost of await lostAttempts(db)) {
      if (stopping) return
      if (underWay.has(lost.id)) continue
      const back = await giveBack(db, boss, lost, lost.why)
      if (back) log.warn({ queue: lost.queue, job_id: lost.id, why: lost.why }, 'took back a lost job')
    }
  }

  // A look of its own, so that a long one does not hold up the sweeps.
  async function watch(): Promise<void> {
    await sweep()
    sweeps += 1
    if (stopping || sweeps % SUPERVISE_EVERY !== 0) return
    await supervising
    supervising = boss
      .supervise()
      .catch((error: unknown) => log.error({ err: error }, 'looking for jobs out of time failed'))
  }

  function sweepLater(): void {
    timer = setTimeout(() => {
      sweeping = watch()
        .catch((error: unknown) => log.error({ err: error }, 'looking for dead workers failed'))
        .finally(() => {
          if (!stopping) sweepLater()
        })
    }, SWEEP_INTERVAL)
  }

  return {
    holder,
    boss,
    async start() {
      if (holder.includes('/')) throw new RangeError(`the worker's name ${holder} holds a slash`)
      liveness = await holdLiveness(options.url, holder, (error) =>
        log.warn({ err: error }, 'the lock that says this worker lives was lost'),
      )
      await startBoss(boss)
      await sweep()
      for (const queue of queues) {
        const handler = handlers[queue] as Handler<typeof queue> | undefined
        if (handler === undefined) continue
        for (let place = 0; place < (options.concurrency?.[queue] ?? DEFAULT_CONCURRENCY); place += 1) {
          await take(queue, handler)
        }
      }
      sweepLater()
      log.info({ queues, places }, 'worker started')
    },
    async stop() {
      if (stopping) return
      stopping = true
      clearTimeout(timer)
      const drained = Promise.all([sweeping, ...queues.map((queue) => boss.offWork(queue, { wait: true }))])
      if (!(await within(drained, options.grace ?? 10_000))) {
        for (const job of underWay.values()) job.controller.abort(new Error('the worker stops'))
        if (!(await within(drained, ABORT_PATIENCE))) {
          for (const job of underWay.values()) {
            log.warn({ job_id: job.attempt.id }, 'a job did not end when aborted; another worker takes it')
            await handBack(job.attempt)
          }
        }
      }
      await supervising
      await boss.stop({ graceful: false })
      await liveness?.stop()
      log.info('worker stopped')
    },
  }
}
