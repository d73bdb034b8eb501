import { Worker } from 'node:worker_threads'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import type { WorkerReply, WorkerRequest } from './policy-worker.ts'
import type { BundleParts, EvaluateOptions, Evaluation, LoadCode } from './rego.ts'

export interface PoolOptions {
  /** Threads. Default 2. */
  readonly threads?: number
  /** Milliseconds an evaluation may take before its thread is killed. Default 1000. */
  readonly wallMs?: number
  /** Requests that may wait for a thread. Default 1000. */
  readonly maxWaiting?: number
  /** Memory of a thread's heap in MiB. Default 128. */
  readonly heapMb?: number
}

interface Job {
  readonly request: Omit<WorkerRequest, 'id'>
  readonly wallMs: number
  readonly answer: (evaluation: Evaluation) => void
}

interface Thread {
  readonly worker: Worker
  job: Job | null
  jobId: number
  timer: NodeJS.Timeout | null
}

/** How a thread's start went. */
type Started =
  | Extract<WorkerReply, { kind: 'ready' | 'refused' }>
  | { readonly kind: 'failed'; readonly detail: string }

const START_MS = 30_000
/** Beside this file: TypeScript in the repository, JavaScript in the package. */
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './policy-worker.ts' : './policy-worker.js', import.meta.url)

/**
 * Evaluates a bundle in worker threads, so that a policy that does not end costs its caller an answer and nobody else
 * theirs: a thread over its wall time or memory is killed and replaced. Answers are those of `Policy.evaluate`.
 */
export class WorkerEvaluator {
  private readonly parts: BundleParts
  private readonly wallMs: number
  private readonly maxWaiting: number
  private readonly heapMb: number
  private readonly threads = new Set<Thread>()
  private readonly idle: Thread[] = []
  private readonly waiting: Job[] = []
  private readonly size: number
  private failedStarts = 0
  private nextId = 1
  private closed = false
  private living = 0

  private constructor(parts: BundleParts, options: PoolOptions) {
    this.parts = parts
    this.size = options.threads ?? 2
    this.wallMs = options.wallMs ?? 1000
    this.maxWaiting = options.maxWaiting ?? 1000
    this.heapMb = options.heapMb ?? 128
  }

  /** Starts the threads; refused with `loadBundle`'s codes, or `policy-worker-failed` where no thread starts. */
  static async open(
    parts: BundleParts,
    options: PoolOptions = {},
  ): Promise<Result<WorkerEvaluator, LoadCode | 'policy-worker-failed'>> {
    const pool = new WorkerEvaluator(parts, options)
    const started = await Promise.all(Array.from({ length: pool.size }, () => pool.start()))
    const refused = started.find((reply) => reply.kind === 'refused')
    if (refused?.kind === 'refused') {
      await pool.close()
      return refuse(refused.code, refused.detail)
    }
    const failed = started.find((reply) => reply.kind === 'failed')
    if (failed?.kind === 'failed') {
      await pool.close()
      return refuse('policy-worker-failed', failed.detail)
    }
    return ok(pool)
  }

  /** Threads that exist, those included that are being started or killed. */
  get liveThreads(): number {
    return this.living
  }

  /**
   * `Policy.evaluate` in a thread. Over its wall time: `policy-over-limit`. Never rejects.
   */
  async evaluate(
    entrypoint: string,
    input: Json,
    options: EvaluateOptions & { readonly wallMs?: number } = {},
  ): Promise<Evaluation> {
    if (this.closed) return refuse('policy-error', 'The policy evaluator is closed.')
    if (this.waiting.length >= this.maxWaiting) {
      return refuse('policy-over-limit', `More than ${this.maxWaiting} decisions are waiting; ask again later.`)
    }
    const { wallMs, ...limits } = options
    return await new Promise<Evaluation>((answer) => {
      this.waiting.push({ request: { entrypoint, input, options: limits }, wallMs: wallMs ?? this.wallMs, answer })
      this.next()
    })
  }

  /** Ends the threads; what is still waiting is answered with `policy-error`. */
  async close(): Promise<void> {
    this.closed = true
    const threads = [...this.threads]
    for (const thread of threads) this.drop(thread, closedAnswer())
    for (const job of this.waiting.splice(0)) job.answer(closedAnswer())
    await Promise.all(threads.map((thread) => thread.worker.terminate()))
  }

  private async start(): Promise<Started> {
    let worker: Worker
    try {
      worker = new Worker(WORKER, {
        workerData: this.parts,
        execArgv: [],
        env: {},
        resourceLimits: { maxOldGenerationSizeMb: this.heapMb },
      })
    } catch (error) {
      // A bundle that cannot be handed over: nested without measure, or no document.
      this.failedStarts++
      return failedStart(error instanceof Error ? error.message.slice(0, 200) : 'unknown error')
    }
    worker.unref()
    this.living++
    worker.on('exit', () => this.living--)
    const thread: Thread = { worker, job: null, jobId: 0, timer: null }
    this.threads.add(thread)
    const first = await new Promise<Started>((resolve) => {
      const late = setTimeout(() => resolve(failedStart('it did not start in time')), START_MS)
      worker.on('message', (reply: WorkerReply) => {
        clearTimeout(late)
        if (reply.kind === 'answer') this.answered(thread, reply)
        else resolve(reply)
      })
      worker.on('error', (error: unknown) => {
        clearTimeout(late)
        resolve(failedStart(error instanceof Error ? error.message : 'unknown error'))
        this.lost(thread, error)
      })
      worker.on('exit', () => {
        clearTimeout(late)
        resolve(failedStart('it ended'))
        this.lost(thread, null)
      })
    })
    if (first.kind === 'ready' && !this.closed) {
      this.failedStarts = 0
      this.idle.push(thread)
      this.next()
    } else {
      this.failedStarts++
      this.drop(thread, null)
      await worker.terminate()
      this.next()
    }
    return first
  }

  private next(): void {
    while (this.waiting.length > 0) {
      const thread = this.idle.pop()
      if (thread === undefined) break
      const job = this.waiting.shift()
      if (job === undefined) break
      this.give(thread, job)
    }
    if (this.closed) return
    const missing = this.size - this.threads.size
    // Threads that cannot be started again and again answer, rather than leave their callers waiting.
    if (this.threads.size === 0 && this.failedStarts > this.size * 3) {
      for (const job of this.waiting.splice(0)) job.answer(refuse('policy-error', 'No policy thread can be started.'))
      return
    }
    for (let i = 0; i < missing; i++) void this.start()
  }

  private give(thread: Thread, job: Job): void {
    thread.job = job
    thread.jobId = this.nextId++
    try {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      thread.worker.postMessage({ id: thread.jobId, ...job.request } satisfies WorkerRequest)
    } catch {
      thread.job = null
      this.idle.push(thread)
      job.answer(refuse('invalid-policy-input', 'The input is not a JSON document that can be given to a thread.'))
      return
    }
    thread.worker.ref()
    thread.timer = setTimeout(() => {
      const detail = `The policy went over its limit: it took longer than ${job.wallMs} ms.`
      this.drop(thread, refuse('policy-over-limit', detail))
      void thread.worker.terminate()
      this.next()
    }, job.wallMs)
  }

  private answered(thread: Thread, reply: WorkerReply & { kind: 'answer' }): void {
    const { job } = thread
    if (job === null || reply.id !== thread.jobId) return
    if (thread.timer !== null) clearTimeout(thread.timer)
    thread.timer = null
    thread.job = null
    thread.worker.unref()
    this.idle.push(thread)
    job.answer(reply.evaluation)
    this.next()
  }

  private lost(thread: Thread, error: unknown): void {
    if (!this.threads.has(thread)) return
    const memory = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    this.drop(
      thread,
      memory
        ? refuse('policy-over-limit', `The policy went over its limit: it took more than ${this.heapMb} MiB.`)
        : refuse('policy-error', 'The thread that evaluated the policy ended.'),
    )
    this.next()
  }

  /** Takes a thread out of the pool and answers for what it was doing. */
  private drop(thread: Thread, answer: Evaluation | null): void {
    this.threads.delete(thread)
    const at = this.idle.indexOf(thread)
    if (at >= 0) this.idle.splice(at, 1)
    if (thread.timer !== null) clearTimeout(thread.timer)
    thread.timer = null
    const { job } = thread
    thread.job = null
    if (job !== null) job.answer(answer ?? closedAnswer())
  }
}

function closedAnswer(): Evaluation {
  return refuse('policy-error', 'The policy evaluator was closed before it answered.')
}

function failedStart(why: string): Started {
  return { kind: 'failed', detail: `A policy thread could not be started: ${why}.` }
}
