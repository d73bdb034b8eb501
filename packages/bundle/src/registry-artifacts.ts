import { Problem } from '@gatehouse/core/kernel/problems'
import { describe, digestOf, json, MEDIA, readIndex, readManifest, type Descriptor } from './artifact.ts'
import { checkContent, tooLarge } from './content-check.ts'
import { isDigest, type RegistryReference } from './reference.ts'
import { readBody, RegistryConnection, type RegistryOptions } from './registry-request.ts'
import type { ArtifactStore, StoredManifest } from './store.ts'

const ACCEPT = `${MEDIA.manifest}, ${MEDIA.index}, application/vnd.docker.distribution.manifest.v2+json`
const MAX_INDEX_BYTES = 4 * 1024 * 1024

/** The tag under which referrers are listed where a registry lacks the referrers API (distribution-spec 1.1). */
export function fallbackTag(digest: string): string {
  return digest.replace(':', '-')
}

/** One repository of a registry, over the distribution API. */
export class RegistryStore implements ArtifactStore {
  private readonly connection: RegistryConnection
  private readonly path: string
  private readonly name: string

  constructor(reference: RegistryReference, options: RegistryOptions = {}) {
    this.connection = new RegistryConnection(reference.host, options)
    this.path = `/v2/${reference.repository}`
    this.name = `${reference.host}/${reference.repository}`
  }

  async manifest(reference: string, maxBytes: number): Promise<StoredManifest> {
    const found = await this.findManifest(reference, maxBytes)
    if (found === null) {
      throw new Problem(
        'artifact-not-found',
        `${this.name} has nothing named ${reference}; check the name, or push it first.`,
      )
    }
    return found
  }

  private async findManifest(reference: string, maxBytes: number): Promise<StoredManifest | null> {
    const response = await this.connection.call(`${this.path}/manifests/${reference}`, { headers: { accept: ACCEPT } })
    if (response.status === 404) {
      await response.body?.cancel()
      return null
    }
    const bytes = await this.body(response, maxBytes, `the manifest ${reference}`)
    // A tag says nothing of its content: its digest is what came.
    const digest = isDigest(reference) ? reference : digestOf(bytes)
    checkContent(bytes, { digest }, `The manifest of ${this.name}`)
    return { bytes, digest }
  }

  async resolve(tag: string): Promise<string | null> {
    return (await this.findManifest(tag, MAX_INDEX_BYTES))?.digest ?? null
  }

  async blob(descriptor: Descriptor, maxBytes: number): Promise<Buffer> {
    const what = `The blob ${descriptor.digest} of ${this.name}`
    if (descriptor.size > maxBytes) throw tooLarge(what, maxBytes)
    const response = await this.connection.call(`${this.path}/blobs/${descriptor.digest}`)
    if (response.status === 404) {
      await response.body?.cancel()
      throw new Problem('artifact-not-found', `${what} is not there: the artifact was pushed in part, or deleted.`)
    }
    // No more is read than was told: what is longer is not it.
    const bytes = await this.body(response, descriptor.size + 1, what).catch((error: unknown) => {
      if (!(error instanceof Problem && error.slug === 'bundle-over-limits')) throw error
      throw new Problem(
        'bundle-tampered',
        `${what} is longer than the ${descriptor.size} bytes told. Do not use it: take it from where it was released.`,
      )
    })
    checkContent(bytes, descriptor, what)
    return bytes
  }

  async putBlob(bytes: Buffer): Promise<void> {
    const digest = digestOf(bytes)
    const there = await this.connection.call(`${this.path}/blobs/${digest}`, { method: 'HEAD' })
    if (there.status === 200) return
    const opened = await this.connection.call(`${this.path}/blobs/uploads/`, { method: 'POST' })
    await opened.body?.cancel()
    const location = opened.headers.get('location')
    if (opened.status !== 202 || location === null) throw this.failed('begin an upload', opened)
    const url = new URL(location, this.connection.base)
    url.searchParams.set('digest', digest)
    const done = await this.connection.call(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream' },
      body: bytes,
    })
    await done.body?.cancel()
    if (done.status !== 201) throw this.failed('take a blob', done)
  }

  async putManifest(bytes: Buffer, mediaType: string, tag: string | null): Promise<void> {
    const digest = digestOf(bytes)
    const response = await this.connection.call(`${this.path}/manifests/${tag ?? digest}`, {
      method: 'PUT',
      headers: { 'content-type': mediaType },
      body: bytes,
    })
    await response.body?.cancel()
    if (response.status !== 201) throw this.failed('take the manifest', response)
    const { subject, artifactType, config, annotations } =
      mediaType === MEDIA.manifest
        ? readManifest(bytes)
        : { subject: null, artifactType: null, config: null, annotations: {} }
    // A registry that knows referrers says so; for others the list is kept by who pushes.
    if (subject === null || response.headers.get('oci-subject') !== null) return
    const type = artifactType ?? config?.mediaType
    await this.listReferrer(subject.digest, {
      ...describe(bytes, mediaType),
      ...(type === undefined ? {} : { artifactType: type }),
      annotations,
    })
  }

  private async listReferrer(subject: string, referrer: Descriptor): Promise<void> {
    const tag = fallbackTag(subject)
    const old = await this.findManifest(tag, MAX_INDEX_BYTES)
    const manifests = old === null ? [] : readIndex(old.bytes)
    if (manifests.some((item) => item.digest === referrer.digest)) return
    const all = [...manifests, referrer].map((item) => ({ ...item }))
    const response = await this.connection.call(`${this.path}/manifests/${tag}`, {
      method: 'PUT',
      headers: { 'content-type': MEDIA.index },
      body: json({ schemaVersion: 2, mediaType: MEDIA.index, manifests: all }),
    })
    await response.body?.cancel()
    if (response.status !== 201) throw this.failed('take the list of signatures', response)
  }

  async referrers(digest: string, maxBytes: number): Promise<readonly Descriptor[]> {
    const response = await this.connection.call(`${this.path}/referrers/${digest}`, {
      headers: { accept: MEDIA.index },
    })
    const known = response.status === 200 ? readIndex(await this.body(response, maxBytes, 'the list of referrers')) : []
    if (response.status !== 200) await response.body?.cancel()
    // Also where the API is there: signatures of before it came are under the tag only.
    const tagged = await this.findManifest(fallbackTag(digest), maxBytes)
    const listed = tagged === null ? [] : readIndex(tagged.bytes)
    return [...new Map([...known, ...listed].map((item) => [item.digest, item])).values()]
  }

  private async body(response: Response, maxBytes: number, what: string): Promise<Buffer> {
    if (response.status !== 200) {
      await response.body?.cancel()
      throw this.failed(`give ${what}`, response)
    }
    return await readBody(response, maxBytes, what)
  }

  private failed(what: string, { status }: Response): Problem {
    if (status >= 500 || status === 429) {
      return new Problem('registry-unreachable', `${this.name} could not ${what} (HTTP ${status}).`)
    }
    return new Problem('registry-failed', `${this.name} would not ${what} (HTTP ${status}).`)
  }
}
