import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import type { Json } from '@gatehouse/core/kernel/canonical'

/**
 * A process that has nothing loaded decides all inputs of a file (JSON lines) in threads, then ends.
 * `node rego-bench-cold.ts <bundle folder> <file> <entrypoint> <threads> [cache folder] [warm]` prints how many answers were
 * given, the milliseconds that the processors were at it, and those from the start of the scan to its end. With a cache folder modules are compiled
 * once for all runs. With a number as `warm` each thread decides so many inputs before the scan starts, as a server has that is up.
 */
interface Share {
  readonly bundle: string
  readonly file: string
  readonly entrypoint: string
  readonly thread: number
  readonly threads: number
  readonly cache: string
  readonly warm: number
  /** The next part of the file that no thread has taken: one that is ahead takes more. */
  readonly next: Int32Array
}

/** Parts that a file is taken in. */
const PARTS = 64

const NEWLINE = 10
const CHUNK = 1024 * 1024

/** The lines of one part of a file, as they are read; a line belongs to the part in which it begins. */
function* linesOf(file: string, part: number, parts: number): Generator<string> {
  const descriptor = openSync(file, 'r')
  try {
    const { size } = fstatSync(descriptor)
    const to = Math.floor((size * (part + 1)) / parts)
    const start = Math.floor((size * part) / parts)
    // From the byte before: the line that it belongs to is not begun here.
    let from = Math.max(0, start - 1)
    let isWhole = start === 0
    let bytes = Buffer.allocUnsafe(CHUNK)
    while (from < to) {
      const read = readSync(descriptor, bytes, 0, bytes.length, from)
      const isLast = from + read >= size
      let at = 0
      while (at < read && from + at < to) {
        const found = bytes.subarray(0, read).indexOf(NEWLINE, at)
        if (found < 0 && !isLast) break
        const end = found < 0 ? read : found
        if (isWhole) yield bytes.toString('utf8', at, end)
        isWhole = true
        at = end + 1
      }
      if (read === 0 || (isLast && at >= read)) return
      // A line that is longer than what was read.
      if (at === 0) bytes = Buffer.allocUnsafe(bytes.length * 2)
      from += at
    }
  } finally {
    closeSync(descriptor)
  }
}

async function decided(share: Share): Promise<number> {
  if (share.cache !== '') enableCompileCache(share.cache)
  // Loaded by the threads alone: the first thread of all only starts them.
  const [{ readBundleFolder }, { loadBundle }] = await Promise.all([import('./bundle-folder.ts'), import('./rego.ts')])
  const read = readBundleFolder(share.bundle)
  if (!read.ok) throw new Error(read.detail)
  const loaded = loadBundle(read.value)
  if (!loaded.ok) throw new Error(loaded.detail)
  const decide = (lines: Iterable<string>, most: number): number => {
    let count = 0
    for (const line of lines) {
      if (count === most) break
      count++
      const answer = loaded.value.evaluate(share.entrypoint, JSON.parse(line) as Json)
      if (!answer.ok) throw new Error(`${share.file}: ${answer.code}: ${answer.detail}`)
    }
    return count
  }
  const { file, next } = share
  if (share.warm > 0) {
    decide(linesOf(file, share.thread, share.threads), share.warm)
    await told()
  }
  let count = 0
  for (let part = Atomics.add(next, 0, 1); part < PARTS; part = Atomics.add(next, 0, 1))
    count += decide(linesOf(file, part, PARTS), Infinity)
  return count
}

/** Says that this thread is ready, and waits until all are. */
async function told(): Promise<void> {
  const go = new Promise((resolve) => parentPort?.once('message', resolve))
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage('ready')
  await go
}

if (parentPort === null) {
  const [bundle = '', file = '', entrypoint = '', threads = '2', cache = '', warm = '0'] = process.argv.slice(2)
  const count = Number(threads)
  const next = new Int32Array(new SharedArrayBuffer(4))
  let from = performance.now()
  let ready = 0
  const workers = Array.from({ length: count }, (_, thread) => {
    const share: Share = { bundle, file, entrypoint, thread, threads: count, cache, warm: Number(warm), next }
    return new Worker(new URL(import.meta.url), { workerData: share })
  })
  const counts = await Promise.all(
    workers.map(
      (worker) =>
        new Promise<number>((resolve, reject) => {
          worker.on('message', (message: number | 'ready') => {
            if (message !== 'ready') return resolve(message)
            ready++
            if (ready < count) return
            from = performance.now()
            // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
            for (const one of workers) one.postMessage('go')
          })
          worker.on('error', reject)
        }),
    ),
  )
  const ms = performance.now() - from
  const { user, system } = process.cpuUsage()
  const answers = counts.reduce((sum, count) => sum + count, 0)
  process.stdout.write(`${answers} ${Math.round((user + system) / 1000)} ${Math.round(ms)}\n`)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
} else parentPort.postMessage(await decided(workerData as Share))
