import { once } from 'node:events'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type pg from 'pg'
import { z } from 'zod'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Context } from '../../context.ts'
import { requireMay } from '../../http/actor.ts'
import { authenticate, identify } from '../../http/authentication.ts'
import { listEvents } from '../ledger/ledger-reads.ts'

const HEARTBEAT_MS = 15_000
const BATCH = 200

/** Wakes whoever waits when the ledger grew: one LISTEN connection for all streams of this process, opened anew when it is lost. */
export class LedgerWakeup {
  private readonly pool: pg.Pool
  private readonly waiting = new Set<() => void>()
  private client: pg.PoolClient | null = null
  private closed = false
  private count = 0

  constructor(pool: pg.Pool) {
    this.pool = pool
  }

  async start(): Promise<void> {
    if (this.closed) return
    const client = await this.pool.connect()
    this.client = client
    client.on('notification', () => this.wake())
    client.on('error', () => this.reconnect(client))
    client.on('end', () => this.reconnect(client))
    await client.query('listen gatehouse_events')
    this.wake()
  }

  private reconnect(lost: pg.PoolClient): void {
    if (this.client !== lost) return
    this.client = null
    lost.release(true)
    if (!this.closed) setTimeout(() => void this.start().catch(() => this.retry()), 500).unref()
  }

  private retry(): void {
    if (!this.closed) setTimeout(() => void this.start().catch(() => this.retry()), 2000).unref()
  }

  /** How often the ledger was said to have grown; read it before the ledger, and hand it to `wait`. */
  wakes(): number {
    return this.count
  }

  private wake(): void {
    this.count += 1
    for (const resolve of this.waiting) resolve()
    this.waiting.clear()
  }

  /** Resolves when the ledger may have grown since `wakes()` was `since`, after `ms` at the latest, or when the signal fires. */
  wait(ms: number, signal: AbortSignal, since: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        this.waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      this.waiting.add(done)
      signal.addEventListener('abort', done, { once: true })
      if (signal.aborted || this.count !== since) done()
    })
  }

  async stop(): Promise<void> {
    this.closed = true
    this.wake()
    this.client?.release(true)
    this.client = null
    await this.pool.end()
  }
}

/** Asked anew before each batch: a stream ends with the token, the session or the role that it was opened with. */
async function stillMay(context: Context, request: FastifyRequest): Promise<boolean> {
  try {
    requireMay(await identify(context, request), 'event.stream')
    return true
  } catch (error) {
    if (error instanceof Problem) return false
    throw error
  }
}

/** Server-sent events of the project's ledger, resumable by Last-Event-ID (WHATWG HTML, 9.2): an event's id is its seq. */
export function eventRoutes(app: FastifyInstance, context: Context, wakeup: LedgerWakeup): void {
  const query = z.object({
    after: z.coerce.number().int().min(0).optional().describe('events after this seq; by default only new ones'),
  })
  const schema = {
    operationId: 'eventStream',
    summary: 'Follow the ledger live',
    tags: ['events'],
    security: [{ token: [] }],
    querystring: query,
    produces: ['text/event-stream'],
    response: { 200: z.unknown().describe('text/event-stream') },
  }
  const streams = new Set<AbortController>()
  // A stream ends by itself never, and the server would wait for it.
  app.addHook('preClose', async () => {
    for (const stream of streams) stream.abort()
  })
  app.get('/events', { schema }, async (request, reply) => {
    const caller = await authenticate(context, request)
    requireMay(caller, 'event.stream')
    const head = await context.db.selectFrom('ledger_head').select('seq').executeTakeFirstOrThrow()
    const last = Number(request.headers['last-event-id'] ?? query.parse(request.query).after ?? head.seq)
    let after = Number.isSafeInteger(last) && last >= 0 ? last : head.seq
    reply.hijack()
    const { raw } = reply
    raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      // Its connection ends with it, or the server would wait for an idle client when it stops.
      connection: 'close',
      'x-accel-buffering': 'no',
      'x-correlation-id': request.id,
    })
    const gone = new AbortController()
    streams.add(gone)
    raw.on('close', () => gone.abort())
    try {
      raw.write(`retry: 1000\n: after ${after}\n\n`)
      while (!gone.signal.aborted) {
        // Before we look: what commits while we do is not slept through.
        const seen = wakeup.wakes()
        const { items } = await listEvents(context.db, caller.project_id, { limit: BATCH, after })
        // After we read, before we tell: a token that was revoked meanwhile gets nothing that came with or after it.
        if (!(await stillMay(context, request))) break
        for (const event of items) {
          after = event.seq
          if (!raw.write(`id: ${event.seq}\nevent: ledger\ndata: ${JSON.stringify(event)}\n\n`))
            await once(raw, 'drain', { signal: gone.signal }).catch(() => undefined)
        }
        if (items.length === BATCH) continue
        await wakeup.wait(HEARTBEAT_MS, gone.signal, seen)
        if (gone.signal.aborted) break
        raw.write(': still here\n\n')
      }
    } catch (error) {
      // Ended, the client comes back and goes on where it was; left open it would wait for ever.
      request.log.info({ err: error }, 'an event stream ended')
    } finally {
      streams.delete(gone)
      raw.end()
    }
  })
}
