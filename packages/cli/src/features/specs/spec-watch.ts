import { watch, type FSWatcher } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

/** Quiet for so long before we look again: an editor writes a file in several steps. */
const QUIET_MS = 150
const MAX_WATCHED = 5_000

/**
 * Calls `look` at once and after every change in the folders it gave, until the signal. Watchers stay open while it looks, so that no change is missed; after
 * new folders were added it looks once more. Folders that cannot be watched are left out.
 */
export async function watchFolders(look: () => readonly string[], signal: AbortSignal): Promise<void> {
  const watchers = new Map<string, FSWatcher>()
  let changed = Promise.withResolvers<void>()
  const wake = () => changed.resolve()
  signal.addEventListener('abort', wake, { once: true })
  try {
    while (!signal.aborted) {
      changed = Promise.withResolvers<void>()
      if (!settle(watchers, look(), wake)) {
        await changed.promise
        await pause(QUIET_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  } finally {
    signal.removeEventListener('abort', wake)
    for (const watcher of watchers.values()) watcher.close()
  }
}

/** Opens what is new and closes what is gone; true where something new is watched. */
function settle(watchers: Map<string, FSWatcher>, folders: readonly string[], wake: () => void): boolean {
  const wanted = new Set(folders.slice(0, MAX_WATCHED))
  for (const [folder, watcher] of watchers)
    if (!wanted.has(folder)) {
      watcher.close()
      watchers.delete(folder)
    }
  let isNew = false
  for (const folder of wanted) {
    if (watchers.has(folder)) continue
    try {
      const watcher = watch(folder, wake)
      // A folder that vanished: the next look leaves it out.
      watcher.on('error', wake)
      watchers.set(folder, watcher)
      isNew = true
    } catch {
      continue
    }
  }
  return isNew
}
