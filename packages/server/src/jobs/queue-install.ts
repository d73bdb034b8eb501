import pg from 'pg'
import type { PgBoss } from 'pg-boss'
import { makeBoss, QUEUE_SCHEMA } from './boss.ts'
import { DEAD_QUEUE, QUEUE_HEARTBEAT, QUEUE_NAMES, QUEUES } from './queue-names.ts'

const INSTALL_LOCK = '4720481946107801167'
const DAY = 24 * 60 * 60

// Rights by table: gh_app sends, works and supervises; it can neither make queues nor change the tables.
const GRANTS = `
  revoke all on schema ${QUEUE_SCHEMA} from public;
  grant usage on schema ${QUEUE_SCHEMA} to gh_app, gh_reader;
  grant select on all tables in schema ${QUEUE_SCHEMA} to gh_app, gh_reader;
  grant insert, update, delete on ${QUEUE_SCHEMA}.job, ${QUEUE_SCHEMA}.job_common, ${QUEUE_SCHEMA}.job_dependency,
    ${QUEUE_SCHEMA}.warning to gh_app;
  grant update on ${QUEUE_SCHEMA}.queue, ${QUEUE_SCHEMA}.version to gh_app;
  grant execute on function ${QUEUE_SCHEMA}.job_now() to gh_app, gh_reader;
`

async function makeQueues(boss: PgBoss): Promise<void> {
  // Dead letters stay until somebody redrives or discards them: 50 years.
  const dead = { retentionSeconds: 18_250 * DAY, deleteAfterSeconds: DAY, retryLimit: 0 }
  await boss.createQueue(DEAD_QUEUE, dead)
  await boss.updateQueue(DEAD_QUEUE, dead)
  for (const name of QUEUE_NAMES) {
    const row = QUEUES[name]
    const options = {
      retryLimit: row.retry_limit,
      retryDelay: row.retry_delay,
      retryBackoff: true,
      retryDelayMax: row.retry_delay_max,
      expireInSeconds: row.expire,
      heartbeatSeconds: QUEUE_HEARTBEAT,
      deleteAfterSeconds: 2 * DAY,
      retentionSeconds: 365 * DAY,
      deadLetter: DEAD_QUEUE,
      notify: true,
    }
    // `short`: one waiting job per singleton key, while an active one does not swallow a wake-up that comes during its work.
    await boss.createQueue(name, { ...options, policy: 'short' })
    await boss.updateQueue(name, options)
  }
}

/**
 * Installs or updates pg-boss's schema `pgboss`, creates the queues of queue-names.ts and grants gh_app and gh_reader their
 * rights. `ownerUrl` is the URL that `migrate` takes; call it after that. Idempotent; simultaneous calls wait for each other.
 */
export async function installQueues(ownerUrl: string): Promise<void> {
  const client = new pg.Client({
    connectionString: ownerUrl,
    options: '-c role=gh_owner -c timezone=UTC',
    application_name: 'gatehouse-install-queues',
  })
  await client.connect()
  try {
    await client.query(`select pg_advisory_lock(${INSTALL_LOCK})`)
    const boss = makeBoss(
      ownerUrl,
      'owner',
      { name: 'gatehouse-install-queues', max: 2 },
      { migrate: true, createSchema: true },
    )
    try {
      await boss.start()
      await makeQueues(boss)
      await client.query(GRANTS)
    } finally {
      await boss.stop({ graceful: false })
    }
  } finally {
    await client.end()
  }
}
