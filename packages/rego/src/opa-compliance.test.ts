import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { NOT_HERE } from './builtins/registry.ts'
import { readJson } from './json-reader.ts'
import { loadBundle, type EvaluateOptions } from './rego.ts'
import { compare, equal, RegoObject, setOf, type Value } from './value.ts'
import { toJson } from './value-json.ts'

/** Cases that pass as of the last change; raise it when more do. */
const FLOOR = 1683
const CORPUS = fileURLToPath(new URL('../../../../shared/corpora/opa-compliance/v1', import.meta.url))

type Outcome = { kind: 'passed' } | { kind: 'failed'; why: string } | { kind: 'left-out'; reason: string }

const get = (value: Value | undefined, key: string): Value | undefined =>
  value instanceof RegoObject ? value.get(key) : undefined
const textOf = (value: Value, key: string): string | undefined => {
  const found = get(value, key)
  return typeof found === 'string' ? found : undefined
}
const plain = (value: Value | undefined): unknown => (value === undefined ? undefined : toJson(value, 1000, 50_000_000))

/** A case's input: JSON, or a term of Rego, which may hold sets and commas before a closing bracket. */
function inputOf(one: Value): Value | undefined {
  const term = get(one, 'input_term')
  return typeof term === 'string' ? readTerm(term) : get(one, 'input')
}

function readTerm(source: string): Value {
  let rest = source.trimStart()
  const take = (token: string): boolean => {
    const is = rest.startsWith(token)
    if (is) rest = rest.slice(token.length).trimStart()
    return is
  }
  const many = (close: string, one: () => void): void => {
    while (!take(close)) {
      one()
      if (!take(',') && !rest.startsWith(close)) throw new Error(`no term of Rego: ${source}`)
    }
  }
  const term = (): Value => {
    if (take('set(')) return (take(')'), setOf([]))
    if (take('[')) {
      const list: Value[] = []
      many(']', () => list.push(term()))
      return list
    }
    if (take('{')) {
      const object = new RegoObject()
      const members: Value[] = []
      many('}', () => {
        const key = term()
        if (take(':')) object.set(key, term())
        else members.push(key)
      })
      return members.length > 0 ? setOf(members) : object
    }
    const scalar = /^(?:"(?:[^"\\]|\\.)*"|[^\s,:\]}]+)/.exec(rest)?.[0] ?? ''
    take(scalar)
    return readJson(scalar)
  }
  return term()
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
    const name = /builtin "([^"]+)"/.exec(loaded.detail)?.[1] ?? ''
    if (loaded.code === 'nondeterministic-builtin') {
      return { kind: 'left-out', reason: `${name}: refused at load, its operands do not decide its result` }
    }
    const known = loaded.code === 'unknown-builtin' ? NOT_HERE.get(name) : undefined
    if (known !== undefined) return { kind: 'left-out', reason: `${name}: refused at load, ${known}` }
    return { kind: 'failed', why: `${loaded.code}: ${loaded.detail}` }
  }
  const input = inputOf(one)
  const want = get(one, 'want_plan_result')
  const options: EvaluateOptions = {
    strictBuiltinErrors: get(one, 'strict_error') === true && want === null,
    fuel: 50_000_000,
  }
  const [entrypoint] = get(one, 'entrypoints') as string[]
  const run = loaded.value.run(entrypoint ?? '', input, options)
  // A builtin may be given what its result depends on, and this case does not give it.
  const asked = run.ok ? null : /not decided by the policy and its input: (.*)\.$/.exec(run.detail)
  if (asked !== null) return { kind: 'left-out', reason: `refused in evaluation: ${asked[1]}` }
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
