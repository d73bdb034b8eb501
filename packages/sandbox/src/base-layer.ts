import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  existsSync,
} from 'node:fs'
import { chown, lchown, mkdir, open } from 'node:fs/promises'
import { join } from 'node:path'
import { refuse, type Refusal } from '@gatehouse/core/kernel/result'
import { isGitName, nameProblem } from './result-paths.ts'
import { sandboxUser, type SandboxUser } from './sandbox-user.ts'
import { GitError, listTree, spawnGit, treeId, type TreeEntry } from './trusted-git.ts'

export interface BaseLayer {
  readonly ok: true
  /** Host folder with the tree's files, never to be written to. */
  readonly folder: string
  /** Id of the tree it holds. */
  readonly tree: string
  /** Entries left out because a checkout must not hold them: submodules (an empty folder stands for each). */
  readonly submodules: readonly string[]
  /** Must be called when the layer is not used any more; until then it is not collected. */
  release(): void
}

export type BaseLayerRefusal = Refusal<'tree-not-found' | 'tree-not-safe'>

/** Version of how a layer is laid out: a change of it leaves old ones to be collected. */
const LAYOUT = 'v1'

/**
 * Checks a tree out of a trusted bare repository into `<cache>/<uid>-v1/<tree id>`, or finds it there. Blobs are written
 * byte for byte: no attribute, filter, line-end or keyword conversion can run, since git never writes the files.
 * Symlinks are made as symlinks and never followed. The folder appears by one rename, whole or not at all; at most
 * `keep` layers stay, the least recently used go first, one in use never. Refusals: `tree-not-found`, `tree-not-safe`
 * (a name that would leave the folder or reach git's own). `<uid>-v1` is open to its owner alone, so that no other user of the machine reads
 * what a private repository holds.
 */
export async function materialize(
  gitDir: string,
  commitOrTree: string,
  cacheFolder: string,
  options: { readonly keep?: number } = {},
): Promise<BaseLayer | BaseLayerRefusal> {
  const user = sandboxUser()
  const home = join(cacheFolder, `${user.uid}-${LAYOUT}`)
  const leases = join(home, 'leases')
  mkdirSync(leases, { recursive: true, mode: 0o700 })
  // Whoever mounts or copies a layer is us; other users of the machine stop here, and so does a run outside of its mounts.
  chmodSync(home, 0o700)
  let tree: string
  try {
    tree = await treeId(gitDir, commitOrTree)
  } catch (error) {
    if (!(error instanceof GitError)) throw error
    return refuse('tree-not-found', `${commitOrTree} is no commit or tree of the repository: ${error.message}`)
  }
  const entries = await listTree(gitDir, tree)
  const unsafe = entries.find((entry) => entry.path.split('/').some((name) => hasBadName(name)))
  if (unsafe !== undefined)
    return refuse('tree-not-safe', `the tree holds a path that cannot be checked out: ${unsafe.path}`)
  const lease = join(leases, `${tree}.${process.pid}.${randomUUID()}`)
  writeFileSync(lease, '')
  const folder = join(home, tree)
  try {
    if (!existsSync(folder)) await build(gitDir, entries, home, folder, user)
    const now = new Date()
    utimesSync(lease, now, now)
    writeFileSync(join(leases, `${tree}.used`), '')
    collect(home, options.keep ?? 20)
  } catch (error) {
    rmSync(lease, { force: true })
    throw error
  }
  const submodules = entries.filter((entry) => entry.mode === '160000').map((entry) => entry.path)
  return { ok: true, folder, tree, submodules, release: () => rmSync(lease, { force: true }) }
}

/** Names the base itself may hold are wider than what a run may add: only what would leave the folder is refused. */
function hasBadName(name: string): boolean {
  return isGitName(Buffer.from(name, 'latin1').toString('utf8')) || nameProblem(name) === 'name-forbidden'
}

async function build(
  gitDir: string,
  entries: readonly TreeEntry[],
  home: string,
  folder: string,
  user: SandboxUser,
): Promise<void> {
  const making = join(home, `making.${process.pid}.${randomUUID()}`)
  mkdirSync(making, { mode: 0o755 })
  try {
    const folders = new Set<string>()
    for (const { path, mode } of entries) {
      const parts = path.split('/')
      const depth = mode === '160000' ? parts.length : parts.length - 1
      for (let at = 1; at <= depth; at++) folders.add(parts.slice(0, at).join('/'))
    }
    // Every folder is made before any symlink stands, so no write can go through one.
    for (const path of folders) await mkdir(bytes(making, path), { mode: 0o755 })
    await writeFiles(
      gitDir,
      entries.filter((entry) => entry.mode !== '160000'),
      making,
      user,
    )
    if (user.own) for (const path of ['', ...folders]) await chown(bytes(making, path), user.uid, user.gid)
    try {
      renameSync(making, folder)
    } catch (error) {
      // Another process was first with the same tree: its folder is as good.
      if (!existsSync(folder)) throw error
    }
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
}

function bytes(folder: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(folder), Buffer.from(path === '' ? '' : `/${path}`, 'latin1')])
}

/** Streams `git cat-file --batch`: a header line `<oid> blob <size>`, the bytes, a newline, for each entry in order. */
async function writeFiles(
  gitDir: string,
  entries: readonly TreeEntry[],
  folder: string,
  user: SandboxUser,
): Promise<void> {
  if (entries.length === 0) return
  const child = spawnGit(gitDir, ['cat-file', '--batch', '--buffer'])
  const closed = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  child.stderr.resume()
  child.stdin.on('error', () => {})
  child.stdin.end(entries.map((entry) => `${entry.oid}\n`).join(''))
  const reader = new ChunkReader(child.stdout)
  const links: { path: string; target: Buffer }[] = []
  const pending = new Set<Promise<void>>()
  for (const entry of entries) {
    const header = (await reader.line()).split(' ')
    if (header[1] !== 'blob') throw new GitError(`${entry.path}: object ${entry.oid} is missing or no blob`)
    const content = await reader.take(Number(header[2]))
    await reader.take(1)
    if (entry.mode === '120000') {
      links.push({ path: entry.path, target: content })
      continue
    }
    const write = writeOne(bytes(folder, entry.path), content, entry.mode === '100755' ? 0o755 : 0o644, user)
    pending.add(write)
    void write.then(
      () => pending.delete(write),
      () => {},
    )
    if (pending.size >= 16) await Promise.race(pending)
  }
  await Promise.all(pending)
  for (const link of links) {
    symlinkSync(link.target, bytes(folder, link.path))
    if (user.own) await lchown(bytes(folder, link.path), user.uid, user.gid)
  }
  const code = await closed
  if (code !== 0) throw new GitError(`git cat-file failed with exit code ${code}`)
}

async function writeOne(path: Buffer, content: Buffer, mode: number, user: SandboxUser): Promise<void> {
  const file = await open(path, 'wx', mode)
  try {
    await file.writeFile(content)
    await file.chmod(mode)
    if (user.own) await file.chown(user.uid, user.gid)
  } finally {
    await file.close()
  }
}

class ChunkReader {
  readonly #chunks: AsyncIterator<Buffer>
  #buffer: Buffer = Buffer.alloc(0)

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]()
  }

  async #more(): Promise<void> {
    const next = await this.#chunks.next()
    if (next.done === true) throw new GitError('git cat-file ended early')
    this.#buffer = this.#buffer.length === 0 ? next.value : Buffer.concat([this.#buffer, next.value])
  }

  async line(): Promise<string> {
    for (;;) {
      const at = this.#buffer.indexOf(10)
      if (at >= 0) {
        const line = this.#buffer.subarray(0, at).toString('latin1')
        this.#buffer = this.#buffer.subarray(at + 1)
        return line
      }
      await this.#more()
    }
  }

  async take(count: number): Promise<Buffer> {
    const parts: Buffer[] = []
    let missing = count
    while (missing > 0) {
      if (this.#buffer.length === 0) await this.#more()
      const part = this.#buffer.subarray(0, missing)
      parts.push(part)
      missing -= part.length
      this.#buffer = this.#buffer.subarray(part.length)
    }
    return Buffer.concat(parts)
  }
}

/** Removes the least recently used layers above the count, leases of dead processes, and what a killed process left half made. */
function collect(home: string, keep: number): void {
  const leases = join(home, 'leases')
  const inUse = new Set<string>()
  for (const name of readdirSync(leases)) {
    const [tree = '', pid = ''] = name.split('.')
    if (pid === 'used') continue
    if (existsSync(`/proc/${pid}`)) inUse.add(tree)
    else rmSync(join(leases, name), { force: true })
  }
  const names = readdirSync(home)
  for (const name of names) {
    const pid = /^(?:making|dropped)\.(\d+)\./.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(home, name), { recursive: true, force: true })
  }
  const layers = names
    .filter((name) => /^[0-9a-f]{40,64}$/.test(name))
    .map((name) => ({ name, used: statSync(join(leases, `${name}.used`), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .toSorted((a, b) => b.used - a.used)
  for (const { name } of layers.slice(Math.max(1, keep))) {
    if (inUse.has(name)) continue
    const dropped = join(home, `dropped.${process.pid}.${randomUUID()}`)
    renameSync(join(home, name), dropped)
    // Somebody took a lease between our look and the rename: give it back, the folder is whole.
    const taken = readdirSync(leases).some((lease) => lease.startsWith(`${name}.`) && !lease.endsWith('.used'))
    if (taken && !existsSync(join(home, name))) renameSync(dropped, join(home, name))
    else {
      rmSync(dropped, { recursive: true, force: true })
      rmSync(join(leases, `${name}.used`), { force: true })
    }
  }
}
