import { Problem } from '@gatehouse/core/kernel/problems'
import { describe, json, MEDIA, readManifest } from './artifact.ts'
import type { BundleLimits } from './bundle-limits.ts'
import { PREDICATE_TYPE } from './signature-statement.ts'
import type { ArtifactStore } from './store.ts'

const EMPTY = json({})

/** Puts a signature beside its artifact as cosign 3 does: an artifact whose subject is the signed manifest. */
export async function attachSignature(
  store: ArtifactStore,
  subject: Buffer,
  signature: Buffer,
  at: Date,
): Promise<void> {
  const layer = describe(signature, MEDIA.sigstoreBundle)
  await store.putBlob(EMPTY)
  await store.putBlob(signature)
  const manifest = json({
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    artifactType: MEDIA.sigstoreBundle,
    config: { ...describe(EMPTY, MEDIA.empty) },
    layers: [{ ...layer }],
    subject: { ...describe(subject, readManifest(subject).mediaType) },
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': PREDICATE_TYPE,
      'org.opencontainers.image.created': at.toISOString().replace(/\.\d+Z$/, 'Z'),
    },
  })
  await store.putManifest(manifest, MEDIA.manifest, null)
}

export interface FoundSignature {
  readonly manifest: Buffer
  readonly bundle: Buffer
}

/**
 * The sigstore bundles that refer to a digest. The list's artifactType is not believed: some registries leave it out or write the
 * config's type, so each manifest is looked at. What is no signature, or cannot be read, is passed over: anybody may attach things.
 */
export async function findSignatures(
  store: ArtifactStore,
  digest: string,
  limits: BundleLimits,
): Promise<FoundSignature[]> {
  const listed = await store.referrers(digest, limits.maxDocumentBytes)
  if (listed.length > limits.maxSignatures) {
    throw new Problem(
      'bundle-over-limits',
      `${digest} has ${listed.length} referrers; at most ${limits.maxSignatures} are looked at. Remove those that are not yours.`,
    )
  }
  const found: FoundSignature[] = []
  for (const item of listed) {
    // oxlint-disable-next-line no-await-in-loop -- a registry is asked one thing at a time
    const signature = await readSignature(store, item.digest, digest, limits)
    if (signature !== null) found.push(signature)
  }
  return found
}

async function readSignature(
  store: ArtifactStore,
  referrer: string,
  subject: string,
  limits: BundleLimits,
): Promise<FoundSignature | null> {
  try {
    const { bytes } = await store.manifest(referrer, limits.maxDocumentBytes)
    const manifest = readManifest(bytes)
    const layer = manifest.layers.find(({ mediaType }) => mediaType === MEDIA.sigstoreBundle)
    if (manifest.subject?.digest !== subject || layer === undefined) return null
    return { manifest: bytes, bundle: await store.blob(layer, limits.maxDocumentBytes) }
  } catch (error) {
    if (error instanceof Problem && !PASSING.has(error.slug)) return null
    throw error
  }
}

/** What says nothing of this signature, but of the way to it. */
const PASSING: ReadonlySet<string> = new Set(['registry-unreachable', 'registry-refused'])
