import { instant } from '@gatehouse/core/kernel/time'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import { ForgeError, type Branch, type CommitFacts, type ReadFileCode, type TreeEntry } from './forge.ts'
import { GitError } from './git-command.ts'
import { decodePath } from './path-rules.ts'
import { branchMatches, isBranchName, isObjectName } from './ref-names.ts'
import type { Repository } from './repository-folder.ts'

export function needBranch(branch: string): string {
  if (!isBranchName(branch)) throw new ForgeError('name-invalid', `"${branch}" is not a branch's name`)
  return `refs/heads/${branch}`
}

export async function readRefName(repository: Repository, ref: string): Promise<string | null> {
  const { code, stdout } = await repository.run({
    args: ['rev-parse', '--verify', '--quiet', '--end-of-options', ref],
    okCodes: [0, 1],
  })
  return code === 0 ? stdout.toString('latin1').trim() : null
}

export async function listBranches(repository: Repository, pattern: string): Promise<Branch[]> {
  const { stdout } = await repository.run({
    args: ['for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads/'],
  })
  return stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => ({ commit: line.slice(0, 40), name: line.slice(41 + 'refs/heads/'.length) }))
    .filter((b) => isBranchName(b.name) && branchMatches(pattern, b.name))
}

/** A commit by full object name or branch name, or null. */
export async function resolveCommit(repository: Repository, revision: string): Promise<CommitFacts | null> {
  const name = isObjectName(revision) ? revision : await readRefName(repository, needBranch(revision))
  if (name === null) return null
  const { code, stdout } = await repository.run({ args: ['cat-file', 'commit', name], okCodes: [0, 128] })
  return code === 0 ? parseCommit(name, stdout.toString('utf8')) : null
}

function parseCommit(commit: string, text: string): CommitFacts {
  const split = text.indexOf('\n\n')
  const head = (split < 0 ? text : text.slice(0, split)).split('\n')
  const author = /^author (.*?) ?<([^>]*)> (-?\d+) [+-]\d{4}$/.exec(head.find((l) => l.startsWith('author ')) ?? '')
  return {
    commit,
    tree: head.find((l) => l.startsWith('tree '))?.slice(5) ?? '',
    parents: head.filter((l) => l.startsWith('parent ')).map((l) => l.slice(7)),
    message: split < 0 ? '' : text.slice(split + 2),
    author: { name: author?.[1] ?? '', email: author?.[2] ?? '' },
    authored_at: instant(Math.min(Math.max(Number(author?.[3] ?? 0), 0), 253_402_300_799) * 1000),
  }
}

export async function isAncestor(repository: Repository, ancestor: string, descendant: string): Promise<boolean> {
  for (const name of [ancestor, descendant]) {
    if (!isObjectName(name)) throw new ForgeError('name-invalid', `"${name}" is not a full object name`)
  }
  const { code } = await repository.run({
    args: ['merge-base', '--is-ancestor', ancestor, descendant],
    okCodes: [0, 1, 128],
  })
  return code === 0
}

/** `ls-tree` with sizes. Paths are bytes: no tree is too odd to be listed. */
export async function listTree(repository: Repository, treeish: string, recursive: boolean): Promise<TreeEntry[]> {
  const name = isObjectName(treeish) ? treeish : needBranch(treeish)
  const { code, stdout, stderr } = await repository.run({
    args: ['ls-tree', '-z', '-l', '--full-tree', ...(recursive ? ['-r'] : []), '--end-of-options', name],
    okCodes: [0, 128],
    maxOutput: 256 * 1024 * 1024,
  })
  if (code !== 0)
    throw new ForgeError('object-not-found', `${treeish} is not a tree of "${repository.id}": ${stderr.trim()}`)
  return splitNul(stdout).map(parseEntry)
}

export function splitNul(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let from = 0; from < bytes.length;) {
    const at = bytes.indexOf(0, from)
    const to = at < 0 ? bytes.length : at
    parts.push(bytes.subarray(from, to))
    from = to + 1
  }
  return parts
}

function parseEntry(record: Buffer): TreeEntry {
  const tab = record.indexOf(0x09)
  const [mode = '', type = '', object = '', size = '-'] = record.subarray(0, tab).toString('latin1').split(/ +/)
  const bytes = Uint8Array.from(record.subarray(tab + 1))
  const decoded = decodePath(bytes)
  return {
    mode,
    type: type as TreeEntry['type'],
    object,
    path: decoded.path,
    path_bytes: bytes,
    utf8: decoded.utf8,
    size: size === '-' ? null : Number(size),
  }
}

/** A regular file's bytes. The path is looked up entry by entry, so nothing in it is read as a revision or a pattern. */
export async function readFile(
  repository: Repository,
  treeish: string,
  path: string,
  maxBytes: number,
): Promise<Result<Uint8Array, ReadFileCode>> {
  const parts = path.split('/')
  let tree = treeish
  let found: TreeEntry | undefined
  for (const [i, part] of parts.entries()) {
    found = (await listTree(repository, tree, false)).find((e) => e.utf8 && e.path === part)
    if (found === undefined) return refuse('file-not-found', `there is no file "${path}" in ${treeish}`)
    if (i < parts.length - 1) {
      if (found.type !== 'tree')
        return refuse('file-not-found', `"${parts.slice(0, i + 1).join('/')}" is not a folder in ${treeish}`)
      tree = found.object
    }
  }
  if (found === undefined || (found.mode !== '100644' && found.mode !== '100755' && found.mode !== '100664')) {
    return refuse('file-not-regular', `"${path}" in ${treeish} is not a regular file`)
  }
  if ((found.size ?? 0) > maxBytes) {
    return refuse('file-too-large', `"${path}" in ${treeish} has ${found.size} bytes, ${maxBytes} are allowed`)
  }
  return ok(await readBlob(repository, found.object, maxBytes))
}

export async function readBlob(
  repository: Repository,
  blob: string,
  maxBytes: number,
  objectFolder?: string,
): Promise<Uint8Array> {
  try {
    const { stdout } = await repository.run({ args: ['cat-file', 'blob', blob], maxOutput: maxBytes, objectFolder })
    return Uint8Array.from(stdout)
  } catch (error) {
    if (error instanceof GitError && error.exitCode === 128) {
      throw new ForgeError('object-not-found', `${blob} is not a blob of "${repository.id}"`)
    }
    throw error
  }
}
