import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPolicyFolder } from './policy-folder.ts'
import { ArchiveError, readTarGz } from './tar-archive.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-policy-folder-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(...files: string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), '')
  }
}

test('a folder with policies in it is laid out as a bundle', () => {
  put('policies/b.rego', 'policies/a.rego', 'data/d.json', 'tests/t.rego', 'plan.json', 'other/x.rego')
  expect(openPolicyFolder(folder)).toMatchObject({
    value: {
      isBundle: true,
      all: ['policies', 'data', 'tests'],
      shipped: ['policies', 'data'],
      policies: ['policies/a.rego', 'policies/b.rego'],
      tests: ['tests/t.rego'],
      data: ['data/d.json'],
    },
  })
})

test('any other folder is one of policies and tests, without what is built or hidden', () => {
  put('a.rego', 'deep/b.rego', 'a_test.rego', 'data.json', 'plan.json', '.git/c.rego', 'node_modules/d.rego')
  symlinkSync('/etc', join(folder, 'link'))
  expect(openPolicyFolder(folder)).toMatchObject({
    value: {
      isBundle: false,
      all: ['.'],
      policies: ['a.rego', 'deep/b.rego'],
      tests: ['a_test.rego'],
      data: ['data.json'],
    },
  })
})

test('one file is a folder of one', () => {
  put('a.rego', 'b.rego')
  expect(openPolicyFolder(join(folder, 'a.rego'))).toMatchObject({
    value: { root: folder, all: ['a.rego'], policies: ['a.rego'] },
  })
})

test('a place without policies is told', () => {
  put('a.txt')
  for (const path of [folder, join(folder, 'gone'), join(folder, 'a.txt')])
    expect(openPolicyFolder(path)).toMatchObject({ ok: false, code: 'policy-not-found' })
})

test('what is no archive, or is cut off, too large or holds a link, is refused', () => {
  const header = (type: string, size: string) => {
    const block = Buffer.alloc(512)
    block.write('a', 0)
    block.write(size, 124)
    block.write(type, 156)
    return block
  }
  const content = Buffer.concat([header('0', '00000000003'), Buffer.from('abc'), Buffer.alloc(509), Buffer.alloc(1024)])
  expect(readTarGz(gzipSync(content)).get('a')?.toString()).toBe('abc')
  expect(() => readTarGz(Buffer.from('x'))).toThrow(ArchiveError)
  expect(() => readTarGz(gzipSync(content.subarray(0, 513)))).toThrow(ArchiveError)
  expect(() => readTarGz(gzipSync(content), 100)).toThrow(ArchiveError)
  expect(() => readTarGz(gzipSync(header('2', '0')))).toThrow(ArchiveError)
})
