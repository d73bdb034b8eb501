import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { link, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ForgeError } from './forge.ts'
import type { GitCall, GitOutput, GitRunner } from './git-command.ts'
import { installPushHook } from './push-hook.ts'
import { isObjectName, isRepositoryId } from './ref-names.ts'

/** A bare repository of ours and the way to run git in it. */
export interface Repository {
  readonly id: string
  readonly gitDir: string
  readonly git: GitRunner
  run(call: Omit<GitCall, 'gitDir'>): Promise<GitOutput>
}

/** The empty tree has the same name in every SHA-1 repository. */
export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
export const NO_OBJECT = '0'.repeat(40)

/**
 * The whole configuration of a repository of ours: also what holds when somebody pushes to its path, without our
 * server. `gitDir` is where the repository will stand.
 */
function configuration(gitDir: string, protectedBranches: readonly string[]): string {
  const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
  return `[core]
\trepositoryformatversion = 0
\tfilemode = true
\tbare = true
\tlogAllRefUpdates = false
\tfsync = committed,reference
\thooksPath = ${quoted(path.join(gitDir, HOOKS))}
[gc]
\tauto = 0
[maintenance]
\tauto = false
[receive]
\tfsckObjects = true
\tautogc = false
\tadvertisePushOptions = false
[transfer]
\thideRefs = refs/gatehouse
[uploadpack]
\tallowAnySHA1InWant = false
\tallowFilter = true
[http]
\tgetanyfile = false
\treceivepack = true
[gatehouse]
${protectedBranches.map((branch) => `\tprotected = ${quoted(branch)}\n`).join('')}`
}

/** Below a repository: the folder of the one hook that runs there. */
export const HOOKS = 'gatehouse-hooks'

/**
 * Stronger than any `.gitattributes` of a tree: bytes are never converted, no file hides its diff, no merge is silent.
 * `-x` turns an attribute off, `!x` makes it unsaid.
 */
const ATTRIBUTES =
  '* -text -ident -filter -working-tree-encoding !eol !crlf !diff !merge !whitespace !conflict-marker-size !delta !export-ignore !export-subst\n'

export function repositoryAt(git: GitRunner, id: string, gitDir: string): Repository {
  return { id, gitDir, git, run: (call) => git.run({ ...call, gitDir }) }
}

/** Opens an existing repository below the forge's folder. */
export function openRepository(git: GitRunner, folder: string, id: string): Repository {
  if (!isRepositoryId(id)) throw new ForgeError('name-invalid', `"${id}" is not a repository's id`)
  const gitDir = path.join(folder, `${id}.git`)
  if (!existsSync(path.join(gitDir, 'HEAD'))) {
    throw new ForgeError('repository-not-found', `there is no repository "${id}" in this forge`)
  }
  return repositoryAt(git, id, gitDir)
}

/** A new bare repository with our configuration and our push hook, and nothing from git's templates. */
export async function initRepository(git: GitRunner, id: string, gitDir: string): Promise<Repository> {
  await mkdir(gitDir, { recursive: true, mode: 0o700 })
  await git.run({
    gitDir: null,
    args: ['init', '--quiet', '--bare', '--object-format=sha1', '--template=', '--initial-branch=main', '--', gitDir],
  })
  await mkdir(path.join(gitDir, 'info'), { recursive: true })
  await writeFile(path.join(gitDir, 'info', 'attributes'), ATTRIBUTES)
  await protectRepository(gitDir, gitDir, ['main'])
  return repositoryAt(git, id, gitDir)
}

/** Writes configuration and push hook into `gitDir`, for a repository that will stand at `finalDir`. */
export async function protectRepository(
  gitDir: string,
  finalDir: string,
  protectedBranches: readonly string[],
): Promise<void> {
  await installPushHook(path.join(gitDir, HOOKS))
  const next = path.join(gitDir, 'config.next')
  await writeFile(next, configuration(finalDir, protectedBranches))
  await rename(next, path.join(gitDir, 'config'))
}

/** Where a repository keeps its quarantines. */
export const SCRATCH_FOLDER = 'gatehouse-scratch'

/** A quarantine for one piece of work: new objects and the index live here until they are kept. */
export interface Scratch {
  readonly folder: string
  readonly objectFolder: string
  readonly indexFile: string
  run(call: Omit<GitCall, 'gitDir' | 'indexFile' | 'objectFolder'>): Promise<GitOutput>
  /** Moves the new objects into the repository. Until then the repository has none of them. */
  keep(): Promise<void>
}

/** Runs work in a quarantine inside the repository's own folder (the same disk), which is removed at the end. */
export async function withScratch<T>(repository: Repository, work: (scratch: Scratch) => Promise<T>): Promise<T> {
  const parent = path.join(repository.gitDir, SCRATCH_FOLDER)
  await mkdir(parent, { recursive: true, mode: 0o700 })
  const folder = await mkdtemp(path.join(parent, 'work-'))
  const objectFolder = path.join(folder, 'objects')
  const indexFile = path.join(folder, 'index')
  await mkdir(objectFolder)
  try {
    return await work({
      folder,
      objectFolder,
      indexFile,
      run: (call) => repository.run({ ...call, indexFile, objectFolder }),
      keep: () => moveObjects(objectFolder, path.join(repository.gitDir, 'objects')),
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function moveObjects(from: string, to: string): Promise<void> {
  for (const fan of await readdir(from)) {
    if (!/^[0-9a-f]{2}$/.test(fan)) continue
    await mkdir(path.join(to, fan), { recursive: true })
    for (const name of await readdir(path.join(from, fan))) {
      if (!/^[0-9a-f]{38}$/.test(name)) continue
      const target = path.join(to, fan, name)
      try {
        await link(path.join(from, fan, name), target)
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code
        if (code === 'EEXIST') continue
        // Some file systems have no hard links. The same name is the same bytes, so replacing loses nothing.
        await rename(path.join(from, fan, name), target)
      }
    }
  }
}

export function uniqueName(): string {
  return randomBytes(8).toString('hex')
}

/** The object's full name, checked to be of one of these types. Takes full object names only. */
export async function needObject(repository: Repository, name: string, type: 'commit' | 'tree'): Promise<string> {
  if (!isObjectName(name)) throw new ForgeError('name-invalid', `"${name}" is not a full object name`)
  const { code, stdout } = await repository.run({
    args: ['rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{${type}}`],
    okCodes: [0, 1, 128],
  })
  if (code !== 0) throw new ForgeError('object-not-found', `${name} is not a ${type} in repository "${repository.id}"`)
  return stdout.toString('latin1').trim()
}
