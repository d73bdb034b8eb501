import { createHash } from 'node:crypto'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import { isDigest } from './reference.ts'

/** Media types: OCI image-spec 1.1, OPA's OCI downloader (the layer), sigstore's bundle v0.3. */
export const MEDIA = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  policyBundle: 'application/vnd.gatehouse.policy-bundle.v1',
  sigstoreBundle: 'application/vnd.dev.sigstore.bundle.v0.3+json',
} as const

/** Annotations of the artifact's manifest. They are under its digest, and so under its signature. */
export const ANNOTATION = {
  version: 'dev.gatehouse.policy.version',
  versionText: 'org.opencontainers.image.version',
  sourceCommit: 'org.opencontainers.image.revision',
  title: 'org.opencontainers.image.title',
  refName: 'org.opencontainers.image.ref.name',
} as const

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  /** Bytes. */
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Manifest {
  readonly mediaType: string
  readonly artifactType: string | null
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  readonly subject: Descriptor | null
  readonly annotations: Readonly<Record<string, string>>
}

export interface Artifact {
  readonly manifest: Buffer
  /** Of the manifest: the name of the whole. */
  readonly digest: string
  readonly config: Buffer
  readonly layer: Buffer
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export function describe(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length }
}

/**
 * The artifact of a bundle: an image manifest with one layer, which OPA's downloader and image tools read alike. No time is in it, so the
 * same bundle, version and commit have the same digest.
 * @param version whole and growing: a bundle with a lower one is refused where this one was accepted.
 */
export function makeArtifact(
  layer: Buffer,
  unpackedDigest: string,
  facts: { readonly version: number; readonly sourceCommit: string | null; readonly title: string },
): Artifact {
  const config = json({
    architecture: 'unknown',
    os: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: [unpackedDigest] },
  })
  const manifest = json({
    schemaVersion: 2,
    mediaType: MEDIA.manifest,
    artifactType: MEDIA.policyBundle,
    config: { ...describe(config, MEDIA.config) },
    layers: [{ ...describe(layer, MEDIA.layer), annotations: { [ANNOTATION.title]: facts.title } }],
    annotations: {
      [ANNOTATION.version]: String(facts.version),
      [ANNOTATION.versionText]: String(facts.version),
      ...(facts.sourceCommit === null ? {} : { [ANNOTATION.sourceCommit]: facts.sourceCommit }),
    },
  })
  return { manifest, digest: digestOf(manifest), config, layer }
}

export function json(value: Json): Buffer {
  return Buffer.from(JSON.stringify(value))
}

/** Reads an image manifest strictly enough for what is done with it; `bundle-malformed` names what is wrong. */
export function readManifest(bytes: Buffer): Manifest {
  const root = record(parseDocument(bytes, 'the manifest'), 'the manifest')
  if (root['schemaVersion'] !== 2) throw malformed('the manifest’s schemaVersion is not 2')
  const layers = root['layers']
  if (!Array.isArray(layers)) throw malformed('the manifest has no layers')
  const type = root['artifactType']
  return {
    mediaType: typeof root['mediaType'] === 'string' ? root['mediaType'] : MEDIA.manifest,
    artifactType: typeof type === 'string' ? type : null,
    config: descriptor(root['config'], 'config'),
    layers: layers.map((layer, index) => descriptor(layer, `layers[${index}]`)),
    subject: root['subject'] === undefined || root['subject'] === null ? null : descriptor(root['subject'], 'subject'),
    annotations: annotations(root['annotations']),
  }
}

/** The manifests that an index lists; `bundle-malformed` where it is none. */
export function readIndex(bytes: Buffer): Descriptor[] {
  const manifests = record(parseDocument(bytes, 'the index'), 'the index')['manifests']
  if (!Array.isArray(manifests)) throw malformed('the index has no list of manifests')
  return manifests.map((item, index) => descriptor(item, `manifests[${index}]`))
}

function malformed(why: string): Problem {
  return new Problem('bundle-malformed', `The artifact cannot be read: ${why}.`)
}

function parseDocument(bytes: Buffer, what: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw malformed(`${what} is no JSON`)
  }
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw malformed(`${what} is no JSON object`)
}

function descriptor(value: unknown, where: string): Descriptor {
  const { mediaType, digest, size, artifactType, annotations: notes } = record(value, where)
  if (typeof mediaType !== 'string') throw malformed(`${where} has no mediaType`)
  if (typeof digest !== 'string' || !isDigest(digest)) throw malformed(`${where} has no sha256 digest`)
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw malformed(`${where} has no size`)
  return {
    mediaType,
    digest,
    size,
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(notes === undefined || notes === null ? {} : { annotations: annotations(notes) }),
  }
}

function annotations(value: unknown): Record<string, string> {
  if (value === undefined || value === null) return {}
  const entries = Object.entries(record(value, 'annotations'))
  return Object.fromEntries(entries.flatMap(([key, text]) => (typeof text === 'string' ? [[key, text] as const] : [])))
}

/** What a policy artifact says of itself. `bundle-malformed` where it is no policy artifact of one layer and a whole version. */
export function policyFacts(manifest: Manifest): {
  readonly layer: Descriptor
  readonly version: number
  readonly sourceCommit: string | null
} {
  const layers = manifest.layers.filter((layer) => layer.mediaType === MEDIA.layer)
  const [layer] = layers
  // OPA takes the first layer it knows: a second one would be something that we verify and OPA does not.
  if (layer === undefined || manifest.layers.length !== 1) {
    throw malformed(`one layer of type ${MEDIA.layer} is needed; it has ${manifest.layers.length} layers`)
  }
  const text = manifest.annotations[ANNOTATION.version] ?? ''
  const version = Number(text)
  if (!/^[1-9]\d{0,15}$/.test(text) || !Number.isSafeInteger(version)) {
    throw malformed(
      `the annotation ${ANNOTATION.version} is no whole number from 1; push it with "policy push --release"`,
    )
  }
  return { layer, version, sourceCommit: manifest.annotations[ANNOTATION.sourceCommit] ?? null }
}
