import fc from 'fast-check'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { expect, test } from 'vitest'
import { DecisionCache, inputHash } from './decision-cache.ts'
import { giveLocal3, handMadePlan, local, stmt, text } from './plan-fixture.ts'
import { loadBundle, type Policy } from './rego.ts'
import {
  append,
  at,
  AT,
  clock,
  instants,
  nanoseconds,
  ns,
  policies,
  PolicyWriter,
  START,
} from './time-policy-fixture.ts'

/** `[true]` from START + 1000 ms on, `[false]` before. */
function turning(): Policy {
  const w = new PolicyWriter()
  const before = nanoseconds(w)
  const c = w.number(ns(START + 1000))
  const { stmt: call, to } = w.call('gte', [local(before.to), local(c.to)])
  return w.policy([[...before.stmts, c.stmt, call, append(local(to))]])
}

const ask = (cache: DecisionCache, policy: Policy, ms: number, more: Json = {}, set = 'a'): Json => {
  const answer = cache.evaluate(policy, set, 'main', { ...(more as object), at: at(START + ms) })
  return answer.ok ? answer.result : answer.code
}

test('an answer is given again until its instant, and not at it', () => {
  const cache = new DecisionCache()
  const policy = turning()
  expect(ask(cache, policy, 0)).toEqual([false])
  expect(ask(cache, policy, 999)).toEqual([false])
  expect(cache.stats).toMatchObject({ hits: 1, misses: 1 })
  expect(ask(cache, policy, 1000)).toEqual([true])
  expect(ask(cache, policy, 5_000_000)).toEqual([true])
  expect(cache.stats).toMatchObject({ hits: 2, misses: 2, entries: 1 })
})

test('time that goes back is never answered from what was made later', () => {
  const cache = new DecisionCache()
  const policy = turning()
  expect(ask(cache, policy, 2000)).toEqual([true])
  expect(ask(cache, policy, 0)).toEqual([false])
  expect(ask(cache, policy, 2000)).toEqual([true])
  expect(cache.stats).toMatchObject({ hits: 0, misses: 3 })
})

test('another policy set, entrypoint or input is another answer', () => {
  const cache = new DecisionCache()
  const policy = turning()
  const keys = [
    () => ask(cache, policy, 0),
    () => ask(cache, policy, 0, {}, 'b'),
    () => ask(cache, policy, 0, { x: 1 }),
    () => ask(cache, policy, 0, JSON.parse('{"__proto__": {"x": 1}}') as Json),
    () => ask(cache, policy, 0, { constructor: 1 }),
    () => cache.evaluate(policy, 'a', 'other', { at: AT }),
  ]
  for (const key of keys) key()
  expect(cache.stats).toMatchObject({ hits: 0, misses: keys.length })
})

test('an input hash knows every key and value, and no time', () => {
  const documents = [
    '{}',
    '{"__proto__":1}',
    '{"constructor":1}',
    '{"a":[]}',
    '{"a":{}}',
    '{"a":"1"}',
    '{"a":1}',
    '{"b":1}',
  ]
  expect(new Set(documents.map((one) => inputHash(JSON.parse(one) as Json))).size).toBe(documents.length)
  expect(inputHash({ at: 'x', a: 1, b: 2 })).toBe(inputHash({ b: 2, at: 'y', a: 1 }))
  expect(inputHash({ deeper: { at: 'x' } })).not.toBe(inputHash({ deeper: { at: 'y' } }))
  expect(inputHash([])).toBeNull()
})

test('what a policy would not see as it is given has no hash: numbers and texts that are no JSON, nesting without measure', () => {
  expect(inputHash({ a: Number.NaN })).toBeNull()
  expect(inputHash({ a: [undefined] } as unknown as Json)).toBeNull()
  expect(inputHash({ a: () => 1 } as unknown as Json)).toBeNull()
  expect(inputHash({ '\ud800': 1, '\ufffd': 2 })).toBeNull()
  let deep: Json = []
  for (let i = 0; i < 300; i++) deep = [deep]
  expect(inputHash({ deep })).toBeNull()
})

test('inputs that differ in where a text, a key or a number ends have different hashes', () => {
  const inputs: Json[] = [
    { a: 'b', c: 1 },
    { a: 'b1:c#1,' },
    { ab: 1 },
    { a: { b: 1 } },
    { a: 1, b: 2 },
    { a: 12 },
    { a: 1, 'bn7:ccccccc': null },
    { a: 11, b: null, ccccccc: null },
    { a: [1, 2] },
    { a: [12] },
    { a: [[1], 2] },
    { a: [[1, 2]] },
    { a: '1' },
    { a: null },
    { a: true },
    { a: false },
    { a: 'n' },
  ]
  expect(new Set(inputs.map(inputHash)).size).toBe(inputs.length)
  expect(inputHash({ a: undefined, b: -0 })).toBe(inputHash({ b: 0 }))
})

test('refusals, answers that hold once, and times in other forms are asked each time', () => {
  const cache = new DecisionCache({ limits: { fuel: 0 } })
  const shows = new PolicyWriter()
  const before = clock(shows)
  const once = shows.policy([[...before.stmts, append(local(before.to))]])
  const limited = loadBundle({
    plan: handMadePlan({
      strings: ['x'],
      stmts: [stmt('ScanStmt', { source: 0, key: 5, value: 6, block: { stmts: [] } }), ...giveLocal3],
    }),
    data: {},
  })
  if (!limited.ok) throw new Error(limited.detail)
  expect(ask(cache, limited.value, 0)).toBe('policy-over-limit')
  expect(ask(cache, limited.value, 0)).toBe('policy-over-limit')
  expect(ask(cache, once, 0)).toEqual([AT])
  expect(cache.stats).toMatchObject({ entries: 0, hits: 0, bytes: 0 })
  const unlimited = new DecisionCache()
  for (const time of [
    '2026-11-21T16:04:05+01:00',
    '2026-11-21T15:04:05Z',
    '2026-11-21T15:04:05.0001Z',
    'now',
    5,
    null,
  ]) {
    unlimited.evaluate(turning(), 'a', 'main', { at: time })
    unlimited.evaluate(turning(), 'a', 'main', { at: time })
  }
  expect(unlimited.stats).toMatchObject({ entries: 0, hits: 0, bytes: 0 })
})

test('what is kept is bounded by bytes, and the longest unused goes first', () => {
  const echo = loadBundle({
    plan: handMadePlan({
      strings: ['x'],
      stmts: [stmt('DotStmt', { source: local(0), key: text(1), target: 3 }), ...giveLocal3],
    }),
    data: {},
  })
  if (!echo.ok) throw new Error(echo.detail)
  const cache = new DecisionCache({ maxBytes: 10_000 })
  const long = (name: string): Json => ({ x: name.repeat(1000) })
  for (const name of ['a', 'b', 'c', 'a', 'd', 'e']) ask(cache, echo.value, 0, long(name))
  expect(cache.stats.bytes).toBeLessThanOrEqual(10_000)
  const { hits } = cache.stats
  ask(cache, echo.value, 0, long('a'))
  expect(cache.stats.hits).toBe(hits + 1)
  ask(cache, echo.value, 0, long('b'))
  expect(cache.stats.hits).toBe(hits + 1)
  ask(cache, echo.value, 0, { x: 'y'.repeat(9000) })
  expect(cache.stats.bytes).toBeLessThanOrEqual(10_000)
  cache.clear()
  expect(cache.stats).toMatchObject({ entries: 0, bytes: 0 })
})

test('what a caller does to an answer does not change the next one', () => {
  const cache = new DecisionCache()
  const first = cache.evaluate(turning(), 'a', 'main', { at: AT })
  if (!first.ok) throw new Error(first.detail)
  expect(() => (first.result as Json[]).push('x')).toThrow(TypeError)
  expect(ask(cache, turning(), 0)).toEqual([false])
})

const runs = Number(process.env['GATEHOUSE_RUNS'] ?? 150)

test(
  'with the cache every answer is that without it, whatever is asked in whatever order',
  { timeout: 120_000 },
  () => {
    const asked = fc.tuple(fc.integer({ min: 0, max: 1 }), fc.integer({ min: 0, max: 2 }), instants)
    let hits = 0
    fc.assert(
      fc.property(policies, policies, fc.array(asked, { minLength: 10, maxLength: 40 }), (one, other, questions) => {
        const cache = new DecisionCache({ maxBytes: 3000 })
        for (const [which, x, ms] of questions) {
          const policy = which === 0 ? one : other
          const input = { at: at(ms), x }
          const answer = cache.evaluate(policy, String(which), 'main', input)
          expect([input.at, answer]).toEqual([input.at, policy.evaluate('main', input)])
        }
        hits += cache.stats.hits
      }),
      { numRuns: runs },
    )
    expect(hits).toBeGreaterThan(0)
  },
)

test('an answer is found by what its input hashes to, for as long as it holds', () => {
  const cache = new DecisionCache()
  const policy = turning()
  const hash = inputHash({ at: at(START) }) ?? ''
  expect(cache.kept('a', 'main', hash, at(START))).toBeNull()
  ask(cache, policy, 10)
  expect(cache.kept('a', 'main', hash, at(START + 999))).toEqual({ ok: true, result: [false] })
  expect(cache.kept('a', 'main', hash, at(START + 1000))).toBeNull()
  expect(cache.kept('a', 'main', hash, at(START + 9))).toBeNull()
  expect(cache.kept('b', 'main', hash, at(START + 10))).toBeNull()
  expect(cache.kept('a', 'main', hash, 'now')).toBeNull()
  expect(cache.stats).toMatchObject({ hits: 1, misses: 1 })
})
