import { millis, type Instant } from '@gatehouse/core/kernel/time'
import { ForgeError, type BranchUpdate, type ExactMerge, type MergedTree, type Signature } from './forge.ts'
import { isKeepName } from './ref-names.ts'
import { NO_OBJECT, needObject, withScratch, type Repository } from './repository-folder.ts'
import { isAncestor, needBranch, readRefName, splitNul } from './tree-reads.ts'

export interface CommitRequest {
  tree: string
  parents: string[]
  message: string
  author: Signature
  at: Instant
  committer?: Signature | undefined
}

/** The bytes of a commit object (gitformat, "commit"): nothing of the host or the clock is in them. */
function commitBytes(request: CommitRequest): Buffer {
  const stamp = `${Math.floor(millis(request.at) / 1000)} +0000`
  const person = (s: Signature): string => {
    // eslint-disable-next-line no-control-regex -- these would end or forge a header line
    if (/[<>\u0000-\u001f\u007f]/.test(s.name + s.email) || s.name.trim() === '' || s.email.trim() === '') {
      throw new ForgeError('name-invalid', 'a signature needs a name and an e-mail without <, > and control characters')
    }
    return `${s.name.trim()} <${s.email.trim()}> ${stamp}`
  }
  if (request.message.includes('\u0000')) throw new ForgeError('name-invalid', 'a commit message can not hold NUL')
  const lines = [
    `tree ${request.tree}`,
    ...request.parents.map((p) => `parent ${p}`),
    `author ${person(request.author)}`,
    `committer ${person(request.committer ?? request.author)}`,
  ]
  return Buffer.from(`${lines.join('\n')}\n\n${request.message.replace(/\n*$/, '')}\n`)
}

/** Writes a commit; the same request gives the same name. Tree and parents must be there. */
export async function commitTree(repository: Repository, request: CommitRequest): Promise<string> {
  if (request.tree !== (await needObject(repository, request.tree, 'tree'))) {
    throw new ForgeError('object-not-found', `${request.tree} is not a tree`)
  }
  for (const parent of request.parents) await needObject(repository, parent, 'commit')
  return writeCommit(repository, request)
}

async function writeCommit(repository: Repository, request: CommitRequest, objectFolder?: string): Promise<string> {
  const { stdout } = await repository.run({
    args: ['hash-object', '-t', 'commit', '-w', '--stdin'],
    stdin: commitBytes(request),
    objectFolder,
  })
  return stdout.toString('latin1').trim()
}

const NOBODY: Signature = { name: 'Gatehouse', email: 'gatehouse@localhost' }
const NO_TIME = '1970-01-01T00:00:00.000Z' as Instant

/**
 * Three-way merge of trees (or of commits' trees) with `git merge-tree --write-tree` (git 2.38). That command takes
 * commits and finds their base itself, so two throw-away commits upon the base stand in for the trees.
 */
export async function mergeTree(
  repository: Repository,
  request: { base: string; ours: string; theirs: string },
): Promise<MergedTree> {
  const base = await needObject(repository, request.base, 'tree')
  const ours = await needObject(repository, request.ours, 'tree')
  const theirs = await needObject(repository, request.theirs, 'tree')
  return withScratch(repository, async (scratch) => {
    const make = (tree: string, parents: string[], message: string) =>
      writeCommit(repository, { tree, parents, message, author: NOBODY, at: NO_TIME }, scratch.objectFolder)
    const root = await make(base, [], 'base')
    const output = await scratch.run({
      args: [
        'merge-tree',
        '--write-tree',
        '--no-messages',
        '--name-only',
        '-z',
        await make(ours, [root], 'ours'),
        await make(theirs, [root], 'theirs'),
      ],
      okCodes: [0, 1],
    })
    const [tree, ...conflicts] = splitNul(output.stdout).map((part) => part.toString('utf8'))
    if (output.code === 1) return { clean: false, conflicts: [...new Set(conflicts.filter((c) => c !== ''))].sort() }
    await scratch.keep()
    return { clean: true, tree: (tree ?? '').trim() }
  })
}

/** Moves a branch from one commit to another, or says where it is instead. */
export async function updateBranch(
  repository: Repository,
  request: { branch: string; from: string | null; to: string },
): Promise<BranchUpdate> {
  const ref = needBranch(request.branch)
  const to = await needObject(repository, request.to, 'commit')
  const output = await repository.run({
    args: ['update-ref', '--no-deref', ref, to, request.from ?? NO_OBJECT],
    okCodes: [0, 1, 128],
  })
  if (output.code === 0) return { ok: true, value: { commit: to } }
  const current = await readRefName(repository, ref)
  const where = current === null ? 'does not exist' : `is at ${current}`
  const expected = request.from === null ? 'was to be new' : `was expected at ${request.from}`
  const why = current === request.from ? ` (${output.stderr.trim().slice(0, 300)})` : ''
  return { ok: false, code: 'branch-moved', detail: `${request.branch} ${where}, and ${expected}${why}`, current }
}

/**
 * Puts exactly `tree` on a branch that stands at `base`. The commit is made from the request alone, so doing it again
 * after a crash finds its own commit and answers `already`, also when others have merged upon it since.
 */
export async function mergeExactly(
  repository: Repository,
  request: CommitRequest & { branch: string; base: string },
): Promise<ExactMerge> {
  needBranch(request.branch)
  if (!request.parents.includes(request.base))
    throw new ForgeError('name-invalid', 'a merge has its base among its parents')
  const commit = await commitTree(repository, request)
  const moved = await updateBranch(repository, { branch: request.branch, from: request.base, to: commit })
  if (moved.ok) return { state: 'effected', commit, current: commit }
  // It may be this very merge that moved it: ours before a crash, or another worker's a moment ago.
  if (moved.current !== null && (moved.current === commit || (await isAncestor(repository, commit, moved.current)))) {
    return { state: 'already', commit, current: moved.current }
  }
  return { state: 'refused', commit, current: moved.current }
}

export async function keepRef(repository: Repository, name: string, commit: string): Promise<void> {
  const target = await needObject(repository, commit, 'commit')
  await repository.run({ args: ['update-ref', '--no-deref', keepName(name), target] })
}

export async function dropRef(repository: Repository, name: string): Promise<void> {
  await repository.run({ args: ['update-ref', '--no-deref', '-d', keepName(name)] })
}

function keepName(name: string): string {
  if (!isKeepName(name)) throw new ForgeError('name-invalid', `"${name}" can not be kept: not a ref's name`)
  return `refs/gatehouse/${name}`
}
