import type { DocumentKind, SpecFormat } from './model.ts'

/** What a path says about a file. `kind` null: its name says nothing, the text must. */
export interface PathPlace {
  readonly path: string
  readonly format: SpecFormat
  readonly kind: DocumentKind | null
  /** The folder that holds `.specify`, `openspec`, `.agent`, `.kiro` or `specs`; '' for the top. */
  readonly root: string
  /** The folder of the feature or change; null for what belongs to the whole root. */
  readonly folder: string | null
  /** A capability's name, a story's scope; null without. */
  readonly name: string | null
  readonly template: boolean
  readonly archived: boolean
}

const FEATURE_FILES: Readonly<Record<string, DocumentKind>> = {
  'spec.md': 'spec',
  'plan.md': 'plan',
  'tasks.md': 'tasks',
  'research.md': 'research',
  'data-model.md': 'data-model',
  'quickstart.md': 'quickstart',
  'constitution.md': 'constitution',
}
const AGENT_CACHE: Readonly<Record<string, DocumentKind>> = {
  stories: 'story',
  runbooks: 'runbook',
  plans: 'agent-plan',
  journeys: 'journey',
}
const YAML = /\.ya?ml$/i
const MARKDOWN = /\.(?:md|mdc|mdx|markdown)$/i

/** Forward slashes, no leading `./`. */
export function normalPath(path: string): string {
  return path.replaceAll('\\', '/').replace(/^(?:\.\/)+/, '')
}

/** Which format and kind a path belongs to. Pure: it looks at nothing but the path. */
export function placeOfPath(written: string): PathPlace {
  const path = normalPath(written)
  const parts = path.split('/')
  const place =
    agentPlace(path, parts) ??
    openspecPlace(path, parts) ??
    kiroPlace(path, parts) ??
    specifyPlace(path, parts) ??
    featurePlace(path, parts) ??
    otherPlace(path, parts)
  return TEMPLATE_FOLDER.test(path) ? { ...place, template: true } : place
}

/** A folder to be copied: `specs/{NNN}-{slug}/`, `specs/_template/`, `.github/ISSUE_TEMPLATE/`. */
const TEMPLATE_FOLDER =
  /(?:^|\/)(?:[^/]*[{<][^/]{1,40}[}>][^/]*|[_.]?templates?|(?:N{3}|X{3}|0{3}|_)-?(?:template|feature[-_]name|slug)|ISSUE_TEMPLATE)\/|(?:^|\/)(?:pull_request_template|issue_template)(?:\/|\.md$)/i

function make(
  path: string,
  format: SpecFormat,
  kind: DocumentKind | null,
  root: readonly string[],
  more: Partial<PathPlace> = {},
): PathPlace {
  return {
    path,
    format,
    kind,
    root: root.join('/'),
    folder: null,
    name: null,
    template: false,
    archived: false,
    ...more,
  }
}

function agentPlace(path: string, parts: readonly string[]): PathPlace | null {
  const at = parts.lastIndexOf('.agent')
  if (at < 0) return null
  const root = parts.slice(0, at)
  const [area = '', second = '', third = ''] = parts.slice(at + 1)
  const file = parts.at(-1) ?? ''
  if (area === 'cache' && AGENT_CACHE[second])
    return make(path, 'agent', AGENT_CACHE[second], root, { name: third === file ? null : third })
  if (area === 'adrs') return make(path, 'agent', /^exc/i.test(file) ? 'exception' : 'adr', root)
  if (area === 'rules') return make(path, 'agent', 'rule', root)
  if (area === 'instructions' || area === 'compliance' || area === 'workflows')
    return make(path, 'agent', MARKDOWN.test(file) ? 'instruction' : 'settings', root, {
      name: second === file ? null : second,
    })
  if (area === 'templates') {
    const kind = /^(story|runbook|plan|adr|exception|journey)\b/.exec(file)?.[1]
    return make(
      path,
      'agent',
      kind === 'plan' ? 'agent-plan' : ((kind as DocumentKind | undefined) ?? 'template'),
      root,
      { template: true },
    )
  }
  if (file === 'agents.yaml' || file === 'agents.yml') return make(path, 'agent', 'agents', root)
  return make(path, 'agent', isData(file) ? 'settings' : 'other', root)
}

function openspecPlace(path: string, parts: readonly string[]): PathPlace | null {
  const at = parts.findLastIndex(
    (part, i) =>
      part === 'openspec' &&
      /^(?:specs|changes|archive|project\.md|AGENTS\.md|config\.ya?ml|schemas|explorations)$/.test(parts[i + 1] ?? ''),
  )
  if (at < 0) return null
  const root = parts.slice(0, at)
  const rest = parts.slice(at + 1)
  const file = rest.at(-1) ?? ''
  if (rest[0] === 'specs') {
    const name = rest.slice(1, -1).join('/')
    return make(path, 'openspec', file === 'spec.md' ? 'capability' : kindByName(file), root, { name })
  }
  // Some keep the archive beside the changes, not in them.
  const beside = rest[0] === 'archive'
  if (rest[0] !== 'changes' && !beside) return make(path, 'openspec', isData(file) ? 'settings' : 'project-notes', root)
  const archived = beside || rest[1] === 'archive'
  const inside = rest.slice(archived && !beside ? 3 : 2)
  if (inside.length === 0) return make(path, 'openspec', 'project-notes', root, { archived })
  const folder = parts.slice(0, parts.length - inside.length).join('/')
  const more = { folder, archived }
  if (inside[0] === 'specs')
    return make(path, 'openspec', MARKDOWN.test(file) ? 'delta' : 'other', root, {
      ...more,
      name: inside.slice(1, -1).join('/') || null,
    })
  const kinds: Readonly<Record<string, DocumentKind>> = {
    'proposal.md': 'proposal',
    'design.md': 'design',
    'tasks.md': 'tasks',
    '.openspec.yaml': 'settings',
  }
  return make(path, 'openspec', (inside.length === 1 ? kinds[file] : undefined) ?? kindByName(file), root, more)
}

function kiroPlace(path: string, parts: readonly string[]): PathPlace | null {
  const at = parts.lastIndexOf('.kiro')
  if (at < 0) return null
  const root = parts.slice(0, at)
  const [area, slug, file] = parts.slice(at + 1)
  if (area === 'specs' && slug !== undefined && file !== undefined) {
    const kinds: Readonly<Record<string, DocumentKind>> = {
      'requirements.md': 'spec',
      'design.md': 'design',
      'tasks.md': 'tasks',
      'bugfix.md': 'spec',
    }
    return make(path, 'kiro', kinds[parts.at(-1) ?? ''] ?? 'other', root, { folder: parts.slice(0, at + 3).join('/') })
  }
  return make(path, 'kiro', area === 'steering' ? 'rule' : 'settings', root)
}

function specifyPlace(path: string, parts: readonly string[]): PathPlace | null {
  const at = parts.lastIndexOf('.specify')
  if (at < 0) return null
  const root = parts.slice(0, at)
  const file = parts.at(-1) ?? ''
  const area = parts[at + 1] ?? ''
  if (/^constitution\b.*\.md$/i.test(file) && area !== 'templates') return make(path, 'spec-kit', 'constitution', root)
  if (area === 'templates' || file.endsWith('-template.md')) {
    const kind = /^(spec|plan|tasks|checklist|constitution)-template\.md$/.exec(file)?.[1]
    return make(path, 'spec-kit', (kind as DocumentKind | undefined) ?? 'template', root, { template: true })
  }
  if (area === 'specs' && parts.length > at + 3) return inFeature(path, parts, at + 1, root)
  return make(path, 'spec-kit', isData(file) ? 'settings' : 'other', root)
}

/** `specs/<slug>/...`, also deeper (`specs/group/<slug>/`), and feature files in any folder. */
function featurePlace(path: string, parts: readonly string[]): PathPlace | null {
  const at = parts.lastIndexOf('specs')
  const file = parts.at(-1) ?? ''
  if (at >= 0 && at < parts.length - 2) return inFeature(path, parts, at, parts.slice(0, at))
  if (at >= 0 && at === parts.length - 2 && YAML.test(file)) {
    const kind = /^checks\.ya?ml$/i.test(file) ? 'checks' : 'task-spec'
    return make(path, 'task-spec', kind, parts.slice(0, at))
  }
  const kind = FEATURE_FILES[file]
  if (kind === 'constitution' && (parts.at(-2) === 'memory' || parts.length === 1))
    return make(path, 'spec-kit', kind, parts.slice(0, -2))
  if (/^(?:spec|plan|tasks|checklist|constitution)-template\.md$/.test(file)) {
    const name = file.slice(0, file.indexOf('-')) as DocumentKind
    return make(path, 'spec-kit', name, parts.slice(0, -2), { template: true })
  }
  if (kind === 'spec' || kind === 'tasks' || kind === 'data-model' || kind === 'quickstart')
    return make(path, 'spec-kit', kind, [], { folder: parts.slice(0, -1).join('/') })
  if (parts.at(-2) === 'checklists' && MARKDOWN.test(file))
    return make(path, 'spec-kit', 'checklist', [], { folder: parts.slice(0, -2).join('/') })
  return null
}

/** Kiro's three files, outside of its own folder. */
const KIRO_FILES: Readonly<Record<string, DocumentKind>> = {
  'requirements.md': 'spec',
  'design.md': 'design',
  'tasks.md': 'tasks',
}

function inFeature(path: string, parts: readonly string[], at: number, root: readonly string[]): PathPlace {
  const file = parts.at(-1) ?? ''
  const sub = parts.findLastIndex(
    (part, i) => i > at + 1 && i < parts.length - 1 && /^(?:contracts?|checklists?)$/.test(part),
  )
  const folder = parts.slice(0, sub >= 0 ? sub : parts.length - 1).join('/')
  if (sub >= 0)
    return make(path, 'spec-kit', parts[sub]?.startsWith('checklist') ? 'checklist' : 'contract', root, { folder })
  if (file === 'requirements.md') return make(path, 'kiro', 'spec', root, { folder })
  const kind = FEATURE_FILES[file] ?? (file.endsWith('.spec.md') ? 'spec' : kindByName(file))
  return make(path, 'spec-kit', kind, root, { folder })
}

function otherPlace(path: string, parts: readonly string[]): PathPlace {
  const file = parts.at(-1) ?? ''
  const parent = parts.at(-2) ?? ''
  if (/^checks\.ya?ml$/i.test(file)) return make(path, 'task-spec', 'checks', parts.slice(0, -1))
  if (/^spec\.ya?ml$/i.test(file) && parts.at(-3) === 'tasks')
    return make(path, 'task-spec', 'task-spec', parts.slice(0, -3))
  if (/^(?:issues?|issue_template)$/i.test(parent) && MARKDOWN.test(file))
    return make(path, 'issue', 'issue', parts.slice(0, -2))
  if ((/^(?:stories|user-stories|requirements)$/.test(parent) && MARKDOWN.test(file)) || /\.story\.md$/i.test(file))
    return make(path, 'story', 'story', parts.slice(0, -2))
  if (/^agents\.ya?ml$/.test(file)) return make(path, 'agent', 'agents', parts.slice(0, -1))
  if (/^(?:adrs?|decisions)$/.test(parent) && MARKDOWN.test(file))
    return make(path, 'agent', /^exc/i.test(file) ? 'exception' : 'adr', parts.slice(0, -2))
  return make(path, 'unknown', null, [])
}

function kindByName(file: string): DocumentKind {
  if (file === 'design.md') return 'design'
  return isData(file) ? 'settings' : 'other'
}

function isData(file: string): boolean {
  return /\.(?:ya?ml|json|jsonc|jsonl|toml)$/i.test(file)
}

/** A root and what belongs to it. */
export interface LayoutRoot {
  readonly root: string
  readonly formats: readonly SpecFormat[]
}
export interface LayoutFeature {
  readonly format: SpecFormat
  readonly root: string
  readonly folder: string
  readonly archived: boolean
  readonly paths: readonly string[]
}
export interface ProjectLayout {
  readonly roots: readonly LayoutRoot[]
  /** Folders of features and changes, by path. */
  readonly features: readonly LayoutFeature[]
  /** Every path that belongs to a format, by path. */
  readonly places: readonly PathPlace[]
  /** Paths that by their name belong to none. */
  readonly others: readonly string[]
}

const SKIPPED = /(?:^|\/)(?:node_modules|\.git|dist|build|vendor|target|\.venv|venv|__pycache__|coverage)(?:\/|$)/

/**
 * Sorts a project's paths by format, root and feature. Roots may lie in one another: a path belongs to the innermost. Names that many projects use
 * for other things (`plan.md`, `research.md`) count in a folder that holds a spec.md or tasks.md, and `specs/<x>/...` only where a feature's file is.
 */
export function projectLayout(paths: readonly string[]): ProjectLayout {
  const own = [...new Set(paths.map(normalPath))].filter((path) => !SKIPPED.test(path)).sort()
  const features = new Map<string, { place: PathPlace; paths: string[] }>()
  const first = own.map(placeOfPath)
  const featureFolders = new Set(
    first
      .filter((p) => p.format === 'spec-kit' && p.folder !== null && /(?:^|\/)(?:spec|plan|tasks)\.md$/.test(p.path))
      .map((p) => p.folder),
  )
  // A folder with requirements.md and no spec.md is laid out like Kiro's.
  const specified = new Set(
    own.filter((path) => path.endsWith('/spec.md')).map((path) => path.slice(0, -'/spec.md'.length)),
  )
  const kiro = new Set(
    first.filter((p) => p.format === 'kiro' && p.folder !== null && !specified.has(p.folder)).map((p) => p.folder),
  )
  for (const folder of kiro) featureFolders.add(folder)
  const places: PathPlace[] = []
  const others: string[] = []
  for (const [i, found] of first.entries()) {
    let place = found
    const path = own[i] ?? found.path
    const folder = path.split('/').slice(0, -1).join('/')
    if (place.format === 'unknown' && featureFolders.has(folder)) {
      const kind = FEATURE_FILES[path.slice(folder.length + 1)]
      if (kind) place = { ...place, format: 'spec-kit', kind, folder }
    }
    const kiroKind =
      place.folder !== null && kiro.has(place.folder) ? KIRO_FILES[path.slice(folder.length + 1)] : undefined
    if (kiroKind) place = { ...place, format: 'kiro', kind: kiroKind }
    // What else lies there belongs to the same feature.
    else if (place.folder !== null && kiro.has(place.folder) && place.format === 'spec-kit')
      place = { ...place, format: 'kiro' }
    const outer = place.folder === null ? null : enclosing(place.folder, featureFolders)
    if (place.format === 'spec-kit' && place.folder !== null && !featureFolders.has(place.folder)) {
      // A deeper folder of a feature: its files are the feature's.
      if (outer !== null) place = { ...place, folder: outer, kind: place.kind }
      else {
        others.push(path)
        continue
      }
    }
    if (place.kind === null || place.format === 'unknown') {
      others.push(path)
      continue
    }
    places.push(place)
    if (place.folder === null || place.template) continue
    const known = features.get(place.folder)
    if (known) known.paths.push(path)
    else features.set(place.folder, { place, paths: [path] })
  }
  const roots = new Map<string, Set<SpecFormat>>()
  for (const place of places) roots.set(place.root, (roots.get(place.root) ?? new Set<SpecFormat>()).add(place.format))
  return {
    roots: [...roots]
      .map(([root, formats]) => ({ root, formats: [...formats].sort() }))
      .sort((a, b) => (a.root < b.root ? -1 : 1)),
    features: [...features].map(([folder, { place, paths: held }]) => ({
      format: place.format,
      root: place.root,
      folder,
      archived: place.archived,
      paths: held,
    })),
    places,
    others,
  }
}

function enclosing(folder: string, folders: ReadonlySet<string | null>): string | null {
  for (let at = folder.lastIndexOf('/'); at > 0; at = folder.lastIndexOf('/', at - 1)) {
    const outer = folder.slice(0, at)
    if (folders.has(outer)) return outer
  }
  return null
}
