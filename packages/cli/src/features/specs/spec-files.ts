import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { SpecProject } from '@gatehouse/core/specs/project-model'
import { placeOfPath } from '@gatehouse/core/specs/project-layout'
import { readProject } from '@gatehouse/core/specs/project'

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
const MARKERS = [
  '.specify',
  'openspec',
  '.agent',
  '.kiro',
  '.git',
  'gatehouse-specs.yaml',
  join('.gatehouse', 'specs.yaml'),
]

/** Reads the project that the paths belong to; without a path, the one we stand in. Refused with `specs-not-found` where there is nothing to read. */
export function openSpecFolder(cwd: string, home: string, paths: readonly string[]): SpecFolder {
  const named = (paths.length === 0 ? ['.'] : paths).map((path) => {
    const full = resolve(cwd, path)
    if (!existsSync(full))
      throw new Problem('specs-not-found', `${path} does not exist: name a folder or file with specifications`)
    return realpathSync(full)
  })
  const root = rootOf(named, home)
  const walked = walk(root, named)
  const texts = new Map(walked.files.map((file) => [file.path, file.text]))
  const project = readProject(walked.files)
  const targets = named.map((path) => shown(root, path))
  const held = project.documents.some((d) => targets.some((target) => isUnder(d.path, target)))
  if (!held)
    throw new Problem(
      'specs-not-found',
      `${paths.length === 0 ? 'this folder' : paths.join(', ')} holds no specification: .specify and specs/ (spec-kit), openspec/, .agent/, .kiro/ or Markdown stories are looked for`,
    )
  return { root, project, texts, targets, folders: walked.folders, skipped: walked.skipped }
}

/** Whether a document lies at or below a target. */
export function isUnder(path: string, target: string): boolean {
  return target === '' || path === target || path.startsWith(`${target}/`)
}

/** The nearest folder at or above all paths that a tool of specifications, or git, has marked; never the home folder or above. */
function rootOf(named: readonly string[], home: string): string {
  let common = named.map((path) => (statSync(path).isDirectory() ? path : dirname(path))).reduce(commonFolder)
  const first = common
  // What is inside of `.agent` or `openspec` belongs to the folder around it.
  const parts = common.split(sep)
  const inside = parts.findIndex((part) => MARKERS.includes(part))
  if (inside > 0) common = parts.slice(0, inside).join(sep) || sep
  for (let at = common; ; at = dirname(at)) {
    if (at !== first && (at === home || dirname(at) === at)) break
    if (MARKERS.some((marker) => existsSync(join(at, marker)))) return at
    if (dirname(at) === at) break
  }
  // `specs/001-x` alone: its project is the folder that holds `specs`.
  const specs = parts.lastIndexOf('specs')
  return specs > 0 ? parts.slice(0, specs).join(sep) || sep : common
}

function commonFolder(a: string, b: string): string {
  const [x, y] = [a.split(sep), b.split(sep)]
  let same = 0
  while (same < Math.min(x.length, y.length) && x[same] === y[same]) same += 1
  return x.slice(0, same).join(sep) || sep
}

interface Walked {
  readonly files: { path: string; text: string }[]
  readonly folders: string[]
  readonly skipped: { path: string; reason: string }[]
}

/** Files that can hold specifications, in order. Links are not followed; repositories inside (submodules, worktrees) are their own. */
function walk(root: string, named: readonly string[]): Walked {
  const found: Walked = { files: [], folders: [], skipped: [] }
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const state = { entries: 0, bytes: 0 }
  const wanted = new Set(named)
  const take = (full: string) => {
    const path = shown(root, full)
    const size = lstatSync(full).size
    if (size > MAX_FILE_BYTES) {
      found.skipped.push({ path, reason: `it has ${size} bytes, more than ${MAX_FILE_BYTES}` })
      return
    }
    state.bytes += size
    if (state.bytes > MAX_TOTAL_BYTES)
      throw new Problem(
        'too-large',
        `${root} holds more than ${MAX_TOTAL_BYTES} bytes of Markdown: name a folder in it`,
      )
    try {
      found.files.push({ path, text: decoder.decode(readFileSync(full)) })
    } catch (error) {
      found.skipped.push({ path, reason: error instanceof Error ? error.message : String(error) })
    }
  }
  const visit = (folder: string) => {
    let entries
    try {
      entries = readdirSync(folder, { withFileTypes: true })
    } catch (error) {
      found.skipped.push({ path: shown(root, folder), reason: error instanceof Error ? error.message : String(error) })
      return
    }
    if (folder !== root && !wanted.has(folder) && entries.some((entry) => entry.name === '.git')) return
    found.folders.push(folder)
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      state.entries += 1
      if (state.entries > MAX_ENTRIES)
        throw new Problem('too-large', `${root} holds more than ${MAX_ENTRIES} files: name a folder in it`)
      const full = join(folder, entry.name)
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) visit(full)
      } else if (entry.isFile() && (wanted.has(full) || isCandidate(shown(root, full)))) take(full)
    }
  }
  visit(root)
  return found
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
