import { expect, test } from 'vitest'
import type { LinkedBuiltin } from './compiler.ts'
import { PathTable } from './compiler-paths.ts'
import { giveLocal3, handMadePlan, local, stmt, text } from './plan-fixture.ts'
import type { PlanFunction } from './plan.ts'
import { loadBundle } from './rego.ts'

const rule = (path: readonly string[], operands = 0): PlanFunction => ({
  name: path.join('.'),
  params: Array.from({ length: 2 + operands }, (_, i) => i),
  blocks: [],
  path,
})
const functions = [
  rule(['g', 'policies', 'a', 'meta']),
  rule(['g', 'policies', 'b', 'meta']),
  rule(['g', 'policies', 'b', 'said']),
  rule(['g', 'policies', 'c', 'meta'], 1),
  rule(['g', 'others', 'd', 'meta']),
  rule(['g', 'policies', '__proto__', 'meta']),
  rule(['g', 'policies', '0', 'meta']),
]
const made: LinkedBuiltin[] = functions.map((func) => () => func.name)

test('a path that is computed in one part leads to the rules of that path and to no other', () => {
  const table = new PathTable()
  const [meta, said, first] = [
    table.turn(['g', 'policies', '', 'meta'], 2),
    table.turn(['g', 'policies', '', 'said'], 2),
    table.turn(['', 'others', 'd', 'meta'], 0),
  ]
  table.link(functions, made)
  const found = (turn: number | undefined): unknown[] => [...(table.turns[turn ?? -1]?.found ?? [])]
  expect(found(meta)).toEqual([
    ['a', made[0]],
    ['b', made[1]],
    ['__proto__', made[5]],
    ['0', made[6]],
  ])
  expect(found(said)).toEqual([['b', made[2]]])
  expect(found(first)).toEqual([['g', made[4]]])
})

test('a path that is computed in several parts is walked, and a part that is no text leads nowhere', () => {
  const table = new PathTable()
  table.link(functions, made)
  expect(table.lookup(['g', 'policies', 'b', 'said'])).toBe(made[2])
  expect(table.lookup(['g', 'policies', 'constructor', 'meta'])).toBeUndefined()
  expect(table.lookup(['g', 'policies', 'c', 'meta'])).toBeUndefined()
  expect(table.lookup(['g', 'policies', 0, 'meta'])).toBeUndefined()
  expect(table.lookup(['g', 'policies', 'b'])).toBeUndefined()
})

// Strings of the plan: 1 `p`, 2 `a`, 3 `b`, 4 `said by a`, 5 `said by b`.
const says = (name: string, said: number): unknown => ({
  name: `p.${name}`,
  path: ['p', name],
  params: [0, 1],
  return: 2,
  blocks: [
    { stmts: [stmt('AssignVarStmt', { source: text(said), target: 2 }), stmt('ReturnLocalStmt', { source: 2 })] },
  ],
})
const member = (name: number, target: number): unknown => stmt('DotStmt', { source: local(0), key: text(name), target })

test.for([
  ['the last part', [text(1), local(6)]],
  ['the first part', [local(5), text(3)]],
  ['both parts', [local(5), local(6)]],
  ['no part', [text(1), text(3)]],
])('a rule is called by a path of which %s is computed', ([, path]) => {
  const strings = ['p', 'a', 'b', 'said by a', 'said by b', 'first', 'last']
  const stmts = [member(6, 5), member(7, 6), stmt('CallDynamicStmt', { path, args: [0, 1], result: 3 }), ...giveLocal3]
  // A call without result leaves three blocks more than its own.
  const within = [0, 1, 2].reduce<unknown[]>((inner) => [stmt('BlockStmt', { blocks: [{ stmts: inner }] })], stmts)
  const loaded = loadBundle({
    plan: handMadePlan({ strings, stmts: within, funcs: [says('a', 4), says('b', 5)] }),
    data: {},
  })
  if (!loaded.ok) throw new Error(loaded.detail)
  const policy = loaded.value
  const said = (input: { readonly [key: string]: string | number }) => {
    const plain = policy.evaluate('main', input)
    expect(policy.trace('main', input, { explained: true }).evaluation).toEqual(plain)
    return plain.ok ? plain.result : plain.code
  }
  expect(said({ first: 'p', last: 'b' })).toEqual('said by b')
  if (JSON.stringify(path).includes('"value":6')) {
    expect(said({ first: 'p', last: 'a' })).toEqual('said by a')
    expect(said({ first: 'p', last: 'c' })).toBe('policy-undefined')
    expect(said({ first: 'p', last: 0 })).toBe('policy-undefined')
  }
})
