import type * as m from './model.ts'
import type { Definition, Link } from './project-model.ts'
import { spannedIds } from './identifiers.ts'
import { leadsSeveral } from './item-reader.ts'
import { comparedTitle } from './section-keys.ts'
import type { PathPlace } from './project-layout.ts'

interface Placed {
  readonly place: PathPlace
  readonly document: m.SpecDocument
}

/** Where a document's identifiers are unique: its feature's or change's folder, else its root. */
export function scopeOf({ place, document }: Placed): string {
  // `AC-1` is unique in its story.
  if (place.folder === null && document.kind === 'story') return place.path
  if (place.kind === 'capability') return `${place.root}#${place.name ?? ''}`
  if (place.kind === 'delta') return `${place.folder ?? place.root}#${place.name ?? ''}`
  return place.folder ?? place.root
}

const WHOLE_DOCUMENTS = new Set<m.DocumentKind>(['story', 'agent-plan', 'adr', 'exception', 'journey', 'task-spec'])

/** Everything that has an identifier, duplicates kept. Templates define nothing. */
export function definitionsOf(placed: readonly Placed[]): Definition[] {
  const found: Definition[] = []
  const stories = new Set(
    placed.flatMap((p) =>
      p.document.kind === 'story' && p.document.id ? [`${p.place.root}\n${p.document.id.id}`] : [],
    ),
  )
  for (const [document, entry] of placed.entries()) {
    const { document: doc, place } = entry
    if (doc.template) continue
    const scope = scopeOf(entry)
    const add = (id: string, kind: m.ItemKind, index: number, where: m.Place, within = scope) =>
      found.push({ id, kind, document, index, place: where, scope: within })
    // A story's plan and the story carry one id: the story defines it.
    const planOfStory = doc.kind === 'agent-plan' && stories.has(`${place.root}\n${doc.id?.id ?? ''}`)
    if (doc.id && WHOLE_DOCUMENTS.has(doc.kind) && !planOfStory) add(doc.id.id, 'document', 0, doc.id.place, place.root)
    for (const [index, item] of doc.requirements.entries()) {
      if (item.kind === 'capability')
        add(comparedTitle(item.title), 'requirement', index, item.titlePlace ?? item.place)
      else if (item.id) add(item.id.id, 'requirement', index, item.id.place)
    }
    for (const [index, item] of doc.stories.entries()) {
      if (item.id === null) continue
      add(item.id, 'story', index, item.place)
      for (const scenario of item.scenarios) {
        const held = doc.scenarios[scenario]
        if (held) add(`${item.id}/AC${held.number}`, 'scenario', scenario, held.place)
      }
    }
    for (const [index, item] of doc.tasks.entries())
      if (item.id && (doc.kind === 'tasks' || doc.kind === 'checklist' || doc.kind === 'checks'))
        add(item.id.id, 'task', index, item.id.place)
    for (const [id, index, where] of rangedTasks(doc)) add(id, 'task', index, where)
    for (const [index, item] of doc.criteria.entries()) if (item.id) add(item.id.id, 'criterion', index, item.id.place)
    for (const [index, item] of doc.principles.entries())
      if (item.number !== null) add(item.number, 'principle', index, item.place)
  }
  return found
}

/** `- [x] T029–T034 ...` and `- [x] T080, T081 ...` stand for each of them. */
function rangedTasks(doc: m.SpecDocument): [string, number, m.Place][] {
  if (doc.kind !== 'tasks' || !doc.tasks.some((task) => task.deviations.includes('ranged-id'))) return []
  const first = new Map<number, number>()
  return doc.references.flatMap(({ from, id, place, kind }) => {
    if (from.kind !== 'task' || kind !== 'task' || !doc.tasks[from.index]?.deviations.includes('ranged-id')) return []
    const start = first.get(from.index) ?? place.start
    first.set(from.index, start)
    const listed = leadsSeveral(doc.tasks[from.index]?.text.slice(0, 160) ?? '')?.length ?? 0
    return place.start === start || place.start < start + listed
      ? [[id, from.index, place] as [string, number, m.Place]]
      : []
  })
}

/** Which kinds of definition a reference may mean. */
export const MEANS: Readonly<Record<m.ReferenceKind, readonly m.ItemKind[]>> = {
  requirement: ['requirement', 'criterion'],
  success: ['requirement'],
  task: ['task', 'document'],
  story: ['story'],
  scenario: ['scenario', 'criterion'],
  check: ['task'],
  section: ['section'],
  adr: ['document'],
  exception: ['document'],
  journey: ['document'],
  'agent-story': ['document', 'requirement', 'task'],
  principle: ['principle'],
  capability: ['document'],
  document: ['document'],
  issue: [],
}

/** Looks every reference and dependency up: first inside its own feature, then in its root. */
export function linkAll(placed: readonly Placed[], definitions: readonly Definition[]): Link[] {
  const byId = new Map<string, number[]>()
  const counted = new Set<string>()
  for (const [i, definition] of definitions.entries()) {
    for (const key of keysOf(definition.scope, definition.id)) {
      const list = byId.get(key)
      if (list) list.push(i)
      else byId.set(key, [i])
    }
    counted.add(`${definition.scope}\n${definition.kind}\n${prefixOf(definition.id)}`)
  }
  const links: Link[] = []
  for (const [document, entry] of placed.entries()) {
    const scopes = [...new Set([scopeOf(entry), entry.place.root])]
    const look = (id: string, kinds: readonly m.ItemKind[]): Pick<Link, 'state' | 'to'> => {
      for (const scope of scopes) {
        const exact = (byId.get(`${scope}\n${id}`) ?? []).filter((i) =>
          kinds.includes(definitions[i]?.kind ?? 'section'),
        )
        const to =
          exact.length > 0
            ? exact
            : (byId.get(`${scope}\n~${unpadded(id)}`) ?? []).filter((i) =>
                kinds.includes(definitions[i]?.kind ?? 'section'),
              )
        if (to.length > 0) return { state: to.length === 1 ? 'resolved' : 'ambiguous', to }
        // `FR-001-005` that nobody defines, where both ends are: a range.
        const span = spannedIds(id)
        const ends = [span[0], span.at(-1)].map((end) => byId.get(`${scope}\n${end ?? ''}`) ?? [])
        if (ends.every((found) => found.some((i) => kinds.includes(definitions[i]?.kind ?? 'section'))))
          return { state: 'resolved', to: span.flatMap((one) => (byId.get(`${scope}\n${one}`) ?? []).slice(0, 1)) }
      }
      // Missing only where such identifiers are defined at all: a change without a spec has no FR to miss.
      const expected = scopes.some((scope) => kinds.some((kind) => counted.has(`${scope}\n${kind}\n${prefixOf(id)}`)))
      return { state: expected ? 'missing' : 'outside', to: [] }
    }
    const { references, dependencies } = entry.document
    for (const [index, reference] of references.entries())
      links.push({ document, index, of: 'reference', id: reference.id, ...look(reference.id, MEANS[reference.kind]) })
    for (const [index, dependency] of dependencies.entries())
      links.push({
        document,
        index,
        of: 'dependency',
        id: dependency.to,
        ...look(dependency.to, ['task', 'story', 'document']),
      })
  }
  return links
}

function keysOf(scope: string, id: string): string[] {
  return [`${scope}\n${id}`, `${scope}\n~${unpadded(id)}`]
}

/** `T001` and `T1` name the same where no exact one is found. */
export function unpadded(id: string): string {
  return id.replaceAll(/(?<!\d)0+(?=\d)/g, '')
}

/** What stands before the digits. */
export function prefixOf(id: string): string {
  return /^[^\d]*/.exec(id)?.[0] ?? ''
}
