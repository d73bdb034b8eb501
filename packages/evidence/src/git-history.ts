import { EvidenceGitError, gitText, runGit } from './git-run.ts'

export interface FileChange {
  /** As git's raw diff says: A added, M modified, D deleted, T type changed, and rarer ones. */
  readonly kind: string
  readonly path: string
  /** The blob before and after; all zeros where there is none. */
  readonly before: string
  readonly after: string
}

export interface Commit {
  readonly id: string
  /** Place in the history, 0 for the oldest: a later commit has a higher one. Commit times can be made up, this cannot. */
  readonly order: number
  /** Committer's time as it is written, seconds since 1970. */
  readonly time: number
  readonly message: string
  /** How many commits it follows: 0 for a root, 2 and more for a merge. At the edge of a shallow clone there are fewer than were committed. */
  readonly parents: number
  readonly changes: readonly FileChange[]
}

export interface History {
  /** Oldest first. Merges carry no changes of their own. */
  readonly commits: readonly Commit[]
  /** Orders of the commits that changed a path, rising. */
  readonly byPath: ReadonlyMap<string, readonly number[]>
  /** True where the repository is a shallow or partial clone, or the limit cut it: something of what was before is not seen. */
  readonly cut: boolean
  /** The commit the history ends with; null in a repository without commits. */
  readonly head: string | null
}

const FORMAT = '%H%x00%ct%x00%P%x00%B%x00'
const RAW = /^:\d{6} \d{6} ([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ([A-Z])\d*$/
// A message of a hundred megabytes is somebody's joke.
const MAX_FIELD = 256 * 1024
const HASH = /^[0-9a-f]{40,64}$/

interface Open {
  readonly id: string
  readonly time: number
  readonly message: string
  readonly parents: number
  readonly changes: FileChange[]
}

/**
 * Reads NUL-separated output of `git log --raw -z` with FORMAT. Messages and paths hold no NUL, and each is taken at its place, so that none
 * of them can pass for a commit. Each byte is looked at once; of a field no more than MAX_FIELD bytes are kept.
 */
class LogReader {
  readonly commits: Open[] = []
  #parts: Buffer[] = []
  #held = 0
  #header: string[] = []
  #raw: RegExpExecArray | null = null

  take(piece: Buffer): void {
    let from = 0
    for (let end = piece.indexOf(0); end >= 0; end = piece.indexOf(0, from)) {
      this.#keep(piece.subarray(from, end))
      const field = Buffer.concat(this.#parts).toString('utf8')
      this.#parts = []
      this.#held = 0
      from = end + 1
      this.#field(field)
    }
    this.#keep(piece.subarray(from))
  }

  #keep(part: Buffer): void {
    const kept = part.subarray(0, MAX_FIELD - this.#held)
    if (kept.length === 0) return
    this.#parts.push(kept)
    this.#held += kept.length
  }

  #field(field: string): void {
    if (this.#header.length > 0) {
      this.#header.push(field)
      if (this.#header.length < 4) return
      const [id = '', time = '', parents = '', message = ''] = this.#header
      const count = parents.split(' ').filter(Boolean).length
      this.commits.push({ id, time: Number(time), message: message.trimEnd(), parents: count, changes: [] })
      this.#header = []
      return
    }
    if (this.#raw) {
      const [, before = '', after = '', kind = ''] = this.#raw
      this.commits.at(-1)?.changes.push({ kind, path: field, before, after })
      this.#raw = null
      return
    }
    const plain = field.replace(/^\n+/, '')
    if (plain === '') return
    this.#raw = RAW.exec(plain)
    if (this.#raw) return
    if (!HASH.test(plain))
      throw new EvidenceGitError('git-failed', `git log answered what is no commit: ${plain.slice(0, 80)}`)
    this.#header = [plain]
  }
}

/**
 * The history of `head` in the repository around `root`, paths relative to the repository's top folder. At most `limit` commits, the newest;
 * 200,000 unless told. A repository without commits has an empty one. Throws EvidenceGitError.
 */
export async function readHistory(root: string, options: { head?: string; limit?: number } = {}): Promise<History> {
  const { head = 'HEAD', limit = 200_000 } = options
  // Also refuses a folder that is no repository, which an empty answer would not tell.
  const shallow = (await gitText(root, ['rev-parse', '--is-shallow-repository'])).trim() === 'true'
  const known = await gitText(root, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${head}^{commit}`]).catch(
    (error: unknown) => {
      // A branch without a commit; whatever was asked for by name must be there.
      if (head === 'HEAD' && error instanceof EvidenceGitError && error.code === 'git-failed') return ''
      throw error
    },
  )
  if (known === '') return { commits: [], byPath: new Map(), cut: false, head: null }
  const reader = new LogReader()
  const args = [
    'log',
    '-z',
    '--raw',
    '--no-abbrev',
    '--no-renames',
    '--no-ext-diff',
    '--no-textconv',
    '--topo-order',
    '--root',
  ]
  await runGit(root, [...args, `--format=${FORMAT}`, `--max-count=${limit}`, known.trim(), '--'], (piece) =>
    reader.take(piece),
  )
  const commits = reader.commits.toReversed().map((commit, order): Commit => ({ ...commit, order }))
  const byPath = new Map<string, number[]>()
  for (const { order, changes } of commits)
    for (const { path } of changes) {
      const orders = byPath.get(path)
      if (orders) orders.push(order)
      else byPath.set(path, [order])
    }
  return { commits, byPath, cut: shallow || commits.length === limit || (await isPartial(root)), head: known.trim() }
}

/** Whether the repository was cloned with a filter, so that old versions of files may not be here. */
async function isPartial(root: string): Promise<boolean> {
  const asked = ['config', '--get-regexp', '^(remote\\..*\\.promisor|extensions\\.partialclone)$']
  // Ends with 1 where there is none.
  return (await gitText(root, asked).catch(() => '')) !== ''
}

/** The top folder of the repository around `root`. Throws EvidenceGitError; a bare repository has none. */
export async function topFolder(root: string): Promise<string> {
  try {
    return (await gitText(root, ['rev-parse', '--show-toplevel'])).replace(/\n$/, '')
  } catch (error) {
    if (error instanceof EvidenceGitError && /must be run in a work tree/.test(error.message))
      throw new EvidenceGitError(
        'git-failed',
        `${root} is a bare repository or git's own folder, and has no files to read: clone it and name the clone`,
      )
    throw error
  }
}
