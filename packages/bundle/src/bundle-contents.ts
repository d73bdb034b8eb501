import type { Json } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { BundleParts } from '@gatehouse/rego/rego'
import { readTarGz } from './archive-read.ts'
import { overLimits, type BundleLimits } from './bundle-limits.ts'
import { dataOutsideRoots, manifestRoots } from './bundle-manifest.ts'

/** Where the compiled tests lie in a bundle. OPA passes over files that it does not know. */
export const TESTS_FILE = 'gatehouse-tests.json'
export const TESTS_SCHEMA = 'gatehouse.bundle-tests/v1'

export interface BundleTest {
  /** `data.gatehouse_test.decision.test_x`, as OPA names it. */
  readonly name: string
  /** Of the tests' plan. */
  readonly entrypoint: string
  /** The names of a data-driven test's cases, all of which must be there and true; null for a plain test. */
  readonly cases: readonly string[] | null
}

export interface BundleTests {
  /** The policies and their tests, compiled together by OPA; evaluated with the bundle's own data. */
  readonly plan: unknown
  readonly tests: readonly BundleTest[]
}

export interface BundleContents {
  readonly parts: Required<BundleParts>
  readonly tests: BundleTests | null
  /** Of the manifest; may be empty. */
  readonly revision: string
  readonly files: ReadonlyMap<string, Buffer>
}

/** Reads a bundle's archive: the form that OPA loads, with `plan.json` and our compiled tests. Nothing is evaluated. */
export async function readContents(layer: Buffer, limits: BundleLimits): Promise<BundleContents> {
  const files = await readTarGz(layer, limits)
  const data = files.get('data.json')
  if (data !== undefined && data.length > limits.maxDataBytes) {
    throw overLimits(`data.json has ${data.length} bytes; ${limits.maxDataBytes} are allowed.`)
  }
  const nested = [...files.keys()].find((path) => /(?:^|\/)data\.(?:json|ya?ml)$/.test(path) && path !== 'data.json')
  // OPA would merge these where we would not see them: two readers, two meanings.
  if (nested !== undefined)
    throw malformed(`${nested} is data outside data.json; build the bundle with OPA, which merges them`)
  const manifest = files.has('.manifest') ? document(files, '.manifest') : {}
  const roots = manifestRoots(manifest)
  // OPA would not load it.
  if (roots === null) throw malformed('.manifest is no JSON object, or its roots are no list of texts')
  const plan = document(files, 'plan.json')
  const documents = data === undefined ? {} : (document(files, 'data.json') as Json)
  const outside = dataOutsideRoots(documents, roots)
  if (outside !== null)
    throw malformed(`"${outside}" of data.json is not under the roots of .manifest (${roots.join(', ')})`)
  const { revision } = manifest as { revision?: unknown }
  return {
    parts: { plan, data: documents, manifest: manifest as Json },
    tests: files.has(TESTS_FILE) ? readTests(document(files, TESTS_FILE), limits) : null,
    revision: typeof revision === 'string' ? revision : '',
    files,
  }
}

function document(files: ReadonlyMap<string, Buffer>, path: string): unknown {
  const bytes = files.get(path)
  if (bytes === undefined)
    throw malformed(`it has no ${path}; build it with "opa build -t plan" or "gatehouse policy push" a folder`)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw malformed(`${path} is no JSON`)
  }
}

function readTests(value: unknown, limits: BundleLimits): BundleTests {
  const { schema, plan, tests } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  if (schema !== TESTS_SCHEMA) throw malformed(`${TESTS_FILE} is not of the schema ${TESTS_SCHEMA}`)
  if (!Array.isArray(tests)) throw malformed(`${TESTS_FILE} lists no tests`)
  if (tests.length > limits.maxTests) {
    throw overLimits(`The bundle has ${tests.length} tests; ${limits.maxTests} are allowed.`)
  }
  return { plan, tests: tests.map((test: unknown, index) => readTest(test, index)) }
}

function readTest(value: unknown, index: number): BundleTest {
  const { name, entrypoint, cases } = (typeof value === 'object' && value !== null ? value : {}) as Record<
    string,
    unknown
  >
  const named = cases === null || (Array.isArray(cases) && cases.every((item) => typeof item === 'string'))
  if (typeof name !== 'string' || typeof entrypoint !== 'string' || !named)
    throw malformed(`${TESTS_FILE}: tests[${index}] is no test`)
  return { name, entrypoint, cases }
}

function malformed(why: string): Problem {
  return new Problem('bundle-malformed', `The bundle cannot be used: ${why}.`)
}
