import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { TRUSTED_ENV } from './host-tools.ts'

export class GitError extends Error {
  readonly code = 'git-failed'
}

/** Nothing of the user's, the system's or a tree's own configuration; no prompt, no hook, no monitor, no lazy fetch. */
const ENV = {
  ...TRUSTED_ENV,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_LAZY_FETCH: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  HOME: '/nonexistent',
}

const SETTINGS = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.attributesFile': '/dev/null',
  'core.excludesFile': '/dev/null',
  'core.protectHFS': 'true',
  'core.protectNTFS': 'true',
  'core.bare': 'true',
  'protocol.allow': 'never',
  'gc.auto': '0',
}

/** argv of git on a trusted bare repository, whose owner may be another of our processes' users. */
function trustedArgv(gitDir: string, args: readonly string[]): string[] {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return ['-c', `safe.directory=${gitDir}`, ...settings, `--git-dir=${gitDir}`, ...args]
}

export function spawnGit(
  gitDir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcessWithoutNullStreams {
  return spawn('git', trustedArgv(gitDir, args), { env: { ...ENV, ...env }, cwd: '/', stdio: 'pipe' })
}

/** Output bytes of one git command. Throws GitError with git's own words when it fails. */
export async function git(
  gitDir: string,
  args: readonly string[],
  options: { readonly input?: string | Uint8Array; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Buffer> {
  const child = spawnGit(gitDir, args, options.env)
  const out: Buffer[] = []
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err = (err + text).slice(-4_000)))
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  if (code !== 0) throw new GitError(`git ${args[0] ?? ''} failed: ${err.trim() || `exit code ${code}`}`)
  return Buffer.concat(out)
}

export interface TreeEntry {
  /** Six octal digits: 100644, 100755, 120000, 160000. */
  readonly mode: string
  readonly oid: string
  /** Bytes of the path, one character each (latin1): paths in git are bytes. */
  readonly path: string
}

/** Every entry of a tree or commit, folders not listed themselves. */
export async function listTree(gitDir: string, treeish: string): Promise<TreeEntry[]> {
  const text = (await git(gitDir, ['ls-tree', '-r', '-z', '--full-tree', treeish])).toString('latin1')
  return text
    .split('\0')
    .filter(Boolean)
    .map((line) => {
      const tab = line.indexOf('\t')
      const [mode = '', , oid = ''] = line.slice(0, tab).split(' ')
      return { mode, oid, path: line.slice(tab + 1) }
    })
}

/** Full object id of a commit's or tree's tree. */
export async function treeId(gitDir: string, treeish: string): Promise<string> {
  return (await git(gitDir, ['rev-parse', '--verify', '--end-of-options', `${treeish}^{tree}`])).toString('utf8').trim()
}
