import { readFileSync } from 'node:fs'
import { parentPort, Worker, workerData } from 'node:worker_threads'
import type { Json } from '@gatehouse/core/kernel/canonical'

/**
 * A process that has nothing loaded decides all inputs of a file (JSON lines) in threads, then ends.
 * `node rego-bench-cold.ts <bundle folder> <file> <entrypoint> <threads>` prints how many answers were given.
 */
interface Share {
  readonly bundle: string
  readonly file: string
  readonly entrypoint: string
  readonly part: number
  readonly parts: number
}

async function decided({ bundle, file, entrypoint, part, parts }: Share): Promise<number> {
  // Loaded by the threads alone: the first thread of all only starts them.
  const [{ readBundleFolder }, { loadBundle }] = await Promise.all([import('./bundle-folder.ts'), import('./rego.ts')])
  const read = readBundleFolder(bundle)
  if (!read.ok) throw new Error(read.detail)
  const loaded = loadBundle(read.value)
  if (!loaded.ok) throw new Error(loaded.detail)
  const lines = readFileSync(file, 'utf8').split('\n')
  let answers = 0
  for (let i = part; i < lines.length; i += parts) {
    const answer = loaded.value.evaluate(entrypoint, JSON.parse(lines[i] ?? 'null') as Json)
    if (!answer.ok) throw new Error(`${file}:${i + 1}: ${answer.code}: ${answer.detail}`)
    answers++
  }
  return answers
}

if (parentPort === null) {
  const [bundle = '', file = '', entrypoint = '', threads = '2'] = process.argv.slice(2)
  const parts = Number(threads)
  const shares = Array.from({ length: parts }, (_, part): Share => ({ bundle, file, entrypoint, part, parts }))
  const counts = await Promise.all(
    shares.map(
      (share) =>
        new Promise<number>((resolve, reject) => {
          const worker = new Worker(new URL(import.meta.url), { workerData: share })
          worker.on('message', resolve)
          worker.on('error', reject)
        }),
    ),
  )
  process.stdout.write(`${counts.reduce((sum, count) => sum + count, 0)}\n`)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
} else parentPort.postMessage(await decided(workerData as Share))
