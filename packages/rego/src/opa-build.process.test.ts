import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { buildPlan } from './opa-build.ts'
import { openPolicyFolder } from './policy-folder.ts'

vi.setConfig({ testTimeout: 120_000 })

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'gatehouse-build-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

/** Builds with an OPA that never ends. */
async function stopped() {
  const opa = join(root, 'opa')
  writeFileSync(opa, '#!/bin/sh\nexec sleep 3600\n')
  chmodSync(opa, 0o755)
  const folder = openPolicyFolder(root)
  if (!folder.ok) throw new Error(folder.detail)
  return buildPlan(opa, folder.value, '{}', [], undefined, 300)
}

test('where OPA takes too long, a table that is written as Rego is named, and where it belongs', async () => {
  const table = Array.from({ length: 30_000 }, (_, at) => `"k${at}": ${at}`).join(', ')
  writeFileSync(join(root, 'table.rego'), `package a\n\ntable := {${table}}\n`)
  writeFileSync(join(root, 'small.rego'), 'package b\n')
  const built = await stopped()
  expect(built).toMatchObject({ ok: false, code: 'opa-failed', detail: expect.stringContaining('took longer') })
  expect(built).toMatchObject({ detail: expect.stringMatching(/into a data file.*Large here: table\.rego\.$/) })
})

test('where no policy is large, nothing is said of tables', async () => {
  writeFileSync(join(root, 'small.rego'), 'package b\n')
  expect(await stopped()).toMatchObject({ ok: false, detail: expect.stringMatching(/stopped\.$/) })
})
