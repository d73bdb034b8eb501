import { PassThrough } from 'node:stream'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio'
import { CountedTransport } from './counted-transport.ts'
import { specServer } from './spec-server.ts'
import { WorkerPool } from './worker-pool.ts'

/** The longest message that is read, in bytes; a longer one ends the connection. */
const MAX_MESSAGE = 16 * 1024 * 1024
/** How long calls may go on when the input has ended: `printf ... | gatehouse spec mcp` shall get its answers. */
const LAST_WORDS_MS = 30_000

export interface ServeOptions {
  /** From `servedFolder`. */
  readonly root: string
  readonly timeLimitMs: number
  /** Ends the server at once. */
  readonly signal: AbortSignal
  /** A line for the person at the server, on standard error: standard output is the protocol's. */
  readonly log: (line: string) => void
}

/** Serves the protocol on standard input and output until the input ends or the signal says so. */
export async function serveSpecs({ root, timeLimitMs, signal, log }: ServeOptions): Promise<void> {
  const pool = new WorkerPool(timeLimitMs)
  const { promise: closed, resolve: close } = Promise.withResolvers<void>()
  const input = new PassThrough()
  const transport = new CountedTransport(
    new StdioServerTransport(input, process.stdout, { maxBufferSize: MAX_MESSAGE }),
  )
  const handle = serveStdio(({ era }) => specServer({ root, era, pool, log }), {
    transport,
    onerror: (error) => log(`a message could not be taken: ${error.message.replaceAll(/\s+/g, ' ').slice(0, 300)}`),
  })
  // The one who serves has set its own by now: ours goes around it.
  const onclose = transport.onclose
  // oxlint-disable-next-line unicorn/prefer-add-event-listener -- a transport is no event target
  transport.onclose = () => {
    onclose?.()
    close()
  }
  process.stdin.pipe(input, { end: false })
  const lastWords = async () => {
    // What was read has to be taken before it is asked whether all is answered.
    while (input.readableLength > 0 || input.writableLength > 0) await nextTurn()
    await nextTurn()
    await Promise.race([transport.answered(), sleep(LAST_WORDS_MS, undefined, { ref: false }), closed])
    input.end()
  }
  const onEnd = () => void lastWords()
  process.stdin.once('end', onEnd)
  process.stdin.once('error', onEnd)
  const onAbort = () => void handle.close()
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  log(`serving the specifications in ${root}`)
  await closed
  signal.removeEventListener('abort', onAbort)
  pool.close()
  await handle.close()
  process.stdin.unpipe(input)
  process.stdin.destroy()
}
