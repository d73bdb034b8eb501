import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** So many files, or findings, between two looks, and so much garbage before it is taken out. */
const STEPS = 100
const GARBAGE_BYTES = 16 * 1024 * 1024
const LONG_LIST = 2_000
/** Below this the engine's own ways are good enough. */
const MANY_FILES = 100

export interface MemoryLevel {
  /** To be called with the number of files done. */
  readonly step: (done: number) => void
  /** The same for a list that is gone through, item by item. */
  readonly through: <T>(items: Iterable<T>) => Iterable<T>
}

/**
 * Keeps memory level while many files are read one after the other: what was read is garbage at once, which the engine would let pile up to hundreds of
 * megabytes. Does nothing for few files, and where the engine gives no handle.
 */
export function levelMemory(files: number): MemoryLevel {
  const collect = files < MANY_FILES ? null : collector()
  if (!collect) return { step: () => undefined, through: (items) => items }
  let held = used()
  const look = () => {
    if (used() - held < GARBAGE_BYTES) return
    collect()
    held = used()
  }
  let last = 0
  return {
    step: (done) => {
      if (done - last < STEPS) return
      last = done
      look()
    },
    through: (items) => ({
      *[Symbol.iterator]() {
        let count = 0
        for (const item of items) {
          yield item
          count += 1
          if (count % STEPS === 0) look()
        }
      },
    }),
  }
}

/**
 * Keeps the engine's space for young objects at the size it has where more than so many entries are listed: it would double it up to twice 32 MB. A shorter
 * list is read faster with the room that it takes. To be called while a list grows, once it is that long.
 */
export function keepYoungSpace(entries: number): void {
  if (entries < LONG_LIST) return
  setFlagsFromString('--semi-space-growth-factor=1')
}

function used(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function collector(): (() => void) | null {
  try {
    setFlagsFromString('--expose-gc')
    const collect: unknown = runInNewContext('gc')
    setFlagsFromString('--no-expose-gc')
    return typeof collect === 'function' ? () => void collect() : null
  } catch {
    return null
  }
}
