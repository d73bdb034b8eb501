import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Problem } from '@gatehouse/core/kernel/problems'
import { buildCapabilities, buildPlan, GOVERNANCE_ENTRYPOINT } from '@gatehouse/rego/opa-build'
import { runOpa } from '@gatehouse/rego/opa-command'
import { ignoreOptions, openPolicyFolder, readPolicyFile, type PolicyFolder } from '@gatehouse/rego/policy-folder'
import { readTarGz } from './archive-read.ts'
import { writeTarGz } from './archive-write.ts'
import { TESTS_FILE, TESTS_SCHEMA, type BundleTest } from './bundle-contents.ts'
import { DEFAULT_BUNDLE_LIMITS } from './bundle-limits.ts'

export interface BuildOptions {
  /** OPA's program. */
  readonly opa: string
  /** Default `gatehouse/decision`. */
  readonly entrypoints?: readonly string[]
  readonly signal?: AbortSignal
}

export interface BuiltBundle {
  /** The gzipped tar that travels. */
  readonly layer: Buffer
  readonly tests: number
}

/**
 * Builds the bundle of a folder of policies (`policies`, `data`, `tests`, `manifest.json`): policies and data as OPA loads them, the plan
 * that our evaluator reads, and the tests compiled with the policies, so that who accepts the bundle can run them without OPA.
 * `opa test` must pass here first (`bundle-tests-failing`).
 */
export async function buildBundle(path: string, options: BuildOptions): Promise<BuiltBundle> {
  const opened = openPolicyFolder(path)
  if (!opened.ok) throw new Problem('bundle-build-failed', opened.detail)
  const folder = opened.value
  const tests = await passedTests(folder, options)
  const capabilities = optionalFile(path, 'capabilities.json') ?? (await ownCapabilities(options))
  const entrypoints = options.entrypoints ?? [GOVERNANCE_ENTRYPOINT]
  const built = await buildPlan(options.opa, folder, capabilities, entrypoints, options.signal)
  if (!built.ok) throw notBuilt('The policies cannot be compiled', { stderr: built.detail, stdout: '' })
  const files = new Map<string, Uint8Array>()
  for (const file of folder.policies) files.set(file, Buffer.from(readPolicyFile(folder, file)))
  files.set('.manifest', manifest(path))
  files.set('data.json', Buffer.from(JSON.stringify(built.value.data)))
  files.set('plan.json', Buffer.from(built.value.plan))
  const plan = await testPlan(folder, capabilities, tests, options)
  files.set(TESTS_FILE, Buffer.from(JSON.stringify({ schema: TESTS_SCHEMA, tests, plan })))
  return { layer: writeTarGz(files), tests: tests.length }
}

/** Digest of the archive inside the gzip, which an image's config names. */
export function unpackedDigest(layer: Buffer): string {
  const tar = gunzipSync(layer, { maxOutputLength: DEFAULT_BUNDLE_LIMITS.maxUnpackedBytes })
  return `sha256:${createHash('sha256').update(tar).digest('hex')}`
}

async function ownCapabilities({ opa, signal }: BuildOptions): Promise<string> {
  const made = await buildCapabilities(opa, signal)
  if (!made.ok) throw new Problem('bundle-build-failed', made.detail)
  return made.value
}

interface OpaTestResult {
  readonly package: string
  readonly name: string
  readonly fail?: boolean
  readonly skip?: boolean
  readonly error?: unknown
  readonly sub_results?: Readonly<Record<string, unknown>>
}

/** The tests of a folder, by name, all of them passed by OPA itself. */
async function passedTests(folder: PolicyFolder, options: BuildOptions): Promise<BundleTest[]> {
  const said = await runOpa(options.opa, ['test', '--format', 'json', ...ignoreOptions(folder), ...folder.all], {
    cwd: folder.root,
    ...(options.signal ? { signal: options.signal } : {}),
  })
  if (!said.ok) throw new Problem('bundle-build-failed', said.detail)
  const results = testResults(said.value.stdout) ?? []
  const failed = results
    .filter(({ fail, error }) => fail === true || error !== undefined)
    .map((test) => `${test.package}.${test.name}`)
  if (failed.length > 0) {
    throw new Problem('bundle-tests-failing', `Tests do not pass:\n${failed.slice(0, 20).join('\n')}`, { failed })
  }
  if (said.value.exit !== 0) throw notBuilt('The tests cannot be run', said.value)
  const tests = results.filter(({ skip }) => skip !== true).map(bundleTest)
  if (tests.length === 0) {
    throw new Problem(
      'bundle-tests-failing',
      `There are no tests in ${folder.root}; a bundle without tests is not accepted anywhere.`,
    )
  }
  return tests.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** What OPA said, as a problem. A builtin outside of the capabilities is one that the evaluator would refuse. */
function notBuilt(what: string, said: { readonly stderr: string; readonly stdout: string }): Problem {
  const why = `${said.stderr}${said.stdout}`.trim().slice(0, 2000)
  const builtin = /rego_type_error: undefined function ([\w.]+)/.exec(why)?.[1]
  return new Problem(builtin === undefined ? 'bundle-build-failed' : 'bundle-builtin-unknown', `${what}:\n${why}`)
}

function testResults(text: string): OpaTestResult[] | null {
  try {
    const results = JSON.parse(text === '' ? '[]' : text) as OpaTestResult[] | null
    return results ?? []
  } catch {
    return null
  }
}

function bundleTest(result: OpaTestResult): BundleTest {
  const cases = result.sub_results === undefined ? null : Object.keys(result.sub_results).toSorted()
  const entrypoint = `${result.package.replace(/^data\./, '').replaceAll('.', '/')}/${result.name}`
  return { name: `${result.package}.${result.name}`, entrypoint, cases }
}

/** The tests as entrypoints of a plan of their own, with the policies that they ask. */
async function testPlan(
  folder: PolicyFolder,
  capabilities: string,
  tests: readonly BundleTest[],
  options: BuildOptions,
): Promise<unknown> {
  const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-bundle-'))
  try {
    const output = join(scratch, 'tests.tar.gz')
    const wanted = join(scratch, 'capabilities.json')
    writeFileSync(wanted, capabilities)
    // Pruned: OPA would otherwise plan helpers of the tests as if they were documents, and refuse functions among them.
    const args = ['build', '--target', 'plan', '--prune-unused', '--capabilities', wanted, '--output', output]
    const entrypoints = tests.flatMap(({ entrypoint }) => ['--entrypoint', entrypoint])
    const said = await runOpa(options.opa, [...args, ...entrypoints, ...ignoreOptions(folder), ...folder.all], {
      cwd: folder.root,
      ...(options.signal ? { signal: options.signal } : {}),
    })
    if (!said.ok) throw new Problem('bundle-build-failed', said.detail)
    if (said.value.exit !== 0) throw notBuilt('The tests cannot be compiled into the bundle', said.value)
    const files = await readTarGz(readFileSync(output), {
      ...DEFAULT_BUNDLE_LIMITS,
      maxUnpackedBytes: 512 * 1024 * 1024,
    })
    return JSON.parse(files.get('plan.json')?.toString('utf8') ?? 'null')
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function manifest(path: string): Buffer {
  const text = optionalFile(path, 'manifest.json')
  if (text === null) return Buffer.from(JSON.stringify({ revision: '', roots: [''], rego_version: 1 }))
  try {
    return Buffer.from(JSON.stringify(JSON.parse(text)))
  } catch {
    throw new Problem('bundle-build-failed', `${join(path, 'manifest.json')} is no JSON.`)
  }
}

function optionalFile(path: string, name: string): string | null {
  try {
    return readFileSync(join(path, name), 'utf8')
  } catch {
    return null
  }
}
