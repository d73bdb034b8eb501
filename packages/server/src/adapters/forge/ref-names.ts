/** Names of refs and branches, by the rules of git-check-ref-format(1), and the branch patterns of settings. Pure. */

// eslint-disable-next-line no-control-regex -- these are the very characters that are refused
const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]/

/** A full ref name such as `refs/heads/main`: at most 240 bytes, valid for git, and safe as an argument. */
export function isRefName(name: string): boolean {
  if (!name.startsWith('refs/') || name.length > 240) return false
  return isRefPath(name) && name.split('/').length >= 3
}

/** A branch's short name: what stands after `refs/heads/`. `HEAD` and 40 hexadecimal characters are refused: they mean something else. */
export function isBranchName(name: string): boolean {
  if (name === '' || name.length > 200 || name === 'HEAD' || name.startsWith('-')) return false
  if (/^[0-9a-f]{40}$/.test(name) || name.startsWith('refs/')) return false
  return isRefPath(name)
}

function isRefPath(name: string): boolean {
  if (FORBIDDEN.test(name) || name.includes('..') || name.includes('@{') || name === '@' || name.endsWith('.'))
    return false
  if (!name.isWellFormed()) return false
  return name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'))
}

/** A pattern for branches: `*` stays inside one segment, `**` crosses segments. `task/*`, `release/**`, `**`. */
export function isBranchPattern(pattern: string): boolean {
  return pattern.length <= 200 && isBranchName(pattern.replaceAll('*', 'x'))
}

export function branchMatches(pattern: string, branch: string): boolean {
  return isBranchPattern(pattern) && new RegExp(branchRegExp(pattern)).test(branch)
}

/**
 * A branch pattern as an anchored regular expression that JavaScript and POSIX extended (`grep -E`) read alike.
 * The caller has checked the pattern with `isBranchPattern`.
 */
export function branchRegExp(pattern: string): string {
  const body = pattern
    .split(/(\*\*|\*)/)
    // A bracket expression is the one quoting that both dialects share.
    .map((piece) => (piece === '**' ? '.*' : piece === '*' ? '[^/]*' : piece.replace(/[.+(){}|$]/g, '[$&]')))
    .join('')
  return `^${body}$`
}

/** A name under `refs/gatehouse/`: `proposals/prp_...`. */
export function isKeepName(name: string): boolean {
  return isRefName(`refs/gatehouse/${name}`)
}

/** A repository's id as it stands in a folder's name. */
export function isRepositoryId(id: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,80}$/.test(id)
}

/** A full SHA-1 object name. */
export function isObjectName(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text)
}
