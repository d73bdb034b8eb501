import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { sha256, type Sha256 } from '@gatehouse/core/kernel/canonical'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openBlobFolder } from './blob-folder.ts'
import type { BlobStore } from './blob-store.ts'

let folder: string
let blobs: BlobStore
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-blobs-'))
  blobs = await openBlobFolder(folder, { limit: 1_000 })
})
afterEach(async () => rm(folder, { recursive: true }))

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const fileOf = (name: string): string => join(folder, name.slice(0, 2), name)
async function* pieces(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield bytes(text)
}

test('what is put comes back under its sha256', async () => {
  const stored = await blobs.put(bytes('hello'))
  expect(stored).toEqual({ sha256: sha256('hello'), bytes: 5 })
  expect(await blobs.get(stored.sha256)).toEqual(Buffer.from('hello'))
  expect(await blobs.has(stored.sha256)).toBe(true)
  expect((await stat(fileOf(stored.sha256))).mode & 0o777).toBe(0o600)
})

test('a stream of pieces is the same blob as their whole', async () => {
  expect(await blobs.put(pieces('hel', '', 'lo'))).toEqual(await blobs.put(bytes('hello')))
  expect(await buffer(blobs.stream(sha256('hello')))).toEqual(Buffer.from('hello'))
})

test('the empty blob is a blob', async () => {
  const { sha256: name } = await blobs.put(new Uint8Array())
  expect(await blobs.get(name)).toHaveLength(0)
})

test('a stream beyond the limit is refused and leaves nothing', async () => {
  await expect(blobs.put(pieces('x'.repeat(600), 'y'.repeat(600)))).rejects.toMatchObject({ code: 'blob-too-large' })
  await expect(blobs.put(bytes('hello'), 4)).rejects.toMatchObject({ code: 'blob-too-large' })
  expect(await readdir(join(folder, 'incoming'))).toEqual([])
  expect(await readdir(folder)).toEqual(['incoming'])
})

test('a stream that fails leaves nothing', async () => {
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield bytes('half')
    throw new Error('lost connection')
  }
  await expect(blobs.put(failing())).rejects.toThrow('lost connection')
  expect(await readdir(join(folder, 'incoming'))).toEqual([])
})

test('a blob whose bytes changed on disk is refused, and putting it again mends it', async () => {
  const { sha256: name } = await blobs.put(bytes('hello'))
  await writeFile(fileOf(name), 'hallo')
  await expect(blobs.get(name)).rejects.toMatchObject({ code: 'blob-corrupt' })
  await expect(buffer(blobs.stream(name))).rejects.toMatchObject({ code: 'blob-corrupt' })
  await blobs.put(bytes('hello'))
  expect(await readFile(fileOf(name), 'utf8')).toBe('hello')
})

test('a blob that is not there is told as such, and a name that is none is no path', async () => {
  await writeFile(join(folder, 'secret'), 'secret')
  for (const name of [sha256('nothing'), '../secret' as Sha256, `../${'a'.repeat(61)}` as Sha256, '' as Sha256]) {
    await expect(blobs.get(name)).rejects.toMatchObject({ code: 'blob-missing' })
    expect(await blobs.has(name)).toBe(false)
    expect(await blobs.remove(name)).toBe(false)
  }
})

test('a removed blob is gone', async () => {
  const { sha256: name } = await blobs.put(bytes('hello'))
  expect(await blobs.remove(name)).toBe(true)
  expect(await blobs.remove(name)).toBe(false)
  expect(await blobs.has(name)).toBe(false)
})

test('the same blob put twenty times at once is there once', async () => {
  await Promise.all(Array.from({ length: 20 }, () => blobs.put(bytes('hello'))))
  expect(await readdir(join(folder, sha256('hello').slice(0, 2)))).toEqual([sha256('hello')])
  expect(await readdir(join(folder, 'incoming'))).toEqual([])
})

test('opening removes what a crash left a day ago, and nothing newer', async () => {
  await writeFile(join(folder, 'incoming', 'old'), 'half')
  await writeFile(join(folder, 'incoming', 'new'), 'half')
  await utimes(join(folder, 'incoming', 'old'), 0, 0)
  await openBlobFolder(folder)
  expect(await readdir(join(folder, 'incoming'))).toEqual(['new'])
})
