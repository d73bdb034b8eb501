import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { readTarGz } from './archive-read.ts'
import { writeTarGz } from './archive-write.ts'
import { DEFAULT_BUNDLE_LIMITS } from './bundle-limits.ts'

const read = (bytes: Uint8Array, limits = {}) => readTarGz(bytes, { ...DEFAULT_BUNDLE_LIMITS, ...limits })
const files = (...entries: [string, string][]) =>
  new Map(entries.map(([path, text]) => [path, Buffer.from(text)] as const))

/** One entry of a tar as an attacker writes it: any path, any type. */
function entry(path: string, type = '0', content = '', linkname = ''): Buffer {
  const block = Buffer.alloc(512)
  block.write(path, 0)
  block.write('0000644\0', 100)
  block.write(`${Buffer.byteLength(content).toString(8).padStart(11, '0')}\0`, 124)
  block.write('        ', 148)
  block.write(type, 156)
  block.write(linkname, 157)
  block.write('ustar\u000000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512)
  body.write(content)
  return Buffer.concat([block, body])
}

const archive = (...entries: Buffer[]) => gzipSync(Buffer.concat([...entries, Buffer.alloc(1024)]))

test('what was written is read again, long paths and empty files included', async () => {
  const long = `${'a'.repeat(90)}/${'b'.repeat(90)}.rego`
  const out = await read(writeTarGz(files(['b', 'two'], ['a', ''], [long, 'x'])))
  expect([...out].map(([path, bytes]) => [path, bytes.toString()])).toEqual([
    ['a', ''],
    [long, 'x'],
    ['b', 'two'],
  ])
})

test('the same files give the same bytes in any order, with nothing of the machine or the time in them', () => {
  const one = writeTarGz(files(['a', '1'], ['é', '2'], ['Z', '3']))
  expect(writeTarGz(files(['Z', '3'], ['é', '2'], ['a', '1'])).equals(one)).toBe(true)
  expect([...one.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255])
})

test('a leading / or ./ is the archive’s root, as OPA and tar write it', async () => {
  const out = await read(archive(entry('/.manifest', '0', '{}'), entry('./a/', '5'), entry('./a/b', '0', 'x')))
  expect([...out.keys()]).toEqual(['.manifest', 'a/b'])
})

test.each(['../x', 'a/../../x', '/../x', '//etc/passwd', 'a//b', 'a/./b', '..', 'a\\b', 'a\nb', './../x'])(
  'the path %j is refused',
  async (path) => {
    await expect(read(archive(entry(path, '0', 'x')))).rejects.toMatchObject({ slug: 'bundle-malformed' })
  },
)

test.each([
  ['a hard link', '1'],
  ['a symbolic link', '2'],
  ['a device', '3'],
  ['a fifo', '6'],
  ['a GNU long name', 'L'],
  ['a global header', 'g'],
])('%s is refused', async (_, type) => {
  await expect(read(archive(entry('a', type, '', '/etc/passwd')))).rejects.toMatchObject({ slug: 'bundle-malformed' })
})

test('a path that comes twice is refused, also in two spellings or by an extended header', async () => {
  const twice = { slug: 'bundle-malformed', message: expect.stringContaining('twice') }
  await expect(read(archive(entry('a', '0', '1'), entry('a', '0', '2')))).rejects.toMatchObject(twice)
  await expect(read(archive(entry('a', '0', '1'), entry('./a', '0', '2')))).rejects.toMatchObject(twice)
  const header = entry('pax', 'x', '10 path=a\n')
  await expect(read(archive(entry('a', '0', '1'), header, entry('z', '0', '2')))).rejects.toMatchObject(twice)
})

test('an extended header may name a path, safely, and nothing more', async () => {
  expect([...(await read(archive(entry('pax', 'x', '11 path=bc\n'), entry('z', '0', '2')))).keys()]).toEqual(['bc'])
  for (const record of ['15 path=../../x\n', '10 size=99\n', '99 path=b\n', 'path=b\n', '15 linkpath=/x\n']) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other is as good
    await expect(read(archive(entry('pax', 'x', record), entry('z', '0', '2')))).rejects.toMatchObject({
      slug: 'bundle-malformed',
    })
  }
})

test('a wrong checksum, a cut archive and what is no gzip are refused', async () => {
  const whole = Buffer.concat([entry('a', '0', 'hello'), Buffer.alloc(1024)])
  const bad = Buffer.from(whole)
  bad[0] = 98
  const malformed = { slug: 'bundle-malformed' }
  await expect(read(gzipSync(bad))).rejects.toMatchObject(malformed)
  await expect(read(gzipSync(whole.subarray(0, 600)))).rejects.toMatchObject(malformed)
  await expect(read(gzipSync(whole.subarray(0, 1024)))).rejects.toMatchObject(malformed)
  await expect(read(gzipSync(whole).subarray(0, 40))).rejects.toMatchObject(malformed)
  await expect(read(Buffer.from('hello'))).rejects.toMatchObject(malformed)
})

test('unpacking stops at the limits', async () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  await expect(read(bomb, { maxUnpackedBytes: 1_000_000 })).rejects.toMatchObject({ slug: 'bundle-over-limits' })
  await expect(read(archive(entry('a'), entry('b'), entry('c')), { maxFiles: 2 })).rejects.toMatchObject({
    slug: 'bundle-over-limits',
  })
})
