import type { MentionFact } from '@gatehouse/core/specs/evidence'
import type { Task } from '@gatehouse/core/specs/model'
import type { PlacedClaim } from './file-facts.ts'
import type { History } from './git-history.ts'
import { Mentions } from './mentions.ts'
import type { PathFinder } from './path-finder.ts'
import type { TaskPast } from './task-history.ts'
import type { Owned } from './task-owners.ts'

/** A task that claims work, and where it stands. */
export interface WorkTask {
  readonly owner: Owned
  readonly task: Task
  /** In its document's list of tasks. */
  readonly index: number
}

/** A task with its past, the commits that name it, and where the paths that it names were found. */
export interface PlacedTask {
  readonly past: TaskPast
  readonly said: readonly MentionFact[]
  readonly files: readonly PlacedClaim[]
  /** Paths that lead out of the repository. */
  readonly outside: readonly string[]
}

export const UNKNOWN_PAST: TaskPast = {
  written: null,
  ticked: null,
  tickedAtCreation: false,
  unticked: null,
  reworded: null,
}

/** Looks for the paths that each task names, in the order of `work`. `pasts` by document, in the order of its tasks. */
export function placeTasks(
  work: readonly WorkTask[],
  owned: readonly Owned[],
  pasts: ReadonlyMap<string, readonly TaskPast[]>,
  history: History | null,
  finder: PathFinder,
): PlacedTask[] {
  const counts = new Map<string, number>()
  for (const { task } of work) if (task.id) counts.set(task.id.id, (counts.get(task.id.id) ?? 0) + 1)
  const mentions = new Mentions(
    history,
    new Set(counts.keys()),
    owned.map(({ feature }) => feature),
  )
  return work.map(({ owner, task, index }) => {
    const past = pasts.get(owner.document.path)?.[index] ?? UNKNOWN_PAST
    const { feature, bases } = owner
    const claims = owner.claims[index]
    const named = (claims?.files ?? []).map((claim) => ({ claim, found: finder.find(claim.path, bases) }))
    const paths = new Set(named.flatMap(({ found }) => found?.path ?? []))
    const said = task.id ? mentions.of(task.id.id, feature, paths, counts.get(task.id.id) === 1) : []
    const own = new Set(said.flatMap(({ by, commit }) => (by === null ? [] : [commit.order])))
    if (past.ticked !== null) own.add(past.ticked)
    return {
      past,
      said,
      files: named.flatMap(({ claim, found }): PlacedClaim[] => {
        // What lies beside the task says what is wanted, and is not the work, unless the task is to write it.
        const beside = found?.path.startsWith(`${feature.folder}/`) === true && claim.action === 'change'
        if (!found || beside) return []
        const vague = claims?.bare.has(claim.path) === true && found.folder && claim.action !== 'delete'
        return [{ claim: vague ? { ...claim, action: 'change' } : claim, found, past, own: vague ? own : null }]
      }),
      outside: named.filter(({ found }) => found === null).map(({ claim }) => claim.path),
    }
  })
}
