import { useSyncExternalStore } from 'react'
import { copyText } from './clipboard.ts'
import { relativeTime } from './relative-time.ts'
import { Tooltip } from './tooltip.tsx'

// One clock for all: every relative time of the page moves on together.
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const each of listeners) each()
  }, 5000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The page's time, moved on every five seconds. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}

/**
 * A relative time; local, UTC and ISO on hover, a click copies the ISO form. `quiet` keeps it out of the tab order, for tables
 * whose rows lead to a page that has it.
 */
export function Time({ at, quiet }: { at: string; quiet?: boolean }) {
  const current = useNow()
  const instant = Date.parse(at)
  const local = new Date(instant).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
  // A clock some seconds apart from the server's must not show the past as the future.
  const shown = relativeTime(instant, Math.max(current, Math.min(instant, current + 5000)))
  return (
    <Tooltip
      content={
        <span className="grid grid-cols-[auto_auto] gap-x-3 gap-y-0.5 tabular-nums">
          <span className="text-muted">Local</span>
          <span>{local}</span>
          <span className="text-muted">UTC</span>
          <span>{new Date(instant).toUTCString()}</span>
          <span className="text-muted">ISO</span>
          <span className="font-mono">{at}</span>
        </span>
      }
    >
      <button
        type="button"
        tabIndex={quiet === true ? -1 : undefined}
        aria-label={`${shown}, ${local}; copy`}
        onClick={() => void copyText(at, 'the time')}
        className="rounded whitespace-nowrap tabular-nums hover:text-ink hover:underline hover:decoration-dotted hover:underline-offset-2"
      >
        <time dateTime={at}>{shown}</time>
      </button>
    </Tooltip>
  )
}
