import { useSyncExternalStore } from 'react'

let text = ''
const listeners = new Set<() => void>()

/** Says something to screen readers: a page that opened, a thing copied, an act done. */
export function announce(next: string): void {
  // The same words twice are silent to most readers; a blank at the end makes them other words.
  text = next === text ? `${next}\u00a0` : next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export function Announcer() {
  const said = useSyncExternalStore(subscribe, () => text)
  return (
    <div role="status" aria-live="polite" className="sr-only" data-testid="announcer">
      {said}
    </div>
  )
}
