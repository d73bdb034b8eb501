import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { GitError, spawnGit } from './trusted-git.ts'

/** Bytes read when they are wanted, so that a large result does not stand in memory at once. */
export interface BlobSource {
  bytes(): Uint8Array
}

/** Object id of a blob (git: `blob <length>\0` and the bytes), SHA-1 or SHA-256 by the length of the id wanted. */
export function blobOid(bytes: Uint8Array, length: number): string {
  return createHash(length === 64 ? 'sha256' : 'sha1')
    .update(`blob ${bytes.length}\0`)
    .update(bytes)
    .digest('hex')
}

/**
 * Writes blobs with one `git fast-import` and gives their ids in order. The bytes go in by a pipe: git opens no file of
 * the run, so no filter, attribute or link of its can matter.
 */
export async function writeBlobs(gitDir: string, sources: readonly BlobSource[]): Promise<string[]> {
  if (sources.length === 0) return []
  const child = spawnGit(gitDir, ['fast-import', '--quiet', '--done', '--cat-blob-fd=1'])
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err = (err + text).slice(-4_000)))
  child.stdin.on('error', () => {})
  const closed = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  const write = async (chunk: string | Uint8Array): Promise<void> => {
    if (!child.stdin.write(chunk)) await Promise.race([once(child.stdin, 'drain'), closed])
  }
  try {
    for (const [index, source] of sources.entries()) {
      const bytes = source.bytes()
      await write(`blob\nmark :${index + 1}\ndata ${bytes.length}\n`)
      await write(bytes)
      await write(`\nget-mark :${index + 1}\n`)
    }
    child.stdin.end('done\n')
  } catch (error) {
    child.kill('SIGKILL')
    await closed
    throw error
  }
  const code = await closed
  if (code !== 0) throw new GitError(`git fast-import failed: ${err.trim() || `exit code ${code}`}`)
  const oids = out.split('\n').filter(Boolean)
  if (oids.length !== sources.length)
    throw new GitError(`git fast-import gave ${oids.length} ids for ${sources.length} files`)
  return oids
}
