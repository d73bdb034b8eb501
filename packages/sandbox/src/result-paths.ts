/** Why a path or entry of a result is not taken. */
export type ResultProblem =
  | 'name-not-utf8'
  | 'name-forbidden'
  | 'path-too-long'
  | 'special-file'
  | 'setuid'
  | 'symlink-outside'
  | 'submodule'
  | 'too-large'
  | 'too-many'
  | 'unreadable'

const MAX_PATH_BYTES = 4_096

/** Code points that HFS+ leaves out when it compares names (git's utf8.c, next_hfs_char). */
const IGNORABLE = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g

/**
 * Is this name git's own folder to some file system: other case, trailing blanks and dots, an alternate data stream,
 * an 8.3 short name (NTFS), invisible code points (HFS+)? The exact `.git` is one too.
 */
export function isGitName(name: string): boolean {
  const plain = name
    .replace(IGNORABLE, '')
    .toLowerCase()
    .replace(/:.*$/s, '')
    .replace(/[ .]+$/, '')
  return plain === '.git' || /^git~\d+$/.test(plain)
}

/** Checks one name of a path, given as its bytes in latin1. */
export function nameProblem(latin1: string): ResultProblem | null {
  const bytes = Buffer.from(latin1, 'latin1')
  const name = bytes.toString('utf8')
  if (!Buffer.from(name, 'utf8').equals(bytes)) return 'name-not-utf8'
  if (name === '' || name === '.' || name === '..' || name.includes('\0') || name.includes('/')) return 'name-forbidden'
  // Another system would read it as a folder separator.
  if (name.split('\\').some((part) => part === '..' || isGitName(part))) return 'name-forbidden'
  return null
}

export function pathProblem(path: string): ResultProblem | null {
  return path.length > MAX_PATH_BYTES ? 'path-too-long' : null
}

/**
 * Does a symlink's target stay in the tree? Only relative ones whose `..` all stand at the start and
 * do not climb above the top; `path` is the link's
 * own place. Pure text: what the target is on any machine is never looked at.
 */
export function symlinkStaysInside(path: string, target: string): boolean {
  if (
    target === '' ||
    target.startsWith('/') ||
    target.includes('\0') ||
    target.includes('\\') ||
    /^[A-Za-z]:/.test(target)
  )
    return false
  const stack = path.split('/').slice(0, -1)
  let named = false
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') {
      // Only at the start, where it is exact: after a name, which may be a link itself, nobody knows where ".." leads.
      if (named || stack.pop() === undefined) return false
    } else if (isGitName(part)) return false
    else named = true
  }
  return true
}
