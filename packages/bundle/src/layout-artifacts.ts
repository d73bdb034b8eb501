import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import { makeFolder } from '@gatehouse/rego/folder-make'
import { ANNOTATION, describe, digestOf, json, MEDIA, readIndex, readManifest, type Descriptor } from './artifact.ts'
import { checkContent, readLimited, tooLarge } from './content-check.ts'
import { isDigest } from './reference.ts'
import type { ArtifactStore, StoredManifest } from './store.ts'

const MAX_INDEX_BYTES = 16 * 1024 * 1024
const LAYOUT = json({ imageLayoutVersion: '1.0.0' })

/** An OCI image layout folder (image-spec 1.1). One writer at a time; readers see whole files. */
export class LayoutStore implements ArtifactStore {
  private readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  async manifest(reference: string, maxBytes: number): Promise<StoredManifest> {
    const digest = isDigest(reference) ? reference : await this.resolve(reference)
    if (digest === null) throw this.missing(`nothing is tagged ${reference}`)
    const bytes = await this.read(digest, maxBytes, 'The manifest')
    checkContent(bytes, { digest }, `The manifest in ${this.folder}`)
    return { bytes, digest }
  }

  async resolve(tag: string): Promise<string | null> {
    const index = await this.index()
    return index?.find((item) => item.annotations?.[ANNOTATION.refName] === tag)?.digest ?? null
  }

  async blob(descriptor: Descriptor, maxBytes: number): Promise<Buffer> {
    const what = `The blob ${descriptor.digest} in ${this.folder}`
    if (descriptor.size > maxBytes) throw tooLarge(what, maxBytes)
    const bytes = await this.read(descriptor.digest, maxBytes, what)
    checkContent(bytes, descriptor, what)
    return bytes
  }

  async putBlob(bytes: Buffer): Promise<void> {
    const [path, folder] = this.place(digestOf(bytes))
    await this.replace(path, bytes, folder)
  }

  async putManifest(bytes: Buffer, mediaType: string, tag: string | null): Promise<void> {
    const index = (await this.index()) ?? []
    await this.putBlob(bytes)
    const digest = digestOf(bytes)
    if (tag === null && index.some((item) => item.digest === digest)) return
    const tagOf = (item: Descriptor) => item.annotations?.[ANNOTATION.refName] ?? null
    // A tag names one manifest; a manifest may have several tags, and needs no line without one then.
    const kept = index.filter((item) => tagOf(item) !== tag && !(item.digest === digest && tagOf(item) === null))
    const { artifactType } = mediaType === MEDIA.manifest ? readManifest(bytes) : { artifactType: null }
    const added: Descriptor = {
      ...describe(bytes, mediaType),
      ...(artifactType === null ? {} : { artifactType }),
      ...(tag === null ? {} : { annotations: { [ANNOTATION.refName]: tag } }),
    }
    await this.replace(join(this.folder, 'oci-layout'), LAYOUT)
    const manifests = [...kept, added].map((item) => ({ ...item }))
    await this.replace(join(this.folder, 'index.json'), json({ schemaVersion: 2, mediaType: MEDIA.index, manifests }))
  }

  async referrers(digest: string, maxBytes: number): Promise<readonly Descriptor[]> {
    const index = await this.index()
    if (index === null) throw this.missing('there is no index.json')
    const found: Descriptor[] = []
    for (const item of index) {
      if (item.digest === digest || item.mediaType !== MEDIA.manifest) continue
      const bytes = await this.blob(item, maxBytes)
      if (readManifest(bytes).subject?.digest === digest) found.push(item)
    }
    return found
  }

  private async index(): Promise<Descriptor[] | null> {
    const bytes = await this.file(join(this.folder, 'index.json'), MAX_INDEX_BYTES, 'index.json')
    if (bytes === null) return null
    const layout = await this.file(join(this.folder, 'oci-layout'), 4096, 'oci-layout')
    if (layout === null || !layout.includes('"imageLayoutVersion"')) {
      throw new Problem(
        'oci-layout-invalid',
        `${this.folder} has no file oci-layout that names a version: it is no OCI layout.`,
      )
    }
    try {
      return readIndex(bytes)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      throw new Problem('oci-layout-invalid', `index.json in ${this.folder} cannot be read: ${error.message}`)
    }
  }

  private async read(digest: string, maxBytes: number, what: string): Promise<Buffer> {
    const [path] = this.place(digest)
    const bytes = await this.file(path, maxBytes, what)
    if (bytes === null) throw this.missing(`${digest} is not in it`)
    return bytes
  }

  private async file(path: string, maxBytes: number, what: string): Promise<Buffer | null> {
    try {
      return await readLimited(createReadStream(path), maxBytes, what)
    } catch (error) {
      if (error instanceof Problem) throw error
      const code = error instanceof Error && 'code' in error ? error.code : ''
      if (code === 'ENOENT' || code === 'ENOTDIR') return null
      throw new Problem(
        'oci-layout-invalid',
        `${path} cannot be read: ${error instanceof Error ? error.message : 'unknown error'}.`,
      )
    }
  }

  /** A digest is 64 hexadecimal characters here: it cannot name a file elsewhere. */
  private place(digest: string): readonly [path: string, folder: string] {
    if (!isDigest(digest)) throw new TypeError(`${digest} is no digest`)
    const folder = join(this.folder, 'blobs', 'sha256')
    return [join(folder, digest.slice('sha256:'.length)), folder]
  }

  /** @param folder made where it is not there. */
  private async replace(path: string, bytes: Uint8Array, folder: string | null = null): Promise<void> {
    const fresh = `${path}.${randomBytes(6).toString('hex')}`
    try {
      if (folder !== null) makeFolder(folder)
      await writeFile(fresh, bytes, { flag: 'wx' })
      const handle = await open(fresh, 'r')
      await handle.sync()
      await handle.close()
      await rename(fresh, path)
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown error'
      throw new Problem('oci-layout-invalid', `${path} cannot be written: ${why}. Name a folder that you may write.`)
    } finally {
      // Where the folder could not be made there is nothing to take away.
      await rm(fresh, { force: true }).catch(() => undefined)
    }
  }

  private missing(why: string): Problem {
    return new Problem('artifact-not-found', `${this.folder}: ${why}; check the name, or push it there first.`)
  }
}
