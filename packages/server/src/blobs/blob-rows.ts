import { isSha256, sha256 } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Context } from '../context.ts'

export type Retention = 'evidence' | 'diff' | 'log'

/** Keeps bytes under their digest and notes size and retention class. Bytes first: a row never names what is not there. */
export async function keepBlob(
  context: Pick<Context, 'blobs' | 'db' | 'clock'>,
  bytes: Uint8Array,
  retention: Retention,
): Promise<string> {
  const digest = sha256(bytes)
  await context.blobs.put(bytes)
  await context.db
    .insertInto('blobs')
    .values({ sha256: digest, bytes: bytes.length, retention, created_at: context.clock() })
    .onConflict((c) => c.column('sha256').doUpdateSet({ purged_at: null }))
    .execute()
  return digest
}

/** The bytes under a digest. Problems: content-purged; BlobError blob-missing, blob-corrupt. */
export async function readBlob(context: Pick<Context, 'blobs' | 'db'>, digest: string): Promise<Uint8Array> {
  const row = await context.db.selectFrom('blobs').select('purged_at').where('sha256', '=', digest).executeTakeFirst()
  if (row?.purged_at)
    throw new Problem(
      'content-purged',
      `the content was purged at ${row.purged_at.toISOString()}; its digest stays: ${digest}`,
    )
  if (!isSha256(digest)) throw new Problem('not-found', `${digest} is no digest`)
  return context.blobs.get(digest)
}
