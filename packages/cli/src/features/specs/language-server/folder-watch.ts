import { watchFolders } from '../spec-watch.ts'

/** Watches folders by ourselves, for clients that cannot tell of changes. Told what to watch anew after every look. */
export class FolderWatch {
  readonly #changed: () => void
  #shown = ''
  #stop: AbortController | null = null

  constructor(changed: () => void) {
    this.#changed = changed
  }

  watch(folders: readonly string[]): void {
    const shown = folders.join('\n')
    if (shown === this.#shown) return
    this.#shown = shown
    const before = this.#stop
    const stop = new AbortController()
    this.#stop = stop
    // The first look is ours: nothing has changed by it.
    let looks = 0
    void watchFolders(() => {
      looks += 1
      if (looks > 2 || before !== null) this.#changed()
      return folders
    }, stop.signal)
    // The old ones are closed when the new ones are open: no change is missed.
    before?.abort()
  }

  close(): void {
    this.#stop?.abort()
    this.#stop = null
  }
}
