import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeArtifact, MEDIA, readIndex, type Artifact } from './artifact.ts'
import { bundleLayer } from './bundle-fixture.ts'
import { LayoutStore } from './layout-artifacts.ts'
import { attachSignature } from './signature-attachment.ts'

let folder = ''
let store: LayoutStore
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-oci-'))
  store = new LayoutStore(folder)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function put(version: number, tag: string | null): Promise<Artifact> {
  const facts = { version, sourceCommit: null, title: 'x' }
  const artifact = makeArtifact(bundleLayer(), `sha256:${'0'.repeat(64)}`, facts)
  await store.putBlob(artifact.config)
  await store.putBlob(artifact.layer)
  await store.putManifest(artifact.manifest, MEDIA.manifest, tag)
  return artifact
}

const listed = () => readIndex(readFileSync(join(folder, 'index.json'))).length

test('a tag moves, others stay, and an artifact may have several', async () => {
  const first = await put(1, 'main')
  await put(1, 'old')
  const second = await put(2, 'main')
  expect([await store.resolve('main'), await store.resolve('old')]).toEqual([second.digest, first.digest])
  await put(2, null)
  expect([await store.resolve('main'), listed()]).toEqual([second.digest, 2])
  expect(await store.resolve('none')).toBeNull()
})

test('signatures are referrers of their artifact and of no other', async () => {
  const first = await put(1, 'a')
  const second = await put(2, 'b')
  await attachSignature(store, first.manifest, Buffer.from('{}'), new Date(0))
  expect(await store.referrers(first.digest, 1e6)).toHaveLength(1)
  expect(await store.referrers(second.digest, 1e6)).toHaveLength(0)
})

test('a folder that is none, or without oci-layout, or with a broken index is told as such', async () => {
  const digest = `sha256:${'1'.repeat(64)}`
  await expect(store.referrers(digest, 1e6)).rejects.toMatchObject({ slug: 'artifact-not-found' })
  await expect(store.manifest(digest, 1e6)).rejects.toMatchObject({ slug: 'artifact-not-found' })
  writeFileSync(join(folder, 'index.json'), '{"manifests":[]}')
  await expect(store.resolve('x')).rejects.toMatchObject({ slug: 'oci-layout-invalid' })
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  expect(await store.resolve('x')).toBeNull()
  writeFileSync(
    join(folder, 'index.json'),
    '{"manifests":[{"mediaType":"x","digest":"sha256:../../etc/passwd","size":1}]}',
  )
  await expect(store.resolve('x')).rejects.toMatchObject({ slug: 'oci-layout-invalid' })
})
