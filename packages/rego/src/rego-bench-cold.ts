import { enableCompileCache } from 'node:module'

/**
 * A process that has nothing loaded decides all inputs of a file (JSON lines), then ends.
 * `node rego-bench-cold.ts <bundle folder> <file> <entrypoint> <processes> [cache folder]` prints how many answers were given, and the milliseconds from the
 * start of this process to the last of them and from the start of the scan. With a cache folder modules are compiled once for all runs.
 */
const [, , bundle = '', file = '', entrypoint = '', processes = '2', cache] = process.argv
if (cache !== undefined) enableCompileCache(cache)
// After the cache is there, so that they are taken from it.
const [{ readBundleFolder }, { InputScan }] = await Promise.all([
  import('./bundle-folder.ts'),
  import('./input-scan.ts'),
])
const from = performance.now()
const read = readBundleFolder(bundle)
if (!read.ok) throw new Error(read.detail)
const scan = await InputScan.open(read.value, file, entrypoint, { processes: Number(processes) })
if (!scan.ok) throw new Error(scan.detail)
let answers = 0
for await (const { line, evaluation } of scan.value) {
  if (!evaluation.ok) throw new Error(`${file}:${line}: ${evaluation.code}: ${evaluation.detail}`)
  answers++
}
const to = performance.now()
process.stdout.write(`${answers} ${Math.round(to)} ${Math.round(to - from)}\n`)
