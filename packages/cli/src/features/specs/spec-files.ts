import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { SpecProject } from '@gatehouse/core/specs/project-model'
import { placeOfPath } from '@gatehouse/core/specs/project-layout'
import { readProject } from '@gatehouse/core/specs/project'
import { gitFiles } from './spec-git.ts'
import { keepYoungSpace } from './spec-memory.ts'

/** A project's specifications as they lie on the disk. */
export interface SpecFolder {
  /** Absolute: the folder that the paths of documents are relative to. */
  readonly root: string
  readonly project: SpecProject
  /** The texts as they were read, by the documents' paths. */
  readonly texts: ReadonlyMap<string, string>
  /** What the user named, relative to the root with forward slashes; '' for the root itself. */
  readonly targets: readonly string[]
  /** Folders that were walked, absolute: where to look for changes. */
  readonly folders: readonly string[]
  /** Files that were not read, each with the reason. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[]
}

export const MAX_ENTRIES = 200_000
export const MAX_FILE_BYTES = 1024 * 1024
const MAX_TOTAL_BYTES = 256 * 1024 * 1024
const SKIPPED = new Set(
  'node_modules .git .hg .svn dist build out vendor target .venv venv __pycache__ coverage .next .turbo .cache'.split(
    ' ',
  ),
)
/** What marks the top of a project, and holds what belongs to it. */
const TOOL_FOLDERS = ['.specify', 'openspec', '.agent', '.kiro', '.git']
const OWNED = [...TOOL_FOLDERS, '.gatehouse']
const MARKERS = [...TOOL_FOLDERS, 'gatehouse-specs.yaml', join('.gatehouse', 'specs.yaml')]

/** A project's files, not read yet. */
export interface SpecListing {
  /** Absolute: the folder that paths are relative to. */
  readonly root: string
  /** Files that can hold specifications, relative with forward slashes, in order. */
  readonly files: readonly string[]
  readonly targets: readonly string[]
  readonly folders: readonly string[]
  readonly skipped: { path: string; reason: string }[]
  /** Whether `.gitignore` was heeded: git listed the files. */
  readonly byGit: boolean
}

/**
 * Reads the project that the paths belong to; without a path, the one we stand in. Its top is looked for below `ceiling`, a person's home folder.
 * Refused with `specs-not-found` where there is nothing to read.
 */
export function openSpecFolder(cwd: string, ceiling: string, paths: readonly string[]): SpecFolder {
  const { root, files, targets, folders, skipped } = listSpecFolder(cwd, ceiling, paths)
  const texts = new Map<string, string>()
  let bytes = 0
  for (const path of files) {
    const text = readSpecFile(root, path, skipped)
    if (text === null) continue
    texts.set(path, text)
    bytes += text.length
    if (bytes > MAX_TOTAL_BYTES)
      throw new Problem(
        'too-large',
        `${root} holds more than ${MAX_TOTAL_BYTES} bytes of Markdown: name a folder in it`,
      )
  }
  const project = readProject([...texts].map(([path, text]) => ({ path, text })))
  needDocuments(
    project.documents.map((d) => d.path),
    targets,
    paths,
    skipped,
  )
  return { root, project, texts, targets, folders, skipped }
}

/** Refuses a place without specifications: nothing found there would be told as nothing wrong. */
export function needDocuments(
  documents: readonly string[],
  targets: readonly string[],
  paths: readonly string[],
  skipped: SpecListing['skipped'],
): void {
  if (documents.some((path) => targets.some((target) => isUnder(path, target)))) return
  const left = skipped.slice(0, 5).map(({ path, reason }) => `${path} was not read: ${reason}`)
  throw new Problem(
    'specs-not-found',
    `${left.length === 0 ? '' : `${left.join('; ')}. Else `}${paths.length === 0 ? 'this folder' : paths.join(', ')} holds no specification: .specify and specs/ (spec-kit), openspec/, .agent/, .kiro/ or Markdown stories are looked for`,
  )
}

/** The files of the project that the paths belong to. What `.gitignore` leaves out is left out, unless it is named. */
export function listSpecFolder(cwd: string, ceiling: string, paths: readonly string[]): SpecListing {
  const named = (paths.length === 0 ? ['.'] : paths).map((path) => {
    const full = resolve(cwd, path)
    if (!existsSync(full))
      throw new Problem('specs-not-found', `${path} does not exist: name a folder or file with specifications`)
    return realpathSync(full)
  })
  const root = rootOf(named, ceiling)
  const skipped: SpecListing['skipped'] = []
  const listed = gitFiles(root)
  const files = new Set<string>()
  const folders = new Set<string>()
  if (listed) {
    if (listed.length > MAX_ENTRIES) throw tooMany(root)
    keepYoungSpace(listed.length)
    for (const path of listed) {
      if (path.split('/').some((part) => SKIPPED.has(part))) continue
      for (let at = dirname(path); !folders.has(join(root, at)); at = dirname(at)) folders.add(join(root, at))
      if (isCandidate(path)) files.add(path)
    }
  }
  // Without git everything is looked at; with it, what was named and git leaves out.
  for (const start of listed ? named.filter((path) => path !== root) : [root, ...named]) {
    if (listed && [...files].some((path) => isUnder(path, shown(root, start)))) continue
    const state = { entries: 0 }
    if (lstatSync(start).isDirectory()) walk(root, start, named, state, { files, folders, skipped })
    else files.add(shown(root, start))
  }
  return {
    root,
    files: [...files].sort(),
    targets: named.map((path) => shown(root, path)),
    folders: [...folders].sort(),
    skipped,
    byGit: listed !== null,
  }
}

function tooMany(root: string): Problem {
  return new Problem('too-large', `${root} holds more than ${MAX_ENTRIES} files: name a folder in it`)
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** A file's text, the BOM kept; null for what is no file, too large or not readable, with the reason in `skipped`. */
export function readSpecFile(root: string, path: string, skipped: SpecListing['skipped']): string | null {
  const full = join(root, path)
  try {
    const found = lstatSync(full)
    if (!found.isFile()) return null
    if (found.size <= MAX_FILE_BYTES) return decoder.decode(readFileSync(full))
    skipped.push({ path, reason: `it has ${found.size} bytes, more than ${MAX_FILE_BYTES}` })
  } catch (error) {
    if (!isGone(error)) skipped.push({ path, reason: error instanceof Error ? error.message : String(error) })
  }
  return null
}

/** Git lists what was deleted and not committed. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** Whether a document lies at or below a target. */
export function isUnder(path: string, target: string): boolean {
  return target === '' || path === target || path.startsWith(`${target}/`)
}

/** The nearest folder at or above all paths that a tool of specifications, or git, has marked; never the ceiling or above, but where it was named. */
function rootOf(named: readonly string[], ceiling: string): string {
  const first = named.map((path) => (statSync(path).isDirectory() ? path : dirname(path))).reduce(commonFolder)
  const common = ownerOf(first)?.around ?? first
  for (let at = common; ; at = dirname(at)) {
    if (at !== first && (at === ceiling || dirname(at) === at)) break
    if (isMarked(at)) return at
    if (dirname(at) === at) break
  }
  return aroundSpecs(first) ?? common
}

/** What a folder lies in that belongs to the project around it, such as `.agent`; null where it lies in nothing such. A checkout may be called so too. */
export function ownerOf(folder: string): { readonly part: string; readonly around: string } | null {
  const parts = folder.split(sep)
  const at = parts.findIndex((part, i) => OWNED.includes(part) && !isMarked(upTo(parts, i + 1)))
  return at > 0 ? { part: parts[at] ?? '', around: upTo(parts, at) } : null
}

/** `specs/001-x` alone: its project is the folder that holds `specs`. Null where the folder is in none. */
export function aroundSpecs(folder: string): string | null {
  const parts = folder.split(sep)
  const at = parts.lastIndexOf('specs')
  return at > 0 ? upTo(parts, at) : null
}

function upTo(parts: readonly string[], count: number): string {
  return parts.slice(0, count).join(sep) || sep
}

/** Whether a tool of specifications, git or a configuration of ours makes a folder the top of a project. */
export function isMarked(folder: string): boolean {
  return MARKERS.some((marker) => existsSync(join(folder, marker)))
}

function commonFolder(a: string, b: string): string {
  const [x, y] = [a.split(sep), b.split(sep)]
  let same = 0
  while (same < Math.min(x.length, y.length) && x[same] === y[same]) same += 1
  return x.slice(0, same).join(sep) || sep
}

interface Walked {
  readonly files: Set<string>
  readonly folders: Set<string>
  readonly skipped: SpecListing['skipped']
}

/** Adds what lies below a folder. Links are not followed; repositories inside (submodules, worktrees) are their own. */
function walk(root: string, start: string, named: readonly string[], state: { entries: number }, found: Walked): void {
  const wanted = new Set(named)
  const visit = (folder: string) => {
    if (found.folders.has(folder)) return
    let entries
    try {
      entries = readdirSync(folder, { withFileTypes: true })
    } catch (error) {
      found.skipped.push({ path: shown(root, folder), reason: error instanceof Error ? error.message : String(error) })
      return
    }
    if (folder !== start && !wanted.has(folder) && entries.some((entry) => entry.name === '.git')) return
    found.folders.add(folder)
    keepYoungSpace(state.entries)
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      state.entries += 1
      if (state.entries > MAX_ENTRIES) throw tooMany(root)
      const full = join(folder, entry.name)
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) visit(full)
      } else if (entry.isFile() && (wanted.has(full) || isCandidate(shown(root, full))))
        found.files.add(shown(root, full))
    }
  }
  visit(start)
}

/** Any Markdown can be a story; other data only where its path says that it belongs to a format. */
function isCandidate(path: string): boolean {
  const name = basename(path)
  if (/\.(?:md|mdc|mdx|markdown)$/i.test(name)) return true
  return /\.(?:ya?ml|json)$/i.test(name) && placeOfPath(path).kind !== null
}

function shown(root: string, full: string): string {
  return relative(root, full).split(sep).join('/')
}
