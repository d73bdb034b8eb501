import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { BUILTINS } from '../packages/rego/src/builtins/registry.ts'
import { findOpa, runOpa } from './opa.ts'

export const BUNDLE = fileURLToPath(new URL('../policy/governance', import.meta.url))
export const ENTRYPOINT = 'gatehouse/decision'

type Tree = { readonly [key: string]: unknown }

/** The language's own operators and what OPA's compiler resolves itself: no plan calls them. */
const COMPILE_TIME = new Set([
  'eq',
  'assign',
  'internal.test_case',
  'rego.metadata.chain',
  'rego.metadata.rule',
  'internal.print',
  'print',
])

/** JSON with one line for each member of the lists named, so that a change shows as few lines. */
function lines(value: unknown, listed: ReadonlySet<string>, key = ''): string {
  if (Array.isArray(value)) {
    if (!listed.has(key) || value.length === 0) return JSON.stringify(value)
    return `[\n${value.map((item) => JSON.stringify(item)).join(',\n')}\n]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${lines(item, listed, name)}`)
  return `{\n${members.join(',\n')}\n}`
}

/** capabilities.json: OPA's own, with the builtins that the evaluator has and no other. */
export function capabilities(opa: string): string {
  const all = JSON.parse(runOpa(opa, ['capabilities', '--current'], BUNDLE)) as Tree & { builtins: { name: string }[] }
  const builtins = all.builtins.filter(({ name }) => BUILTINS.has(name) || COMPILE_TIME.has(name))
  return `${lines({ ...all, builtins, allow_net: [] }, new Set(['builtins']))}\n`
}

/** plan.json as OPA compiles it from policies and data, one function a line. */
export function plan(opa: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-opa-'))
  try {
    const bundle = join(folder, 'bundle.tar.gz')
    const wanted = join(folder, 'capabilities.json')
    writeFileSync(wanted, capabilities(opa))
    // Relative paths: the plan names its source files.
    runOpa(
      opa,
      [
        'build',
        '--target',
        'plan',
        '--capabilities',
        wanted,
        '--entrypoint',
        ENTRYPOINT,
        '--output',
        bundle,
        'policies',
        'data',
      ],
      BUNDLE,
    )
    const text = execFileSync('tar', ['-xzOf', bundle, '/plan.json'], {
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
    })
    return `${lines(JSON.parse(text), new Set(['strings', 'builtin_funcs', 'files', 'plans', 'funcs', 'unplanned_rules']))}\n`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function main(args: readonly string[]): number {
  const found = findOpa()
  if (!found.ok) {
    process.stderr.write(`${found.reason}\n`)
    return 1
  }
  const made = { 'capabilities.json': capabilities(found.path), 'plan.json': plan(found.path) }
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

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2))
