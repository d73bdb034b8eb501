import { Problem } from '@gatehouse/core/kernel/problems'
import { makeArtifact, MEDIA, policyFacts, readManifest } from './artifact.ts'
import { acceptContents } from './bundle-accept.ts'
import { unpackedDigest } from './bundle-build.ts'
import { readContents } from './bundle-contents.ts'
import { DEFAULT_BUNDLE_LIMITS, overLimits, type BundleLimits } from './bundle-limits.ts'
import type { ArtifactStore } from './store.ts'

export interface PushFacts {
  /** Whole, from 1, growing with each release. */
  readonly version: number
  readonly sourceCommit: string | null
  /** Null pushes by digest only. */
  readonly tag: string | null
  readonly limits?: BundleLimits
}

export interface Pushed {
  readonly digest: string
  readonly layer_digest: string
  readonly version: number
  readonly size: number
  readonly tests: number
  /** What the bundle can be asked. */
  readonly entrypoints: readonly string[]
}

/**
 * Pushes a bundle as an artifact. It is accepted here first as it will be there, so that nothing is pushed that nobody will take. A tag that
 * names this version or a later one stays (`bundle-version-older`), unless it names this very artifact.
 */
export async function pushBundle(store: ArtifactStore, layer: Buffer, facts: PushFacts): Promise<Pushed> {
  const limits = facts.limits ?? DEFAULT_BUNDLE_LIMITS
  if (layer.length > limits.maxLayerBytes) {
    throw overLimits(`The bundle has ${layer.length} bytes; ${limits.maxLayerBytes} are allowed.`)
  }
  const { tests, entrypoints } = await acceptContents(await readContents(layer, limits), limits)
  const artifact = makeArtifact(layer, unpackedDigest(layer), { ...facts, title: 'bundle.tar.gz' })
  if (facts.tag !== null) await mustGrow(store, facts.tag, facts.version, artifact.digest, limits)
  await store.putBlob(artifact.config)
  await store.putBlob(artifact.layer)
  await store.putManifest(artifact.manifest, MEDIA.manifest, facts.tag)
  const { layers } = readManifest(artifact.manifest)
  return {
    digest: artifact.digest,
    layer_digest: layers[0]?.digest ?? '',
    version: facts.version,
    size: layer.length,
    tests,
    entrypoints,
  }
}

async function mustGrow(
  store: ArtifactStore,
  tag: string,
  version: number,
  digest: string,
  limits: BundleLimits,
): Promise<void> {
  const old = await store.resolve(tag)
  if (old === null || old === digest) return
  const { bytes } = await store.manifest(old, limits.maxDocumentBytes)
  const there = policyFacts(readManifest(bytes)).version
  if (there < version) return
  throw new Problem(
    'bundle-version-older',
    `${tag} is version ${there} already; push a version greater than that, not ${version}.`,
  )
}
