import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { expect, test } from 'vitest'
import { cleanInput, governanceBundle } from './governance-fixture.ts'
import { builtin, giveLocal3, handMadePlan, local, stmt, text } from './plan-fixture.ts'
import { loadBundle, type Policy } from './rego.ts'

const CORPUS = fileURLToPath(new URL('../../../../shared/corpora/opa-compliance/v1', import.meta.url))

function load(plan: unknown, data: Json = {}): Policy {
  const loaded = loadBundle({ plan, data })
  if (!loaded.ok) throw new Error(loaded.detail)
  return loaded.value
}

interface Case {
  readonly plan: unknown
  readonly data?: Json
  readonly input?: Json
  readonly input_term?: string
  readonly entrypoints: readonly string[]
}

test('a traced evaluation answers as a plain one, on every compliance case of OPA', { timeout: 120_000 }, (ctx) => {
  if (!existsSync(CORPUS)) ctx.skip('the corpus ../shared/corpora/opa-compliance is not on this machine')
  let compared = 0
  for (const folder of readdirSync(CORPUS).toSorted()) {
    for (const file of readdirSync(`${CORPUS}/${folder}`).toSorted()) {
      const { cases } = JSON.parse(readFileSync(`${CORPUS}/${folder}/${file}`, 'utf8')) as { cases: Case[] }
      for (const one of cases) {
        const loaded = loadBundle({ plan: one.plan, data: one.data ?? {} })
        if (!loaded.ok || one.input_term !== undefined) continue
        for (const strictBuiltinErrors of [false, true]) {
          const [entrypoint = ''] = one.entrypoints
          const options = { strictBuiltinErrors, fuel: 50_000_000 }
          const traced = loaded.value.trace(entrypoint, one.input ?? {}, options)
          expect([file, traced.evaluation]).toEqual([file, loaded.value.evaluate(entrypoint, one.input ?? {}, options)])
          compared++
        }
      }
    }
  }
  expect(compared).toBeGreaterThan(2000)
})

test('a traced evaluation of the governance bundle answers as a plain one, with the same steps', () => {
  const loaded = loadBundle(governanceBundle())
  if (!loaded.ok) throw new Error(loaded.detail)
  for (const hook of ['before_execute', 'after_execute', 'before_effect'] as const) {
    const input = cleanInput(hook)
    const least = fuelOf((fuel) => loaded.value.evaluate('gatehouse/decision', input, { fuel }).ok)
    expect(fuelOf((fuel) => loaded.value.trace('gatehouse/decision', input, { fuel }).evaluation.ok)).toBe(least)
  }
})

/** The least fuel with which an evaluation ends. */
function fuelOf(ends: (fuel: number) => boolean): number {
  let [low, high] = [0, 1_000_000]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (ends(middle)) high = middle
    else low = middle
  }
  return high
}

const at = (row: number): Record<string, number> => ({ file: 0, row, col: 1, end_row: row, end_col: 2 })
const here = (type: string, parts: Record<string, unknown>, row: number): unknown => ({
  type,
  stmt: { ...parts, ...at(row) },
})
const withFile = (plan: unknown): unknown => {
  const { static: fixed, ...rest } = plan as { static: object }
  return { static: { ...fixed, files: [{ value: 'p.rego' }] }, ...rest }
}

/** `violations contains "x" if input.a.b == "x"` in line 1, the same with `input.c` in line 4. */
const rules = withFile(
  handMadePlan({
    strings: ['a', 'b', 'x', 'c'],
    funcs: [
      {
        name: 'g0.data.p.violations',
        params: [0, 1],
        return: 2,
        path: ['g0', 'p', 'violations'],
        blocks: [
          { stmts: [here('MakeSetStmt', { target: 2 }, 1)] },
          {
            stmts: [
              here('ResetLocalStmt', { target: 3 }, 1),
              here('DotStmt', { source: local(0), key: text(1), target: 4 }, 2),
              here('DotStmt', { source: local(4), key: text(2), target: 5 }, 2),
              here('EqualStmt', { a: local(5), b: text(3) }, 2),
              here('SetAddStmt', { value: text(3), set: 2 }, 1),
            ],
          },
          {
            stmts: [
              here('ResetLocalStmt', { target: 3 }, 4),
              here('DotStmt', { source: local(0), key: text(4), target: 4 }, 5),
              here('EqualStmt', { a: local(4), b: text(3) }, 6),
              here('SetAddStmt', { value: text(4), set: 2 }, 4),
            ],
          },
          { stmts: [here('ReturnLocalStmt', { source: 2 }, 1)] },
        ],
      },
    ],
    stmts: [stmt('CallStmt', { func: 'g0.data.p.violations', args: [local(0), local(1)], result: 3 }), ...giveLocal3],
  }),
)

test('the rules that fired are named with file and line, and with what they read', () => {
  const policy = load(rules)
  const rule = 'data.p.violations'
  const first = { rule, file: 'p.rego', line: 1, default: false, reads: ['/a/b'] }
  const second = { rule, file: 'p.rego', line: 4, default: false, reads: ['/c'] }
  expect(policy.trace('main', { a: { b: 'x' }, c: 'x' }).fired()).toEqual([first, second])
  expect(policy.trace('main', { a: { b: 'x' }, c: 'y' }).fired()).toEqual([first])
  expect(policy.trace('main', {}).fired()).toEqual([])
})

test('what was read is told as pointers, also what was looked for and is not there', () => {
  const policy = load(rules)
  expect(policy.trace('main', { a: { b: 'x' }, c: 1, d: 5 }).reads()).toEqual(['/a/b', '/c'])
  expect(policy.trace('main', { c: 'x' }).reads()).toEqual(['/a', '/c'])
  expect(policy.trace('main', 'x').reads()).toEqual([])
})

test('keys with slashes and tildes are escaped as RFC 6901 says', () => {
  const plan = handMadePlan({
    strings: ['a/b~c'],
    stmts: [stmt('DotStmt', { source: local(0), key: text(1), target: 3 }), ...giveLocal3],
  })
  expect(load(plan).trace('main', { 'a/b~c': 1 }).reads()).toEqual(['/a~1b~0c'])
})

test('a line is run where a statement of it was, and a head where its rule fired', () => {
  const lines = load(rules)
    .trace('main', { a: { b: 'x' }, c: 'y' })
    .lines()
  expect([...(lines.get('p.rego') ?? [])].toSorted()).toEqual([
    [1, true],
    [2, true],
    [4, false],
    [5, true],
    [6, true],
  ])
})

test('what `with` puts in place of the input is not a part of the input', () => {
  const plan = handMadePlan({
    strings: ['a', 'b', 'c'],
    stmts: [
      stmt('WithStmt', {
        local: 0,
        path: [1, 2],
        value: text(3),
        block: {
          stmts: [
            stmt('DotStmt', { source: local(0), key: text(1), target: 4 }),
            stmt('DotStmt', { source: local(4), key: text(2), target: 5 }),
            stmt('DotStmt', { source: local(4), key: text(3), target: 3 }),
          ],
        },
      }),
      ...giveLocal3,
    ],
  })
  const trace = load(plan).trace('main', { a: { b: 1, c: 2 } })
  expect(trace.evaluation).toEqual({ ok: true, result: 2 })
  expect(trace.reads()).toEqual(['/a/c'])
})

test('a whole that is counted, compared or given back was read, and not only a part of it', () => {
  const plan = (name: string): unknown =>
    handMadePlan({
      strings: ['a', 'b'],
      builtins: [builtin(name, 1)],
      stmts: [
        stmt('DotStmt', { source: local(0), key: text(1), target: 4 }),
        stmt('DotStmt', { source: local(4), key: text(2), target: 5 }),
        stmt('CallStmt', { func: name, args: [local(4)], result: 3 }),
        ...giveLocal3,
      ],
    })
  expect(
    load(plan('count'))
      .trace('main', { a: { b: 1 } })
      .reads(),
  ).toEqual(['/a', '/a/b'])
  // Its type says nothing of what is inside.
  expect(
    load(plan('is_object'))
      .trace('main', { a: { b: 1 } })
      .reads(),
  ).toEqual(['/a/b'])
})

test('a refused input and an unknown entrypoint trace nothing, and say so', () => {
  const policy = load(rules)
  const trace = policy.trace('other', {})
  expect(trace.evaluation).toMatchObject({ ok: false, code: 'unknown-entrypoint' })
  expect([trace.fired(), trace.reads(), [...trace.lines()]]).toEqual([[], [], []])
  expect(policy.trace('main', Number.NaN).evaluation).toMatchObject({ ok: false, code: 'invalid-policy-input' })
})

test('a location that is no location is passed over', () => {
  for (const parts of [
    { file: 9, row: 1 },
    { file: '0', row: {} },
    { file: 0, row: -1 },
    { file: 0, row: 1e300 },
  ]) {
    const plan = withFile(
      handMadePlan({ stmts: [{ type: 'MakeNullStmt', stmt: { target: 3, ...parts } }, ...giveLocal3] }),
    )
    expect(load(plan).trace('main', {}).evaluation).toEqual({ ok: true, result: null })
  }
})
