import { lstat, mkdir, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import type { CreateCode, RepositorySource } from './forge.ts'
import type { GitRunner } from './git-command.ts'
import { isRefName } from './ref-names.ts'

/**
 * A user's repository on this machine may belong to somebody else and hold any configuration. So git never runs in it:
 * its refs are read as files, its objects through an alternate of a shadow repository whose configuration is ours.
 */
export interface LocalSource {
  objects: string
  refs: Map<string, string>
  /** What HEAD names, or null when it is detached. */
  head: string | null
  /** The commit that a detached HEAD names. */
  detached_at: string | null
  shallow: string | null
}

export type UrlProtocol = 'https' | 'ssh' | 'http'
export type CheckedSource = { kind: 'path'; path: string } | { kind: 'url'; url: string; protocol: UrlProtocol }

/** Which sources are taken at all. `git@host:path` is read as ssh. Nothing is fetched here. */
export function checkSource(
  source: RepositorySource,
  protocols: readonly UrlProtocol[],
): Result<CheckedSource, CreateCode> {
  if (source.kind === 'path') {
    if (!path.isAbsolute(source.path) || source.path.includes('\0')) {
      return refuse('repository-source-not-found', `"${source.path}" is not an absolute path`)
    }
    return ok({ kind: 'path', path: source.path })
  }
  const scp = /^([A-Za-z0-9._-]+)@([A-Za-z0-9.-]+):(?!\/\/)([^\s]+)$/.exec(source.url)
  const text = scp === null ? source.url : `ssh://${scp[1]}@${scp[2]}/${scp[3]}`
  // `ext::`, `fd::` and other helpers are no URLs to this parser, or fail the list below.
  if (!URL.canParse(text))
    return refuse('url-not-allowed', 'this is not a URL: give https://..., ssh://... or an absolute path')
  const url = new URL(text)
  if (url.password !== '' || (url.username !== '' && url.protocol !== 'ssh:')) {
    return refuse(
      'credentials-in-url',
      'the URL holds a user name or password, which would be stored: clone it yourself, and have an owner add the path of the clone',
    )
  }
  if (url.protocol === 'file:') {
    if (url.host !== '') return refuse('url-not-allowed', 'a file URL may not name a host')
    return ok({ kind: 'path', path: fileURLToPath(url) })
  }
  const protocol = protocols.find((p) => `${p}:` === url.protocol)
  if (protocol === undefined) {
    return refuse(
      'url-not-allowed',
      `"${url.protocol}//" is not allowed here: use ${protocols.map((p) => `${p}://`).join(', ')} or a path`,
    )
  }
  // A name that starts with "-" would be an option to ssh.
  if (!/^[A-Za-z0-9[]/.test(url.hostname) || url.username.startsWith('-') || url.pathname.startsWith('/-')) {
    return refuse('url-not-allowed', 'the URL names no host, or one that could be read as an option')
  }
  return ok({ kind: 'url', url: url.href, protocol })
}

const MAX_REFS = 100_000
const MAX_REF_FILE = 64 * 1024 * 1024

/** Reads where a repository's objects and refs are: a working tree, a linked working tree, or a bare repository. */
export async function readLocalSource(git: GitRunner, folder: string): Promise<Result<LocalSource, CreateCode>> {
  try {
    const gitDir = await findGitDir(await realpath(folder))
    if (gitDir === null) {
      return refuse(
        'repository-source-not-found',
        `"${folder}" is not a git repository: run \`git init\` and commit, or give another path`,
      )
    }
    const common = await commonDir(gitDir)
    const unsupported = await formatProblem(git, path.join(common, 'config'))
    if (unsupported !== null) return refuse('repository-format-unsupported', `"${folder}" ${unsupported}`)
    const refs = await readPackedRefs(path.join(common, 'packed-refs'))
    await readLooseRefs(path.join(common, 'refs'), 'refs', refs)
    const headText = await readFile(path.join(gitDir, 'HEAD'), 'utf8')
    const head = /^ref: (refs\/heads\/.+)\n?$/.exec(headText)?.[1] ?? null
    const detached_at = /^([0-9a-f]{40})\s*$/.exec(headText)?.[1] ?? null
    const shallow = await readSmall(path.join(common, 'shallow'))
    return ok({ objects: path.join(common, 'objects'), refs, head, detached_at, shallow })
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR')
      return refuse('repository-source-not-found', `there is no repository at "${folder}"`)
    if (code === 'EACCES' || code === 'EPERM')
      return refuse('repository-source-unreadable', `"${folder}" may not be read by this server's user`)
    throw error
  }
}

async function findGitDir(folder: string): Promise<string | null> {
  const dotGit = path.join(folder, '.git')
  const facts = await stat(dotGit).catch(() => null)
  if (facts?.isDirectory() === true) return dotGit
  if (facts?.isFile() === true) {
    const pointer = /^gitdir: (.+)\n?$/.exec(await readFile(dotGit, 'utf8'))?.[1]
    return pointer === undefined ? null : path.resolve(folder, pointer)
  }
  const bare = await Promise.all(['HEAD', 'objects', 'refs'].map((n) => stat(path.join(folder, n)).catch(() => null)))
  return bare[0]?.isFile() === true && bare[1]?.isDirectory() === true && bare[2]?.isDirectory() === true
    ? folder
    : null
}

async function commonDir(gitDir: string): Promise<string> {
  const text = await readSmall(path.join(gitDir, 'commondir'))
  return text === null ? gitDir : path.resolve(gitDir, text.trim())
}

/** `git config --file` reads one file, follows no include and runs nothing. */
async function formatProblem(git: GitRunner, file: string): Promise<string | null> {
  const read = async (key: string): Promise<string> => {
    const { stdout } = await git.run({
      gitDir: null,
      args: ['config', '--file', file, '--no-includes', '--get', key],
      okCodes: [0, 1, 2, 3, 128],
    })
    return stdout.toString('utf8').trim().toLowerCase()
  }
  const objects = await read('extensions.objectformat')
  if (objects !== '' && objects !== 'sha1')
    return `names its objects by ${objects}: only SHA-1 repositories are supported`
  const refs = await read('extensions.refstorage')
  if (refs !== '' && refs !== 'files')
    return `keeps its refs as ${refs}: run \`git refs migrate --ref-format=files\` first`
  if ((await read('extensions.partialclone')) !== '') return 'is a partial clone and lacks objects: give a full clone'
  return null
}

async function readSmall(file: string): Promise<string | null> {
  const facts = await lstat(file).catch(() => null)
  return facts?.isFile() === true && facts.size <= MAX_REF_FILE ? readFile(file, 'utf8') : null
}

function wanted(ref: string): boolean {
  return (ref.startsWith('refs/heads/') || ref.startsWith('refs/tags/')) && isRefName(ref)
}

async function readPackedRefs(file: string): Promise<Map<string, string>> {
  const refs = new Map<string, string>()
  for (const line of ((await readSmall(file)) ?? '').split('\n')) {
    const found = /^([0-9a-f]{40}) (refs\/.+)$/.exec(line)
    if (found !== null && wanted(found[2] as string) && refs.size < MAX_REFS)
      refs.set(found[2] as string, found[1] as string)
  }
  return refs
}

/** Regular files only: a link among the refs could lead anywhere. A ref that names another ref is left out. */
async function readLooseRefs(folder: string, prefix: string, refs: Map<string, string>): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    const ref = `${prefix}/${entry.name}`
    if (entry.isDirectory()) await readLooseRefs(path.join(folder, entry.name), ref, refs)
    else if (entry.isFile() && wanted(ref) && refs.size < MAX_REFS) {
      const commit = /^([0-9a-f]{40})\s*$/.exec(await readFile(path.join(folder, entry.name), 'utf8'))?.[1]
      if (commit !== undefined) refs.set(ref, commit)
    }
  }
}

/** Writes the refs, the borrowed objects and the shallow boundary of a source into an empty repository of ours. */
export async function writeShadow(gitDir: string, source: LocalSource): Promise<void> {
  await mkdir(path.join(gitDir, 'objects', 'info'), { recursive: true })
  // Git reads a quoted path here, so that no name of a folder can break the line.
  await writeFile(path.join(gitDir, 'objects', 'info', 'alternates'), `${JSON.stringify(source.objects)}\n`)
  const lines = [...source.refs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([ref, commit]) => `${commit} ${ref}\n`)
  await writeFile(path.join(gitDir, 'packed-refs'), `# pack-refs with: \n${lines.join('')}`)
  if (source.shallow !== null) await writeFile(path.join(gitDir, 'shallow'), source.shallow)
}
