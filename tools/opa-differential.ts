/** Compares builtins with those of the real OPA, byte for byte; used by the differential tests. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { runOpa } from './opa.ts'
import { readJson } from '../packages/rego/src/json-reader.ts'
import { dot } from '../packages/rego/src/machine.ts'
import { loadBundle } from '../packages/rego/src/rego.ts'
import { RegoObject } from '../packages/rego/src/value.ts'
import { jsonText } from '../packages/rego/src/value-json.ts'

/**
 * One rule an expression; with the pair's number, as OPA would answer `1e3` with what it said of `1E3`. Of each pair `a`, `b` the result's JSON text, or the word undefined.
 */
function policyOf(expressions: readonly string[], isOld: boolean): string {
  const rules = expressions.map(
    (e, i) =>
      `got[${i}] := [text |\n\tsome n, pair in input.pairs\n\ttext := case_${i}(n, pair[0], pair[1])\n]\n\ncase_${i}(n, a, b) := json.marshal(r) if {\n\tr := ${e}\n\t[n, a, b] == [n, a, b]\n} else := "undefined"\n`,
  )
  return `package differential\n\n${isOld ? 'import future.keywords\n\n' : ''}every_text(a) if {\n\tevery x in a {\n\t\tis_string(x)\n\t}\n}\n\nall_in(a, b) if {\n\tevery x in a {\n\t\tx in b\n\t}\n}\n\n${rules.join('\n')}`
}

/**
 * What differs: expression, operands and both results. A pair may be JSON text, so that numbers are as they are written.
 * `isOld` compiles Rego v0, which alone has deprecated builtins. Needs the path of OPA.
 */
export function differences(
  opa: string,
  expressions: readonly string[],
  pairs: readonly (Json | string)[],
  isOld = false,
): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-opa-'))
  const version = isOld ? ['--v0-compatible'] : []
  const texts = pairs.map((pair) => (typeof pair === 'string' ? pair : JSON.stringify(pair)))
  try {
    const input = `{"pairs":[${texts.join(',')}]}`
    writeFileSync(join(folder, 'p.rego'), policyOf(expressions, isOld))
    writeFileSync(join(folder, 'input.json'), input)
    runOpa(opa, ['build', ...version, '-t', 'plan', '-e', 'differential/got', '-o', 'b.tar.gz', 'p.rego'], folder)
    const plan = execFileSync('tar', ['-xzOf', 'b.tar.gz', '/plan.json'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1e8,
    })
    const loaded = loadBundle({ plan: JSON.parse(plan), data: {} })
    if (!loaded.ok) throw new Error(loaded.detail)
    const mine = loaded.value.run('differential/got', readJson(input), { fuel: 1e9 })
    if (!mine.ok) throw new Error(mine.detail)
    const ours = JSON.parse(jsonText(dot(mine.value[0], 'result') ?? new RegoObject())) as Record<string, string[]>
    const said = JSON.parse(
      runOpa(opa, ['eval', ...version, '-d', 'p.rego', '-i', 'input.json', 'data.differential.got'], folder),
    ) as { result: { expressions: { value: Record<string, string[]> }[] }[] }
    const theirs = said.result[0]?.expressions[0]?.value ?? {}
    const out: string[] = []
    for (const [i, expression] of expressions.entries()) {
      const x = ours[i] ?? []
      const y = theirs[i] ?? []
      for (const [n, text] of texts.entries()) {
        if (x[n] !== y[n]) {
          out.push(`${expression} of ${text}: OPA ${y[n]}, here ${x[n]}`)
        }
      }
    }
    return out
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
