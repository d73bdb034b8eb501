import type { FileClaim } from '@gatehouse/core/specs/claims'
import type { CommitRef } from '@gatehouse/core/specs/evidence'
import type { FileFact } from '@gatehouse/core/specs/evidence-grades'
import { readBlobs } from './git-blobs.ts'
import type { Commit, FileChange, History } from './git-history.ts'
import { blobId } from './git-tree.ts'
import type { FoundPath, PathFinder } from './path-finder.ts'
import { bareSource, unfinishedLine, substanceOf } from './source-text.ts'
import type { TaskPast } from './task-history.ts'

/** A claim with where it was found. */
export interface PlacedClaim {
  readonly claim: FileClaim
  readonly found: FoundPath
  readonly past: TaskPast
  /** For a folder of which only some commits count, their orders: those that name or tick the task. Null: all of them do. */
  readonly own: ReadonlySet<number> | null
}

const NONE = /^0+$/
/** So many of a file's changes until the tick, and after it, are compared with what was before; the newest of each. */
const COMPARED = 8
/** So many files of a folder are looked at for something of substance. */
const LOOKED_AT = 30

/** The first line of a message. */
export function commitRef(commit: Commit): CommitRef {
  return { id: commit.id, order: commit.order, subject: commit.message.split('\n', 1)[0]?.slice(0, 200) ?? '' }
}

/** Texts of files as HEAD has them, else as the disk has them; each is read once. */
export class SourceTexts {
  readonly #finder: PathFinder
  #blobs = new Map<string, string>()
  readonly #texts = new Map<string, string | null>()

  constructor(finder: PathFinder) {
    this.#finder = finder
  }

  /** Fetches what HEAD and the history have of these, in one run of git. */
  async fetch(root: string, paths: Iterable<string>, blobs: Iterable<string>): Promise<void> {
    const wanted = new Set([...blobs].filter((id) => id !== '' && !NONE.test(id)))
    for (const path of paths) {
      const blob = this.#finder.blobAt(path)
      if (blob !== null) wanted.add(blob)
    }
    const missing = [...wanted].filter((id) => !this.#blobs.has(id))
    for (const [id, text] of await readBlobs(root, missing)) this.#blobs.set(id, text)
  }

  blob(id: string): string | null {
    return this.#blobs.get(id) ?? null
  }

  /** Whether HEAD does not have it. */
  isOnDiskOnly(path: string): boolean {
    return this.#finder.isTracked && this.#finder.blobAt(path) === null
  }

  /** Null for what is not there, too large, or no text. */
  of(path: string): string | null {
    const known = this.#texts.get(path)
    if (known !== undefined) return known
    const blob = this.#finder.blobAt(path)
    const text = blob === null ? (this.#finder.bytes(path)?.toString('utf8') ?? null) : this.blob(blob)
    const read = text === null || text.slice(0, 8000).includes('\0') ? null : text
    this.#texts.set(path, read)
    return read
  }
}

/** Blobs that `fileFact` will ask for: of the changes since the task was written, and of what a folder holds. */
export function neededOf(
  { found, past, own }: PlacedClaim,
  finder: PathFinder,
  history: History | null,
): { paths: string[]; blobs: string[] } {
  if (found.folder) {
    const changes = [...(own ?? [])].flatMap((order) => changesBelow(history, order, found.path))
    const some = changes.slice(0, COMPARED * LOOKED_AT)
    return {
      paths: [...finder.below(found.path).slice(0, LOOKED_AT), ...some.map(({ path }) => path)],
      blobs: some.flatMap(({ before, after }) => [before, after]),
    }
  }
  const changes = compared(finder, history, found.path, past).map(({ change }) => change)
  return { paths: [found.path], blobs: changes.flatMap(({ before, after }) => [before, after]) }
}

function compared(
  finder: PathFinder,
  history: History | null,
  path: string,
  { written, ticked }: TaskPast,
): { readonly order: number; readonly change: FileChange }[] {
  if (written === null) return []
  const since = finder.orders(path, false).filter((order) => order > written)
  // What was done until the tick comes first: later work is not this task's.
  const late = ticked === null ? [] : since.filter((order) => order > ticked)
  return [...since.slice(0, since.length - late.length).slice(-COMPARED), ...late.slice(-COMPARED)].flatMap((order) =>
    (history?.commits[order]?.changes ?? []).filter((c) => c.path === path).map((change) => ({ order, change })),
  )
}

/** What became of a file that a task names. */
export function fileFact(
  placed: PlacedClaim,
  finder: PathFinder,
  history: History | null,
  texts: SourceTexts,
  ignored: ReadonlySet<string>,
): FileFact {
  const { claim, found, past } = placed
  const commit = (order: number | null | undefined): CommitRef | null => {
    const known = order === null || order === undefined ? undefined : history?.commits[order]
    return known ? commitRef(known) : null
  }
  const orders = finder.orders(found.path, found.folder)
  const there = found.atHead === true || found.onDisk
  const last = orders.at(-1)
  const gone = !there && last !== undefined ? last : null
  const { change, order, onlyAfterTick } =
    found.folder && placed.own !== null
      ? ownChange(placed, placed.own, history, texts)
      : changeOf(placed, orders, finder, history, texts)
  const text = found.folder ? null : texts.of(found.path)
  const unfinished = text === null ? null : unfinishedLine(found.path, text)
  return {
    path: found.path,
    action: claim.action,
    atHead: found.atHead,
    onDisk: found.onDisk,
    uncommitted: !found.folder && isUncommitted(found, finder, texts),
    folder: found.folder,
    content: there ? contentOf(found, finder, texts) : null,
    change,
    changedBy: commit(order),
    onlyAfterTick,
    deletedBy: commit(gone),
    deletedAfterTick: gone !== null && past.ticked !== null && gone > past.ticked,
    existed: orders.length > 0,
    older: past.written !== null && (orders[0] ?? past.written) < past.written,
    elsewhere: found.elsewhere,
    byName: found.byName,
    ignored: ignored.has(found.path),
    unfinished: unfinished === null ? null : `${found.path}:${unfinished}`,
  }
}

function contentOf(found: FoundPath, finder: PathFinder, texts: SourceTexts): FileFact['content'] {
  if (!found.folder) {
    const text = texts.of(found.path)
    return text === null ? 'unread' : substanceOf(found.path, text)
  }
  const below = finder.below(found.path)
  if (below.length === 0) return finder.diskNames(found.path).length > 0 ? 'code' : 'empty'
  // More than are looked at would have to be empty, all of them.
  if (below.length > LOOKED_AT) return 'code'
  const solid = below.some((path) => {
    const text = texts.of(path)
    return text === null || substanceOf(path, text) === 'code'
  })
  return solid ? 'code' : 'empty'
}

function isUncommitted(found: FoundPath, finder: PathFinder, texts: SourceTexts): boolean {
  const blob = finder.blobAt(found.path)
  const bytes = blob === null ? null : finder.bytes(found.path)
  if (blob === null || bytes === null || blobId(bytes, blob) === blob) return false
  const committed = texts.blob(blob)
  return committed === null || bareSource(found.path, committed) !== bareSource(found.path, bytes.toString('utf8'))
}

/** Files below a folder that one commit changed. */
function changesBelow(history: History | null, order: number, folder: string): FileChange[] {
  return (history?.commits[order]?.changes ?? []).filter(({ path }) => path.startsWith(`${folder}/`))
}

/** Files below a folder that the task's own commits changed since it was written, in more than form; the newest commit's first, each once. */
export function ownFiles(placed: PlacedClaim, history: History | null, texts: SourceTexts): string[] {
  const { found, past, own } = placed
  const orders = [...(own ?? [])].filter((order) => past.written !== null && order >= past.written)
  const files = orders
    .toSorted((a, b) => b - a)
    .flatMap((order) =>
      changesBelow(history, order, found.path)
        .filter((change) => isSolid(change.path, change, texts))
        .map(({ path }) => path),
    )
  return [...new Set(files)]
}

/** What the task's own commits did below a folder. */
function ownChange(
  { found, past }: PlacedClaim,
  own: ReadonlySet<number>,
  history: History | null,
  texts: SourceTexts,
): Change {
  const { written, ticked, tickedAtCreation } = past
  const solid = (order: number) =>
    changesBelow(history, order, found.path).some((change) => isSolid(change.path, change, texts))
  const last = [...own].toSorted((a, b) => b - a).find((order) => written !== null && order > written && solid(order))
  if (last !== undefined) return { change: 'since', order: last, onlyAfterTick: ticked !== null && last > ticked }
  const isRoot = written !== null && history?.commits[written]?.parents === 0
  if (written !== null && tickedAtCreation && own.has(written) && solid(written))
    return { change: isRoot ? 'import' : 'with', order: written, onlyAfterTick: false }
  return { change: 'before', order: null, onlyAfterTick: false }
}

interface Change {
  readonly change: FileFact['change']
  readonly order: number | null
  readonly onlyAfterTick: boolean
}

function changeOf(
  { claim, found, past }: PlacedClaim,
  orders: readonly number[],
  finder: PathFinder,
  history: History | null,
  texts: SourceTexts,
): Change {
  const { written, ticked, tickedAtCreation } = past
  const before: Change = {
    change: orders.length > 0 ? 'before' : 'none',
    order: orders.at(-1) ?? null,
    onlyAfterTick: false,
  }
  if (written === null) return before
  const since = orders.filter((order) => order > written)
  const [first] = since
  const isLate = (order: number) => ticked !== null && order > ticked && !orders.includes(written)
  const onlyAfterTick = first !== undefined && isLate(first)
  if (found.folder && since.length > 0)
    return { change: 'since', order: since.findLast((order) => !isLate(order)) ?? since.at(-1) ?? null, onlyAfterTick }
  const recent = compared(finder, history, found.path, past)
  const solid = recent.filter(({ change }) => isSolid(found.path, change, texts))
  const best = solid.findLast(({ order }) => !isLate(order)) ?? solid.at(-1)
  if (best) return { change: 'since', order: best.order, onlyAfterTick: isLate(best.order) }
  // Older ones than were compared: that many changes are not all formatting.
  if (since.length > recent.length) return { change: 'since', order: first ?? null, onlyAfterTick }
  if (orders.includes(written)) {
    const commit = history?.commits[written]
    const made =
      found.folder || commit?.changes.some((change) => change.path === found.path && change.kind === 'A') === true
    if (tickedAtCreation && commit && commit.parents > 0)
      return { change: 'with', order: written, onlyAfterTick: false }
    if (tickedAtCreation || (made && claim.action === 'create'))
      return { change: 'import', order: written, onlyAfterTick: false }
  }
  return since.length > 0 ? { change: 'formatting', order: since.at(-1) ?? null, onlyAfterTick } : before
}

function isSolid(path: string, change: FileChange, texts: SourceTexts): boolean {
  if (change.kind === 'D') return false
  if (NONE.test(change.before)) return true
  const [before, after] = [texts.blob(change.before), texts.blob(change.after)]
  // A mode or bytes that nobody read: the change is not known to be one of form.
  if (before === null || after === null) return change.before !== change.after
  return bareSource(path, before) !== bareSource(path, after)
}
