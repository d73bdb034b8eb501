import { readManifest, type Manifest } from './artifact.ts'
import { DEFAULT_BUNDLE_LIMITS, type BundleLimits } from './bundle-limits.ts'
import { findSignatures } from './signature-attachment.ts'
import type { ArtifactStore } from './store.ts'

export interface Copied {
  readonly digest: string
  readonly signatures: number
}

/**
 * Copies an artifact and its signatures from one store to another, as bytes: digests and signatures stay good. What is copied is checked
 * against its digest, and not verified otherwise.
 */
export async function copyBundle(
  from: ArtifactStore,
  to: ArtifactStore,
  digest: string,
  tag: string | null,
  limits: BundleLimits = DEFAULT_BUNDLE_LIMITS,
): Promise<Copied> {
  const { bytes } = await from.manifest(digest, limits.maxDocumentBytes)
  await copyManifest(from, to, bytes, readManifest(bytes), tag, limits)
  const signatures = await findSignatures(from, digest, limits)
  for (const { manifest } of signatures) {
    // oxlint-disable-next-line no-await-in-loop -- each changes the list of referrers
    await copyManifest(from, to, manifest, readManifest(manifest), null, limits)
  }
  return { digest, signatures: signatures.length }
}

async function copyManifest(
  from: ArtifactStore,
  to: ArtifactStore,
  bytes: Buffer,
  manifest: Manifest,
  tag: string | null,
  limits: BundleLimits,
): Promise<void> {
  for (const blob of [manifest.config, ...manifest.layers]) {
    // oxlint-disable-next-line no-await-in-loop -- one large blob in memory at a time
    await to.putBlob(await from.blob(blob, limits.maxLayerBytes))
  }
  await to.putManifest(bytes, manifest.mediaType, tag)
}
