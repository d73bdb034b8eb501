import { expect, test } from 'vitest'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { rememberedFunctions } from './compiler-analysis.ts'
import { builtin, giveLocal3, handMadePlan, local, stmt, text } from './plan-fixture.ts'
import { readPlan } from './plan.ts'
import { loadBundle, type EvaluateOptions, type Evaluation, type Policy } from './rego.ts'

/** Statements that do nothing: a function is remembered only where it is not done in a few. */
const long = Array.from({ length: 30 }, () => stmt('NopStmt', {}))
const STEPS = 100

/** `f(x)` is a number of turns of a loop, then what `body` puts into local 3. */
const func = (body: readonly unknown[]): Record<string, unknown> => ({
  name: 'f',
  params: [0, 1, 2],
  return: 3,
  blocks: [
    {
      stmts: [
        ...long,
        stmt('DotStmt', { source: local(0), key: text(4), target: 5 }),
        stmt('ScanStmt', { source: 5, key: 6, value: 7, block: { stmts: [stmt('NopStmt', {})] } }),
        ...body,
        stmt('ReturnLocalStmt', { source: 3 }),
      ],
    },
  ],
})

const readsA = [stmt('DotStmt', { source: local(0), key: text(1), target: 3 })]
const call = (operand: Record<string, unknown>, result: number, input = 0) =>
  stmt('CallStmt', { func: 'f', args: [local(input), local(1), operand], result })
const append = (value: number) => stmt('ArrayAppendStmt', { array: 3, value: local(value) })
const list = stmt('MakeArrayStmt', { capacity: 4, target: 3 })
const withA = (value: number, stmts: readonly unknown[]) =>
  stmt('WithStmt', { local: 0, path: [1], value: text(value), block: { stmts } })

function policy(
  stmts: readonly unknown[],
  body: readonly unknown[] = readsA,
  builtins: readonly unknown[] = [],
): Policy {
  const strings = ['a', 'x', 'other', 'turns', 'b']
  const plan = handMadePlan({ strings, funcs: [func(body)], stmts: [list, ...stmts, ...giveLocal3], builtins })
  expect(rememberedFunctions(readPlan(plan)).size).toBe(1)
  const loaded = loadBundle({ plan, data: {} })
  if (!loaded.ok) throw new Error(loaded.detail)
  return loaded.value
}

const input = (rest: { [key: string]: Json } = {}): Json => ({ a: 'x', turns: Array<Json>(STEPS).fill(0), ...rest })

/** Both ways of evaluating: they take the same steps. */
function answers(of: Policy, given: Json, options: EvaluateOptions = {}): Evaluation {
  const plain = of.evaluate('main', given, options)
  expect(of.trace('main', given, options).evaluation).toEqual(plain)
  expect(of.trace('main', given, { ...options, explained: true }).evaluation).toEqual(plain)
  return plain
}

test('a function that is called again with the same operands is not run again', () => {
  const twice = policy([call(text(2), 10), append(10), call(text(2), 11), append(11)])
  expect(answers(twice, input(), { fuel: STEPS + 20 })).toEqual({ ok: true, result: ['x', 'x'] })
  const different = policy([call(text(2), 10), append(10), call(text(3), 11), append(11)])
  expect(answers(different, input(), { fuel: STEPS + 20 })).toMatchObject({ code: 'policy-over-limit' })
  expect(answers(different, input(), { fuel: 2 * STEPS + 20 })).toEqual({ ok: true, result: ['x', 'x'] })
})

test('a call that is answered from an earlier one costs a step', () => {
  const again = stmt('ScanStmt', {
    source: 20,
    key: 21,
    value: 22,
    block: { stmts: [call(text(2), 11)] },
  })
  const turns = stmt('DotStmt', { source: local(0), key: text(4), target: 20 })
  const loop = policy([call(text(2), 10), append(10), turns, again])
  // The first call's turns, the loop's, and one for each call of the loop.
  expect(answers(loop, input(), { fuel: 3 * STEPS - 1 })).toMatchObject({ code: 'policy-over-limit' })
  expect(answers(loop, input(), { fuel: 3 * STEPS + 20 })).toEqual({ ok: true, result: ['x'] })
})

test('what was called under `with` is not seen outside, nor the other way round', () => {
  const under = withA(3, [call(text(2), 11), append(11)])
  const first = policy([call(text(2), 10), append(10), under, call(text(2), 12), append(12)])
  expect(answers(first, input())).toEqual({ ok: true, result: ['x', 'other', 'x'] })
  const second = policy([under, call(text(2), 12), append(12), under])
  expect(answers(second, input())).toEqual({ ok: true, result: ['other', 'x', 'other'] })
})

test('a call with another document as its input is run', () => {
  const other = stmt('DotStmt', { source: local(0), key: text(5), target: 9 })
  const plan = policy([call(text(2), 10), append(10), other, call(text(2), 11, 9), append(11)])
  const b = { a: 'other', turns: [] }
  expect(answers(plan, input({ b }))).toEqual({ ok: true, result: ['x', 'other'] })
})

test('a call that differs in one of two operands only is run', () => {
  const two = { ...func([stmt('AssignVarStmt', { source: local(2), target: 3 })]), params: [0, 1, 2, 8] }
  const b = stmt('DotStmt', { source: local(0), key: text(5), target: 9 })
  const calls = [1, 2, 1].flatMap((first, i) => [
    stmt('CallStmt', { func: 'f', args: [local(0), local(1), text(first), local(9)], result: 10 + i }),
    append(10 + i),
  ])
  const loaded = loadBundle({
    plan: handMadePlan({
      strings: ['a', 'x', 'other', 'turns', 'b'],
      funcs: [two],
      stmts: [list, b, ...calls, ...giveLocal3],
    }),
    data: {},
  })
  if (!loaded.ok) throw new Error(loaded.detail)
  const given = input({ b: {} })
  // Two of the three are run.
  expect(answers(loaded.value, given, { fuel: 2 * STEPS + 20 })).toEqual({ ok: true, result: ['a', 'x', 'a'] })
})

test('a function that had no value has none the second time', () => {
  const isUndefined = (target: number) => [
    stmt('NotStmt', { block: { stmts: [call(text(2), target)] } }),
    stmt('ArrayAppendStmt', { array: 3, value: text(1) }),
  ]
  const twice = policy([...isUndefined(10), ...isUndefined(11)])
  const given = { turns: Array<Json>(STEPS).fill(0) }
  expect(answers(twice, given, { fuel: STEPS + 20 })).toEqual({ ok: true, result: ['a', 'a'] })
})

test('a builtin that fails is undefined each time, and ends the evaluation where that is asked for', () => {
  const number = [stmt('CallStmt', { func: 'to_number', args: [local(2)], result: 3 })]
  const fails = (target: number) => [
    stmt('NotStmt', { block: { stmts: [call(text(2), target)] } }),
    stmt('ArrayAppendStmt', { array: 3, value: text(1) }),
  ]
  const twice = policy([...fails(10), ...fails(11)], number, [builtin('to_number', 1)])
  expect(answers(twice, input())).toEqual({ ok: true, result: ['a', 'a'] })
  expect(answers(twice, input(), { strictBuiltinErrors: true })).toMatchObject({ error: 'eval_builtin_error' })
})

test('a function that contradicts itself does so each time', () => {
  const twoValues = [
    stmt('AssignVarOnceStmt', { source: text(2), target: 3 }),
    stmt('AssignVarOnceStmt', { source: text(3), target: 3 }),
  ]
  const twice = policy([call(text(2), 10), call(text(2), 11)], twoValues)
  expect(answers(twice, input())).toMatchObject({ error: 'eval_conflict_error' })
})

test('results whose making took very many steps are not kept', () => {
  const twice = policy([call(text(2), 10), append(10), call(text(2), 11), append(11)])
  const many = { a: 'x', turns: Array<Json>(260_000).fill(0) }
  expect(twice.evaluate('main', many, { fuel: 500_000 })).toMatchObject({ code: 'policy-over-limit' })
  expect(twice.evaluate('main', many, { fuel: 600_000 })).toEqual({ ok: true, result: ['x', 'x'] })
})

test('a call with a long text is run each time, as comparing it is paid for by nobody', () => {
  const b = stmt('DotStmt', { source: local(0), key: text(5), target: 9 })
  const twice = policy([b, call(local(9), 10), append(10), call(local(9), 11), append(11)])
  const once = { fuel: STEPS + 20 }
  expect(answers(twice, input({ b: 'x'.repeat(100) }), once)).toEqual({ ok: true, result: ['x', 'x'] })
  expect(answers(twice, input({ b: 'x'.repeat(1000) }), once)).toMatchObject({ code: 'policy-over-limit' })
})

test('calls with very many operands are all answered, remembered or not', () => {
  const items = stmt('DotStmt', { source: local(0), key: text(5), target: 20 })
  const each = stmt('ScanStmt', { source: 20, key: 21, value: 22, block: { stmts: [call(local(22), 11), append(11)] } })
  const operand = [stmt('AssignVarStmt', { source: local(2), target: 3 })]
  const b = Array.from({ length: 500 }, (_, i) => (i % 3 === 0 ? { i: i % 50 } : i % 50))
  expect(answers(policy([items, each, each], operand), { turns: [], b })).toEqual({ ok: true, result: [...b, ...b] })
})

const assign = (source: number, target: number) => stmt('AssignVarStmt', { source: local(source), target })

test('a local that is assigned again, or read where it was not assigned, is no other name of another', () => {
  // 10 is a copy of 9 before 9 changes; 12 was never reached, so it has no value.
  const first = stmt('AssignVarStmt', { source: text(1), target: 9 })
  const again = stmt('AssignVarStmt', { source: text(2), target: 9 })
  const passedOver = stmt('BlockStmt', { blocks: [{ stmts: [stmt('BreakStmt', { index: 0 }), assign(9, 12)] }] })
  const isUndefined = stmt('BlockStmt', {
    blocks: [
      { stmts: [stmt('IsUndefinedStmt', { source: 12 }), stmt('ArrayAppendStmt', { array: 3, value: text(3) })] },
    ],
  })
  const plan = policy([
    first,
    assign(9, 10),
    again,
    append(10),
    passedOver,
    isUndefined,
    call(text(2), 11),
    call(text(2), 13),
  ])
  expect(answers(plan, input())).toEqual({ ok: true, result: ['a', 'other'] })
})

test('a local that is assigned twice is what it was assigned last', () => {
  const set = (value: number) => stmt('AssignVarStmt', { source: text(value), target: 9 })
  const plan = policy([set(1), append(9), set(2), append(9), call(text(2), 11), call(text(2), 13)])
  expect(answers(plan, input())).toEqual({ ok: true, result: ['a', 'x'] })
})

test('a local that a loop fills again is read anew in each turn', () => {
  const items = stmt('DotStmt', { source: local(0), key: text(5), target: 20 })
  const before = stmt('BlockStmt', { blocks: [{ stmts: [stmt('IsDefinedStmt', { source: 23 }), append(23)] }] })
  const loop = stmt('ScanStmt', { source: 20, key: 21, value: 22, block: { stmts: [before, assign(22, 23)] } })
  const plan = policy([items, loop, call(text(2), 11), call(text(2), 13)])
  expect(answers(plan, input({ b: [1, 2, 3] }))).toEqual({ ok: true, result: [1, 2] })
})

test('the input under `with` is no other name of the input', () => {
  const a = (source: number, target: number) => stmt('DotStmt', { source: local(source), key: text(1), target })
  const plan = policy([
    assign(0, 9),
    withA(3, [a(9, 10), append(10), a(0, 12), append(12)]),
    call(text(2), 11),
    call(text(2), 13),
  ])
  expect(answers(plan, input())).toEqual({ ok: true, result: ['x', 'other'] })
})
