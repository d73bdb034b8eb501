import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { isSha256, type Sha256 } from '@gatehouse/core/kernel/canonical'
import { BlobError, type BlobContent, type BlobStore, type StoredBlob } from './blob-store.ts'

const LIMIT = 256 * 1024 * 1024
const ABANDONED_MS = 86_400_000

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}

async function syncFolder(folder: string): Promise<void> {
  // A rename survives a crash only when its folder is synced. Windows cannot open a folder.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function* whole(content: BlobContent): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content
  else yield* content
}

async function removeAbandoned(incoming: string, now: number): Promise<void> {
  for (const entry of await readdir(incoming)) {
    const file = join(incoming, entry)
    const stats = await stat(file).catch(() => undefined)
    if (stats !== undefined && now - stats.mtimeMs > ABANDONED_MS) await rm(file, { force: true })
  }
}

/**
 * Blobs as files `<folder>/<first two digits>/<sha256>`, mode 0600. Written beside, synced, then renamed: a blob is whole or not
 * there. `limit` bytes for one blob, 256 MiB unless told. What a crash left half-written a day ago is removed at opening.
 */
export async function openBlobFolder(folder: string, options: { limit?: number } = {}): Promise<BlobStore> {
  const ownLimit = options.limit ?? LIMIT
  const incoming = join(folder, 'incoming')
  await mkdir(incoming, { recursive: true, mode: 0o700 })
  await removeAbandoned(incoming, Date.now())

  const shelf = (sha256: string): string => join(folder, sha256.slice(0, 2))
  function pathOf(sha256: string): string {
    // A name from outside must never become a path.
    if (!isSha256(sha256))
      throw new BlobError('blob-missing', `${JSON.stringify(sha256)} is no sha256: no blob has that name`)
    return join(shelf(sha256), sha256)
  }

  async function write(file: string, content: BlobContent, limit: number): Promise<StoredBlob> {
    const hash = createHash('sha256')
    let bytes = 0
    const handle = await open(file, 'wx', 0o600)
    try {
      for await (const piece of whole(content)) {
        bytes += piece.length
        if (bytes > limit)
          throw new BlobError('blob-too-large', `a blob here may have ${limit} bytes, this one has more`)
        hash.update(piece)
        await handle.writeFile(piece)
      }
      await handle.sync()
    } finally {
      await handle.close()
    }
    return { sha256: hash.digest('hex') as Sha256, bytes }
  }

  async function* stream(sha256: Sha256): AsyncGenerator<Uint8Array> {
    const path = pathOf(sha256)
    const hash = createHash('sha256')
    try {
      for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
        hash.update(piece)
        yield piece
      }
    } catch (error) {
      if (isMissing(error)) throw new BlobError('blob-missing', `there is no blob ${sha256}`)
      throw error
    }
    if (hash.digest('hex') !== sha256) {
      throw new BlobError(
        'blob-corrupt',
        `the blob ${sha256} has other content than its name says: restore it from a backup`,
      )
    }
  }

  return {
    async put(content, limit = ownLimit) {
      const file = join(incoming, randomBytes(12).toString('hex'))
      try {
        const stored = await write(file, content, limit)
        await mkdir(shelf(stored.sha256), { recursive: true, mode: 0o700 })
        // Also over one that is there: that mends a corrupt one, and equal content makes no difference.
        await rename(file, pathOf(stored.sha256))
        await syncFolder(shelf(stored.sha256))
        await syncFolder(folder)
        return stored
      } catch (error) {
        await rm(file, { force: true })
        throw error
      }
    },
    async get(sha256) {
      return buffer(stream(sha256))
    },
    stream,
    async has(sha256) {
      return (
        isSha256(sha256) &&
        access(pathOf(sha256)).then(
          () => true,
          () => false,
        )
      )
    },
    async remove(sha256) {
      if (!isSha256(sha256)) return false
      try {
        await unlink(pathOf(sha256))
        return true
      } catch (error) {
        if (isMissing(error)) return false
        throw error
      }
    },
  }
}
