import { lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import type { History } from './git-history.ts'
import type { TreeFile } from './git-tree.ts'

/** Where a path that a task names was found. Paths are from the top: of the repository, or of the folder where there is none. */
export interface FoundPath {
  readonly path: string
  readonly folder: boolean
  readonly atHead: boolean | null
  readonly onDisk: boolean
  readonly byName: boolean
  /** Other files of this name, at most three. */
  readonly elsewhere: readonly string[]
}

/** A repository as it is: what is at HEAD, on disk and in the history. */
export class PathFinder {
  readonly #top: string
  readonly #tree: ReadonlyMap<string, TreeFile> | null
  readonly #history: History | null
  readonly #sparse: ReadonlySet<string>
  readonly #folders = new Map<string, string[]>()
  readonly #named = new Map<string, string[]>()
  readonly #disk = new Map<string, 'file' | 'folder' | null>()
  #folderOrders: Map<string, number[]> | null = null

  /**
   * `top`: the repository's top folder, its links resolved. `tree` and `history` are null without a repository. `sparse`: files that are not on
   * disk because nobody wants them there; they count as if they were.
   */
  constructor(
    top: string,
    tree: ReadonlyMap<string, TreeFile> | null,
    history: History | null,
    sparse: ReadonlySet<string> = new Set(),
  ) {
    this.#sparse = sparse
    this.#top = top
    this.#tree = tree
    this.#history = history
    for (const path of tree?.keys() ?? []) {
      for (const folder of foldersAbove(path)) push(this.#folders, folder, path)
      push(this.#named, path.slice(path.lastIndexOf('/') + 1), path)
    }
  }

  /** Looks for what is written, below each of `bases` in turn; null for what leads out of the top. */
  find(written: string, bases: readonly string[]): FoundPath | null {
    const bare = written.replace(/\/+$/, '')
    const candidates = candidatesOf(written, bases)
    const [first] = candidates
    if (first === undefined) return null
    const there =
      candidates.find((path) => this.#isAtHead(path)) ?? candidates.find((path) => this.#onDisk(path) !== null)
    if (there !== undefined) return this.#found(there, false, [])
    const moved = this.#movedTo(candidates)
    if (moved !== null) return this.#found(moved, true, [])
    const ends = (this.#named.get(bare.slice(bare.lastIndexOf('/') + 1)) ?? []).filter((path) =>
      path.endsWith(`/${bare}`),
    )
    const [only] = ends
    if (only !== undefined && ends.length === 1) return this.#found(only, true, [])
    const past = candidates.find((path) => this.existed(path)) ?? candidates.find((path) => path === bare) ?? first
    return this.#found(past, false, this.#elsewhere(bare))
  }

  /** Whether a file or folder is at what is written, below one of `bases`, or a commit had one there. A name alone is not enough. */
  knows(written: string, bases: readonly string[]): boolean {
    return candidatesOf(written, bases).some(
      (path) => this.#isAtHead(path) || this.#onDisk(path) !== null || this.existed(path),
    )
  }

  /** Whether a commit had a file here, or one below it. */
  existed(path: string): boolean {
    return this.orders(path, false).length > 0 || this.orders(path, true).length > 0
  }

  #found(path: string, byName: boolean, elsewhere: readonly string[]): FoundPath {
    const disk = this.#onDisk(path)
    // What is gone was a folder where commits had files below it.
    const gone = disk === null && !this.#isAtHead(path) && this.orders(path, false).length === 0
    const folder = this.#folders.has(path) || disk === 'folder' || (gone && this.orders(path, true).length > 0)
    return {
      path,
      folder,
      atHead: this.#tree === null ? null : this.#isAtHead(path),
      onDisk: disk !== null,
      byName,
      elsewhere,
    }
  }

  #isAtHead(path: string): boolean {
    return this.#tree?.has(path) === true || this.#folders.has(path)
  }

  /** Where a file is now that a commit moved, unchanged: followed a few times. */
  #movedTo(candidates: readonly string[]): string | null {
    for (const candidate of candidates) {
      let path = candidate
      for (let round = 0; round < 5; round += 1) {
        const last = this.#history?.byPath.get(path)?.at(-1)
        const changes = last === undefined ? [] : (this.#history?.commits[last]?.changes ?? [])
        const gone = changes.find((change) => change.path === path && change.kind === 'D')
        const made = gone && changes.find((change) => change.kind === 'A' && change.after === gone.before)
        if (!made) break
        if (this.#isAtHead(made.path)) return made.path
        path = made.path
      }
    }
    return null
  }

  #elsewhere(bare: string): string[] {
    const name = bare.slice(bare.lastIndexOf('/') + 1)
    // Names that every folder has tell nothing.
    if (/^(?:index|main|mod|lib|__init__|types|utils|config|README|package)\./i.test(name)) return []
    return (this.#named.get(name) ?? []).slice(0, 3)
  }

  /** Files at HEAD below a folder. */
  below(folder: string): readonly string[] {
    return this.#folders.get(folder) ?? []
  }

  /** Names in a folder on disk. */
  diskNames(folder: string): readonly string[] {
    try {
      return readdirSync(join(this.#top, folder)).filter((name) => name !== '.git')
    } catch {
      return []
    }
  }

  /** Whether there is a repository at all. */
  get isTracked(): boolean {
    return this.#tree !== null
  }

  blobAt(path: string): string | null {
    const file = this.#tree?.get(path)
    return file?.mode.startsWith('100') === true ? file.blob : null
  }

  /** Orders of the commits that changed a file, or anything below a folder; rising. */
  orders(path: string, folder: boolean): readonly number[] {
    if (!folder) return this.#history?.byPath.get(path) ?? []
    this.#folderOrders ??= this.#countFolders()
    return this.#folderOrders.get(path) ?? []
  }

  #countFolders(): Map<string, number[]> {
    const orders = new Map<string, number[]>()
    for (const { order, changes } of this.#history?.commits ?? [])
      for (const folder of new Set(changes.flatMap(({ path }) => foldersAbove(path)))) push(orders, folder, order)
    return orders
  }

  /** What is on disk; null for nothing, and for what a link leads out of the top. */
  #onDisk(path: string): 'file' | 'folder' | null {
    const known = this.#disk.get(path)
    if (known !== undefined) return known
    const found = this.#look(path) ?? (this.#sparse.has(path) ? 'file' : null)
    this.#disk.set(path, found)
    return found
  }

  #look(path: string): 'file' | 'folder' | null {
    try {
      const real = realpathSync(join(this.#top, path))
      if (real !== this.#top && !real.startsWith(this.#top + sep)) return null
      const stat = lstatSync(real)
      if (!stat.isDirectory()) return stat.isFile() ? 'file' : null
      // Git knows no empty folder: what a deletion left behind is nothing in any other checkout.
      return this.isTracked && !holdsFile(real, 3) ? null : 'folder'
    } catch {
      return null
    }
  }

  /** The bytes of a file on disk; null where it is none, or larger than 4 MiB. */
  bytes(path: string): Buffer | null {
    if (this.#onDisk(path) !== 'file' || this.#sparse.has(path)) return null
    try {
      const file = join(this.#top, path)
      return lstatSync(realpathSync(file)).size > 4 * 1024 * 1024 ? null : readFileSync(file)
    } catch {
      return null
    }
  }
}

/** Whether a folder holds anything but empty folders; deeper than `depth` they are not looked at, and count as something. */
function holdsFile(folder: string, depth: number): boolean {
  const entries = readdirSync(folder, { withFileTypes: true })
  if (entries.some((entry) => !entry.isDirectory())) return true
  return entries.some(({ name }) => depth === 0 || holdsFile(join(folder, name), depth - 1))
}

/** Where what is written may be, from the top; nothing that leads out of it. */
function candidatesOf(written: string, bases: readonly string[]): string[] {
  const bare = written.replace(/\/+$/, '')
  return [...new Set(bases.map((base) => posix.normalize(posix.join(base, bare))))].filter(
    (path) => path !== '..' && !path.startsWith('../') && !path.startsWith('/') && path !== '.',
  )
}

function foldersAbove(path: string): string[] {
  const found: string[] = []
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) found.push(path.slice(0, at))
  return found
}

function push<T>(into: Map<string, T[]>, key: string, value: T): void {
  const list = into.get(key)
  if (list) list.push(value)
  else into.set(key, [value])
}
