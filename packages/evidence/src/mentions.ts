import type { MentionFact } from '@gatehouse/core/specs/evidence'
import { findIds } from '@gatehouse/core/specs/identifiers'
import { placeOfPath } from '@gatehouse/core/specs/project-layout'
import { commitRef } from './file-facts.ts'
import type { Commit, History } from './git-history.ts'

/** A feature as commits speak of it. Folders are from the repository's top. */
export interface NamedFeature {
  readonly slug: string
  readonly folder: string
}

/** Commits by the ids that their messages name. */
export class Mentions {
  readonly #byId = new Map<string, Commit[]>()
  readonly #features: readonly NamedFeature[]
  readonly #changed = new Map<number, number>()
  readonly #folders = new Map<number, ReadonlySet<string>>()

  /** `ids`: those that tasks have. */
  constructor(history: History | null, ids: ReadonlySet<string>, features: readonly NamedFeature[]) {
    this.#features = features
    for (const commit of history?.commits ?? [])
      for (const id of new Set(findIds(commit.message, 'any').map((found) => found.id))) {
        if (!ids.has(id)) continue
        const list = this.#byId.get(id)
        if (list) list.push(commit)
        else this.#byId.set(id, [commit])
      }
  }

  /**
   * Commits whose message names the task, newest first, at most `limit`. An id means this task only where the message names the feature, the
   * commit touches its folder or a file that the task names, or no other task has the id and no other feature's folder is touched.
   */
  of(id: string, feature: NamedFeature, files: ReadonlySet<string>, isOnly: boolean, limit = 5): MentionFact[] {
    return (this.#byId.get(id) ?? [])
      .slice(-limit)
      .toReversed()
      .map((commit) => ({
        commit: commitRef(commit),
        by: this.#why(commit, feature, files, isOnly),
        changed: this.#work(commit),
      }))
  }

  #why(commit: Commit, feature: NamedFeature, files: ReadonlySet<string>, isOnly: boolean): MentionFact['by'] {
    if (feature.slug.length > 3 && commit.message.toLowerCase().includes(feature.slug.toLowerCase()))
      return 'feature-named'
    const touched = this.#touched(commit)
    if (touched.has(feature.folder)) return 'feature-folder'
    if (commit.changes.some(({ path }) => files.has(path))) return 'named-file'
    return isOnly && touched.size === 0 ? 'only-one' : null
  }

  #touched(commit: Commit): ReadonlySet<string> {
    const known = this.#folders.get(commit.order)
    if (known) return known
    const folders = new Set(this.#features.map(({ folder }) => folder))
    const touched = new Set<string>()
    for (const { path } of commit.changes) {
      if (folders.has(path)) touched.add(path)
      for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
        if (folders.has(path.slice(0, at))) touched.add(path.slice(0, at))
    }
    this.#folders.set(commit.order, touched)
    return touched
  }

  #work(commit: Commit): number {
    const known = this.#changed.get(commit.order)
    if (known !== undefined) return known
    const count = commit.changes.filter(({ path }) => placeOfPath(path).format === 'unknown').length
    this.#changed.set(commit.order, count)
    return count
  }
}
