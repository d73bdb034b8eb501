/** For tests: OPA's compliance cases, each with its compiled plan. */
import { NOT_HERE } from './builtins/registry.ts'
import { readJson } from './json-reader.ts'
import { loadBundle, type EvaluateOptions } from './rego.ts'
import { compare, equal, RegoObject, setOf, type Value } from './value.ts'
import { toJson } from './value-json.ts'

export type Outcome = { kind: 'passed' } | { kind: 'failed'; why: string } | { kind: 'left-out'; reason: string }

/** The member of this name. */
export const get = (value: Value | undefined, key: string): Value | undefined =>
  value instanceof RegoObject ? value.get(key) : undefined
export const textOf = (value: Value, key: string): string | undefined => {
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

/** The bindings that a result set is asked for: a query may give its own names to what it does not name. */
function withoutGenerated(results: readonly Value[]): Value[] {
  return results.map((one) => {
    if (!(one instanceof RegoObject)) return one
    const out = new RegoObject()
    const { keys, values } = one.sorted()
    for (const [i, key] of keys.entries())
      if (typeof key !== 'string' || !/^(?:\^|\$|__local)/.test(key)) out.set(key, values[i] as Value)
    return out
  })
}

/** The result set that is wanted; undefined where an error is, or where the case names none. */
function wantedOf(one: Value): Value | undefined {
  const wanted = [get(one, 'want_plan_result'), get(one, 'want_result')].find((value) => Array.isArray(value))
  return wanted ?? undefined
}

/** Whether two codes of an error are one: a case may name no code but what is said. */
function wantedCode(one: Value): string | undefined {
  const code = textOf(one, 'want_error_code')
  const said = textOf(one, 'want_error')
  if (code !== undefined) return code
  return said === undefined ? undefined : (/eval_\w+/.exec(said)?.[0] ?? 'eval_builtin_error')
}

/**
 * Runs one case in the form that swift-opa gives OPA's: note, modules, query, data, input or input_term, entrypoints, plan,
 * want_plan_result (else want_result), want_error, want_error_code, strict_error, sort_bindings, ignore_generated_vars and
 * ignore. All but the plan may be absent. Never throws.
 */
export function runCase(one: Value): Outcome {
  if (get(one, 'ignore') === true) return { kind: 'left-out', reason: 'the case says ignore' }
  const plan = plain(get(one, 'plan'))
  if (typeof plan !== 'object' || plan === null) return { kind: 'left-out', reason: 'the case has no plan' }
  const data = plain(get(one, 'data')) ?? {}
  const loaded = loadBundle({ plan, data: data as Record<string, never> })
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
  const code = wantedCode(one)
  const wanted = wantedOf(one)
  const want = code === undefined ? wanted : undefined
  const options: EvaluateOptions = {
    strictBuiltinErrors: get(one, 'strict_error') === true && want === undefined,
    fuel: 50_000_000,
  }
  const named = get(one, 'entrypoints')
  const [entrypoint = loaded.value.entrypoints[0]] = Array.isArray(named) ? named : []
  const run = loaded.value.run(typeof entrypoint === 'string' ? entrypoint : '', input, options)
  // A builtin may be given what its result depends on, and this case does not give it.
  const asked = run.ok ? null : /not decided by the policy and its input: (.*)\.$/.exec(run.detail)
  if (asked !== null) return { kind: 'left-out', reason: `refused in evaluation: ${asked[1]}` }
  if (code !== undefined) {
    if (run.ok)
      return { kind: 'failed', why: `expected ${code}, got ${JSON.stringify(run.value.map((v) => plain(v)))}` }
    if (run.error !== code) return { kind: 'failed', why: `expected ${code}, got ${run.detail}` }
    return { kind: 'passed' }
  }
  if (want === undefined) return { kind: 'left-out', reason: 'the case says neither a result nor an error' }
  if (!run.ok) return { kind: 'failed', why: run.detail }
  const got = get(one, 'ignore_generated_vars') === true ? withoutGenerated(run.value) : run.value
  if (sameResults(got, want, get(one, 'sort_bindings') === true)) return { kind: 'passed' }
  return {
    kind: 'failed',
    why: `want ${JSON.stringify(plain(want))} got ${JSON.stringify(run.value.map((v) => plain(v)))}`,
  }
}
