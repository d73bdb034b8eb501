import { Worker } from 'node:worker_threads'
import type { LintJob, LintResult } from './lint-run.ts'
import type { LintReply } from './lint-worker.ts'

/** Typing pauses for so long before we lint, and is waited for at most so long. */
const QUIET_MS = 150
const PATIENCE_MS = 1_000
/** A run above it is given up, and the thread with it. */
const LIMIT_MS = 120_000
const HEAP_MB = 2_048
/** After so many lost threads in a row nothing is started by itself; the next change tries again. */
const MAX_LOST = 3

export type JobParts = Omit<LintJob, 'seq' | 'walk'>

/** Runs the linter in a thread of its own, one job at a time; what changes meanwhile is one further job. Requests are answered while it works. */
export class LintThread {
  readonly #parts: () => JobParts
  readonly #done: (result: LintResult) => void
  readonly #failed: (detail: string) => void
  #worker: Worker | null = null
  #seq = 0
  #finished = 0
  #running = false
  #dirty = false
  #walk = true
  #walking = false
  #firstChange = 0
  #timer: NodeJS.Timeout | undefined
  #limit: NodeJS.Timeout | undefined
  #lost = 0
  #closed = false
  #waiting: (() => void)[] = []

  constructor(parts: () => JobParts, done: (result: LintResult) => void, failed: (detail: string) => void) {
    this.#parts = parts
    this.#done = done
    this.#failed = failed
    // It loads while the client says hello.
    this.#worker = this.#start()
  }

  /** Something changed; `disk`: not only in a buffer. */
  changed(disk: boolean): void {
    if (this.#closed) return
    if (disk) this.#walk = true
    const now = Date.now()
    if (!this.#dirty) this.#firstChange = now
    this.#dirty = true
    this.#lost = Math.min(this.#lost, MAX_LOST - 1)
    clearTimeout(this.#timer)
    const rest = Math.max(0, this.#firstChange + PATIENCE_MS - now)
    this.#timer = setTimeout(() => this.#next(), Math.min(QUIET_MS, rest))
  }

  /** Whether files changed that no finished run has read. */
  get rereads(): boolean {
    return this.#walk || (this.#running && this.#walking)
  }

  /** Lints at once what is waiting, and resolves when all is linted that changed up to now. */
  async settled(): Promise<void> {
    // Who types on is not waited for: the first run that began after the call is enough.
    const wanted = this.#dirty ? this.#seq + 1 : this.#seq
    while (!this.#closed && this.#finished < wanted && this.#lost < MAX_LOST) {
      const wait = new Promise<void>((resolve) => this.#waiting.push(resolve))
      this.#next()
      await wait
    }
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    clearTimeout(this.#limit)
    void this.#worker?.terminate()
    this.#worker = null
    this.#wake()
  }

  #next(): void {
    clearTimeout(this.#timer)
    if (this.#running || !this.#dirty || this.#closed) return
    this.#running = true
    this.#dirty = false
    this.#seq += 1
    const walk = this.#walk
    this.#walk = false
    this.#walking = walk
    this.#limit = setTimeout(() => this.#end(`linting took more than ${LIMIT_MS / 1000} s and was given up`), LIMIT_MS)
    this.#limit.unref()
    try {
      const job: LintJob = { ...this.#parts(), seq: this.#seq, walk }
      this.#worker ??= this.#start()
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      this.#worker.postMessage(job)
    } catch (error) {
      this.#end(error instanceof Error ? error.message : String(error))
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('./lint-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 24 },
      // Standard output is the protocol's.
      stdout: true,
      stderr: true,
    })
    worker.stdout.pipe(process.stderr, { end: false })
    worker.stderr.pipe(process.stderr, { end: false })
    worker.on('message', (reply: LintReply) => this.#answered(worker, reply))
    worker.on('error', (error: unknown) => {
      if (worker === this.#worker) this.#end(error instanceof Error ? error.message : String(error))
    })
    worker.on('exit', () => {
      if (worker === this.#worker) this.#end('the thread ended')
    })
    worker.unref()
    return worker
  }

  #answered(worker: Worker, reply: LintReply): void {
    if (worker !== this.#worker || (reply.ok ? reply.result.seq : reply.seq) !== this.#seq) return
    clearTimeout(this.#limit)
    this.#running = false
    this.#finished = this.#seq
    this.#lost = 0
    if (reply.ok) this.#done(reply.result)
    else {
      this.#walk = true
      this.#failed(reply.detail)
    }
    this.#rest()
  }

  /** The thread is lost: a new one reads everything again. */
  #end(detail: string): void {
    clearTimeout(this.#limit)
    const worker = this.#worker
    this.#worker = null
    void worker?.terminate()
    this.#running = false
    this.#finished = this.#seq
    this.#walk = true
    this.#lost += 1
    this.#failed(detail)
    this.#rest()
  }

  #rest(): void {
    if (this.#dirty && this.#lost < MAX_LOST) this.changed(false)
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
