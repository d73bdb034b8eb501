import type { Descriptor } from './artifact.ts'

export interface StoredManifest {
  readonly bytes: Buffer
  readonly digest: string
}

/**
 * Where artifacts lie: a registry, or an OCI layout folder. What is read by digest is that content: anything else is
 * `bundle-tampered`. What is absent is `artifact-not-found`.
 */
export interface ArtifactStore {
  /** By digest or tag. At most `maxBytes`, else `bundle-over-limits`. */
  readonly manifest: (reference: string, maxBytes: number) => Promise<StoredManifest>
  /** Digest of what a tag names, or null. */
  readonly resolve: (tag: string) => Promise<string | null>
  readonly blob: (descriptor: Descriptor, maxBytes: number) => Promise<Buffer>
  readonly putBlob: (bytes: Buffer) => Promise<void>
  /** Blobs must be there first. A manifest with a subject becomes a referrer of it. */
  readonly putManifest: (bytes: Buffer, mediaType: string, tag: string | null) => Promise<void>
  /** Descriptors of the manifests whose subject is this digest, whatever their type. */
  readonly referrers: (digest: string, maxBytes: number) => Promise<readonly Descriptor[]>
}
