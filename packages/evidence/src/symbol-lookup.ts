import type { SymbolFact } from '@gatehouse/core/specs/evidence-grades'
import { placeOfPath } from '@gatehouse/core/specs/project-layout'
import type { PlacedClaim, SourceTexts } from './file-facts.ts'
import type { History } from './git-history.ts'
import type { PathFinder } from './path-finder.ts'
import { lastChange, sinceWhen } from './symbol-since.ts'
import { readSymbols, type FileSymbols } from './symbols.ts'
import type { TaskPast } from './task-history.ts'
import type { PlacedTask, WorkTask } from './task-places.ts'

/** From the least to the most that a name's age shows. */
const SINCE = ['same', 'unknown', 'import', 'changed', 'new']
/** Files of a feature that a symbol is looked for in where its task names none. */
const FEATURE_FILES = 200
/** The same below a folder that it names. */
const FOLDER_FILES = 30
/** The same among files that were changed between the task and its tick. */
const WINDOW_FILES = 60

/**
 * Files that commits changed after the task was written, and until it was ticked: there the work of a task may be that names none. The newest first;
 * specifications are left out. `known` keeps what was found, as many tasks are written and ticked together.
 */
export function windowFiles(
  { written, ticked }: TaskPast,
  history: History | null,
  finder: PathFinder,
  known: Map<string, string[]>,
): string[] {
  if (history === null || written === null) return []
  const key = `${written} ${ticked}`
  const held = known.get(key)
  if (held) return held
  const found = new Set<string>()
  for (let order = ticked ?? history.commits.length - 1; order > written && found.size < WINDOW_FILES; order -= 1)
    for (const { path } of history.commits[order]?.changes ?? [])
      if (found.size < WINDOW_FILES && finder.blobAt(path) !== null && placeOfPath(path).format === 'unknown')
        found.add(path)
  known.set(key, [...found])
  return [...found]
}

export interface Lookup {
  readonly symbol: (task: number, name: string) => SymbolFact
  readonly file: (path: string) => FileSymbols | null
  /** Orders of the commits that brought a task's symbols, where it names no file that tells them; rising. */
  readonly commits: (task: number) => number[]
}

/**
 * Parses the files in which symbols and tests are looked for: those that the task names, those that its own commits `changed` below a folder that it
 * names, else those of its feature and those in `windows`.
 */
export async function symbolLookup(
  work: readonly WorkTask[],
  placed: readonly PlacedTask[],
  changed: readonly ReadonlyMap<PlacedClaim, readonly string[]>[],
  windows: readonly (readonly string[])[],
  history: History | null,
  sources: SourceTexts,
): Promise<Lookup> {
  const ofFeature = new Map<string, Set<string>>()
  const own = placed.map(({ files }, i) => [
    ...files.filter(({ found }) => !found.folder).map(({ found }) => found.path),
    ...files.flatMap((claim) => changed[i]?.get(claim) ?? []).slice(0, FOLDER_FILES),
  ])
  for (const [i, { owner }] of work.entries()) {
    const set = ofFeature.get(owner.feature.folder) ?? new Set()
    ofFeature.set(owner.feature.folder, set)
    for (const path of own[i] ?? []) if (set.size < FEATURE_FILES) set.add(path)
  }
  const placesOf = (i: number): string[] => {
    const mine = own[i] ?? []
    const others = ofFeature.get(work[i]?.owner.feature.folder ?? '') ?? []
    return mine.length > 0 ? mine : [...new Set([...others, ...(windows[i] ?? [])])]
  }
  const wanted = new Set<string>()
  for (const [i, { owner, index }] of work.entries()) {
    if ((owner.claims[index]?.symbols.length ?? 0) > 0) for (const path of placesOf(i)) wanted.add(path)
    for (const { found } of placed[i]?.files ?? []) if (!found.folder) wanted.add(found.path)
  }
  const read = await readSymbols(
    [...wanted].flatMap((path) => {
      const text = sources.of(path)
      return text === null ? [] : [{ path, text }]
    }),
  )
  // What is used in one file and hollow where it is defined is hollow.
  const rank = ['comment', 'string', 'text', 'used', 'hollow', 'defined']
  const brought = new Map<number, Set<number>>()
  return {
    commits: (i) => [...(brought.get(i) ?? [])].sort((a, b) => a - b),
    file: (path) => read.get(path) ?? null,
    symbol: (i, name) => {
      const places = placesOf(i)
      const isOwn = (own[i] ?? []).length > 0
      const past = placed[i]?.past
      const found = places.flatMap((path) => {
        const place = read.get(path)?.find(name)
        if (!place) return []
        // What no commit has is new, and told as not committed.
        const since =
          isOwn || !past || sources.isOnDiskOnly(path) ? 'new' : sinceWhen(name, path, past, history, sources)
        return [{ path, ...place, since }]
      })
      const worth = ({ how, since }: (typeof found)[number]) => rank.indexOf(how) * 10 + SINCE.indexOf(since)
      const best = found.reduce<(typeof found)[number] | null>((a, b) => (a && worth(a) >= worth(b) ? a : b), null)
      if (best && past && !isOwn && best.since !== 'same') {
        const order = lastChange(best.path, past, history)
        if (order !== null) brought.set(i, (brought.get(i) ?? new Set()).add(order))
      }
      return {
        name,
        found: best?.how ?? null,
        where: best ? `${best.path}:${best.line}` : null,
        lookedIn: places.slice(0, 10),
        uncommitted: best !== null && sources.isOnDiskOnly(best.path),
        ...(best ? { since: best.since } : {}),
      }
    },
  }
}
