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
  readonly part: number
  readonly parts: number
  readonly cache: string
  readonly warm: number
}

const NEWLINE = 10

/** The lines of one part of a file; a line belongs to the part in which it begins. */
function linesOf({ file, part, parts }: Share): string[] {
  const descriptor = openSync(file, 'r')
  try {
    const { size } = fstatSync(descriptor)
    const from = Math.floor((size * part) / parts)
    const to = Math.floor((size * (part + 1)) / parts)
    const bytes = Buffer.allocUnsafe(size - from)
    const read = readSync(descriptor, bytes, 0, Math.min(bytes.length, to - from + 1_000_000), from)
    const lines: string[] = []
    let at = 0
    if (part > 0) {
      const before = Buffer.allocUnsafe(1)
      readSync(descriptor, before, 0, 1, from - 1)
      if (before[0] !== NEWLINE) at = lineEnd(bytes, 0, read) + 1
    }
    while (at < read && from + at < to) {
      const end = lineEnd(bytes, at, read)
      lines.push(bytes.toString('utf8', at, end))
      at = end + 1
    }
    return lines
  } finally {
    closeSync(descriptor)
  }
}

function lineEnd(bytes: Buffer, from: number, read: number): number {
  const end = bytes.indexOf(NEWLINE, from)
  return end < 0 || end > read ? read : end
}

async function decided(share: Share): Promise<number> {
  if (share.cache !== '') enableCompileCache(share.cache)
  // Loaded by the threads alone: the first thread of all only starts them.
  const [{ readBundleFolder }, { loadBundle }] = await Promise.all([import('./bundle-folder.ts'), import('./rego.ts')])
  const read = readBundleFolder(share.bundle)
  if (!read.ok) throw new Error(read.detail)
  const loaded = loadBundle(read.value)
  if (!loaded.ok) throw new Error(loaded.detail)
  const decide = (lines: readonly string[]): number => {
    for (const line of lines) {
      const answer = loaded.value.evaluate(share.entrypoint, JSON.parse(line) as Json)
      if (!answer.ok) throw new Error(`${share.file}: ${answer.code}: ${answer.detail}`)
    }
    return lines.length
  }
  if (share.warm > 0) {
    decide(linesOf(share).slice(0, share.warm))
    await told()
  }
  return decide(linesOf(share))
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
  const parts = Number(threads)
  let from = performance.now()
  let ready = 0
  const workers = Array.from({ length: parts }, (_, part) => {
    const share: Share = { bundle, file, entrypoint, part, parts, cache, warm: Number(warm) }
    return new Worker(new URL(import.meta.url), { workerData: share })
  })
  const counts = await Promise.all(
    workers.map(
      (worker) =>
        new Promise<number>((resolve, reject) => {
          worker.on('message', (message: number | 'ready') => {
            if (message !== 'ready') return resolve(message)
            ready++
            if (ready < parts) return
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
