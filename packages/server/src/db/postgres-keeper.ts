import type pg from 'pg'
import { endPostmaster, isPostmasterOf } from './postgres-process.ts'
import { PostgresError } from './postgres-error.ts'
import { holdPostgres, type Held, type Place } from './postgres-start.ts'

const RESTARTS = 5
const RESTARTS_WITHIN_MS = 60_000

export interface Keeper {
  held(): Held
  stop(): Promise<void>
}

/**
 * Keeps the server running: when the session that holds it breaks, the server is taken again, or started again when it
 * died, at most 5 times a minute. On the same port, so that pools find it again.
 */
export function keepPostgres(first: Held, place: Place): Keeper {
  let held = first
  let stopping: Promise<void> | undefined
  let restarting: Promise<void> = Promise.resolve()
  const restarts: number[] = []

  async function again(): Promise<void> {
    const now = Date.now()
    while (restarts[0] !== undefined && now - restarts[0] > RESTARTS_WITHIN_MS) restarts.shift()
    if (stopping !== undefined) return
    if (restarts.length >= RESTARTS) {
      place.log(
        `postgres: the server on ${place.data} broke ${RESTARTS} times within a minute; left as it is, see ${place.logFile}`,
      )
      return
    }
    restarts.push(now)
    const before = held.pid
    try {
      held = await holdPostgres(place)
      watch(held.client)
      place.log(
        held.pid === before
          ? `postgres: the server with pid ${held.pid} closed its connections and was taken again`
          : `postgres: the server had ended; started again, pid ${held.pid}, port ${held.port}`,
      )
    } catch (error) {
      place.log(
        `postgres: the server had ended and does not start: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  }

  function watch(client: pg.Client): void {
    client.once('end', () => {
      if (stopping === undefined) restarting = restarting.then(again)
    })
  }

  async function end(): Promise<void> {
    await restarting
    const { client, pid } = held
    await client.end().catch(() => undefined)
    if (isPostmasterOf(pid, place.data) && !(await endPostmaster(pid, place.patience.stop))) {
      throw new PostgresError('postgres-stop-failed', `PostgreSQL with pid ${pid} on ${place.data} does not end.`, {
        pid,
      })
    }
  }

  watch(first.client)
  return { held: () => held, stop: () => (stopping ??= end()) }
}
