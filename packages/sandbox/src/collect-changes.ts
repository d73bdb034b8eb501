import { lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync, type Stats } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { refuse, type Refusal } from '@gatehouse/core/kernel/result'
import { blobOid, writeBlobs, type BlobSource } from './git-blobs.ts'
import { readOpened } from './kept-files.ts'
import { isGitName, nameProblem, pathProblem, symlinkStaysInside, type ResultProblem } from './result-paths.ts'
import { git, listTree, treeId, type TreeEntry } from './trusted-git.ts'

export interface Change {
  /** UTF-8; bytes that are not are shown as U+FFFD (only for removed paths: others are refused). */
  readonly path: string
  readonly kind: 'added' | 'modified' | 'removed'
  /** Before and after; null where there was or is nothing. Modes are git's: 100644, 100755, 120000. */
  readonly mode_before: string | null
  readonly mode: string | null
  readonly oid_before: string | null
  readonly oid: string | null
}

export interface Collected {
  readonly ok: true
  /** Tree of the base the changes are against, and of the result, both in the trusted repository. */
  readonly base_tree: string
  readonly tree: string
  readonly changes: readonly Change[]
  /** Paths named `.git` that the run made: never taken. */
  readonly ignored: readonly string[]
}

export interface RefusedResult extends Refusal<'result-refused'> {
  readonly problems: readonly { readonly path: string; readonly problem: ResultProblem }[]
}

export interface CollectRequest {
  /** Trusted bare repository that gets blobs and tree. */
  readonly git_dir: string
  /** Commit or tree that the workspace was made from. */
  readonly base_tree: string
  /** Host path of the workspace as the run left it, whiteouts already applied (the merged overlay, or the plain copy). */
  readonly merged: string
  /** Host path of the overlay's upper folder: what is not in it was not touched. null: look at everything. */
  readonly upper: string | null
  readonly max_files?: number | undefined
  readonly max_bytes?: number | undefined
}

interface Found {
  readonly path: string
  readonly mode: '100644' | '100755' | '120000'
  readonly source: BlobSource
}

const MAX_FILES = 20_000
const MAX_BYTES = 256 * 1_048_576
const MAX_DEPTH = 200

/**
 * Reads what a run left in its workspace into a tree of a trusted repository. The workspace is data only: walked by
 * lstat, files opened without following links, hashed without filters, no git command ever has it as its work tree.
 * Nothing of the run may be alive. Refuses as a whole ('result-refused', each path named) rather than take a part.
 */
export async function collectChanges(request: CollectRequest): Promise<Collected | RefusedResult> {
  const base = await treeId(request.git_dir, request.base_tree)
  const walk = new Walk(request, await listTree(request.git_dir, base))
  walk.folder('', 0)
  if (walk.problems.length > 0) {
    const named = walk.problems.slice(0, 5).map((entry) => `${entry.path} (${entry.problem})`)
    const more = walk.problems.length > named.length ? ` and ${walk.problems.length - named.length} more` : ''
    const detail = `the run left what cannot be taken: ${named.join(', ')}${more}; remove it in the command that makes it`
    return { ...refuse('result-refused', detail), problems: walk.problems }
  }
  const oids = await writeBlobs(
    request.git_dir,
    walk.found.map((entry) => entry.source),
  )
  const lines: string[] = []
  const changes: Change[] = []
  for (const path of walk.removed()) {
    const before = walk.base.get(path)
    lines.push(`0 ${'0'.repeat(base.length)}\t${path}\0`)
    changes.push({
      path: text(path),
      kind: 'removed',
      mode_before: before?.mode ?? null,
      mode: null,
      oid_before: before?.oid ?? null,
      oid: null,
    })
  }
  walk.found.forEach((entry, index) => {
    const before = walk.base.get(entry.path)
    const oid = oids[index] ?? ''
    if (before?.oid === oid && before.mode === entry.mode) return
    lines.push(`${entry.mode} ${oid}\t${entry.path}\0`)
    const kind = before === undefined ? 'added' : 'modified'
    changes.push({
      path: text(entry.path),
      kind,
      mode_before: before?.mode ?? null,
      mode: entry.mode,
      oid_before: before?.oid ?? null,
      oid,
    })
  })
  const tree = changes.length === 0 ? base : await writeTree(request.git_dir, base, lines)
  changes.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
  return { ok: true, base_tree: base, tree, changes, ignored: walk.ignored.map(text) }
}

function text(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8')
}

async function writeTree(gitDir: string, base: string, lines: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-index-'))
  try {
    const env = { GIT_INDEX_FILE: join(folder, 'index') }
    await git(gitDir, ['read-tree', base], { env })
    await git(gitDir, ['update-index', '-z', '--index-info'], { env, input: Buffer.from(lines.join(''), 'latin1') })
    return (await git(gitDir, ['write-tree'], { env })).toString('utf8').trim()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

class Walk {
  readonly base: Map<string, TreeEntry>
  readonly found: Found[] = []
  readonly ignored: string[] = []
  readonly problems: { path: string; problem: ResultProblem }[] = []
  readonly #request: CollectRequest
  readonly #baseNames = new Map<string, Set<string>>()
  readonly #removed: string[] = []
  #bytes = 0

  constructor(request: CollectRequest, entries: readonly TreeEntry[]) {
    this.#request = request
    this.base = new Map(entries.map((entry) => [entry.path, entry]))
    this.#baseNames.set('', new Set())
    for (const { path } of entries) {
      const parts = path.split('/')
      for (let depth = 1; depth <= parts.length; depth++) {
        const parent = parts.slice(0, depth - 1).join('/')
        const names = this.#baseNames.get(parent) ?? new Set()
        this.#baseNames.set(parent, names.add(parts[depth - 1] ?? ''))
      }
    }
  }

  removed(): string[] {
    const now = new Set(this.found.map((entry) => entry.path))
    return this.#removed.filter((path) => !now.has(path))
  }

  /** Compares one folder of the result with the base. */
  folder(path: string, depth: number): void {
    if (depth > MAX_DEPTH || this.found.length > (this.#request.max_files ?? MAX_FILES))
      return this.#refuse(path, 'too-many')
    let names: string[]
    try {
      names = readdirSync(this.#at(this.#request.merged, path), { encoding: 'latin1' })
    } catch {
      return this.#refuse(path, 'unreadable')
    }
    const before = this.#baseNames.get(path) ?? new Set<string>()
    for (const name of before) if (!names.includes(name)) this.#gone(join2(path, name))
    for (const name of names) this.#entry(join2(path, name), name, depth)
    if (this.problems.length > 1_000) this.problems.length = 1_000
  }

  #entry(path: string, name: string, depth: number): void {
    const known = this.base.get(path)
    // Directories are never redirected (redirect_dir=off), so all that is new stands in upper itself. What is not there is the base's own, and the base may hold names that we would not take from a run.
    const inUpper = this.#request.upper === null ? undefined : this.#lstat(this.#request.upper, path)
    if (this.#request.upper !== null && inUpper === undefined) return
    if (name === '.git' && known === undefined) {
      this.ignored.push(path)
      return
    }
    const problem = isGitName(text(name)) ? 'name-forbidden' : (nameProblem(name) ?? pathProblem(path))
    if (problem !== null && known === undefined) return this.#refuse(path, problem)
    const stat = this.#lstat(this.#request.merged, path)
    if (stat === undefined) return this.#refuse(path, 'unreadable')
    if (known?.mode === '160000') return this.#submodule(path, stat)
    if (stat.isDirectory()) {
      if (known !== undefined) this.#gone(path)
      this.folder(path, depth + 1)
      return
    }
    if (known === undefined && this.#baseNames.has(path)) this.#gone(path)
    if (stat.isSymbolicLink()) this.#symlink(path)
    else if (stat.isFile()) this.#file(path, stat)
    else this.#refuse(path, 'special-file')
  }

  #submodule(path: string, stat: Stats): void {
    const empty = stat.isDirectory() && readdirSync(this.#at(this.#request.merged, path)).length === 0
    if (!empty) this.#refuse(path, 'submodule')
  }

  #symlink(path: string): void {
    const target = readlinkSync(this.#at(this.#request.merged, path), { encoding: 'buffer' })
    const known = this.base.get(path)
    const source: BlobSource = { bytes: () => target }
    if (!symlinkStaysInside(text(path), target.toString('utf8'))) {
      // One that the base already has may stay as it is: found out by its hash, so it is compared, not judged.
      if (known?.mode !== '120000') return this.#refuse(path, 'symlink-outside')
      if (known.oid !== blobOid(target, known.oid.length)) return this.#refuse(path, 'symlink-outside')
    }
    this.found.push({ path, mode: '120000', source })
  }

  #file(path: string, stat: Stats): void {
    if ((stat.mode & 0o6000) !== 0) return this.#refuse(path, 'setuid')
    const at = this.#at(this.#request.merged, path)
    const mode = (stat.mode & 0o100) === 0 ? '100644' : '100755'
    const limit = this.#request.max_bytes ?? MAX_BYTES
    if (stat.size > limit) return this.#refuse(path, 'too-large')
    const known = this.base.get(path)
    if (this.#request.upper === null && known?.mode === mode) {
      const read = readOpened(at, stat.size)
      // A plain copy shows every file of the base: what is as it was does not count against the limits.
      if (read.ok && blobOid(read.content, known.oid.length) === known.oid) return
    }
    this.#bytes += stat.size
    if (this.#bytes > limit) return this.#refuse(path, 'too-large')
    const source: BlobSource = {
      bytes: () => {
        const read = readOpened(at, stat.size)
        if (!read.ok) throw new Error(`${text(path)} could not be read: ${read.problem}`)
        return read.content
      },
    }
    this.found.push({ path, mode, source })
  }

  /** A path of the base that is not there any more, with all below it. */
  #gone(path: string): void {
    const known = this.base.get(path)
    // An empty folder stands for a submodule; without it nothing is said about the submodule.
    if (known !== undefined && known.mode !== '160000') this.#removed.push(path)
    for (const name of this.#baseNames.get(path) ?? []) this.#gone(join2(path, name))
  }

  #at(folder: string, path: string): Buffer {
    return Buffer.concat([Buffer.from(folder), Buffer.from(path === '' ? '' : `/${path}`, 'latin1')])
  }

  #lstat(folder: string, path: string): Stats | undefined {
    try {
      return lstatSync(this.#at(folder, path), { throwIfNoEntry: false })
    } catch {
      return undefined
    }
  }

  #refuse(path: string, problem: ResultProblem): void {
    this.problems.push({ path: text(path), problem })
  }
}

function join2(path: string, name: string): string {
  return path === '' ? name : `${path}/${name}`
}
