import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { ok, refuse, type Refusal, type Result } from '@gatehouse/core/kernel/result'
import { ForgeError, type CreateCode, type RepositoryFacts, type RepositorySource } from './forge.ts'
import { GitError, type GitRunner } from './git-command.ts'
import { gitHelp, gitSaid } from './git-said.ts'
import { isBranchName, isRepositoryId } from './ref-names.ts'
import { initRepository, protectRepository, uniqueName, type Repository } from './repository-folder.ts'
import { checkSource, readLocalSource, writeShadow, type CheckedSource, type UrlProtocol } from './repository-source.ts'
import { listBranches, listTree, readBlob, readRefName } from './tree-reads.ts'

export interface ImportOptions {
  git: GitRunner
  folder: string
  urlProtocols: readonly UrlProtocol[]
  /** Branches that no push reaches; null means the default branch alone. */
  protectedBranches: readonly string[] | null
}

export interface ImportRequest {
  id: string
  source: RepositorySource
  max_bytes?: number | undefined
  signal?: AbortSignal | undefined
}

const DEFAULT_MAX_BYTES = 4 * 1024 ** 3

/** What old but honest histories hold; everything else that fsck finds refuses the import. */
const FORGIVEN = [
  'badTimezone',
  'missingSpaceBeforeDate',
  'zeroPaddedFilemode',
  'missingEmail',
  'missingNameBeforeEmail',
  'badDate',
  'badDateOverflow',
  'missingTaggerEntry',
  'nulInCommit',
  'zeroPaddedDate',
]

/** Brings a user's repository into a bare one of ours: made aside, checked, and put in place by one rename. */
export async function importRepository(
  options: ImportOptions,
  request: ImportRequest,
): Promise<Result<RepositoryFacts, CreateCode>> {
  if (!isRepositoryId(request.id)) throw new ForgeError('name-invalid', `"${request.id}" is not a repository's id`)
  const gitDir = path.join(options.folder, `${request.id}.git`)
  if (existsSync(gitDir)) return refuse('repository-exists', `there is a repository "${request.id}" already`)
  const source = checkSource(request.source, options.urlProtocols)
  if (!source.ok) return source
  const aside = path.join(options.folder, `.import-${uniqueName()}`)
  await mkdir(aside, { recursive: true, mode: 0o700 })
  try {
    const made = await makeAside(options, request, source.value, aside)
    if (!made.ok) return made
    const facts = await describeRepository(made.value, request.id)
    await protectRepository(made.value.gitDir, gitDir, options.protectedBranches ?? [facts.default_branch])
    await rename(made.value.gitDir, gitDir)
    return ok(facts)
  } catch (error) {
    // A second import of the same id won the race.
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOTEMPTY' || code === 'EEXIST')
      return refuse('repository-exists', `there is a repository "${request.id}" already`)
    throw error
  } finally {
    await rm(aside, { recursive: true, force: true })
  }
}

async function makeAside(
  options: ImportOptions,
  request: ImportRequest,
  source: CheckedSource,
  aside: string,
): Promise<Result<Repository, CreateCode>> {
  const repository = await initRepository(options.git, request.id, path.join(aside, 'repository.git'))
  const maxBytes = request.max_bytes ?? DEFAULT_MAX_BYTES
  let head: string | null = null
  let detachedAt: string | null = null
  if (source.kind === 'path') {
    const local = await readLocalSource(options.git, source.path)
    if (!local.ok) return local
    if (![...local.value.refs.keys()].some((ref) => ref.startsWith('refs/heads/')))
      return noBranch(local.value.detached_at)
    const shadow = await initRepository(options.git, request.id, path.join(aside, 'shadow.git'))
    await writeShadow(shadow.gitDir, local.value)
    head = local.value.head
    const failed = await fetchAll(
      repository,
      shadow.gitDir,
      'file',
      maxBytes,
      request.signal,
      local.value.shallow !== null,
    )
    if (failed !== null) return failed
  } else {
    const remote = await remoteHead(repository, source, request.signal)
    if (!remote.ok) return remote
    head = remote.value.head
    detachedAt = remote.value.detached_at
    const failed = await fetchAll(repository, source.url, source.protocol, maxBytes, request.signal, false)
    if (failed !== null) return failed
  }
  const size = await objectBytes(repository)
  if (size > maxBytes) return tooLarge(maxBytes)
  const branches = await listBranches(repository, '**')
  if (branches.length === 0) return noBranch(detachedAt)
  const named = head?.replace(/^refs\/heads\//, '') ?? ''
  const chosen =
    [named, 'main', 'master', 'trunk'].find((n) => branches.some((b) => b.name === n)) ?? branches[0]?.name ?? ''
  await repository.run({ args: ['symbolic-ref', 'HEAD', `refs/heads/${chosen}`] })
  return ok(repository)
}

/** A clone of a tag or of one commit, as CI makes them, has commits but no branch: it needs no first commit. */
function noBranch(detachedAt: string | null): Refusal<CreateCode> {
  if (detachedAt !== null)
    return refuse(
      'repository-empty',
      `HEAD is detached at ${detachedAt} and the repository has no branch: give that commit a branch (git switch -c main) and try again`,
    )
  return refuse('repository-empty', 'the repository has no branch with a commit: make a first commit and try again')
}

function tooLarge(maxBytes: number): Refusal<CreateCode> {
  return refuse(
    'repository-too-large',
    `the repository is larger than the ${maxBytes} bytes allowed: give a smaller one (a clone with less history, without large files)`,
  )
}

/** Where HEAD of a URL points, which also shows whether it answers at all. */
async function remoteHead(
  repository: Repository,
  source: { url: string; protocol: UrlProtocol },
  signal: AbortSignal | undefined,
): Promise<Result<{ head: string | null; detached_at: string | null }, CreateCode>> {
  try {
    const { stdout } = await repository.run({
      args: ['ls-remote', '--symref', '--end-of-options', source.url, 'HEAD'],
      protocols: [source.protocol],
      timeoutMs: 60_000,
      signal,
    })
    const text = stdout.toString('utf8')
    const head = /^ref: (refs\/heads\/\S+)\tHEAD$/m.exec(text)?.[1] ?? null
    return ok({ head, detached_at: head === null ? (/^([0-9a-f]{40})\tHEAD$/m.exec(text)?.[1] ?? null) : null })
  } catch (error) {
    const refused = unreachable(error)
    if (refused !== null) return refused
    throw error
  }
}

function unreachable(error: unknown): Refusal<CreateCode> | null {
  if (!(error instanceof GitError) || (error.code !== 'git-failed' && error.code !== 'git-timeout')) return null
  // Without a word of git: only that it took too long, or its exit code.
  const said = gitSaid(error.stderr) || (error.code === 'git-timeout' ? 'it took too long' : gitSaid(error.message))
  const help = gitHelp(error.stderr)
  return refuse(
    'repository-unreachable',
    `the repository did not answer, or asks for credentials: ${said}${help === null ? '' : `. What helps: ${help}`}`,
  )
}

async function fetchAll(
  repository: Repository,
  from: string,
  protocol: UrlProtocol | 'file',
  maxBytes: number,
  signal: AbortSignal | undefined,
  shallow: boolean,
): Promise<Refusal<CreateCode> | null> {
  const config: Record<string, string> = { 'fetch.fsckObjects': 'true', 'fetch.unpackLimit': '1' }
  for (const id of FORGIVEN) config[`fetch.fsck.${id}`] = 'warn'
  const watch = new AbortController()
  const stopped = (): void => watch.abort()
  signal?.addEventListener('abort', stopped, { once: true })
  let over = false
  // The size is known only while it grows: look at it, and stop.
  const timer = setInterval(() => {
    void objectBytes(repository).then((size) => {
      if (size > maxBytes) {
        over = true
        watch.abort()
      }
    })
  }, 500)
  try {
    await repository.run({
      args: [
        'fetch',
        '--quiet',
        '--no-auto-gc',
        '--no-tags',
        '--no-write-fetch-head',
        '--no-recurse-submodules',
        ...(shallow ? ['--update-shallow'] : []),
        '--end-of-options',
        from,
        '+refs/heads/*:refs/heads/*',
        '+refs/tags/*:refs/tags/*',
      ],
      protocols: [protocol],
      config,
      // The shadow's upload-pack starts anew and must own its folder too.
      timeoutMs: 30 * 60_000,
      signal: watch.signal,
    })
    return null
  } catch (error) {
    if (over) return tooLarge(maxBytes)
    if (signal?.aborted !== true && error instanceof GitError && error.code === 'git-failed') {
      if (protocol !== 'file') return unreachable(error)
      return refuse(
        'repository-source-unreadable',
        `its objects can not be read, or are damaged: ${gitSaid(error.stderr)}`,
      )
    }
    throw error
  } finally {
    clearInterval(timer)
    signal?.removeEventListener('abort', stopped)
  }
}

async function objectBytes(repository: Repository): Promise<number> {
  const { stdout } = await repository.run({ args: ['count-objects', '-v'] })
  const text = stdout.toString('latin1')
  const kib = ['size', 'size-pack', 'size-garbage'].map((k) =>
    Number(new RegExp(`^${k}: (\\d+)$`, 'm').exec(text)?.[1] ?? 0),
  )
  return kib.reduce((a, b) => a + b, 0) * 1024
}

/** What a repository of ours is like now. */
export async function describeRepository(repository: Repository, id: string): Promise<RepositoryFacts> {
  const { stdout } = await repository.run({ args: ['symbolic-ref', '--quiet', 'HEAD'] })
  const branch = stdout
    .toString('utf8')
    .trim()
    .replace(/^refs\/heads\//, '')
  const head = isBranchName(branch) ? await readRefName(repository, `refs/heads/${branch}`) : null
  if (head === null) throw new ForgeError('object-not-found', `the default branch of "${id}" has no commit`)
  const root = await listTree(repository, head, false)
  const attributes = root.find((e) => e.path === '.gitattributes' && e.type === 'blob' && (e.size ?? 0) < 1_000_000)
  const lfs =
    attributes === undefined
      ? ''
      : Buffer.from(await readBlob(repository, attributes.object, 1_000_000)).toString('utf8')
  return {
    id,
    default_branch: branch,
    head_commit: head,
    branches: await listBranches(repository, '**'),
    size_bytes: await objectBytes(repository),
    uses_lfs: /\bfilter=lfs\b/.test(lfs),
    has_submodules: root.some((e) => e.path === '.gitmodules'),
    shallow: existsSync(path.join(repository.gitDir, 'shallow')),
  }
}
