import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ToolRefusal } from './tool-refusal.ts'
import type { WorkAnswer, WorkMessage, WorkNote, WorkOrder } from './work-order.ts'

const MAIN = fileURLToPath(new URL('worker-main.ts', import.meta.url))
/** Calls at work at the same time; the others wait, and beyond these are refused. */
const MAX_AT_WORK = 2
const MAX_WAITING = 16
/** Memory of one, in MiB. */
const MAX_HEAP = 2048
const IDLE_MS = 60_000

export interface WorkWish {
  readonly signal: AbortSignal
  /** What the work is at, for progress. */
  readonly onNote: (note: WorkNote) => void
}

/**
 * Processes that do the calls' work. A call that is cancelled, takes longer than `timeLimitMs` or outlives the server is ended with its process and
 * all that this one started. One idle process is kept for a minute, so that the next call need not wait for its start.
 */
export class WorkerPool {
  readonly #timeLimitMs: number
  readonly #workers = new Set<ChildProcess>()
  readonly #waiting: (() => void)[] = []
  #idle: { readonly worker: ChildProcess; readonly timer: NodeJS.Timeout } | null = null
  #atWork = 0
  #orders = 0
  #closed = false

  constructor(timeLimitMs: number) {
    this.#timeLimitMs = timeLimitMs
  }

  /** Throws the signal's reason when cancelled. What the work refuses comes back as an answer; what the pool refuses is thrown. */
  async run(order: WorkOrder, { signal, onNote }: WorkWish): Promise<WorkAnswer> {
    signal.throwIfAborted()
    if (this.#atWork >= MAX_AT_WORK) {
      if (this.#waiting.length >= MAX_WAITING)
        throw new ToolRefusal(
          'too-many-requests',
          `${MAX_WAITING} calls are waiting already: call again when one has ended`,
        )
      onNote({ text: 'waiting for another call' })
      await this.#turn(signal)
    } else this.#atWork += 1
    try {
      signal.throwIfAborted()
      if (this.#closed) throw new Error('the server was stopped')
      return await this.#work(order, signal, onNote)
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#atWork -= 1
    }
  }

  /** Ends all of them. */
  close(): void {
    this.#closed = true
    this.#dropIdle()
    for (const worker of this.#workers) end(worker)
  }

  /** Waits for the place of a call that ends; whoever is cancelled leaves the row. */
  async #turn(signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const leave = () => {
      const at = this.#waiting.indexOf(resolve)
      if (at >= 0) this.#waiting.splice(at, 1)
      reject(signal.reason instanceof Error ? signal.reason : new Error('cancelled'))
    }
    this.#waiting.push(resolve)
    signal.addEventListener('abort', leave, { once: true })
    try {
      await promise
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  async #work(order: WorkOrder, signal: AbortSignal, onNote: (note: WorkNote) => void): Promise<WorkAnswer> {
    const worker = this.#takeIdle() ?? this.#start()
    const id = (this.#orders += 1)
    const { promise, resolve, reject } = Promise.withResolvers<WorkAnswer>()
    const onMessage = (message: WorkMessage) => {
      if (message.id !== id) return
      if ('note' in message) onNote(message.note)
      else resolve(message.answer)
    }
    const onExit = () =>
      reject(
        new ToolRefusal(
          'work-ended',
          'the work ended before its answer, likely for want of memory: ask for less with paths or path',
        ),
      )
    const onAbort = () => reject(signal.reason instanceof Error ? signal.reason : new Error('cancelled'))
    const timer = setTimeout(
      () =>
        reject(
          new ToolRefusal(
            'timed-out',
            `it took longer than ${this.#timeLimitMs / 1000} seconds: ask for less with paths or path, or have a person start the server with a longer --time-limit`,
          ),
        ),
      this.#timeLimitMs,
    )
    worker.on('message', onMessage)
    worker.on('exit', onExit)
    worker.on('error', onExit)
    signal.addEventListener('abort', onAbort)
    try {
      worker.send({ id, order }, (error) => {
        if (error) onExit()
      })
      const answer = await promise
      this.#keep(worker)
      return answer
    } catch (error) {
      end(worker)
      throw error
    } finally {
      clearTimeout(timer)
      worker.off('message', onMessage)
      worker.off('exit', onExit)
      worker.off('error', onExit)
      signal.removeEventListener('abort', onAbort)
    }
  }

  #start(): ChildProcess {
    const { PATH, HOME, TMPDIR, SystemRoot } = process.env
    const worker = fork(MAIN, [], {
      // A group of its own: it is ended with the git and the parsers that it started.
      detached: process.platform !== 'win32',
      execArgv: [`--max-old-space-size=${MAX_HEAP}`],
      // Nothing of the client's environment is for it.
      env: Object.fromEntries(
        Object.entries({ PATH, HOME, TMPDIR, SystemRoot }).filter(([, value]) => value !== undefined),
      ),
      // Standard output is the protocol's.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#workers.add(worker)
    worker.once('exit', () => {
      this.#workers.delete(worker)
      if (this.#idle?.worker === worker) this.#dropIdle()
    })
    worker.on('error', () => this.#workers.delete(worker))
    return worker
  }

  #takeIdle(): ChildProcess | null {
    if (!this.#idle) return null
    const { worker, timer } = this.#idle
    this.#idle = null
    clearTimeout(timer)
    if (!worker.connected) return null
    worker.ref()
    worker.channel?.ref()
    return worker
  }

  #keep(worker: ChildProcess): void {
    if (this.#idle || this.#closed) return end(worker)
    worker.unref()
    worker.channel?.unref()
    const timer = setTimeout(() => this.#dropIdle(), IDLE_MS)
    timer.unref()
    this.#idle = { worker, timer }
  }

  #dropIdle(): void {
    if (!this.#idle) return
    const { worker, timer } = this.#idle
    this.#idle = null
    clearTimeout(timer)
    end(worker)
  }
}

/** With all that it started. */
function end(worker: ChildProcess): void {
  const { pid, exitCode, signalCode } = worker
  if (pid === undefined || exitCode !== null || signalCode !== null) return
  try {
    if (process.platform === 'win32') worker.kill('SIGKILL')
    else process.kill(-pid, 'SIGKILL')
  } catch {
    worker.kill('SIGKILL')
  }
}
