import { createHash } from 'node:crypto'
import { gitText } from './git-run.ts'

export interface TreeFile {
  /** `100644`, `100755`, `120000` a link, `160000` a submodule. */
  readonly mode: string
  readonly blob: string
}

/** Every file of a commit by its path from the repository's top. Throws EvidenceGitError. */
export async function readTree(root: string, commit: string): Promise<Map<string, TreeFile>> {
  const text = await gitText(root, ['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', commit])
  const files = new Map<string, TreeFile>()
  for (const line of text.split('\0')) {
    const tab = line.indexOf('\t')
    const [mode = '', , blob = ''] = line.slice(0, tab).split(' ')
    if (tab > 0) files.set(line.slice(tab + 1), { mode, blob })
  }
  return files
}

/** The id that git gives to these bytes; `like` is an id of the same repository (SHA-1 or SHA-256). */
export function blobId(bytes: Uint8Array, like: string): string {
  const hash = createHash(like.length === 64 ? 'sha256' : 'sha1')
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

/** Which of these paths git ignores; an empty set where it cannot be asked. Paths are relative to `root`, the repository's top. */
export async function ignoredPaths(root: string, paths: readonly string[]): Promise<Set<string>> {
  const asked = paths.filter((path) => !path.startsWith('../') && !path.startsWith('/') && path !== '')
  if (asked.length === 0) return new Set()
  // Ends with 1 where none is ignored.
  const text = await gitText(root, ['check-ignore', '-z', '--stdin', '--no-index'], `${asked.join('\0')}\0`).catch(
    () => '',
  )
  return new Set(text.split('\0').filter(Boolean))
}

/** Paths of the index that a sparse checkout leaves out of the working tree; empty in any other. Throws EvidenceGitError. */
export async function sparsePaths(root: string): Promise<Set<string>> {
  const sparse = await gitText(root, ['config', '--type=bool', '--default=false', 'core.sparseCheckout'])
  if (sparse.trim() !== 'true') return new Set()
  const lines = (await gitText(root, ['ls-files', '-z', '-t', '--full-name'])).split('\0')
  return new Set(lines.filter((line) => line.startsWith('S ')).map((line) => line.slice(2)))
}
