import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readJson } from './json-reader.ts'
import { loadBundle, type EvaluateOptions } from './rego.ts'
import { compare, equal, RegoObject, type Value } from './value.ts'
import { toJson } from './value-json.ts'

/** Cases that pass as of the last change; raise it when more do. */
const FLOOR = 1391
const CORPUS = fileURLToPath(new URL('../../../../shared/corpora/opa-compliance/v1', import.meta.url))

type Outcome = { kind: 'passed' } | { kind: 'failed'; why: string } | { kind: 'left-out'; reason: string }

const get = (value: Value | undefined, key: string): Value | undefined =>
  value instanceof RegoObject ? value.get(key) : undefined
const textOf = (value: Value, key: string): string | undefined => {
  const found = get(value, key)
  return typeof found === 'string' ? found : undefined
}
const plain = (value: Value | undefined): unknown => (value === undefined ? undefined : toJson(value, 1000, 50_000_000))

/** A Rego term that is JSON; others cannot be given as input. */
function inputOf(one: Value): { ok: true; value: Value | undefined } | { ok: false } {
  const term = get(one, 'input_term')
  if (typeof term !== 'string') return { ok: true, value: get(one, 'input') }
  try {
    return { ok: true, value: readJson(term) }
  } catch {
    return { ok: false }
  }
}

function sameResults(got: readonly Value[], want: Value | undefined, sortBindings: boolean): boolean {
  if (!Array.isArray(want)) return false
  // The result set is compared as JSON: sets have become arrays in what was recorded.
  const flat = (value: Value): Value => readJson(JSON.stringify(toJson(value, 1000, 50_000_000)))
  const sorted = (value: Value): Value => {
    if (Array.isArray(value)) return value.map(sorted).toSorted(compare)
    if (!(value instanceof RegoObject)) return value
    const out = new RegoObject()
    const { keys, values } = value.sorted()
    for (const [i, key] of keys.entries()) out.set(key, sorted(values[i] as Value))
    return out
  }
  const mine = got.map(flat)
  const theirs = want.map(flat)
  // A result set is a set: the order of its members says nothing.
  const whole = sortBindings
    ? sorted
    : (value: Value): Value => (Array.isArray(value) ? value.toSorted(compare) : value)
  return equal(whole(mine), whole(theirs))
}

function runCase(one: Value): Outcome {
  const data = plain(get(one, 'data')) ?? {}
  const loaded = loadBundle({ plan: plain(get(one, 'plan')), data: data as Record<string, never> })
  if (!loaded.ok) {
    const name = /builtin ("[^"]+")/.exec(loaded.detail)?.[1] ?? ''
    if (loaded.code === 'unknown-builtin' || loaded.code === 'nondeterministic-builtin') {
      return { kind: 'left-out', reason: `${loaded.code} ${name}` }
    }
    return { kind: 'failed', why: `${loaded.code}: ${loaded.detail}` }
  }
  const input = inputOf(one)
  if (!input.ok) return { kind: 'left-out', reason: 'input_term is no JSON' }
  const want = get(one, 'want_plan_result')
  const options: EvaluateOptions = {
    strictBuiltinErrors: get(one, 'strict_error') === true && want === null,
    fuel: 50_000_000,
  }
  const [entrypoint] = get(one, 'entrypoints') as string[]
  const run = loaded.value.run(entrypoint ?? '', input.value, options)
  const wantCode = textOf(one, 'want_error_code')
  const wantError = textOf(one, 'want_error')
  if (want === null && (wantCode !== undefined || wantError !== undefined)) {
    if (run.ok)
      return {
        kind: 'failed',
        why: `expected ${wantCode} ${wantError}, got ${JSON.stringify(run.value.map((v) => plain(v)))}`,
      }
    const code = wantCode ?? /eval_\w+/.exec(wantError ?? '')?.[0] ?? 'eval_builtin_error'
    if (run.error !== code) return { kind: 'failed', why: `expected ${code} ${wantError}, got ${run.detail}` }
    return { kind: 'passed' }
  }
  if (!run.ok) return { kind: 'failed', why: run.detail }
  const ok = sameResults(run.value, want, get(one, 'sort_bindings') === true)
  if (ok) return { kind: 'passed' }
  return {
    kind: 'failed',
    why: `want ${JSON.stringify(plain(want))} got ${JSON.stringify(run.value.map((v) => plain(v)))}`,
  }
}

test('every compliance case of OPA whose builtins are known here passes', { timeout: 120_000 }, (ctx) => {
  if (!existsSync(CORPUS)) ctx.skip('the corpus ../shared/corpora/opa-compliance is not on this machine')
  let passed = 0
  const failed: string[] = []
  const leftOut = new Map<string, number>()
  for (const folder of readdirSync(CORPUS).toSorted()) {
    for (const file of readdirSync(`${CORPUS}/${folder}`).toSorted()) {
      const cases = get(readJson(readFileSync(`${CORPUS}/${folder}/${file}`, 'utf8'), 1000), 'cases')
      for (const one of cases as Value[]) {
        const outcome = runCase(one)
        if (outcome.kind === 'passed') passed++
        else if (outcome.kind === 'failed') failed.push(`${textOf(one, 'note')}: ${outcome.why.slice(0, 600)}`)
        else leftOut.set(outcome.reason, (leftOut.get(outcome.reason) ?? 0) + 1)
      }
    }
  }
  const out = [...leftOut.values()].reduce((a, b) => a + b, 0)
  const reasons = [...leftOut].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([reason, count]) => `  ${count} ${reason}`)
  process.stdout.write(
    `OPA compliance: ${passed} passed, ${failed.length} failed, ${out} left out:\n${reasons.join('\n')}\n`,
  )
  expect(failed).toEqual([])
  expect(passed).toBeGreaterThanOrEqual(FLOOR)
})
