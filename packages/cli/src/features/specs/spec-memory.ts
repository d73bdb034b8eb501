import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** So many files between two looks, and so much garbage before it is taken out. */
const FILES = 100
const GARBAGE_BYTES = 24 * 1024 * 1024
/** Below this the engine's own ways are good enough. */
const MANY_FILES = 100

/**
 * Keeps memory level while many files are read one after the other: what was read is garbage at once, which the engine would let pile up to hundreds of
 * megabytes. To be called with the number of files done. Does nothing for few files, and where the engine gives no handle.
 */
export function levelMemory(files: number): (done: number) => void {
  if (files < MANY_FILES) return () => undefined
  let collect: unknown
  try {
    setFlagsFromString('--semi-space-growth-factor=1')
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc')
    setFlagsFromString('--no-expose-gc')
  } catch {
    return () => undefined
  }
  let [last, held] = [0, process.memoryUsage().heapUsed]
  return (done) => {
    if (done - last < FILES || typeof collect !== 'function') return
    last = done
    if (process.memoryUsage().heapUsed - held < GARBAGE_BYTES) return
    collect()
    held = process.memoryUsage().heapUsed
  }
}
