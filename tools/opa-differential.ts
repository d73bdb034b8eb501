/** Compares builtins with those of the real OPA, byte for byte; used by the differential tests. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { runOpa } from './opa.ts'
import { loadBundle } from '../packages/rego/src/rego.ts'

/** One rule an expression: of each pair `a`, `b` the result's JSON text, or the word undefined. */
function policyOf(expressions: readonly string[]): string {
  const rules = expressions.map(
    (e, i) =>
      `got[${i}] := [text |\n\tsome pair in input.pairs\n\ttext := case_${i}(pair[0], pair[1])\n]\n\ncase_${i}(a, b) := json.marshal(r) if {\n\tr := ${e}\n\t[a, b] == [a, b]\n} else := "undefined"\n`,
  )
  return `package differential\n\nevery_text(a) if {\n\tevery x in a {\n\t\tis_string(x)\n\t}\n}\n\nall_in(a, b) if {\n\tevery x in a {\n\t\tx in b\n\t}\n}\n\n${rules.join('\n')}`
}

/** What differs: expression, operands and both results. Needs the path of OPA. */
export function differences(opa: string, expressions: readonly string[], pairs: readonly Json[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-opa-'))
  try {
    writeFileSync(join(folder, 'p.rego'), policyOf(expressions))
    writeFileSync(join(folder, 'input.json'), JSON.stringify({ pairs }))
    runOpa(opa, ['build', '-t', 'plan', '-e', 'differential/got', '-o', 'b.tar.gz', 'p.rego'], folder)
    const plan = execFileSync('tar', ['-xzOf', 'b.tar.gz', '/plan.json'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1e8,
    })
    const loaded = loadBundle({ plan: JSON.parse(plan), data: {} })
    if (!loaded.ok) throw new Error(loaded.detail)
    const input = JSON.parse(readFileSync(join(folder, 'input.json'), 'utf8')) as Json
    const mine = loaded.value.evaluate('differential/got', input, { fuel: 1e9, maxResultBytes: 1e8 })
    if (!mine.ok) throw new Error(mine.detail)
    const said = JSON.parse(
      runOpa(opa, ['eval', '-d', 'p.rego', '-i', 'input.json', 'data.differential.got'], folder),
    ) as { result: { expressions: { value: Record<string, string[]> }[] }[] }
    const theirs = said.result[0]?.expressions[0]?.value ?? {}
    const out: string[] = []
    for (const [i, expression] of expressions.entries()) {
      const x = (mine.result as Record<string, string[]>)[i] ?? []
      const y = theirs[i] ?? []
      for (const [n, pair] of pairs.entries()) {
        if (x[n] !== y[n]?.replaceAll('\\ufffd', '\ufffd')) {
          out.push(`${expression} of ${JSON.stringify(pair)}: OPA ${y[n]}, here ${x[n]}`)
        }
      }
    }
    return out
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
