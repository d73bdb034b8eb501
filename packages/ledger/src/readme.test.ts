import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { toHex } from './encoding.ts'
import { sampleExport, sampleRecords } from './ledger-samples.ts'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const README = readFileSync(join(PACKAGE, 'README.md'), 'utf8')
const [, SNIPPET = ''] = /```ts\n([\s\S]*?)```/.exec(README) ?? []

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-readme-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function run(text: string, knownHead: string): string {
  const file = join(folder, 'ledger.jsonl')
  writeFileSync(file, text)
  const code = SNIPPET.replace("'ledger.jsonl'", JSON.stringify(file))
  const env = { ...process.env, KNOWN_HEAD: knownHead }
  return execFileSync(process.execPath, ['--input-type=module-typescript', '-e', code], {
    cwd: PACKAGE,
    env,
    encoding: 'utf8',
  })
}

test("the README's snippet verifies an export, and says where a changed one is wrong", async () => {
  const records = sampleRecords(3)
  const text = await sampleExport(records)
  const head = toHex(records.at(-1)?.hash ?? new Uint8Array())
  expect(run(text, head)).toMatch(/^3 events, root [0-9a-f]{64}\n$/)
  expect(run(text.replace('"seq":2', '"seq":3'), head)).toMatch(/^gap in line 3: /)
  expect(run(text, '0'.repeat(64))).toMatch(/^head-mismatch/)
})

test('the README names every code of a fault', () => {
  const source = readFileSync(join(PACKAGE, 'src/verify.ts'), 'utf8')
  const [, codes = ''] = /type VerifyCode =([^\n]*(?:\n {2}\|[^\n]*)*)/.exec(source) ?? []
  const names = [...codes.matchAll(/'([a-z-]+)'/g)].map(([, name]) => name)
  expect(names.length).toBeGreaterThan(8)
  for (const name of names) expect(README).toContain(`\`${name}\``)
})
