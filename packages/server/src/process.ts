import type { Logger } from 'pino'

const END_WITHIN_MS = 25_000

/** Tells the parent, where there is one with a channel. */
export function report(message: Readonly<Record<string, unknown>>): void {
  process.send?.(message)
}

/** Ends cleanly on SIGTERM, SIGINT or when the parent's channel closes: nothing of ours outlives who started it. */
export function endOnSignals(close: () => Promise<void>, log: Logger): void {
  let ending = false
  const end = (why: string) => {
    if (ending) return
    ending = true
    log.info({ why }, 'stopping')
    const late = setTimeout(() => process.exit(1), END_WITHIN_MS)
    close()
      .catch((error: unknown) => {
        log.error({ err: error }, 'could not stop cleanly')
        process.exitCode = 1
      })
      .finally(() => {
        clearTimeout(late)
        process.exit()
      })
  }
  process.on('SIGTERM', () => end('SIGTERM'))
  process.on('SIGINT', () => end('SIGINT'))
  process.on('disconnect', () => end('the parent is gone'))
}
