import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadPolicy } from '@open-policy-agent/opa-wasm'
import { expect } from 'vitest'
import { runOpa } from '../../../tools/opa.ts'
import { testWithOpa } from './opa-fixture.ts'
import { loadBundle } from './rego.ts'
import { readTarGz } from './tar-archive.ts'

const DATA = { system: { a: 1 }, other: 2 }

testWithOpa('the plan of all data shows data.system, as OPA’s own machine for plans does', async ({ opa }) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-root-'))
  try {
    writeFileSync(join(folder, 'p.rego'), 'package p\n\nx := data.system\n')
    writeFileSync(join(folder, 'data.json'), JSON.stringify(DATA))
    const built = (target: string, file: string): Buffer => {
      runOpa(opa, ['build', '-t', target, '-e', '/', '-o', 'b.tar.gz', 'p.rego', 'data.json'], folder)
      return readTarGz(readFileSync(join(folder, 'b.tar.gz'))).get(file) ?? Buffer.alloc(0)
    }
    const loaded = loadBundle({ plan: JSON.parse(built('plan', 'plan.json').toString('utf8')), data: DATA })
    if (!loaded.ok) throw new Error(loaded.detail)
    const machine = await loadPolicy(new Uint8Array(built('wasm', 'policy.wasm')))
    machine.setData(DATA)
    const result = { ...DATA, p: { x: DATA.system } }
    expect(machine.evaluate({})).toEqual([{ result }])
    expect(loaded.value.evaluate('/', {})).toEqual({ ok: true, result })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
