import { lstat, mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import { ForgeError } from './forge.ts'
import { decodePath, hasUnprintable, isGitFolderName, unsafeLink, unsafePath } from './path-rules.ts'
import { needObject, withScratch, type Repository, type Scratch } from './repository-folder.ts'
import { parseRaw } from './tree-diff.ts'
import { readBlob, splitNul } from './tree-reads.ts'

export interface FolderLimits {
  max_files: number
  max_bytes: number
}

export const DEFAULT_FOLDER_LIMITS: FolderLimits = { max_files: 2_000, max_bytes: 64 * 1024 * 1024 }

export type FolderTreeCode =
  | 'tree-submodule'
  | 'tree-symlink-unsafe'
  | 'tree-path-unsafe'
  | 'tree-too-large'
  | 'path-not-utf8'

/** Writes the files of a tree (or commit) into an empty folder: no `.git`, no filters, no hooks; bytes as committed. */
export async function checkOutTree(repository: Repository, request: { tree: string; folder: string }): Promise<void> {
  const tree = await needObject(repository, request.tree, 'tree')
  await mkdir(request.folder, { recursive: true })
  if ((await readdir(request.folder)).length > 0)
    throw new ForgeError('name-invalid', `"${request.folder}" is not empty`)
  await withScratch(repository, async (scratch) => {
    await scratch.run({ args: ['read-tree', tree] })
    await scratch.run({ args: ['checkout-index', '--all', '--quiet'], workTree: request.folder, timeoutMs: 600_000 })
  })
}

/**
 * The tree that a folder holds, on top of `baseTree`: what an agent left, taken by a trusted git directory and index.
 * The folder's `.git`, whatever it says, is never read. `.gitignore` files of the folder hold, as they would for a person.
 */
export async function writeTreeFromFolder(
  repository: Repository,
  request: { baseTree: string; folder: string; limits?: FolderLimits | undefined },
): Promise<Result<{ tree: string }, FolderTreeCode>> {
  const limits = request.limits ?? DEFAULT_FOLDER_LIMITS
  const base = await needObject(repository, request.baseTree, 'tree')
  return withScratch(repository, async (scratch) => {
    await scratch.run({ args: ['read-tree', base] })
    const nested = await nestedRepository(scratch, request.folder)
    if (nested !== null) return nested
    const sized = await checkChanged(scratch, request.folder, limits)
    if (sized !== null) return sized
    await scratch.run({ args: ['add', '--all', '--', '.'], workTree: request.folder, timeoutMs: 600_000 })
    const tree = (await scratch.run({ args: ['write-tree'] })).stdout.toString('latin1').trim()
    const raw = await scratch.run({
      args: ['diff-tree', '-r', '--raw', '-z', '--no-abbrev', '--no-renames', base, tree],
    })
    for (const file of parseRaw(raw.stdout)) {
      if (!file.utf8 || hasUnprintable(file.path))
        return refuse('path-not-utf8', `the path "${file.path}" is not plain UTF-8`)
      if (file.new_mode === '160000' || file.old_mode === '160000') {
        return refuse('tree-submodule', `"${file.path}" is a repository of its own: remove its .git folder`)
      }
      const why = unsafePath(file.path)
      if (why !== null) return refuse('tree-path-unsafe', `"${file.path}" can not be taken: ${why}`)
      if (file.new_mode === '120000' && file.new_blob !== null) {
        const target = decodePath(await readBlob(repository, file.new_blob, 65_536, scratch.objectFolder))
        const problem = target.utf8 ? unsafeLink(file.path, target.path) : 'its target is not UTF-8'
        if (problem !== null)
          return refuse('tree-symlink-unsafe', `the symbolic link "${file.path}" is refused: ${problem}`)
      }
    }
    await scratch.keep()
    return ok({ tree })
  })
}

/**
 * Git looks into a submodule with that submodule's own configuration, which the agent may have written. So where the
 * base has one, a `.git` inside it ends the matter before git sees the folder.
 */
async function nestedRepository(scratch: Scratch, folder: string) {
  const { stdout } = await scratch.run({ args: ['ls-files', '-s', '-z'], maxOutput: 256 * 1024 * 1024 })
  for (const record of splitNul(stdout)) {
    if (!record.subarray(0, 6).equals(Buffer.from('160000'))) continue
    const name = record.subarray(record.indexOf(0x09) + 1)
    const dotGit = Buffer.concat([Buffer.from(`${path.resolve(folder)}/`), name, Buffer.from('/.git')])
    if ((await lstat(dotGit).catch(() => null)) !== null) {
      return refuse(
        'tree-submodule',
        `"${decodePath(name).path}" is a submodule and was filled: a change may not touch one`,
      )
    }
  }
  return null
}

/** Counts and weighs what would be added, before a byte of it is stored. */
async function checkChanged(scratch: Scratch, folder: string, limits: FolderLimits) {
  const { stdout } = await scratch.run({
    args: ['ls-files', '-z', '--modified', '--others', '--exclude-standard', '--deduplicate'],
    workTree: folder,
    maxOutput: 64 * 1024 * 1024,
  })
  const names = stdout
    .toString('latin1')
    .split('\0')
    .filter((n) => n !== '')
  if (names.length > limits.max_files) {
    return refuse('tree-too-large', `${names.length} files changed, ${limits.max_files} are allowed`)
  }
  let bytes = 0
  for (const name of names) {
    const raw = Buffer.from(name, 'latin1')
    if (name.endsWith('/'))
      return refuse('tree-submodule', `"${decodePath(raw).path}" is a repository of its own: remove its .git folder`)
    if (raw.toString('utf8').split('/').some(isGitFolderName))
      return refuse('tree-path-unsafe', `"${decodePath(raw).path}" names git's own folder`)
    const facts = await lstat(Buffer.concat([Buffer.from(`${path.resolve(folder)}/`), raw])).catch(() => null)
    if (facts?.isFile() === true) bytes += facts.size
    if (bytes > limits.max_bytes)
      return refuse('tree-too-large', `the changed files have more than ${limits.max_bytes} bytes`)
  }
  return null
}
