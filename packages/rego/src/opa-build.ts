import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import { BUILTINS } from './builtins/registry.ts'
import { runOpa } from './opa-command.ts'
import { ignoreOptions, type PolicyFolder } from './policy-folder.ts'
import { readTarGz } from './tar-archive.ts'

/** The entrypoint of the governance bundle. */
export const GOVERNANCE_ENTRYPOINT = 'gatehouse/decision'

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
const PLAN_LISTS = new Set(['strings', 'builtin_funcs', 'files', 'plans', 'funcs', 'unplanned_rules'])

export interface BuiltPlan {
  /** Text of plan.json: one function a line, so that a change shows as few lines. */
  readonly plan: string
  /** The data documents, merged as OPA merges them. */
  readonly data: Json
}

/** JSON with one line for each member of the lists named. */
function lines(value: unknown, listed: ReadonlySet<string>, key = ''): string {
  if (Array.isArray(value)) {
    if (!listed.has(key) || value.length === 0) return JSON.stringify(value)
    return `[\n${value.map((item) => JSON.stringify(item)).join(',\n')}\n]`
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${lines(item, listed, name)}`)
  return `{\n${members.join(',\n')}\n}`
}

/** Text of capabilities.json: OPA's own, with the builtins that the evaluator has and no other. */
export async function buildCapabilities(opa: string, signal?: AbortSignal): Promise<Result<string, 'opa-failed'>> {
  const options = { cwd: tmpdir(), timeoutMs: 60_000, ...(signal ? { signal } : {}) }
  const said = await runOpa(opa, ['capabilities', '--current'], options)
  if (!said.ok) return said
  if (said.value.exit !== 0) return refuse('opa-failed', `opa capabilities failed: ${said.value.stderr.slice(0, 2000)}`)
  const all = JSON.parse(said.value.stdout) as { readonly builtins: readonly { readonly name: string }[] }
  const builtins = all.builtins.filter(({ name }) => BUILTINS.has(name) || COMPILE_TIME.has(name))
  return ok(`${lines({ ...all, builtins, allow_net: [] }, new Set(['builtins']))}\n`)
}

/** A Rego file of so many bytes holds a table. */
const LARGE_SOURCE = 256 * 1024

/** OPA's time for a literal grows with the square of its members: who wrote a table as a rule is told where it goes. */
function withLargeSources(folder: PolicyFolder, detail: string): string {
  const large = folder.policies.filter((file) => statSync(join(folder.root, file)).size >= LARGE_SOURCE)
  if (large.length === 0) return detail
  return `${detail} A table of many thousand members in Rego takes OPA minutes: put it into a data file (JSON), and read it as data. Large here: ${large.slice(0, 5).join(', ')}.`
}

/**
 * Compiles the policies of a folder, without its tests, to OPA's plan. The same files and the same OPA give the same bytes. Without
 * entrypoints OPA takes those that METADATA names. `policy-invalid` carries what OPA said.
 * @param timeoutMs for OPA, in milliseconds.
 */
export async function buildPlan(
  opa: string,
  folder: PolicyFolder,
  capabilities: string,
  entrypoints: readonly string[],
  signal?: AbortSignal,
  timeoutMs = 120_000,
): Promise<Result<BuiltPlan, 'opa-failed' | 'policy-invalid'>> {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-opa-'))
  try {
    const bundle = join(scratch, 'bundle.tar.gz')
    const wanted = join(scratch, 'capabilities.json')
    writeFileSync(wanted, capabilities)
    const said = await runOpa(
      opa,
      [
        'build',
        '--target',
        'plan',
        '--capabilities',
        wanted,
        ...entrypoints.flatMap((entrypoint) => ['--entrypoint', entrypoint]),
        '--output',
        bundle,
        ...ignoreOptions(folder),
        ...(folder.isBundle ? [] : ['--ignore', '*_test.rego']),
        // Relative paths: the plan names its source files.
        ...folder.shipped,
      ],
      { cwd: folder.root, timeoutMs, ...(signal ? { signal } : {}) },
    )
    if (!said.ok)
      return said.detail.includes(' took longer ') ? refuse(said.code, withLargeSources(folder, said.detail)) : said
    if (said.value.exit !== 0)
      return refuse(
        'policy-invalid',
        (said.value.stderr.trim() || said.value.stdout.trim()).replace(/^error: /, '').slice(0, 4000),
      )
    const files = readTarGz(readFileSync(bundle))
    const json = (name: string) => JSON.parse(files.get(name)?.toString('utf8') ?? 'null') as Json
    return ok({ plan: `${lines(json('plan.json'), PLAN_LISTS)}\n`, data: json('data.json') ?? {} })
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
