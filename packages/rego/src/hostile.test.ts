import fc from 'fast-check'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { expect, test } from 'vitest'
import { cleanInput, governanceBundle } from './governance-fixture.ts'
import { builtin, endlessFunction, endlessScan, giveLocal3, handMadePlan, local, stmt, text } from './plan-fixture.ts'
import { loadBundle, type Evaluation } from './rego.ts'
import { WorkerEvaluator } from './worker-evaluator.ts'

const call = (func: string, args: readonly unknown[], result = 3): unknown => stmt('CallStmt', { func, args, result })
const both = [local(0), local(1)]

/** Evaluated and traced: neither may throw, and both say the same. */
function run(plan: unknown, input: Json = {}, data: Json = {}): Evaluation {
  const loaded = loadBundle({ plan, data })
  if (!loaded.ok) throw new Error(`${loaded.code}: ${loaded.detail}`)
  const trace = loaded.value.trace('main', input)
  const plain = loaded.value.evaluate('main', input)
  expect(trace.evaluation.ok).toBe(plain.ok)
  if (!plain.ok) expect(trace.evaluation).toMatchObject({ code: plain.code })
  return plain
}

const rule = (name: string, stmts: readonly unknown[]): unknown => ({
  name,
  params: [0, 1],
  return: 3,
  path: ['g0', name],
  blocks: [{ stmts }],
})

const inBlock = (one: unknown): unknown => stmt('BlockStmt', { blocks: [{ stmts: [one] }] })

const cyclic: Record<string, unknown> = {
  'a rule that asks itself': handMadePlan({ funcs: [rule('a', [call('a', both)])], stmts: [call('a', both)] }),
  'two rules that ask each other': handMadePlan({
    funcs: [rule('a', [call('b', both)]), rule('b', [call('a', both)])],
    stmts: [call('a', both)],
  }),
  'a rule that asks itself by a computed path': handMadePlan({
    strings: ['g0', 'a'],
    funcs: [
      rule('a', [
        inBlock(inBlock(inBlock(stmt('CallDynamicStmt', { path: [text(1), text(2)], args: [0, 1], result: 3 })))),
      ]),
    ],
    stmts: [call('a', both)],
  }),
  'a rule that asks itself within `with`': handMadePlan({
    strings: ['x'],
    funcs: [
      rule('a', [stmt('WithStmt', { local: 0, path: [1], value: text(1), block: { stmts: [call('a', both)] } })]),
    ],
    stmts: [call('a', both)],
  }),
  'a function that calls itself for each member': handMadePlan({
    funcs: [endlessFunction(3)],
    stmts: [call('f', [local(0), local(1), local(1)])],
  }),
  'a loop that feeds itself': handMadePlan({ stmts: endlessScan }),
  'an object that holds itself': handMadePlan({
    strings: ['self'],
    stmts: [
      stmt('MakeObjectStmt', { target: 3 }),
      stmt('ObjectInsertStmt', { object: 3, key: text(1), value: local(3) }),
      ...giveLocal3,
    ],
  }),
  'a list that holds itself and is counted': handMadePlan({
    builtins: [builtin('json.marshal', 1)],
    stmts: [
      stmt('MakeArrayStmt', { target: 5 }),
      stmt('ArrayAppendStmt', { array: 5, value: local(5) }),
      call('json.marshal', [local(5)]),
      ...giveLocal3,
    ],
  }),
  'lists that hold each other and are compared': handMadePlan({
    stmts: [
      stmt('MakeArrayStmt', { target: 5 }),
      stmt('ArrayAppendStmt', { array: 5, value: local(5) }),
      stmt('MakeArrayStmt', { target: 6 }),
      stmt('ArrayAppendStmt', { array: 6, value: local(6) }),
      stmt('EqualStmt', { a: local(5), b: local(6) }),
      stmt('AssignVarStmt', { source: text(0), target: 3 }),
      ...giveLocal3,
    ],
  }),
}

test.each(Object.entries(cyclic))('%s ends in a refusal, evaluated and traced', { timeout: 30_000 }, (_, plan) => {
  expect(run(plan, { at: '2026-11-21T15:04:05.000Z' })).toMatchObject({ ok: false, code: 'policy-over-limit' })
})

const shapes: Record<string, unknown> = {
  'a local that is out of range': handMadePlan({ stmts: [stmt('MakeNullStmt', { target: 1_000_001 })] }),
  'a local beyond the integers': handMadePlan({ stmts: [stmt('MakeNullStmt', { target: 2 ** 60 })] }),
  'a block that is no object': handMadePlan({ stmts: [stmt('BlockStmt', { blocks: [7] })] }),
  'blocks that are text': handMadePlan({ stmts: [stmt('BlockStmt', { blocks: 'stmts' })] }),
  'a statement that is a list': handMadePlan({ stmts: [[]] }),
  'a statement without its parts': handMadePlan({ stmts: [{ type: 'ScanStmt' }] }),
  'a string that is no text': { static: { strings: [{ value: 5 }] }, plans: { plans: [] } },
  'a file that is no text': { static: { files: [{ value: {} }] }, plans: { plans: [] } },
  'functions that are an object': { plans: { plans: [] }, funcs: { funcs: { length: 1 } } },
  'a path that is no list of texts': handMadePlan({ funcs: [{ name: 'g', params: [0, 1], path: [1], blocks: [] }] }),
  'parameters without end': handMadePlan({
    funcs: [{ name: 'g', params: Array.from({ length: 65 }, (_, i) => i), blocks: [] }],
  }),
  'a dynamic call of three': handMadePlan({
    stmts: [stmt('CallDynamicStmt', { path: [], args: [0, 1, 2], result: 3 })],
  }),
  'a break beyond its function': handMadePlan({
    funcs: [rule('a', [stmt('BlockStmt', { blocks: [{ stmts: [stmt('BreakStmt', { index: 3 })] }] })])],
  }),
  'a `with` of a string that does not exist': handMadePlan({
    stmts: [stmt('WithStmt', { local: 0, path: [44], value: text(0), block: { stmts: [] } })],
  }),
  'unplanned rules that are no list': { plans: { plans: [] }, unplanned_rules: { length: 1 } },
}

test.each(Object.entries(shapes))('a plan with %s is refused when it is loaded', (_, plan) => {
  expect(loadBundle({ plan, data: {} })).toMatchObject({ ok: false, code: 'invalid-plan' })
})

const DEEP = 100_000

function nested(depth: number, wrap: (inner: unknown) => unknown, seed: unknown): unknown {
  let value = seed
  for (let i = 0; i < depth; i++) value = wrap(value)
  return value
}

const deepBlocks = (how: 'blocks' | 'not' | 'scan' | 'with'): unknown => {
  const wrap: Record<typeof how, (inner: unknown) => unknown> = {
    blocks: (inner) => ({ stmts: [stmt('BlockStmt', { blocks: [inner] })] }),
    not: (inner) => ({ stmts: [stmt('NotStmt', { block: inner })] }),
    scan: (inner) => ({ stmts: [stmt('ScanStmt', { source: 0, key: 3, value: 4, block: inner })] }),
    with: (inner) => ({ stmts: [stmt('WithStmt', { local: 0, path: [], value: local(1), block: inner })] }),
  }
  return { plans: { plans: [{ name: 'main', blocks: [nested(DEEP, wrap[how], { stmts: [] })] }] } }
}

test.each(['blocks', 'not', 'scan', 'with'] as const)('a plan with %s nested 100,000 deep is refused', (how) => {
  expect(loadBundle({ plan: deepBlocks(how), data: {} })).toMatchObject({ ok: false, code: 'invalid-plan' })
})

test('input and data nested 100,000 deep are refused, lists and objects alike', () => {
  const plan = handMadePlan({ stmts: [stmt('AssignVarStmt', { source: local(0), target: 3 }), ...giveLocal3] })
  for (const wrap of [(inner: unknown) => [inner], (inner: unknown) => ({ __proto__: null, a: inner })]) {
    const deep = nested(DEEP, wrap, 1) as Json
    expect(run(plan, deep)).toMatchObject({ ok: false, code: 'invalid-policy-input' })
    expect(loadBundle({ plan, data: { deep } })).toMatchObject({ ok: false, code: 'invalid-policy-data' })
  }
})

test(
  'what cannot be handed to a thread is refused, and the next request is answered',
  { timeout: 60_000 },
  async () => {
    const plan = handMadePlan({ stmts: [stmt('AssignVarStmt', { source: local(0), target: 3 }), ...giveLocal3] })
    const deep = nested(DEEP, (inner) => [inner], 1) as Json
    const noDocument = { f: () => 1 } as unknown as Json
    for (const data of [{ deep }, noDocument, { __proto__: null, f: Symbol('x') } as unknown as Json]) {
      expect(await WorkerEvaluator.open({ plan, data }, { threads: 2 })).toMatchObject({ ok: false })
    }
    expect(await WorkerEvaluator.open({ plan: deepBlocks('blocks'), data: {} }, { threads: 1 })).toMatchObject({
      ok: false,
    })
    const opened = await WorkerEvaluator.open({ plan, data: {} }, { threads: 1 })
    if (!opened.ok) throw new Error(opened.detail)
    try {
      for (const input of [deep, noDocument]) {
        expect(await opened.value.evaluate('main', input)).toMatchObject({ ok: false })
        expect(await opened.value.evaluate('main', 'next')).toEqual({ ok: true, result: 'next' })
      }
    } finally {
      await opened.value.close()
    }
  },
)

test('giant texts are carried where they fit and refused where the result does not', { timeout: 30_000 }, () => {
  const giant = 'x'.repeat(30_000_000)
  const echo = handMadePlan({ stmts: [stmt('AssignVarStmt', { source: local(0), target: 3 }), ...giveLocal3] })
  expect(run(echo, giant)).toMatchObject({ ok: false, code: 'policy-over-limit' })
  const asked = handMadePlan({
    strings: [giant],
    stmts: [stmt('LenStmt', { source: text(1), target: 3 }), ...giveLocal3],
  })
  expect(run(asked)).toEqual({ ok: true, result: giant.length })
  const keyed = { [giant]: 1 }
  expect(run(echo, keyed)).toMatchObject({ ok: false, code: 'policy-over-limit' })
})

const CODE = [
  '*/ throw 1 /*',
  '${throw 1}',
  "'",
  '"',
  '`',
  '\\',
  '\n',
  '\u2028',
  '\u2029',
  '\0',
  '__proto__',
  'constructor',
  '</script>',
  '];throw 1;[',
]

test('names of files, rules, keys and data that look like code stay names, also where they are traced', () => {
  for (const name of CODE) {
    const plan = {
      static: { strings: [{ value: 'result' }, { value: name }], files: [{ value: name }], builtin_funcs: [] },
      plans: {
        plans: [
          {
            name: 'main',
            blocks: [{ stmts: [call(name, both), ...giveLocal3] }],
          },
        ],
      },
      funcs: {
        funcs: [
          {
            name,
            params: [0, 1],
            return: 2,
            path: ['g0', name],
            blocks: [
              {
                stmts: [
                  { type: 'ResetLocalStmt', stmt: { target: 3, file: 0, row: 1, col: 1 } },
                  { type: 'DotStmt', stmt: { source: local(0), key: text(1), target: 4, file: 0, row: 2, col: 1 } },
                  { type: 'DotStmt', stmt: { source: local(1), key: text(1), target: 5, file: 0, row: 3, col: 1 } },
                  { type: 'EqualStmt', stmt: { a: local(4), b: local(5), file: 0, row: 4, col: 1 } },
                  { type: 'AssignVarOnceStmt', stmt: { source: local(4), target: 3, file: 0, row: 1, col: 1 } },
                  stmt('ReturnLocalStmt', { source: 3 }),
                ],
              },
            ],
          },
        ],
      },
    }
    const keyed = JSON.parse(`{${JSON.stringify(name)}: ${JSON.stringify(name)}}`) as Json
    const loaded = loadBundle({ plan, data: keyed })
    if (!loaded.ok) throw new Error(loaded.detail)
    const trace = loaded.value.trace('main', keyed)
    expect(trace.evaluation).toEqual({ ok: true, result: name })
    expect(trace.fired()).toMatchObject([{ rule: name.replace(/^g\d+\./, ''), file: name, line: 1 }])
    expect([...trace.lines().keys()]).toEqual([name])
    expect(trace.reads().length).toBe(1)
  }
})

/** A document with one place in it replaced. */
function spoiled(document: unknown, pick: readonly number[], junk: unknown): unknown {
  const [at = 0, ...rest] = pick
  if (typeof document !== 'object' || document === null || rest.length === 0) return junk
  const keys = Object.keys(document)
  const key = keys[at % Math.max(keys.length, 1)]
  if (key === undefined) return junk
  const inner = spoiled((document as Record<string, unknown>)[key], rest, junk)
  if (Array.isArray(document)) return document.with(Number(key), inner)
  return { ...document, [key]: inner }
}

test(
  'a plan with any one place spoiled is refused, or answers or refuses as any other: nothing throws',
  { timeout: 180_000 },
  () => {
    const { plan, data } = governanceBundle()
    const input = cleanInput('before_effect') as Json
    const junk = fc.oneof(
      fc.constantFrom<unknown>(
        null,
        -1,
        1e9,
        1.5,
        '',
        '__proto__',
        [],
        {},
        true,
        [null],
        { type: 'local', value: 3 },
        0,
        1,
        2,
        7,
      ),
      fc.nat(60),
    )
    const outcomes = new Map<string, number>()
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 2, maxLength: 14 }), junk, (pick, value) => {
        const loaded = loadBundle({ plan: spoiled(plan, pick, value), data })
        const outcome = loaded.ok ? loaded.value.evaluate('gatehouse/decision', input) : loaded
        if (loaded.ok) {
          const traced = loaded.value.trace('gatehouse/decision', input)
          expect(traced.evaluation).toEqual(outcome)
        }
        const name = outcome.ok ? 'ok' : outcome.code
        outcomes.set(name, (outcomes.get(name) ?? 0) + 1)
      }),
      { numRuns: 150 },
    )
    expect(outcomes.size).toBeGreaterThan(1)
  },
)
