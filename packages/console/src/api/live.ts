import type { InfiniteData, QueryClient } from '@tanstack/react-query'
import { bodyChunks, streamMessages } from '@gatehouse/client/event-stream'
import type { LedgerEvent, LedgerPage } from '@gatehouse/client/operations.gen'
import { ProblemError } from '@gatehouse/client/problem-error'
import { api } from './client.ts'
import { familiesOf, ledgerEventOf, matchesFilter, withEvent } from './events.ts'
import type { LedgerFilter } from './queries.ts'

type LiveState = 'connecting' | 'live' | 'reconnecting' | 'paused'
interface LiveStatus {
  readonly state: LiveState
  /** The last event seen, where the next connection goes on. */
  readonly seq: number | null
}

export interface Live {
  readonly status: () => LiveStatus
  readonly subscribe: (listener: () => void) => () => void
  readonly start: () => void
  readonly stop: () => void
  readonly pause: () => void
  readonly resume: () => void
}

/** The server sends a comment every 15 s: after three without a byte the connection counts as lost. */
const SILENCE_MS = 45_000
const BATCH_MS = 120

/**
 * Follows the ledger by server-sent events into the query cache. By `fetch` and not by EventSource, since only so can heartbeats be
 * seen, and a dead connection be told from a quiet one. It goes on after the last event seen, so nothing is missed.
 */
export function makeLive(client: QueryClient): Live {
  let status: LiveStatus = { state: 'connecting', seq: null }
  let connection: AbortController | null = null
  let retry: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let stale = new Set<string>()
  let batch: ReturnType<typeof setTimeout> | undefined
  const listeners = new Set<() => void>()

  function set(next: Partial<LiveStatus>): void {
    status = { ...status, ...next }
    for (const listener of listeners) listener()
  }

  function take(event: LedgerEvent): void {
    set({ seq: Math.max(status.seq ?? 0, event.seq) })
    addToLists(client, event)
    for (const family of familiesOf(event.act)) stale.add(family)
    // One act writes several events: what they make stale is asked for once.
    batch ??= setTimeout(() => {
      const families = stale
      stale = new Set()
      batch = undefined
      void client.invalidateQueries({ predicate: (query) => families.has(String(query.queryKey[0])) })
    }, BATCH_MS)
  }

  async function follow(controller: AbortController): Promise<void> {
    const { seq } = status
    let heard = Date.now()
    const watchdog = setInterval(() => {
      if (Date.now() - heard > SILENCE_MS) controller.abort()
    }, 5000)
    try {
      const response = await api.raw('eventStream', {
        query: seq === null ? {} : { after: seq },
        signal: controller.signal,
      })
      if (!response.body) throw new Error('the stream has no body')
      failures = 0
      set({ state: 'live' })
      // What changed between the page's first reads and this connection is in no event of it.
      if (seq === null) void client.invalidateQueries()
      const chunks = heartbeats(bodyChunks(response.body), () => {
        heard = Date.now()
      })
      for await (const message of streamMessages(chunks)) {
        const event = ledgerEventOf(message)
        if (event) take(event)
      }
    } catch (error) {
      // The session ended: asking who we are leads to the sign-in page.
      if (error instanceof ProblemError && error.status === 401)
        void client.invalidateQueries({ queryKey: ['session'] })
      throw error
    } finally {
      clearInterval(watchdog)
    }
  }

  function connect(): void {
    clearTimeout(retry)
    connection?.abort()
    const controller = new AbortController()
    connection = controller
    follow(controller)
      .catch(() => undefined)
      .finally(() => {
        if (connection !== controller) return
        connection = null
        if (status.state === 'paused') return
        failures += 1
        set({ state: 'reconnecting' })
        retry = setTimeout(connect, Math.min(500 * 2 ** Math.min(failures - 1, 5), 10_000))
      })
  }

  function close(): void {
    clearTimeout(retry)
    const open = connection
    connection = null
    open?.abort()
  }

  return {
    status: () => status,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    start() {
      if (connection || status.state === 'paused') return
      connect()
    },
    stop: close,
    pause() {
      set({ state: 'paused' })
      close()
    },
    resume() {
      set({ state: status.seq === null ? 'connecting' : 'reconnecting' })
      connect()
    },
  }
}

/** The same pieces; each one, a heartbeat's too, is told to `heard`. */
async function* heartbeats(chunks: AsyncIterable<Uint8Array>, heard: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    heard()
    yield chunk
  }
}

/** The ledger page's lists hold the event itself; they are not fetched again. */
function addToLists(client: QueryClient, event: LedgerEvent): void {
  const lists = client.getQueriesData<InfiniteData<LedgerPage, number | null>>({ queryKey: ['ledger', 'list'] })
  for (const [key, data] of lists) {
    const first = data?.pages[0]
    if (!data || !first) continue
    const head = event.seq > first.head.seq ? { seq: event.seq, hash: event.hash } : first.head
    const items = matchesFilter(event, key[2] as LedgerFilter) ? withEvent(first.items, event) : first.items
    client.setQueryData(key, { ...data, pages: [{ items, head }, ...data.pages.slice(1)] })
  }
  if (event.act === 'validation.finish') void client.invalidateQueries({ queryKey: ['ledger', 'validations'] })
}
