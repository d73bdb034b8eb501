import type * as m from './model.ts'
import type * as model from './project-model.ts'
import { definitionsOf, linkAll } from './project-links.ts'
import { normalPath, placeOfPath, projectLayout, type LayoutFeature, type PathPlace } from './project-layout.ts'
import { readSpec } from './read.ts'

export interface Placed {
  readonly place: PathPlace
  readonly document: m.SpecDocument
}

/**
 * Reads a project: every file that belongs to a format, and the links between them. Pure and total; the order of the files does not matter.
 * Files of no format are read only where their text says what they are (a plain story, say), else listed in `ignored`.
 */
export function readProject(files: readonly model.SpecFile[]): model.SpecProject {
  const texts = new Map(files.map((file) => [normalPath(file.path), file.text]))
  const layout = projectLayout([...texts.keys()])
  const placed = layout.places.map((place) => readPlaced(place, texts.get(place.path) ?? ''))
  const sorted = new Set([...layout.others, ...layout.places.map((p) => p.path)])
  const ignored: string[] = [...texts.keys()].filter((path) => !sorted.has(path))
  for (const path of layout.others) {
    const found = readOther(path, texts.get(path) ?? '')
    if (found) placed.push(found)
    else ignored.push(path)
  }
  return assembleProject(placed, layout.features, ignored)
}

/** Reads a file whose path says what it is. */
export function readPlaced(place: PathPlace, text: string): Placed {
  const { path, format, kind, template, archived } = place
  return { place, document: readSpec(path, text, { format, kind: kind ?? 'other', template, archived }) }
}

/** Reads a file whose path says nothing; null where its text says nothing either. */
export function readOther(path: string, text: string): Placed | null {
  const document = /\.(?:md|markdown|ya?ml)$/i.test(path) ? readSpec(path, text) : null
  if (!document || document.format === 'unknown' || document.kind === 'other') return null
  return { place: { ...placeOfPath(path), format: document.format, kind: document.kind, folder: null }, document }
}

/** Links documents that were read. `layout`: the features and changes among them; a part of a project does as well as all of it. */
export function assembleProject(
  read: readonly Placed[],
  layout: readonly LayoutFeature[],
  ignored: readonly string[],
): model.SpecProject {
  const placed = read.toSorted((a, b) => (a.place.path < b.place.path ? -1 : 1))
  const folders = byFolder(placed)
  const documents = placed.map((p) => p.document)
  const features = layout
    .filter((f) => f.format === 'spec-kit' || f.format === 'kiro')
    .map((f) => featureOf(f, placed, folders.get(f.folder) ?? []))
  const capabilities = capabilitiesOf(placed)
  const changes = layout
    .filter((f) => f.format === 'openspec')
    .map((f) => changeOf(f, placed, folders.get(f.folder) ?? [], capabilities))
  const definitions = definitionsOf(placed)
  return {
    documents,
    roots: placed.map((p) => p.place.root),
    features,
    changes,
    capabilities: capabilities.map((c) => ({
      ...c,
      openChanges: changes.flatMap((change, i) => (touches(change, c) ? [i] : [])),
    })),
    agentStories: agentStoriesOf(placed),
    definitions,
    links: linkAll(placed, definitions),
    ignored: ignored.toSorted(),
  }
}

function touches(change: model.Change, capability: BareCapability): boolean {
  return (
    !change.archived && change.root === capability.root && change.deltas.some((d) => d.capability === capability.name)
  )
}

type ByFolder = ReadonlyMap<string, readonly number[]>

/** Documents of each folder, so that a thousand features are not a thousand searches. */
function byFolder(placed: readonly Placed[]): ByFolder {
  const found = new Map<string, number[]>()
  for (const [i, { place }] of placed.entries()) {
    if (place.folder === null) continue
    const list = found.get(place.folder)
    if (list) list.push(i)
    else found.set(place.folder, [i])
  }
  return found
}

function indicesIn(placed: readonly Placed[], held: readonly number[], kind: m.DocumentKind): number[] {
  return held.filter((i) => placed[i]?.document.kind === kind)
}

function featureOf(feature: LayoutFeature, placed: readonly Placed[], held: readonly number[]): model.Feature {
  const own = (kind: m.DocumentKind) => indicesIn(placed, held, kind)
  const [spec = null] = own('spec')
  const [plan = null] = feature.format === 'kiro' ? own('design') : own('plan')
  const [tasks = null] = own('tasks')
  const checklists = own('checklist')
  const contracts = own('contract')
  const named = new Set([spec, plan, tasks, ...checklists, ...contracts])
  const settings = placed.find((p) => p.place.root === feature.root && p.place.path.endsWith('.specify/feature.json'))
  const directory = settings?.document.fields.find((f) => f.key === 'feature_directory')?.value ?? ''
  const constitution = placed.flatMap((p, i) =>
    p.document.kind === 'constitution' && !p.document.template && covers(p.place.root, feature.root)
      ? [{ i, depth: p.place.root.length }]
      : [],
  )
  return {
    format: feature.format === 'kiro' ? 'kiro' : 'spec-kit',
    folder: feature.folder,
    slug: feature.folder.split('/').at(-1) ?? feature.folder,
    root: feature.root,
    spec,
    plan,
    tasks,
    checklists,
    contracts,
    others: held.filter((i) => !named.has(i)),
    constitution: constitution.sort((a, b) => b.depth - a.depth)[0]?.i ?? null,
    current:
      directory !== '' &&
      normalPath(directory).replace(/\/$/, '') ===
        feature.folder.slice(feature.root === '' ? 0 : feature.root.length + 1),
  }
}

/** Whether a root is the other or one above it. */
function covers(outer: string, inner: string): boolean {
  return outer === '' || outer === inner || inner.startsWith(`${outer}/`)
}

type BareCapability = Omit<model.Capability, 'openChanges'>

function capabilitiesOf(placed: readonly Placed[]): BareCapability[] {
  return placed.flatMap((p, document) =>
    p.document.kind === 'capability' ? [{ name: p.place.name ?? '', root: p.place.root, document }] : [],
  )
}

function changeOf(
  feature: LayoutFeature,
  placed: readonly Placed[],
  held: readonly number[],
  capabilities: readonly BareCapability[],
): model.Change {
  const first = (kind: m.DocumentKind) => indicesIn(placed, held, kind)[0] ?? null
  return {
    id: feature.folder.split('/').at(-1) ?? feature.folder,
    folder: feature.folder,
    root: feature.root,
    archived: feature.archived,
    proposal: first('proposal'),
    design: first('design'),
    tasks: first('tasks'),
    deltas: indicesIn(placed, held, 'delta').map((document) => {
      const capability = placed[document]?.place.name ?? ''
      const target = capabilities.find((c) => c.root === feature.root && c.name === capability)
      return { capability, document, target: target?.document ?? null }
    }),
  }
}

function agentStoriesOf(placed: readonly Placed[]): model.AgentStory[] {
  const found = new Map<
    string,
    {
      -readonly [K in keyof model.AgentStory]: model.AgentStory[K] extends readonly number[]
        ? number[]
        : model.AgentStory[K]
    }
  >()
  for (const [i, { place, document }] of placed.entries()) {
    if (document.format !== 'agent' || document.template || !document.id) continue
    if (document.kind !== 'story' && document.kind !== 'runbook' && document.kind !== 'agent-plan') continue
    const { id } = document.id
    const key = `${place.root}\n${id}`
    const scope = place.name ?? id.split('-')[0] ?? ''
    const story = found.get(key) ?? { id, scope, root: place.root, stories: [], runbooks: [], plans: [] }
    found.set(key, story)
    if (document.kind === 'story') story.stories.push(i)
    else if (document.kind === 'runbook') story.runbooks.push(i)
    else story.plans.push(i)
  }
  return [...found.values()]
}
