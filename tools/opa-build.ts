import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Result } from '../packages/core/src/kernel/result.ts'
import { buildCapabilities, buildPlan, GOVERNANCE_ENTRYPOINT } from '../packages/rego/src/opa-build.ts'
import { openPolicyFolder } from '../packages/rego/src/policy-folder.ts'
import { findOpa } from './opa.ts'

export const BUNDLE = fileURLToPath(new URL('../policy/governance', import.meta.url))

function value<T>(result: Result<T, string>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`)
  return result.value
}

/** capabilities.json: OPA's own, with the builtins that the evaluator has and no other. */
export async function capabilities(opa: string): Promise<string> {
  return value(await buildCapabilities(opa))
}

/** plan.json as OPA compiles it from policies and data. */
export async function plan(opa: string): Promise<string> {
  const folder = value(openPolicyFolder(BUNDLE))
  return value(await buildPlan(opa, folder, await capabilities(opa), [GOVERNANCE_ENTRYPOINT])).plan
}

async function main(args: readonly string[]): Promise<number> {
  const found = findOpa()
  if (!found.ok) {
    process.stderr.write(`${found.reason}\n`)
    return 1
  }
  const made = { 'capabilities.json': await capabilities(found.path), 'plan.json': await plan(found.path) }
  let differing = 0
  for (const [name, text] of Object.entries(made)) {
    const path = join(BUNDLE, name)
    if (args.includes('--check')) {
      if (readFileSync(path, 'utf8') === text) continue
      differing++
      process.stderr.write(`policy/governance/${name} is not what OPA builds; run: node tools/opa-build.ts\n`)
    } else {
      writeFileSync(path, text)
      process.stdout.write(`policy/governance/${name}: ${text.length} bytes\n`)
    }
  }
  return differing === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2))
