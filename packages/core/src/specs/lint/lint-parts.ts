import type { SpecDocument } from '../model.ts'
import type { LayoutFeature, PathPlace } from '../project-layout.ts'
import { normalPath, projectLayout } from '../project-layout.ts'
import { assembleProject, readOther, readPlaced, type Placed } from '../project.ts'
import type { Finding, FindingDraft } from './finding.ts'
import { FindingPile } from './finding-pile.ts'
import type { LintConfig } from './lint-config.ts'
import { LintContext } from './lint-context.ts'
import { LintIndex } from './lint-index.ts'
import { lintAtEnd, lintLocally } from './lint.ts'
import { memoryShelf, Records, type Shelf } from './records.ts'

/** What is told of a document once its part was linted; the document itself is not kept. */
export interface LintedDocument {
  readonly path: string
  readonly format: SpecDocument['format']
  readonly kind: SpecDocument['kind']
}

export interface LintedParts {
  /** As `lintProject` gives them; made anew each time they are gone through. */
  readonly findings: Iterable<Finding> & { readonly length: number }
  readonly documents: readonly LintedDocument[]
  /** Paths that belong to no format. */
  readonly ignored: readonly string[]
}

/**
 * Lints a project part by part: a feature, a change or a single document at a time, so that memory hardly grows with the number of files. Finds what
 * `lintProject` finds. `read` gives a text by its path, or null where it cannot be read; `step` is called after each part with the files done so far;
 * `shelf` takes what waits for the end, by default into memory.
 */
export function lintParts(
  paths: readonly string[],
  read: (path: string) => string | null,
  config: LintConfig,
  step: (done: number) => void = () => undefined,
  shelf: Shelf = memoryShelf(),
): LintedParts {
  const byNormal = new Map(paths.map((path) => [normalPath(path), path]))
  const textOf = (path: string) => read(byNormal.get(path) ?? path)
  const layout = projectLayout([...byNormal.keys()])
  const records = new Records(shelf)
  const index = new LintIndex(records)
  const findings = new FindingPile(records)
  const documents: LintedDocument[] = []
  const sorted = new Set([...layout.others, ...layout.places.map((p) => p.path)])
  const ignored = [...byNormal.keys()].filter((path) => !sorted.has(path))
  const shared = sharedOf(layout.places, textOf)

  const take = (draft: FindingDraft) => findings.add(draft)
  const lint = (part: readonly Placed[], texts: ReadonlyMap<string, string>, features: readonly LayoutFeature[]) => {
    const own = new Set(part.map((p) => p.place.path))
    const beside = shared.filter((s) => !own.has(s.place.path))
    const context = new LintContext(assembleProject([...beside, ...part], features, []), texts, config, take, own)
    lintLocally(context, index)
    for (const { document } of part)
      documents.push({ path: document.path, format: document.format, kind: document.kind })
    step(documents.length)
  }

  const features = new Map(layout.features.map((f) => [f.folder, f]))
  const folders = new Map<string, PathPlace[]>()
  for (const place of layout.places) {
    if (place.folder !== null && features.has(place.folder)) {
      const list = folders.get(place.folder)
      if (list) list.push(place)
      else folders.set(place.folder, [place])
      continue
    }
    const text = textOf(place.path)
    if (text !== null) lint([readPlaced(place, text)], new Map([[place.path, text]]), [])
  }
  for (const [folder, places] of folders) {
    const feature = features.get(folder)
    const texts = new Map<string, string>()
    for (const { path } of places) {
      const text = textOf(path)
      if (text !== null) texts.set(path, text)
    }
    const part = places.flatMap((place) => {
      const text = texts.get(place.path)
      return text === undefined ? [] : [readPlaced(place, text)]
    })
    if (part.length > 0 && feature) lint(part, texts, [feature])
  }
  for (const path of layout.others) {
    const text = textOf(path)
    const placed = text === null ? null : readOther(path, text)
    if (text !== null && placed) lint([placed], new Map([[path, text]]), [])
    else ignored.push(path)
  }

  lintAtEnd(new LintContext(assembleProject([], [], []), new Map(), config, take), index)
  return {
    findings,
    documents: documents.sort((a, b) => (a.path < b.path ? -1 : 1)),
    ignored: ignored.toSorted(),
  }
}

/** What a feature is held against: constitutions, templates and settings of `.specify` and `.agent`. They are few, and kept without their references. */
function sharedOf(places: readonly PathPlace[], read: (path: string) => string | null): Placed[] {
  return places.flatMap((place) => {
    const isShared = place.template || place.kind === 'constitution' || /(?:^|\/)\.specify\//.test(place.path)
    if (!isShared || place.folder !== null) return []
    const text = read(place.path)
    if (text === null) return []
    const { document } = readPlaced(place, text)
    return [{ place, document: { ...document, references: [], dependencies: [], lines: [], files: [], symbols: [] } }]
  })
}
