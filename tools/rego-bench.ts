import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { findOpa, runOpa } from './opa.ts'
import { changedFile, cleanInput, GOVERNANCE, governanceBundle } from '../packages/rego/src/governance-fixture.ts'
import { loadBundle } from '../packages/rego/src/rego.ts'

/** The governance bundle on one input of about 5 KB: here, and by `opa bench` on the same machine. Prints JSON. */
function bench(): number {
  const input = cleanInput('before_effect')
  if (input.proposal !== null)
    input.proposal.files = Array.from({ length: 24 }, (_, i) => changedFile(`src/part-${i}/index.js`))
  const text = JSON.stringify(input)
  const parts = governanceBundle()
  const began = performance.now()
  const loaded = loadBundle(parts)
  const loadMs = performance.now() - began
  if (!loaded.ok) {
    process.stderr.write(`${loaded.code}: ${loaded.detail}\n`)
    return 1
  }
  const runs = 5000
  const times: number[] = []
  for (let i = 0; i < runs + 500; i++) {
    const from = performance.now()
    const decision = loaded.value.evaluate('gatehouse/decision', input)
    const took = performance.now() - from
    if (!decision.ok) throw new Error(decision.detail)
    if (i >= 500) times.push(took)
  }
  times.sort((a, b) => a - b)
  const at = (share: number): number => Number((times[Math.floor(runs * share)] ?? 0).toFixed(4))
  const report = {
    machine: { cores: availableParallelism(), node: process.version },
    input_bytes: text.length,
    unit: 'ms per decision',
    gatehouse: { load_ms: Number(loadMs.toFixed(1)), runs, p50: at(0.5), p99: at(0.99) },
    opa: opaNumbers(text),
  }
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
  return 0
}

function opaNumbers(input: string): Json {
  const found = findOpa()
  if (!found.ok) return { absent: found.reason }
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-'))
  try {
    const file = join(folder, 'input.json')
    writeFileSync(file, input)
    const args = ['bench', '--format', 'json', '-d', 'policies', '-d', 'data', '-i', file, 'data.gatehouse.decision']
    const said = JSON.parse(runOpa(found.path, args, GOVERNANCE)) as { N: number; Extra: Record<string, number> }
    const ms = (name: string): number =>
      Number(((said.Extra[`histogram_timer_rego_query_eval_ns_${name}`] ?? 0) / 1e6).toFixed(4))
    return { runs: said.N, p50: ms('median'), p99: ms('99%') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

process.exitCode = bench()
