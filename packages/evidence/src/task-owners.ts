import { posix } from 'node:path'
import { isWork } from '@gatehouse/core/specs/claims'
import type { SpecDocument } from '@gatehouse/core/specs/model'
import { changeDocuments, featureDocuments } from '@gatehouse/core/specs/project-documents'
import type { SpecProject } from '@gatehouse/core/specs/project-model'
import type { NamedFeature } from './mentions.ts'
import { namedClaims, type NamedClaims } from './named-folders.ts'
import type { PathFinder } from './path-finder.ts'

/** A document with tasks, the feature or change that it belongs to, and what its tasks promise. */
export interface Owned {
  readonly document: SpecDocument
  readonly feature: NamedFeature & { readonly root: string; readonly archived: boolean }
  /** Where a task's paths may begin: its root, the folder that was asked about, the repository's top, beside the document. */
  readonly bases: readonly string[]
  readonly claims: readonly NamedClaims[]
}

/** Documents with work in them. `within`: the folder that was asked about, from the top. */
export function ownedDocuments(
  project: SpecProject,
  texts: ReadonlyMap<string, string>,
  finder: PathFinder,
  within: string,
): Owned[] {
  const owners = new Map<number, Owned['feature']>()
  for (const feature of project.features) {
    const { slug, folder, root } = feature
    for (const i of featureDocuments(feature)) owners.set(i, { slug, folder, root, archived: false })
  }
  for (const change of project.changes) {
    const { id, folder, root, archived } = change
    for (const i of changeDocuments(change)) owners.set(i, { slug: id, folder, root, archived })
  }
  return project.documents.flatMap((document, i) => {
    if (document.template || !document.tasks.some(isWork)) return []
    const { path, archived } = document
    const own = { slug: document.id?.written ?? path, folder: path, root: '', archived }
    const feature = owners.get(i) ?? own
    const bases = [feature.root, within, '', posix.dirname(path), feature.folder].map((base) =>
      base === '.' ? '' : base,
    )
    // Without a history nothing could be told of a folder but that it is there.
    const isThere = (named: string) => finder.isTracked && finder.knows(named, bases)
    return [{ document, feature, bases, claims: namedClaims(document, texts.get(path) ?? '', isThere) }]
  })
}
