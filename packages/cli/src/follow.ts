import { setTimeout as pause } from 'node:timers/promises'
import type { Client } from '@gatehouse/client/client'
import type { LedgerEvent } from '@gatehouse/client/operations.gen'
import { ProblemError } from '@gatehouse/client/problem-error'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import type { Session } from './command.ts'

export interface Watch<T> {
  /** Said when the time is up: `proposal prp_1 is still being validated`. */
  readonly what: string
  readonly load: (signal: AbortSignal) => Promise<T>
  readonly settled: (value: T) => boolean
  /** One line on how it stands; printed whenever it changes. */
  readonly line: (value: T) => string
  /** Ids whose ledger events are shown and looked at. */
  readonly subjects: (value: T) => readonly (string | null)[]
}

const LOOK_EVERY_MS = 3_000
const LIMIT_SECONDS = 900
/** A server that is started again answers within seconds; one that is silent so long is gone. */
const SILENCE_MS = 60_000

/** Adds `--wait` and `--wait-limit` to a command. */
export function waitOptions(command: Command, until: string): void {
  command.option('--wait', `wait until ${until}, with a line for every step on standard error`)
  command.option('--wait-limit <seconds>', `wait at most so long (default ${LIMIT_SECONDS})`)
}

/**
 * Follows something to its end by the event stream, and looks every three seconds where no event comes. `not-ready` when the time
 * of `--wait-limit` is up: what was begun goes on. A server that is silent for a minute ends it with the problem of asking it.
 */
export async function follow<T>(session: Session, client: Client, watch: Watch<T>): Promise<T> {
  const seconds = session.options.whole('waitLimit', 1, 86_400) ?? LIMIT_SECONDS
  const over = AbortSignal.timeout(seconds * 1000)
  const done = new AbortController()
  const signal = AbortSignal.any([session.host.signal, over, done.signal])
  const news = newsOf(session, client, signal)
  try {
    let said = ''
    let silentSince: number | null = null
    for (;;) {
      const { value, silent } = await lookAgain(() => watch.load(signal), signal)
      if (silent !== undefined) {
        const now = session.host.now()
        if (silentSince === null) session.progress('the server does not answer; trying again')
        silentSince ??= now
        if (now - silentSince >= SILENCE_MS) throw silent
      } else silentSince = null
      if (value !== undefined) {
        news.subjects = watch.subjects(value)
        const line = watch.line(value)
        if (line !== said) session.progress(line)
        said = line
        if (watch.settled(value)) return value
      }
      await Promise.race([news.next(), pause(LOOK_EVERY_MS, undefined, { signal })])
    }
  } catch (error) {
    if (session.host.signal.aborted) throw new Error('stopped waiting; what was begun goes on', { cause: error })
    if (over.aborted)
      throw new Problem(
        'not-ready',
        `${watch.what} after ${seconds} s; it goes on, look again later or wait longer: --wait-limit`,
      )
    throw error
  } finally {
    done.abort()
  }
}

/** The value, or why the server could not be asked just now. */
async function lookAgain<T>(
  load: () => Promise<T>,
  signal: AbortSignal,
): Promise<{ value?: T; silent?: ProblemError }> {
  try {
    return { value: await load() }
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof ProblemError && error.retryable && error.status >= 502) return { silent: error }
    throw error
  }
}

interface News {
  subjects: readonly (string | null)[]
  /** Resolves at the next event that matters, or when the stream was opened anew. */
  next(): Promise<void>
}

function newsOf(session: Session, client: Client, signal: AbortSignal): News {
  let wake = Promise.withResolvers<void>()
  const stir = () => {
    wake.resolve()
    wake = Promise.withResolvers<void>()
  }
  const news: News = { subjects: [], next: () => wake.promise }
  const listen = async () => {
    const { head } = await client.call('ledgerShow', { query: { limit: 1 }, signal })
    for await (const event of client.events({ after: head.seq, signal, onOpen: stir })) {
      if (!news.subjects.some((id) => id !== null && (event.subject.id === id || event.rows.includes(id)))) continue
      session.progress(eventLine(event))
      stir()
    }
  }
  // Without the stream the looks in between still see the end.
  listen().catch(() => undefined)
  return news
}

/** `15:04:05  proposal.approve ok  prp_... by anna`: one event on one line, not cleaned yet. */
export function eventLine(event: LedgerEvent): string {
  const outcome = event.reason === null ? event.outcome : `${event.outcome} (${event.reason})`
  return `${event.time.slice(11, 19)}  ${event.act} ${outcome}  ${event.subject.id} by ${event.actor_name}`
}
