import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, extname, join, sep } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Finding } from '@gatehouse/core/specs/lint/finding'
import { lintProject } from '@gatehouse/core/specs/lint/lint'
import { DEFAULT_LINT_CONFIG, readLintConfig, type LintConfig } from '@gatehouse/core/specs/lint/lint-config'
import { BASELINE_FILE, readBaseline } from '../spec-baseline.ts'
import { CONFIG_FILES } from '../spec-config.ts'
import { isUnder, listSpecFolder, MAX_FILE_BYTES, readSpecFile } from '../spec-files.ts'
import { pathBelow } from './document-uris.ts'
import { FindingRelations, type RelatedPlace } from './finding-relations.ts'
import { PlacedReader } from './placed-reader.ts'

/** A folder to lint. `whole`: all of it is told, else only the buffers that are open (a file opened from outside of the workspace). */
export interface JobFolder {
  readonly folder: string
  readonly whole: boolean
}

export interface LintJob {
  readonly seq: number
  readonly home: string
  readonly folders: readonly JobFolder[]
  /** Texts of open buffers by absolute path, links resolved. */
  readonly overlays: ReadonlyMap<string, string>
  /** Whether files may have changed since the last job. */
  readonly walk: boolean
}

export interface LintedFinding extends Finding {
  readonly related: readonly RelatedPlace[]
}

/** What keeps us from linting as asked. `path` is relative to the root, null where no file is at fault; `line` counts from 1. */
export interface FileProblem {
  readonly path: string | null
  readonly line: number
  readonly code: string
  readonly detail: string
}

export interface LintedRoot {
  /** Absolute. Paths of findings and texts are relative to it. */
  readonly root: string
  readonly whole: boolean
  /** What is on the disk, without byte order marks; null where no file was read again. */
  readonly texts: ReadonlyMap<string, string> | null
  readonly folders: readonly string[]
  /** Null where nothing changed since the last job. */
  readonly findings: readonly LintedFinding[] | null
  readonly problems: readonly FileProblem[]
}

export interface LintResult {
  readonly seq: number
  readonly roots: readonly LintedRoot[]
}

/** More cannot be held for an editor. */
const MAX_LETTERS = 128 * 1024 * 1024

interface HeldRoot {
  readonly root: string
  whole: boolean
  targets: string[]
  texts: Map<string, string>
  folders: readonly string[]
  problems: FileProblem[]
  readonly reader: PlacedReader
  /** The texts of the last run: the same again give the same findings. */
  last: ReadonlyMap<string, string> | null
}

/** Lints folders again and again, and reads from the disk only what it is told to. Belongs into a thread of its own: a run takes its time. */
export class Linter {
  #roots: HeldRoot[] = []
  #asked = ''

  run(job: LintJob): LintResult {
    const asked = JSON.stringify(job.folders)
    const walked = job.walk || asked !== this.#asked
    if (walked) this.#roots = openAll(job, this.#roots)
    this.#asked = asked
    return { seq: job.seq, roots: this.#roots.map((held) => this.#lint(held, job, walked)) }
  }

  #lint(held: HeldRoot, job: LintJob, walked: boolean): LintedRoot {
    const { root, whole, folders } = held
    const texts = new Map(held.texts)
    const open = new Set<string>()
    for (const [path, text] of job.overlays) {
      const below = pathBelow(root, path)
      if (below === null || below === '') continue
      open.add(below)
      if (text.length > MAX_FILE_BYTES) texts.delete(below)
      else texts.set(below, text)
    }
    const base = { root, whole, folders, texts: walked ? held.texts : null }
    // Configuration and baseline are files as well: what was walked is linted anew.
    if (!walked && held.last && same(held.last, texts)) return { ...base, findings: null, problems: held.problems }
    const problems = held.problems.filter((p) => p.path === null)
    const config = configOf(root, texts, problems)
    const known = baselineOf(root, problems)
    const project = held.reader.project(texts)
    const relations = new FindingRelations(project, texts)
    const findings = lintProject(project, texts, config)
      .filter(({ place, fingerprint }) => {
        if (known.has(fingerprint)) return false
        return open.has(place.path) || (whole && held.targets.some((target) => isUnder(place.path, target)))
      })
      .map((finding) => ({ ...finding, related: relations.of(finding) }))
    held.last = texts
    held.problems = problems
    return { ...base, findings, problems }
  }
}

function same(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false
  for (const [path, text] of a) if (b.get(path) !== text) return false
  return true
}

/** Opens the folders anew. What was read before of the same root is kept: most files are as they were. */
function openAll(job: LintJob, before: readonly HeldRoot[]): HeldRoot[] {
  const roots = new Map<string, HeldRoot>()
  for (const { folder, whole } of job.folders) {
    const opened = whole ? openWhole(folder, job.home) : openSiblings(folder)
    const known = roots.get(opened.root)
    if (!known) roots.set(opened.root, opened)
    else if (whole && !known.whole) roots.set(opened.root, opened)
    else if (whole) known.targets.push(...opened.targets)
  }
  return [...roots.values()].map((held) => ({
    ...held,
    reader: before.find(({ root }) => root === held.root)?.reader ?? held.reader,
  }))
}

function openWhole(folder: string, home: string): HeldRoot {
  const bare: HeldRoot = {
    root: folder,
    whole: true,
    targets: [''],
    texts: new Map(),
    folders: existsSync(folder) ? [folder] : [],
    problems: [],
    reader: new PlacedReader(),
    last: null,
  }
  try {
    const { root, files, targets, folders } = listSpecFolder(folder, home, [])
    const texts = new Map<string, string>()
    let letters = 0
    for (const path of files) {
      const text = readSpecFile(root, path, [])
      if (text === null) continue
      texts.set(path, withoutMark(text))
      letters += text.length
      if (letters > MAX_LETTERS)
        throw new Problem(
          'too-large',
          `${root} holds more than ${MAX_LETTERS} letters of Markdown: open a folder in it`,
        )
    }
    return { ...bare, root, targets: [...targets], texts, folders }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    // The folder is not there yet: what is opened or made in it is read all the same.
    if (error.slug === 'specs-not-found') return bare
    return { ...bare, problems: [{ path: null, line: 1, code: error.slug, detail: error.message }] }
  }
}

/** Folders that say what a file is; the project lies around them. */
const INSIDE = new Set(['specs', 'openspec', '.agent', '.kiro', '.specify'])

/** The files beside one that was opened from outside of the workspace: nothing above or below is read. */
function openSiblings(folder: string): HeldRoot {
  const parts = folder.split(sep)
  const inside = parts.findLastIndex((part) => INSIDE.has(part))
  const root = inside > 0 ? parts.slice(0, inside).join(sep) || sep : folder
  const texts = new Map<string, string>()
  let names: string[] = []
  try {
    names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFile() ? [entry.name] : []))
  } catch {
    // A folder that is not there yet.
  }
  for (const name of names) {
    const path = join(folder, name)
    const below = pathBelow(root, path)
    if (below === null || !/\.(?:md|mdc|mdx|markdown)$/i.test(extname(name))) continue
    try {
      if (statSync(path).size <= MAX_FILE_BYTES) texts.set(below, withoutMark(readFileSync(path, 'utf8')))
    } catch {
      // Gone, or not ours to read.
    }
  }
  return { root, whole: false, targets: [], texts, folders: [], problems: [], reader: new PlacedReader(), last: null }
}

/** Editors keep the byte order mark out of the buffer: positions count without it. */
function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? text.slice(1) : text
}

function configOf(root: string, texts: ReadonlyMap<string, string>, problems: FileProblem[]): LintConfig {
  for (const name of CONFIG_FILES) {
    const path = name.split(sep).join('/')
    let text = texts.get(path)
    if (text === undefined) {
      if (!existsSync(join(root, name))) continue
      try {
        text = readFileSync(join(root, name), 'utf8')
      } catch (error) {
        problems.push({ path, line: 1, code: 'spec-config-invalid', detail: `${path} cannot be read: ${said(error)}` })
        continue
      }
    }
    const read = readLintConfig(text, path)
    if (read.ok) return read.value
    const line = Number(/^\S+?:(\d+): /.exec(read.detail)?.[1] ?? 1)
    problems.push({ path, line, code: read.code, detail: read.detail })
    return DEFAULT_LINT_CONFIG
  }
  return DEFAULT_LINT_CONFIG
}

function baselineOf(root: string, problems: FileProblem[]): ReadonlySet<string> {
  try {
    return readBaseline(join(root, BASELINE_FILE), false)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const path = `${basename(dirname(BASELINE_FILE))}/${basename(BASELINE_FILE)}`
    problems.push({ path, line: 1, code: error.slug, detail: error.message })
    return new Set()
  }
}

function said(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
