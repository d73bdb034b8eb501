import { PgBoss } from 'pg-boss'
import { groupRole, type DatabaseRole } from '../db/database.ts'
import { JobsError } from './job-error.ts'
import { DEAD_QUEUE, QUEUE_NAMES } from './queue-names.ts'

/** The schema of the queues' own tables. */
export const QUEUE_SCHEMA = 'pgboss'

export interface BossOptions {
  /** Shown in pg_stat_activity. */
  name?: string
  /** Connections at most; 4 unless told. */
  max?: number
  onError?: (error: Error) => void
}

type Construction = ConstructorParameters<typeof PgBoss>[0]

/** A connection to the queues as one role, not started. */
export function makeBoss(
  url: string,
  role: DatabaseRole,
  options: BossOptions,
  more: Partial<Exclude<Construction, string>>,
): PgBoss {
  const boss = new PgBoss({
    connectionString: url,
    options: `-c role=${groupRole(role)} -c timezone=UTC`,
    application_name: options.name ?? `gatehouse-jobs-${role}`,
    max: options.max ?? 4,
    schema: QUEUE_SCHEMA,
    migrate: false,
    createSchema: false,
    schedule: false,
    supervise: false,
    ...more,
  })
  // An error event without a listener would end the process.
  boss.on('error', options.onError ?? (() => undefined))
  return boss
}

/** Starts it with its queue cache warm. Throws JobsError `queues-not-ready`. */
export async function startBoss(boss: PgBoss): Promise<void> {
  try {
    await boss.start()
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => undefined)
    const why = error instanceof Error ? error.message : String(error)
    throw new JobsError(
      'queues-not-ready',
      `The job queues cannot be used: ${why}. Run the migrations of this version.`,
      {
        cause: error,
      },
    )
  }
  // A send that meets a cold cache reads the queue over another connection while the caller's transaction waits.
  const there = new Set((await boss.getQueues()).map((queue) => queue.name))
  const missing = [...QUEUE_NAMES, DEAD_QUEUE].filter((name) => !there.has(name))
  if (missing.length === 0) return
  await boss.stop({ graceful: false })
  throw new JobsError(
    'queues-not-ready',
    `The queues ${missing.join(', ')} are missing. Run the migrations of this version.`,
  )
}

/** The queues for a process that only enqueues (the API), as gh_app. One per process; end it with `closeBoss`. */
export async function openBoss(url: string, options: BossOptions = {}): Promise<PgBoss> {
  const boss = makeBoss(url, 'app', options, {})
  await startBoss(boss)
  return boss
}

export async function closeBoss(boss: PgBoss): Promise<void> {
  await boss.stop({ graceful: false })
}
