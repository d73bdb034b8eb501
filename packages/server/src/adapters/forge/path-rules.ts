/** Which paths a change of a stranger may touch, and where its links may point. Pure. */

export interface DecodedPath {
  /** The path as text; escaped (`\xNN`) where its bytes are not UTF-8. */
  path: string
  utf8: boolean
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function decodePath(bytes: Uint8Array): DecodedPath {
  try {
    return { path: decoder.decode(bytes), utf8: true }
  } catch {
    const path = Array.from(bytes, (b) =>
      b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : `\\x${b.toString(16).padStart(2, '0')}`,
    ).join('')
    return { path, utf8: false }
  }
}

// Controls, line separators, direction marks, and characters that are not seen.
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/u

/** Control characters, or characters that hide or turn text around: such a path does not read as what it is. */
export function hasUnprintable(path: string): boolean {
  return UNPRINTABLE.test(path)
}

/** Why a path may not be written, or null. The path is decoded, with `/` between its parts. */
export function unsafePath(path: string): string | null {
  if (path === '') return 'the path is empty'
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'the path is absolute'
  if (path.includes('\\')) return 'the path has a backslash'
  for (const part of path.split('/')) {
    if (part === '') return 'the path has an empty part'
    if (part === '..' || part === '.') return `the path has a part "${part}"`
    if (isGitFolderName(part)) return `"${part}" names git's own folder`
  }
  return null
}

// What HFS+ leaves out when it compares names (git's utf8.c, is_hfs_dotgit, lists the same).
const HFS_IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff\u200b\u2060]/g

/** `.git` in every spelling that some file system takes for it: any case, HFS+ ignorables, NTFS short names, streams, trailing dots. */
export function isGitFolderName(part: string): boolean {
  const plain = part.normalize('NFKC').replace(HFS_IGNORED, '').toLowerCase()
  const ntfs = plain.replace(/:.*$/, '').replace(/[. ]+$/, '')
  return ntfs === '.git' || /^git~\d+$/.test(ntfs)
}

/**
 * Why a symbolic link may not be, or null. `..` is taken only at the start of the target: after a named part it could
 * step back over another link, and no reading of the text alone says where that ends.
 */
export function unsafeLink(path: string, target: string): string | null {
  if (target === '') return 'the link points nowhere'
  if (target.startsWith('/') || /^[A-Za-z]:/.test(target) || target.includes('\\')) return 'the link is absolute'
  if (hasUnprintable(target)) return 'the link has control characters'
  let depth = path.split('/').length - 1
  let named = false
  for (const part of target.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') {
      if (named) return 'the link goes up ("..") after going down'
      depth -= 1
      if (depth < 0) return 'the link points outside the repository'
      continue
    }
    named = true
    if (isGitFolderName(part)) return "the link points into git's own folder"
  }
  return null
}
