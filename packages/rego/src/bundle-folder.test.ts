import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readBundleFolder } from './bundle-folder.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-bundle-'))
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'plan.json'), '{"plans":{"plans":[]}}')
  writeFileSync(join(folder, 'manifest.json'), '{"revision":"r1"}')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('data files are merged at the root', () => {
  writeFileSync(join(folder, 'data', 'a.json'), '{"x":{"a":1}}')
  writeFileSync(join(folder, 'data', 'b.json'), '{"x":{"b":2},"y":3}')
  const bundle = readBundleFolder(folder)
  expect(bundle.ok && JSON.stringify(bundle.value.data)).toBe('{"x":{"a":1,"b":2},"y":3}')
})

test('two files that say different things of one key are refused', () => {
  writeFileSync(join(folder, 'data', 'a.json'), '{"x":1}')
  writeFileSync(join(folder, 'data', 'b.json'), '{"x":2}')
  expect(readBundleFolder(folder)).toMatchObject({
    ok: false,
    code: 'policy-bundle-unreadable',
    detail: expect.stringContaining('"x"'),
  })
})

test('a key named __proto__ stays a key', () => {
  writeFileSync(join(folder, 'data', 'a.json'), '{"__proto__":{"a":1}}')
  writeFileSync(join(folder, 'data', 'b.json'), '{"__proto__":{"b":2}}')
  const bundle = readBundleFolder(folder)
  expect(bundle.ok && JSON.stringify(bundle.value.data)).toBe('{"__proto__":{"a":1,"b":2}}')
})

test('a missing folder, a file that is no JSON and one that is no object are refused by name', () => {
  expect(readBundleFolder(join(folder, 'nowhere'))).toMatchObject({ ok: false, code: 'policy-bundle-unreadable' })
  writeFileSync(join(folder, 'data', 'list.json'), '[]')
  expect(readBundleFolder(folder)).toMatchObject({ detail: expect.stringContaining('data/list.json') })
  writeFileSync(join(folder, 'data', 'list.json'), '{')
  expect(readBundleFolder(folder)).toMatchObject({ detail: expect.stringContaining('list.json is no JSON') })
})
