import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { openPolicyFolder, type PolicyFolder } from '@gatehouse/rego/policy-folder'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { bundleLayer } from './bundle-fixture.ts'
import { readContents } from './bundle-contents.ts'
import { chosenEntrypoints } from './bundle-entrypoints.ts'
import { DEFAULT_BUNDLE_LIMITS } from './bundle-limits.ts'
import { bundleManifest, dataOutsideRoots } from './bundle-manifest.ts'
import { policyLinks } from './policy-links.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gatehouse-manifest-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

function folderOf(files: Readonly<Record<string, string>>): PolicyFolder {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  const opened = openPolicyFolder(root)
  if (!opened.ok) throw new Error(opened.detail)
  return opened.value
}

test('a folder without a manifest has the first words of its packages and data as roots', () => {
  const folder = folderOf({ 'a.rego': 'package release.window\n', 'b.rego': 'package release\n' })
  expect(bundleManifest(folder, { hours: { last: 1 } }, 'r2')).toEqual({
    ok: true,
    value: { revision: 'r2', roots: ['hours', 'release'], rego_version: 1 },
  })
})

test.for([
  [{ hours: { last: 1 } }, ['hours'], null],
  [{ hours: { last: 1 } }, ['hours/last'], null],
  [{ hours: { last: 1 } }, [''], null],
  [{}, ['release'], null],
  [{ data: {} }, ['release'], 'data'],
  [{ hours: { last: 1 } }, ['hour'], 'hours/last'],
  [{ hours: { last: 1, first: 2 } }, ['hours/last'], 'hours/first'],
] as const)('data %j under the roots %j: outside is %s', ([data, roots, outside]) => {
  expect(dataOutsideRoots(data as Json, roots)).toBe(outside)
})

test('a bundle whose manifest is none, or whose data is outside of its roots, is not read', async () => {
  const read = (wish: Parameters<typeof bundleLayer>[0]) => readContents(bundleLayer(wish), DEFAULT_BUNDLE_LIMITS)
  await expect(read({ manifest: [] })).rejects.toMatchObject({ slug: 'bundle-malformed' })
  await expect(read({ manifest: { roots: [1] } })).rejects.toMatchObject({ slug: 'bundle-malformed' })
  await expect(read({ manifest: { roots: ['gatehouse'] }, data: { other: 1 } })).rejects.toMatchObject({
    slug: 'bundle-malformed',
    message: expect.stringContaining('"other"'),
  })
  expect((await read({ manifest: {}, data: { other: 1 } })).parts.data).toEqual({ other: 1 })
})

test('Gatehouse’s own decision is asked where its package is, and else what METADATA names', () => {
  const other = folderOf({ 'a.rego': 'package release\n' })
  expect(chosenEntrypoints(other, [])).toEqual({ ok: true, value: [] })
  expect(chosenEntrypoints(other, ['release/verdict'])).toEqual({ ok: true, value: ['release/verdict'] })
  expect(chosenEntrypoints(folderOf({ 'b.rego': 'package gatehouse\n' }), [])).toEqual({
    ok: true,
    value: ['gatehouse/decision'],
  })
})

test('links are found wherever OPA would read them, and not in what it passes over', () => {
  const folder = folderOf({ 'a.rego': 'package a\n', 'below/b.rego': 'package b\n', 'node_modules/x.json': '{}' })
  for (const name of ['below/c.yaml', 'node_modules/d.json', '.hidden.rego', 'readme.md'])
    symlinkSync(join(root, 'a.rego'), join(root, name))
  symlinkSync(join(root, 'below'), join(root, 'again'))
  expect(policyLinks(folder)).toEqual(['below/c.yaml'])
})
