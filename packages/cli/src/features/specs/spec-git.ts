import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'

/** The tree may be anybody's: its configuration starts no program of ours, and nothing in it is written. */
const SAFE = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'core.untrackedCache=false']
const MAX_BYTES = 256 * 1024 * 1024

/** Whether a folder lies in a work tree of git. */
function isInWorkTree(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true
    if (dirname(at) === at) return false
  }
}

/** The paths that git prints, `-z`; null where there is no git, no work tree, or git refuses it. */
function paths(folder: string, args: readonly string[]): string[] | null {
  const ran = spawnSync('git', [...SAFE, ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: MAX_BYTES,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      GIT_OPTIONAL_LOCKS: '0',
      GIT_TERMINAL_PROMPT: '0',
      LC_ALL: 'C',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  if (ran.status !== 0) return null
  return ran.stdout.split('\0').filter((path) => path !== '')
}

/** All files below a folder that git knows or would take: what `.gitignore` leaves out is not among them. Relative to the folder; null without git. */
export function gitFiles(folder: string): string[] | null {
  if (!isInWorkTree(folder)) return null
  const found = paths(folder, [
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
    '--deduplicate',
    '--',
    '.',
  ])
  // An empty answer may be a folder that is ignored as a whole.
  return found !== null && found.length === 0 ? null : found
}

/** Files and whole folders (with `/` at the end) below a folder that `.gitignore` leaves out. */
export function gitIgnored(folder: string): string[] {
  if (!isInWorkTree(folder)) return []
  return (
    paths(folder, ['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory', '--', '.']) ?? []
  )
}

/** Files below a folder that differ from a commit, new ones included, relative to it. `usage` where git does not know the commit. */
export function changedSince(folder: string, ref: string): string[] {
  const commit = paths(folder, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`])?.[0]?.trim()
  const changed =
    commit === undefined
      ? null
      : paths(folder, ['diff', '--name-only', '-z', '--no-ext-diff', '--no-renames', '--relative', commit, '--', '.'])
  if (changed === null)
    throw new Problem('usage', `--changed-since "${ref}": ${folder} is in no git work tree that knows this commit`)
  return [...changed, ...(paths(folder, ['ls-files', '-z', '--others', '--exclude-standard', '--', '.']) ?? [])]
}
