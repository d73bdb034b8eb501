import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type pg from 'pg'
import { openPool, type Db } from '../db/database.ts'
import { HEARTBEAT, QUEUE_NAMES, type QueueName } from './queue-names.ts'

// The first half of the two-number advisory lock: no other lock of ours uses two numbers.
const HOLDER_LOCK = 1734635627

export interface Liveness {
  stop(): Promise<void>
}

async function hold(pool: pg.Pool, holder: string, lost: () => void): Promise<pg.PoolClient> {
  const client = await pool.connect()
  client.on('error', lost)
  client.on('end', lost)
  try {
    await client.query('select pg_advisory_lock($1, hashtext($2))', [HOLDER_LOCK, holder])
    return client
  } catch (error) {
    client.release(true)
    throw error
  }
}

/**
 * Holds a session lock that says this worker lives. When the process dies its connection closes, the server lets the lock go
 * within milliseconds, and every other worker can see it: no heartbeat has to run out first. A frozen worker keeps its lock;
 * for that one, and for a machine that vanished, there are the heartbeats. Needs a connection of its own to the server (not
 * a pooler in transaction mode, as LISTEN does).
 */
export async function holdLiveness(url: string, holder: string, onError: (error: unknown) => void): Promise<Liveness> {
  const pool = openPool(url, { role: 'app', max: 1, name: `gatehouse-worker ${holder}`.slice(0, 63) })
  let stopped = false
  let client: pg.PoolClient | undefined
  const lost = (): void => {
    if (stopped || client === undefined) return
    client.release(true)
    client = undefined
    void again()
  }
  const again = async (): Promise<void> => {
    if (stopped) return
    try {
      client = await hold(pool, holder, lost)
    } catch (error) {
      onError(error)
      await sleep(1000)
      await again()
    }
  }
  try {
    client = await hold(pool, holder, lost)
  } catch (error) {
    stopped = true
    await pool.end()
    throw error
  }
  return {
    async stop() {
      stopped = true
      client?.release(true)
      client = undefined
      await pool.end()
    },
  }
}

/** One attempt of a job: what pg-boss compares before it settles one. */
export interface JobAttempt {
  queue: QueueName
  id: string
  retry_count: number
}

/** How an attempt is written into its lease's holder. */
export function attemptHolder(holder: string, attempt: JobAttempt): string {
  return `${holder}/${attempt.id}/${attempt.retry_count}`
}

export interface LostAttempt extends JobAttempt {
  /** What became of its worker, for people to read. */
  why: string
}

/**
 * Attempts whose worker is gone: their lease names a holder that no longer lives, or their heartbeat ran out (a frozen
 * worker, a machine that vanished, a worker that died before it took the lease).
 */
export async function lostAttempts(db: Db): Promise<LostAttempt[]> {
  const { rows } = await sql<JobAttempt & { holder: string | null; ended: boolean }>`
    select job.name as queue, job.id, job.retry_count, split_part(lease.holder, '/', 1) as holder,
      lease.key is not null and held.objid is null as ended
    from pgboss.job job left join leases lease on lease.key = job.group_id
      and lease.holder = split_part(lease.holder, '/', 1) || '/' || job.id || '/' || job.retry_count
      left join pg_locks held on held.locktype = 'advisory' and held.granted and held.objsubid = 2
        and held.classid = ${HOLDER_LOCK}
        and held.database = (select oid from pg_database where datname = current_database())
        and held.objid = (hashtext(split_part(lease.holder, '/', 1))::bigint & 4294967295)::oid
    where job.name = any(${QUEUE_NAMES}) and job.state = 'active' and job.group_id is not null
      and (job.heartbeat_on + ${HEARTBEAT} * interval '1 s' < pgboss.job_now()
        or lease.key is not null and held.objid is null)`.execute(db)
  return rows.map(({ queue, id, retry_count, holder, ended }) => {
    const worker = holder === null ? 'a worker' : `the worker ${holder}`
    return {
      queue,
      id,
      retry_count,
      why: ended ? `${worker} ended with this job` : `${worker} fell silent with this job`,
    }
  })
}
