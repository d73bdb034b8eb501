import type { Json } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import { loadBundle, type BundleParts, type Evaluation, type LoadCode } from '@gatehouse/rego/rego'
import { WorkerEvaluator } from '@gatehouse/rego/worker-evaluator'
import { TESTS_FILE, type BundleContents, type BundleTest } from './bundle-contents.ts'
import { overLimits, type BundleLimits } from './bundle-limits.ts'

export interface Acceptance {
  /** Tests that ran and passed; at least one. */
  readonly tests: number
  readonly statements: number
  /** What the bundle can be asked. */
  readonly entrypoints: readonly string[]
}

/**
 * Whether a bundle may decide here: its plan within limits, every builtin known, its own tests run and passed by the evaluator that
 * will use it, in a thread that can be killed. Throws `bundle-over-limits`, `bundle-builtin-unknown`,
 * `bundle-malformed` or `bundle-tests-failing`.
 */
export async function acceptContents(contents: BundleContents, limits: BundleLimits): Promise<Acceptance> {
  const statements = countStatements(contents.parts.plan, 'plan.json', limits)
  const loaded = loadBundle(contents.parts)
  if (!loaded.ok) throw unloadable(loaded.code, loaded.detail, 'The bundle')
  const { tests } = contents
  if (tests === null || tests.tests.length === 0) {
    throw new Problem(
      'bundle-tests-failing',
      `The bundle carries no tests (${TESTS_FILE}), so nothing shows that it decides as its authors meant. Write tests and push the folder with "gatehouse policy push".`,
    )
  }
  countStatements(tests.plan, TESTS_FILE, limits)
  const evaluator = await open({ ...contents.parts, plan: tests.plan }, limits, 'The plan of the bundle’s tests')
  try {
    const failed: string[] = []
    for (const test of tests.tests) {
      // One after the other: a test that does not end costs one wall time, not all of them.
      // oxlint-disable-next-line no-await-in-loop -- see above
      const said = await evaluator.evaluate(test.entrypoint, {}, { fuel: limits.testFuel, wallMs: limits.testWallMs })
      const why = failure(test, said)
      if (why !== null) failed.push(`${test.name}: ${why}`)
      if (failed.length === 10) break
    }
    if (failed.length > 0) {
      throw new Problem(
        'bundle-tests-failing',
        `Tests of the bundle do not pass here; mend the policies or the tests, and release them again:\n${failed.join('\n')}`,
        {
          failed,
        },
      )
    }
  } finally {
    await evaluator.close()
  }
  return { tests: tests.tests.length, statements, entrypoints: loaded.value.entrypoints }
}

/** Null where a test passed, as `opa test` judges: a plain test is defined and not false, every case of a data-driven one true. */
function failure(test: BundleTest, said: Evaluation): string | null {
  if (!said.ok) return said.code === 'policy-undefined' ? 'it is not true' : said.detail
  if (test.cases === null) return said.result === false ? 'it is false' : null
  const { result } = said
  const missing = test.cases.filter((name) => !caseHolds(result, name))
  return missing.length === 0 ? null : `not true for ${missing.slice(0, 5).join(', ')}`
}

function caseHolds(result: Json, name: string): boolean {
  if (Array.isArray(result)) return result.includes(name)
  if (typeof result !== 'object' || result === null || !Object.hasOwn(result, name)) return false
  return (result as { readonly [key: string]: Json | undefined })[name] !== false
}

async function open(parts: BundleParts, limits: BundleLimits, what: string): Promise<WorkerEvaluator> {
  const opened = await WorkerEvaluator.open(parts, { threads: 1, wallMs: limits.testWallMs, heapMb: 512 })
  if (opened.ok) return opened.value
  throw unloadable(opened.code, opened.detail, what)
}

function unloadable(code: LoadCode | 'policy-worker-failed', detail: string, what: string): Problem {
  if (code === 'unknown-builtin' || code === 'nondeterministic-builtin')
    return new Problem('bundle-builtin-unknown', detail)
  if (code === 'policy-worker-failed') return overLimits(`${what} cannot be loaded: ${detail}`)
  return new Problem('bundle-malformed', `${what} cannot be loaded: ${detail}`)
}

/** Statements of a plan, nested ones included; stops at the limit. Without recursion: the nesting is not ours. */
function countStatements(plan: unknown, file: string, limits: BundleLimits): number {
  let count = 0
  const left: unknown[] = [plan]
  while (left.length > 0) {
    const value = left.pop()
    if (typeof value !== 'object' || value === null) continue
    if (!Array.isArray(value) && Object.hasOwn(value, 'stmt') && ++count > limits.maxStatements) {
      throw overLimits(`${file} has more than ${limits.maxStatements} statements.`)
    }
    for (const item of Object.values(value)) left.push(item)
  }
  return count
}
