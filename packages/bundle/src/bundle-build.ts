import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { buildCapabilities, buildPlan } from '@gatehouse/rego/opa-build'
import { runOpa } from '@gatehouse/rego/opa-command'
import { ignoreOptions, openPolicyFolder, readPolicyFile, type PolicyFolder } from '@gatehouse/rego/policy-folder'
import { readTarGz } from './archive-read.ts'
import { writeTarGz } from './archive-write.ts'
import { TESTS_FILE, TESTS_SCHEMA, type BundleTest } from './bundle-contents.ts'
import { chosenEntrypoints, NAME_AN_ENTRYPOINT } from './bundle-entrypoints.ts'
import { DEFAULT_BUNDLE_LIMITS } from './bundle-limits.ts'
import { bundleManifest } from './bundle-manifest.ts'
import { linksDetail } from './policy-links.ts'

export interface BuildOptions {
  /** OPA's program. */
  readonly opa: string
  /** Default `gatehouse/decision` where there is a package of that name, else what METADATA names. */
  readonly entrypoints?: readonly string[]
  /** A file of the folder as messages name it; by default as the folder does. */
  readonly shown?: (file: string) => string
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
  const links = linksDetail(folder)
  if (links !== null) throw new Problem('bundle-build-failed', links)
  if (folder.policies.length === 0)
    throw new Problem('bundle-build-failed', `${path} has tests only: there is no policy that a bundle could carry.`)
  const chosen = chosenEntrypoints(folder, options.entrypoints ?? [])
  if (!chosen.ok) throw new Problem(chosen.code, chosen.detail)
  const tests = await passedTests(folder, options)
  const capabilities = optionalFile(path, 'capabilities.json') ?? (await ownCapabilities(options))
  const built = await buildPlan(options.opa, folder, capabilities, chosen.value, options.signal)
  if (!built.ok)
    throw notBuilt('The policies cannot be compiled', { stderr: built.detail, stdout: '' }, folder, options)
  const files = new Map<string, Uint8Array>()
  for (const file of folder.policies) files.set(file, Buffer.from(readPolicyFile(folder, file)))
  files.set('.manifest', manifest(folder, built.value.data))
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

/** As long for each test as `policy test` gives it; OPA's own five seconds are soon over on a busy machine. */
const TEST_OPTIONS = ['--format', 'json', '--timeout', '30s']

interface OpaTestResult {
  readonly package: string
  readonly name: string
  readonly fail?: boolean
  readonly skip?: boolean
  /** Where it could not be run, or took too long. */
  readonly error?: { readonly message?: string }
  readonly sub_results?: Readonly<Record<string, unknown>>
}

/** The tests of a folder, by name, all of them passed by OPA itself. */
async function passedTests(folder: PolicyFolder, options: BuildOptions): Promise<BundleTest[]> {
  const said = await runOpa(options.opa, ['test', ...TEST_OPTIONS, ...ignoreOptions(folder), ...folder.all], {
    cwd: folder.root,
    ...(options.signal ? { signal: options.signal } : {}),
  })
  if (!said.ok) throw new Problem('bundle-build-failed', said.detail)
  const results = testResults(said.value.stdout) ?? []
  const failed = results
    .filter(({ fail, error }) => fail === true || error !== undefined)
    .map((test) => `${test.package}.${test.name}${test.error?.message ? `: ${test.error.message}` : ''}`)
  if (failed.length > 0) {
    throw new Problem('bundle-tests-failing', `Tests do not pass:\n${failed.slice(0, 20).join('\n')}`, { failed })
  }
  if (said.value.exit !== 0) throw notBuilt('The tests cannot be run', said.value, folder, options)
  const tests = results.filter(({ skip }) => skip !== true).map(bundleTest)
  if (tests.length === 0) {
    throw new Problem(
      'bundle-tests-failing',
      `There are no tests in ${folder.root}; a bundle without tests is not accepted anywhere.`,
    )
  }
  // OPA numbers the second test of a name, and runs each; compiled they would be one rule, true where any of them is.
  const twice = tests.find(({ name }) => /#\d+$/.test(name))
  if (twice !== undefined) {
    const name = twice.name.replace(/#\d+$/, '')
    throw new Problem(
      'bundle-build-failed',
      `There is more than one test ${name}; give each test of a package a name of its own.`,
    )
  }
  return tests.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** What OPA said, as a problem. A builtin outside of the capabilities is one that the evaluator would refuse. */
function notBuilt(
  what: string,
  said: { readonly stderr: string; readonly stdout: string },
  folder: PolicyFolder,
  { shown }: BuildOptions,
): Problem {
  const told = `${said.stderr}${said.stdout}`.trim().slice(0, 2000)
  const why = shown === undefined ? told : withShownFiles(told, folder, shown)
  const builtin = /rego_type_error: undefined function ([\w.]+)/.exec(why)?.[1]
  // OPA tells no file here: what was asked is wrong, and not what is written.
  const asked = /entrypoint/.test(why) && !why.includes('.rego:') ? `; ${NAME_AN_ENTRYPOINT}` : ''
  return new Problem(
    builtin === undefined ? 'bundle-build-failed' : 'bundle-builtin-unknown',
    `${what}:\n${why}${asked}`,
  )
}

/** OPA names files from the folder in which it runs, before a colon. */
function withShownFiles(text: string, folder: PolicyFolder, shown: (file: string) => string): string {
  const files = [...folder.policies, ...folder.tests, ...folder.data]
    .filter((file) => text.includes(file))
    .toSorted((a, b) => b.length - a.length)
    .map((file) => file.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  if (files.length === 0) return text
  return text.replaceAll(new RegExp(`(?<!\\S)(?:${files.join('|')})(?=:)`, 'g'), (file) => shown(file))
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
  return {
    name: `${result.package}.${result.name}`,
    entrypoint: `${packagePath(result.package)}/${result.name}`,
    cases,
  }
}

/** `data.release["größe 1"]` as the path that OPA takes for an entrypoint: `release/größe 1`. */
function packagePath(reference: string): string {
  const words = reference.matchAll(/\.([^.[]+)|\[("(?:[^"\\]|\\.)*")\]/g)
  return [...words].map(([, word, quoted]) => word ?? (JSON.parse(quoted ?? '""') as string)).join('/')
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
    if (said.value.exit !== 0)
      throw notBuilt('The tests cannot be compiled into the bundle', said.value, folder, options)
    const files = await readTarGz(readFileSync(output), {
      ...DEFAULT_BUNDLE_LIMITS,
      maxUnpackedBytes: 512 * 1024 * 1024,
    })
    return JSON.parse(files.get('plan.json')?.toString('utf8') ?? 'null')
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function manifest(folder: PolicyFolder, data: Json): Buffer {
  const made = bundleManifest(folder, data)
  if (!made.ok) throw new Problem('bundle-build-failed', made.detail)
  return Buffer.from(JSON.stringify(made.value))
}

function optionalFile(path: string, name: string): string | null {
  try {
    return readFileSync(join(path, name), 'utf8')
  } catch {
    return null
  }
}
