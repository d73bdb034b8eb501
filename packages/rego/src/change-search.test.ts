import fc from 'fast-check'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { expect, test } from 'vitest'
import { smallestChange, type ChangeOptions, type ChangeSearch } from './change-search.ts'
import { changedFile, cleanInput, governanceBundle } from './governance-fixture.ts'
import { applyChange, isWithin, readPointer, valueAt, type Change } from './input-pointer.ts'
import { builtin, giveLocal3, handMadePlan, local, stmt, text } from './plan-fixture.ts'
import { loadBundle, type Policy } from './rego.ts'

/** True where state is `governed`, n at most 10, and no member of tools is `shell`. */
const policy: Policy = (() => {
  const plan = handMadePlan({
    strings: ['state', 'governed', 'n', '10', 'tools', 'shell'],
    builtins: [builtin('lte', 2), builtin('internal.member_2', 2)],
    stmts: [
      stmt('DotStmt', { source: local(0), key: text(1), target: 5 }),
      stmt('EqualStmt', { a: local(5), b: text(2) }),
      stmt('DotStmt', { source: local(0), key: text(3), target: 6 }),
      stmt('MakeNumberRefStmt', { Index: 4, target: 7 }),
      stmt('CallStmt', { func: 'lte', args: [local(6), local(7)], result: 8 }),
      stmt('NotEqualStmt', { a: local(8), b: { type: 'bool', value: false } }),
      stmt('DotStmt', { source: local(0), key: text(5), target: 9 }),
      stmt('CallStmt', { func: 'internal.member_2', args: [text(6), local(9)], result: 10 }),
      stmt('EqualStmt', { a: local(10), b: { type: 'bool', value: false } }),
      stmt('AssignVarStmt', { source: { type: 'bool', value: true }, target: 3 }),
      ...giveLocal3,
    ],
  })
  const loaded = loadBundle({ plan, data: {} })
  if (!loaded.ok) throw new Error(loaded.detail)
  return loaded.value
})()

function search(input: Json, editable: readonly string[], more: Omit<ChangeOptions, 'editable'> = {}): ChangeSearch {
  const found = smallestChange(policy, 'main', input, { editable, ...more })
  if (!found.ok) throw new Error(found.detail)
  return found.value
}

const ALL = ['/state', '/n', '/tools']

test('an input that passes needs no change', () => {
  expect(search({ state: 'governed', n: 3, tools: [] }, ALL)).toMatchObject({
    found: true,
    changes: [],
    evaluations: 1,
  })
})

test.each([
  [
    'a value becomes the one it is compared with',
    { state: 'draft', n: 3, tools: [] },
    { op: 'replace', path: '/state', from: 'draft', value: 'governed' },
  ],
  [
    'a number goes to its bound',
    { state: 'governed', n: 300, tools: [] },
    { op: 'replace', path: '/n', from: 300, value: 10 },
  ],
  [
    'a member is taken out of a list',
    { state: 'governed', n: 3, tools: ['git', 'shell', 'ls'] },
    { op: 'remove', path: '/tools/1', from: 'shell' },
  ],
  ['what is missing is added', { n: 3, tools: [] }, { op: 'add', path: '/state', value: 'governed' }],
])('%s', (_, input, change) => {
  expect(search(input, ALL)).toMatchObject({ found: true, changes: [change], smallest: true })
})

test('as few fields as can be are changed, and the answer is what the policy says to it', () => {
  const answer = search({ state: 'draft', n: 300, tools: ['shell'] }, ALL)
  if (!answer.found) throw new Error(answer.detail)
  expect(answer.changes.length).toBe(3)
  expect(answer.evaluation).toEqual(policy.evaluate('main', answer.input))
  expect(answer.evaluation).toEqual({ ok: true, result: true })
})

test('nothing but what may be edited is changed, and none is an honest answer', () => {
  const input = { state: 'draft', n: 300, tools: [] }
  expect(search(input, ['/n'])).toMatchObject({
    found: false,
    exhausted: true,
    detail: expect.stringMatching(/^None found: all changes .* were tried, in \d+ evaluations\.$/),
  })
  expect(search(input, ALL, { maxEvaluations: 3 })).toEqual({
    found: false,
    exhausted: false,
    evaluations: 3,
    detail: 'None found within 3 evaluations; there may be one.',
  })
  expect(search(input, ALL, { maxChanges: 1 })).toMatchObject({ found: false, exhausted: true })
  expect(search(input, ALL, { stop: () => true })).toMatchObject({ found: false, evaluations: 0, exhausted: false })
})

test('the caller says what passing is', () => {
  const undefinedIsFine = search({ state: 'governed', n: 3, tools: [] }, ALL, { passes: (answer) => !answer.ok })
  expect(undefinedIsFine).toMatchObject({ found: true, smallest: true })
})

test('a path that is no JSON pointer is refused', () => {
  for (const path of ['state', '/a~2', '/a~'])
    expect(smallestChange(policy, 'main', {}, { editable: [path] })).toMatchObject({
      ok: false,
      code: 'invalid-editable-path',
    })
})

test('changes are those of RFC 6902, and reach no prototype', () => {
  const doc = JSON.parse('{"a": [1, 2], "__proto__": {"x": 1}}') as Json
  const change = (op: Change['op'], path: string, value?: Json): Json | null =>
    applyChange(doc, value === undefined ? { op, path } : { op, path, value })
  expect(valueAt(change('add', '/a/-', 3) ?? 0, ['a'])).toEqual([1, 2, 3])
  expect(valueAt(change('add', '/a/0', 3) ?? 0, ['a'])).toEqual([3, 1, 2])
  expect(valueAt(change('remove', '/a/0') ?? 0, ['a'])).toEqual([2])
  expect(valueAt(change('replace', '/a/1', 9) ?? 0, ['a'])).toEqual([1, 9])
  expect(valueAt(change('replace', '/__proto__/x', 9) ?? 0, ['__proto__', 'x'])).toBe(9)
  const added = applyChange({}, { op: 'add', path: '/__proto__', value: { x: 1 } })
  expect(Object.keys(added ?? {})).toEqual(['__proto__'])
  for (const path of ['/a/2', '/a/x', '/b', '/b/c', '/constructor']) expect(change('remove', path)).toBeNull()
  expect(valueAt(doc, ['constructor'])).toBeUndefined()
  expect(({} as { x?: number }).x).toBeUndefined()
  expect(isWithin(['a', '0', 'b'], ['a', '*'])).toBe(true)
  expect(isWithin(['a'], ['a', '*'])).toBe(false)
})

/** Places where two documents differ. */
function differences(a: Json | undefined, b: Json | undefined, at: readonly string[] = []): string[][] {
  if (
    typeof a !== 'object' ||
    typeof b !== 'object' ||
    a === null ||
    b === null ||
    Array.isArray(a) !== Array.isArray(b)
  )
    return a === b ? [] : [[...at]]
  if (Array.isArray(a) && a.length !== (b as readonly Json[]).length) return [[...at, '-']]
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].flatMap((key) => differences(valueAt(a, [key]), valueAt(b, [key]), [...at, key]))
}

test('two values of the input that stand at a bound are moved by one', () => {
  const loaded = loadBundle(governanceBundle())
  if (!loaded.ok) throw new Error(loaded.detail)
  const set = (value: number) =>
    (['/agent/definition/limits/max_requests_per_day', '/agent/runs_today'] as const).reduce<Json>(
      (document, path) => applyChange(document, { op: 'replace', path, value }) ?? document,
      cleanInput('before_execute') as Json,
    )
  const options = { editable: ['/agent/definition/limits'], maxEvaluations: 2000 }
  const answer = smallestChange(loaded.value, 'gatehouse/decision', set(10), options)
  expect(answer).toMatchObject({
    ok: true,
    value: { found: true, changes: [{ path: '/agent/definition/limits/max_requests_per_day', from: 10, value: 11 }] },
  })
})

test(
  'whatever is wrong with an input, what is found passes the shipped bundle and touches nothing else',
  { timeout: 180_000 },
  () => {
    const loaded = loadBundle(governanceBundle())
    if (!loaded.ok) throw new Error(loaded.detail)
    const editable = [
      '/agent/lifecycle/state',
      '/agent/definition/limits',
      '/proposal/files',
      '/proposal/diff_bytes',
      '/agent/runs_today',
    ]
    const patterns = editable.map((path) => readPointer(path) ?? [])
    const wrongs: readonly Change[] = [
      { op: 'replace', path: '/agent/lifecycle/state', value: 'draft' },
      { op: 'replace', path: '/agent/definition/limits/max_execution_time_seconds', value: 999_999 },
      { op: 'replace', path: '/agent/definition/limits/expires_at', value: '2026-01-01T00:00:00Z' },
      { op: 'replace', path: '/agent/runs_today', value: 500 },
      { op: 'replace', path: '/proposal/diff_bytes', value: 10_000_000 },
      { op: 'add', path: '/proposal/files/-', value: changedFile('elsewhere/x.js') },
      { op: 'replace', path: '/hook', value: 'on_no_hook' },
    ]
    let found = 0
    fc.assert(
      fc.property(
        fc.subarray([...wrongs], { minLength: 1, maxLength: 2 }),
        fc.constantFrom('before_execute', 'after_execute'),
        (some, hook) => {
          const clean = cleanInput(hook) as Json
          const input = some.reduce((document, change) => applyChange(document, change) ?? document, clean)
          const answer = smallestChange(loaded.value, 'gatehouse/decision', input, { editable, maxEvaluations: 300 })
          if (!answer.ok) throw new Error(answer.detail)
          expect(answer.value.evaluations).toBeLessThanOrEqual(300)
          if (!answer.value.found) return
          if (answer.value.changes.length > 0) found++
          const again = loaded.value.evaluate('gatehouse/decision', answer.value.input)
          expect(again).toEqual(answer.value.evaluation)
          expect(again.ok && valueAt(again.result, ['outcome'])).not.toBe('deny')
          for (const place of differences(input, answer.value.input))
            expect([place, patterns.some((pattern) => isWithin(place, pattern))]).toEqual([place, true])
        },
      ),
      { numRuns: 25, seed: 7 },
    )
    expect(found).toBeGreaterThan(5)
  },
)
