import type { ChangedFile, FileStatus, TreeDiff } from './forge.ts'
import { decodePath } from './path-rules.ts'
import type { Repository } from './repository-folder.ts'
import { splitNul } from './tree-reads.ts'

/** Everything that could make the text of a diff depend on who asks is pinned here or in the runner's configuration. */
const DIFF_FLAGS = [
  '--no-renames',
  '--no-ext-diff',
  '--no-textconv',
  '--no-color',
  '--no-relative',
  '--ignore-submodules=none',
]
const PATCH_FLAGS = ['-p', '--full-index', '--binary', '-U3', '--src-prefix=a/', '--dst-prefix=b/']
const MAX_DIFF_BYTES = 64 * 1024 * 1024

/**
 * The difference of two trees, as the bytes that are digested and shown, and as a list of files.
 * `objectFolder`: a quarantine that holds some of the objects.
 */
export async function diffTrees(
  repository: Repository,
  baseTree: string,
  resultTree: string,
  objectFolder?: string,
): Promise<TreeDiff> {
  const call = (flags: string[]) =>
    repository.run({
      args: ['diff-tree', '-r', ...flags, ...DIFF_FLAGS, '--end-of-options', baseTree, resultTree],
      maxOutput: MAX_DIFF_BYTES,
      objectFolder,
    })
  // In turn, not at once: two processes for two cores would starve everybody else.
  const patch = await call(PATCH_FLAGS)
  const raw = await call(['--raw', '--no-abbrev', '-z'])
  const numbers = await call(['--numstat', '-z'])
  const counts = parseNumstat(numbers.stdout)
  const files = parseRaw(raw.stdout).map((file): ChangedFile => {
    const count = counts.get(Buffer.from(file.path_bytes).toString('latin1'))
    return { ...file, binary: count === null, additions: count?.[0] ?? null, deletions: count?.[1] ?? null }
  })
  return {
    bytes: Uint8Array.from(patch.stdout),
    files,
    additions: files.reduce((sum, f) => sum + (f.additions ?? 0), 0),
    deletions: files.reduce((sum, f) => sum + (f.deletions ?? 0), 0),
  }
}

type RawFile = Omit<ChangedFile, 'binary' | 'additions' | 'deletions'>

/** The files only, without the text: `:<mode> <mode> <blob> <blob> <status> NUL <path> NUL`. */
export function parseRaw(bytes: Buffer): RawFile[] {
  const parts = splitNul(bytes)
  const files: RawFile[] = []
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const [oldMode = '', newMode = '', oldBlob = '', newBlob = '', letter = ''] = (parts[i] as Buffer)
      .subarray(1)
      .toString('latin1')
      .split(' ')
    const pathBytes = Uint8Array.from(parts[i + 1] as Buffer)
    const decoded = decodePath(pathBytes)
    files.push({
      path: decoded.path,
      path_bytes: pathBytes,
      utf8: decoded.utf8,
      status: STATUS[letter.slice(0, 1)] ?? 'modified',
      old_mode: oldMode === '000000' ? null : oldMode,
      new_mode: newMode === '000000' ? null : newMode,
      old_blob: /^0+$/.test(oldBlob) ? null : oldBlob,
      new_blob: /^0+$/.test(newBlob) ? null : newBlob,
    })
  }
  return files
}

const STATUS: Readonly<Record<string, FileStatus>> = { A: 'added', M: 'modified', D: 'deleted', T: 'typechange' }

/** By path bytes as latin1: [added, deleted] lines, or null for a binary file. */
function parseNumstat(bytes: Buffer): Map<string, [number, number] | null> {
  const counts = new Map<string, [number, number] | null>()
  for (const record of splitNul(bytes)) {
    const [added = '', deleted = '', ...rest] = record.toString('latin1').split('\t')
    counts.set(rest.join('\t'), added === '-' ? null : [Number(added), Number(deleted)])
  }
  return counts
}
