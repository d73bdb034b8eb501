import { fork, type ChildProcess } from 'node:child_process'
import { closeSync, fstatSync, openSync, type Stats } from 'node:fs'
import { getCompileCacheDir } from 'node:module'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import { messageOf } from './evaluation.ts'
import type { BundleParts, EvaluateOptions, Evaluation, LoadCode } from './rego.ts'
import type { ScanReply, ScanRequest } from './scan-protocol.ts'

export interface ScanOptions {
  /** Processes at work at a time. Default: as many as there are processors. */
  readonly processes?: number
  /** Of every evaluation. */
  readonly limits?: EvaluateOptions
  /** Milliseconds an input may take before its process is killed: code made in a hurry needs up to twice `evaluate`'s. Default 10,000. */
  readonly wallMs?: number
  /** Memory of a process's heap in MiB. Default 512. */
  readonly heapMb?: number
  /** Longer lines are refused. Default 16 MiB. */
  readonly maxLineBytes?: number
  /** Ends the scan: what is iterated throws its reason. */
  readonly signal?: AbortSignal
}

export interface ScannedInput {
  /** From 1 on; lines that hold nothing are counted, and have no answer. */
  readonly line: number
  /** What `Policy.evaluate` says of it; `invalid-policy-input` where the line is no JSON. */
  readonly evaluation: Evaluation
}

export type ScanCode = LoadCode | 'unknown-entrypoint' | 'policy-worker-failed' | 'policy-inputs-unreadable'

/** A scan that cannot go on. */
export class ScanError extends Error {
  readonly code: ScanCode

  constructor(code: ScanCode, detail: string) {
    super(detail)
    this.code = code
  }
}

/** Lines that one process decides in one go. */
interface Range {
  readonly from: number
  readonly to: number
  /** JSON, by line, as far as they are answered. */
  readonly answers: string[]
  isEnded: boolean
  /** A process ended at it: each line is told by itself now, so that the one that it ended at is known. */
  isSingle: boolean
  /** How many lines were answered when a process ended last, or -1. */
  endedAt: number
}

interface Worker {
  readonly child: ChildProcess
  isReady: boolean
  range: Range | null
  timer: NodeJS.Timeout | null
  /** Answers that its range had when it was killed for being late; null while it is not. */
  lateAt: number | null
}

const START_MS = 30_000
const DEFAULT_LINE_BYTES = 16 * 1024 * 1024
const MOST_BYTES = 1024 * 1024
const LEAST_BYTES = 64 * 1024
/** Ranges that are given out before the first of them is read: what waits in memory is bounded by it. */
const AHEAD = 64
const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './scan-process.ts' : './scan-process.js', import.meta.url),
)
/**
 * A process for each processor leaves none for V8's own threads. A scan is mostly over before its code has paid for its
 * making: Maglev makes it without inlining, and TurboFan, where a scan is long, only what runs very often. The one
 * WebAssembly there is takes the types out of TypeScript, where that is run: Liftoff makes it.
 */
const QUICK =
  '--single-threaded --no-maglev-inlining --liftoff-only --invocation-count-for-feedback-allocation=2'.split(' ')
const SHORT = [...QUICK, '--no-turbofan']
const LONG = [...QUICK, '--invocation-count-for-turbofan=40000']
/** Of a process's share of the file, from which on TurboFan's code is worth its making. */
const LONG_BYTES = 64 * 1024 * 1024
/** Node's exit code for an option that it does not know. */
const BAD_OPTION = 9

/**
 * Decides all inputs of a file, a JSON document a line, in processes of their own: as many as there are processors, each killed and replaced where an input
 * takes it over its time or memory. Answers are those of `Policy.evaluate`, in the order of the file; where a process ended at an input, a refusal. Ends with
 * its last answer, where the iteration is left, or by `close`.
 */
export class InputScan implements AsyncIterable<ScannedInput> {
  /** Bytes of the file. */
  readonly bytes: number
  private readonly file: string
  private readonly load: ScanRequest
  private readonly size: number
  private readonly wallMs: number
  private readonly heapMb: number
  private readonly signal: AbortSignal | null
  private readonly descriptor: number
  private readonly stat: Stats
  private readonly workers = new Set<Worker>()
  private readonly exits = new Set<Promise<void>>()
  /** Given out and not read yet, in the order of the file. */
  private readonly ranges: Range[] = []
  /** To be given out again. */
  private readonly again: Range[] = []
  /** Where the next range begins. */
  private from = 0
  private doneBytes = 0
  private flags: readonly string[]
  private failedStarts = 0
  private broken: unknown = null
  private closed = false
  private wake: () => void = () => undefined

  private constructor(parts: string, file: string, entrypoint: string, options: ScanOptions) {
    const { limits = {}, maxLineBytes = DEFAULT_LINE_BYTES } = options
    this.load = { kind: 'load', parts, entrypoint, limits, maxLineBytes }
    this.wallMs = options.wallMs ?? 10_000
    this.heapMb = options.heapMb ?? 512
    this.signal = options.signal ?? null
    this.file = file
    this.descriptor = openSync(file, 'r')
    this.stat = fstatSync(this.descriptor)
    this.bytes = this.stat.size
    this.size = Math.max(1, Math.min(options.processes ?? availableParallelism(), Math.ceil(this.bytes / LEAST_BYTES)))
    this.flags = this.bytes / this.size < LONG_BYTES ? SHORT : LONG
  }

  /**
   * Opens the file and starts the processes; resolves when one has loaded the bundle. Refused with `loadBundle`'s codes, with `unknown-entrypoint`,
   * `policy-inputs-unreadable`, and `policy-worker-failed` where no process starts or takes the bundle.
   */
  static async open(
    parts: BundleParts,
    file: string,
    entrypoint: string,
    options: ScanOptions = {},
  ): Promise<Result<InputScan, ScanCode>> {
    let text: string
    try {
      text = JSON.stringify(parts)
    } catch (error) {
      return refuse('policy-worker-failed', `The bundle cannot be handed to a process: ${messageOf(error)}.`)
    }
    let scan: InputScan
    try {
      scan = new InputScan(text, file, entrypoint, options)
    } catch (error) {
      return refuse('policy-inputs-unreadable', `${file} cannot be read: ${messageOf(error)}.`)
    }
    if (!scan.stat.isFile()) {
      await scan.close()
      return refuse('policy-inputs-unreadable', `${file} is no file. Name a file with a JSON document a line.`)
    }
    scan.signal?.addEventListener('abort', scan.abort)
    if (scan.signal?.aborted === true) scan.abort()
    for (let i = 0; scan.broken === null && i < scan.size; i++) scan.start()
    while (scan.broken === null && ![...scan.workers].some(({ isReady }) => isReady)) await scan.woken()
    if (scan.broken === null) return ok(scan)
    await scan.close()
    if (scan.broken instanceof ScanError) return refuse(scan.broken.code, scan.broken.message)
    throw scan.broken
  }

  /** Bytes of the file that answers were given for. */
  get scannedBytes(): number {
    return this.doneBytes
  }

  /** Processes that exist, for who watches over them. */
  get processIds(): readonly number[] {
    return [...this.workers].flatMap(({ child }) => child.pid ?? [])
  }

  /** Once. Throws ScanError where it cannot go on, or the reason of its signal. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ScannedInput, void> {
    try {
      let line = 0
      for (;;) {
        this.give()
        const [range] = this.ranges
        if (this.broken !== null) throw this.broken
        if (range === undefined) break
        let told = 0
        for (;;) {
          for (; told < range.answers.length; told++) {
            line++
            const answer = range.answers[told]
            if (answer !== undefined && answer !== '') yield { line, evaluation: JSON.parse(answer) as Evaluation }
          }
          if (range.isEnded) break
          await this.woken()
          if (this.broken !== null) throw this.broken
        }
        this.ranges.shift()
        this.doneBytes = range.to
      }
      const { size, mtimeMs } = fstatSync(this.descriptor)
      if (size !== this.stat.size || mtimeMs !== this.stat.mtimeMs)
        throw new ScanError('policy-inputs-unreadable', `${this.file} was changed while it was read: scan it again.`)
    } finally {
      await this.close()
    }
  }

  /** Ends the processes. An iteration that waits throws. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.broken ??= new ScanError('policy-worker-failed', 'The scan was closed before its end.')
    this.signal?.removeEventListener('abort', this.abort)
    closeSync(this.descriptor)
    for (const worker of this.workers) {
      unwatch(worker)
      // One that has nothing to do ends by itself, and leaves what it compiled for the next.
      if (worker.range === null && worker.isReady && worker.child.connected) worker.child.disconnect()
      else worker.child.kill('SIGKILL')
    }
    this.wake()
    await Promise.all(this.exits)
  }

  private readonly abort = (): void => {
    this.break(this.signal?.reason)
  }

  private break(why: unknown): void {
    this.broken ??= why
    this.wake()
  }

  private async woken(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wake = resolve
    })
  }

  /** Gives each process that waits the next lines. */
  private give(): void {
    if (this.closed) return
    for (const worker of this.workers) {
      if (!worker.isReady || worker.range !== null) continue
      const range = this.again.shift() ?? this.next()
      if (range === undefined) return
      worker.range = range
      const { from, to, answers, isSingle } = range
      this.say(worker, { kind: 'range', from, to, skip: answers.length, single: isSingle })
      this.watch(worker, this.wallMs)
    }
  }

  /** The further the scan is, the shorter: so that all processes end at about one time. */
  private next(): Range | undefined {
    const left = this.bytes - this.from
    if (left <= 0 || this.ranges.length >= AHEAD) return undefined
    const share = Math.ceil(left / (this.size * 4))
    const from = this.from
    this.from = Math.min(this.bytes, from + Math.min(MOST_BYTES, Math.max(LEAST_BYTES, share)))
    const range: Range = { from, to: this.from, answers: [], isEnded: false, isSingle: false, endedAt: -1 }
    this.ranges.push(range)
    return range
  }

  private start(): void {
    const cache = getCompileCacheDir()
    const child = fork(PROGRAM, {
      execArgv: [...this.flags, `--max-old-space-size=${this.heapMb}`],
      // Node puts a folder for its own version into the one that it is given.
      env: cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc', this.descriptor],
      serialization: 'advanced',
    })
    const worker: Worker = { child, isReady: false, range: null, timer: null, lateAt: null }
    this.workers.add(worker)
    child.on('message', (reply: ScanReply) => this.heard(worker, reply))
    let ended: readonly [number | null, NodeJS.Signals | null] = [null, null]
    // What it said last is heard when the channel has ended, which may be after its exit.
    const exit = Promise.all([
      new Promise<void>((resolve) => {
        child.once('exit', (code, signal) => {
          ended = [code, signal]
          resolve()
        })
        child.once('error', () => {
          if (child.pid !== undefined) return void child.kill('SIGKILL')
          // There is no process, but there may be a channel to it.
          if (child.connected) child.disconnect()
          return resolve()
        })
      }),
      child.connected ? new Promise<void>((resolve) => void child.once('disconnect', resolve)) : null,
    ]).then(() => {
      this.exits.delete(exit)
      this.lost(worker, ...ended)
    })
    this.exits.add(exit)
    this.say(worker, this.load)
    this.watch(worker, START_MS)
  }

  private say({ child }: Worker, request: ScanRequest): void {
    // One that has ended is seen by its exit.
    if (child.connected) child.send(request, () => undefined)
  }

  /** Kills a process that says nothing for so long. */
  private watch(worker: Worker, ms: number): void {
    unwatch(worker)
    worker.timer = setTimeout(() => {
      const { timer } = worker
      // What it said while this process was busy is heard first.
      setImmediate(() => {
        if (worker.timer !== timer) return
        worker.lateAt = worker.range?.answers.length ?? -1
        worker.child.kill('SIGKILL')
      })
    }, ms)
  }

  private heard(worker: Worker, reply: ScanReply): void {
    const { range } = worker
    switch (reply.kind) {
      case 'ready':
        this.failedStarts = 0
        worker.isReady = true
        unwatch(worker)
        this.give()
        break
      case 'refused':
        this.break(new ScanError(reply.code, reply.detail))
        break
      case 'unreadable':
        this.break(new ScanError('policy-inputs-unreadable', `${this.file} cannot be read: ${reply.detail}.`))
        break
      case 'answers':
        if (range === null) break
        if (reply.lines > 0) for (const answer of reply.text.split('\n')) range.answers.push(answer)
        if (reply.end) {
          range.isEnded = true
          worker.range = null
          unwatch(worker)
          this.give()
        } else this.watch(worker, this.wallMs)
    }
    this.wake()
  }

  private lost(worker: Worker, code: number | null, signal: NodeJS.Signals | null): void {
    this.workers.delete(worker)
    unwatch(worker)
    if (this.closed) return
    const { range, lateAt } = worker
    if (!worker.isReady) this.notStarted(code, signal)
    else if (range !== null) {
      const at = range.answers.length
      const isLate = lateAt === at
      // With each line told by itself it is the next one that it ended at; an end that has another cause is not likely to come twice.
      const isKnown = range.isSingle && (isLate || range.endedAt === at)
      if (isKnown) range.answers.push(JSON.stringify(this.endedAt(isLate, signal)))
      range.endedAt = at
      range.isSingle = true
      this.again.push(range)
    }
    if (this.broken === null && (this.again.length > 0 || this.from < this.bytes)) this.start()
    this.wake()
  }

  private endedAt(isLate: boolean, signal: NodeJS.Signals | null): Evaluation {
    const over = 'The policy went over its limit: it took'
    if (isLate) return refuse('policy-over-limit', `${over} longer than ${this.wallMs} ms.`)
    // What V8 does without memory.
    if (signal === 'SIGABRT') return refuse('policy-over-limit', `${over} more than ${this.heapMb} MiB.`)
    return refuse('policy-error', 'The process that evaluated the policy ended.')
  }

  private notStarted(code: number | null, signal: NodeJS.Signals | null): void {
    if (code === BAD_OPTION && this.flags.length > 0) {
      this.flags = []
      return
    }
    this.failedStarts++
    if (this.failedStarts <= this.size * 3) return
    const how = signal ?? (code === null ? 'it is not to be had' : `exit code ${code}`)
    const what = 'No process that evaluates the policy could be started'
    this.break(new ScanError('policy-worker-failed', `${what}: the last ended with ${how}.`))
  }
}

function unwatch(worker: Worker): void {
  if (worker.timer !== null) clearTimeout(worker.timer)
  worker.timer = null
}
