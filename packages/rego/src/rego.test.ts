import type { Json } from '@gatehouse/core/kernel/canonical'
import { expect, test } from 'vitest'
import { builtin, endlessFunction, endlessScan, giveLocal3, handMadePlan, local, stmt, text } from './plan-fixture.ts'
import { loadBundle, type Evaluation, type EvaluateOptions, type Policy } from './rego.ts'

function load(plan: unknown, data: Json = {}): Policy {
  const loaded = loadBundle({ plan, data })
  if (!loaded.ok) throw new Error(`${loaded.code}: ${loaded.detail}`)
  return loaded.value
}

function run(plan: unknown, input: Json = {}, options: EvaluateOptions = {}, data: Json = {}): Evaluation {
  return load(plan, data).evaluate('main', input, options)
}

const call = (func: string, args: readonly unknown[], result = 3): unknown => stmt('CallStmt', { func, args, result })

test.each(['http.send', 'time.now_ns', 'rand.intn', 'opa.runtime', 'net.lookup_ip_addr', 'uuid.rfc4122'])(
  'a bundle with the builtin %s is refused when it is loaded, though nothing calls it',
  (name) => {
    const loaded = loadBundle({ plan: handMadePlan({ builtins: [builtin(name, 1)] }), data: {} })
    expect(loaded).toMatchObject({ ok: false, code: 'nondeterministic-builtin', detail: expect.stringContaining(name) })
  },
)

test.each(['vendor.magic', 'constructor', '__proto__', 'toString', 'hasOwnProperty'])(
  'a bundle with the unknown builtin %s is refused when it is loaded, by name',
  (name) => {
    const loaded = loadBundle({ plan: handMadePlan({ builtins: [builtin(name, 1)] }), data: {} })
    expect(loaded).toMatchObject({ ok: false, code: 'unknown-builtin', detail: expect.stringContaining(name) })
  },
)

test('a builtin with another number of arguments than it has is refused', () => {
  const loaded = loadBundle({ plan: handMadePlan({ builtins: [builtin('plus', 3)] }), data: {} })
  expect(loaded).toMatchObject({ ok: false, code: 'invalid-plan' })
})

const malformed: Record<string, unknown> = {
  'no document': undefined,
  null: null,
  text: 'plan',
  'a list': [],
  'no plans': { static: {} },
  'plans that are no list': { plans: { plans: {} } },
  'a statement of unknown type': handMadePlan({ stmts: [stmt('EvalStmt', { code: 'process.exit()' })] }),
  'a local that is code': handMadePlan({ stmts: [stmt('MakeNullStmt', { target: '3;process.exit()' })] }),
  'a local that is no integer': handMadePlan({ stmts: [stmt('MakeNullStmt', { target: 1.5 })] }),
  'a negative local': handMadePlan({ stmts: [stmt('MakeNullStmt', { target: -1 })] }),
  'an integer that is code': handMadePlan({
    stmts: [stmt('MakeNumberIntStmt', { value: '1);process.exit(', target: 3 })],
  }),
  'a string that does not exist': handMadePlan({ stmts: [stmt('MakeNumberRefStmt', { Index: 99, target: 3 })] }),
  'an operand of unknown type': handMadePlan({
    stmts: [stmt('LenStmt', { source: { type: 'js', value: 'x' }, target: 3 })],
  }),
  'a bool that is code': handMadePlan({
    stmts: [stmt('LenStmt', { source: { type: 'bool', value: 'x()' }, target: 3 })],
  }),
  'a break out of nothing': handMadePlan({ stmts: [stmt('BreakStmt', { index: 40 })] }),
  'a negative break': handMadePlan({ stmts: [stmt('BreakStmt', { index: -3 })] }),
  'a call of nothing': handMadePlan({ stmts: [call('nothing', [])] }),
  'a call of a builtin that is not declared': handMadePlan({ stmts: [call('plus', [local(0), local(1)])] }),
  'a call with too few arguments': handMadePlan({ funcs: [endlessFunction()], stmts: [call('f', [local(0)])] }),
  'two functions of one name': handMadePlan({ funcs: [endlessFunction(), endlessFunction()] }),
  'parameters that repeat': handMadePlan({ funcs: [{ name: 'g', params: [0, 0], return: 1, blocks: [] }] }),
}

test.each(Object.entries(malformed))('a plan with %s is refused, never thrown at', (_, plan) => {
  expect(loadBundle({ plan, data: {} })).toMatchObject({ ok: false, code: 'invalid-plan' })
})

test('blocks nested without measure are refused', () => {
  let block: unknown = { stmts: [] }
  for (let i = 0; i < 5000; i++) block = { stmts: [stmt('BlockStmt', { blocks: [block] })] }
  const plan = { plans: { plans: [{ name: 'main', blocks: [block] }] } }
  expect(loadBundle({ plan, data: {} })).toMatchObject({ ok: false, code: 'invalid-plan' })
})

const code = [
  '");process.exit(1);("',
  '`${process.exit(1)}`',
  "'];throw 1;//",
  '\u2028throw 1',
  '\\',
  '*/ throw 1',
  '__proto__',
  'constructor',
]

test.each(code)('text that looks like code stays text: %j', (value) => {
  const plan = handMadePlan({
    strings: [value, 'at'],
    name: 'main',
    funcs: [
      {
        name: value,
        params: [0, 1],
        return: 3,
        path: ['g0', value],
        blocks: [
          { stmts: [stmt('AssignVarStmt', { source: text(1), target: 3 }), stmt('ReturnLocalStmt', { source: 3 })] },
        ],
      },
    ],
    stmts: [
      call(value, [local(0), local(1)], 5),
      stmt('MakeObjectStmt', { target: 3 }),
      stmt('ObjectInsertStmt', { key: text(1), value: local(5), object: 3 }),
      ...giveLocal3,
    ],
  })
  const answer = run(plan)
  if (!answer.ok) throw new Error(answer.detail)
  expect(Object.entries(answer.result as object)).toEqual([[value, value]])
})

test('an entrypoint named like code is an entrypoint like any other', () => {
  const name = '");process.exit(1);("'
  const policy = load(
    handMadePlan({ name, stmts: [stmt('MakeNumberIntStmt', { value: 7, target: 3 }), ...giveLocal3] }),
  )
  expect(policy.evaluate(name, {})).toEqual({ ok: true, result: 7 })
  expect(policy.evaluate('constructor', {})).toMatchObject({ ok: false, code: 'unknown-entrypoint' })
})

const readKey = (name: string): unknown =>
  handMadePlan({
    strings: [name],
    stmts: [stmt('DotStmt', { source: local(0), key: text(1), target: 3 }), ...giveLocal3],
  })

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length'])(
  'the key %s is found only where the input has it',
  (name) => {
    for (const input of [{}, [], 'text', 3, null] as Json[]) {
      expect(run(readKey(name), input)).toMatchObject({ ok: false, code: 'policy-undefined' })
    }
    expect(run(readKey(name), JSON.parse(`{"${name}": 5}`) as Json)).toEqual({ ok: true, result: 5 })
  },
)

test('keys of a result cannot change the prototype of anything', () => {
  const plan = handMadePlan({ stmts: [stmt('AssignVarStmt', { source: local(0), target: 3 }), ...giveLocal3] })
  const answer = run(
    plan,
    JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}') as Json,
  )
  if (!answer.ok) throw new Error(answer.detail)
  expect(Object.keys(answer.result as object).toSorted()).toEqual(['__proto__', 'constructor'])
  expect((Object.prototype as { polluted?: boolean }).polluted).toBeUndefined()
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

const endless: Record<string, unknown> = {
  'a loop that feeds itself': handMadePlan({ stmts: endlessScan }),
  'a function that calls itself': handMadePlan({
    funcs: [endlessFunction()],
    stmts: [call('f', [local(0), local(1), local(1)])],
  }),
  'a function that calls itself twice': handMadePlan({
    funcs: [endlessFunction(2)],
    stmts: [call('f', [local(0), local(1), local(1)])],
  }),
  'a range without measure': handMadePlan({
    builtins: [builtin('numbers.range', 2)],
    stmts: [
      stmt('MakeNumberIntStmt', { value: 0, target: 5 }),
      stmt('MakeNumberIntStmt', { value: 9_000_000_000_000, target: 6 }),
      call('numbers.range', [local(5), local(6)]),
      ...giveLocal3,
    ],
  }),
  'text that doubles': handMadePlan({
    builtins: [builtin('concat', 2)],
    strings: ['0123456789'.repeat(20)],
    stmts: [
      stmt('AssignVarStmt', { source: text(1), target: 3 }),
      ...Array.from({ length: 40 }, () => [
        stmt('MakeArrayStmt', { capacity: 2, target: 5 }),
        stmt('ArrayAppendStmt', { array: 5, value: local(3) }),
        stmt('ArrayAppendStmt', { array: 5, value: local(3) }),
        call('concat', [local(3), local(5)]),
      ]).flat(),
      ...giveLocal3,
    ],
  }),
  'numbers that square themselves': handMadePlan({
    builtins: [builtin('mul', 2)],
    stmts: [
      stmt('MakeNumberIntStmt', { value: 9_007_199_254_740_991, target: 3 }),
      ...Array.from({ length: 60 }, () => call('mul', [local(3), local(3)])),
      ...giveLocal3,
    ],
  }),
  'an exponent without measure': handMadePlan({
    builtins: [builtin('plus', 2)],
    strings: ['1e999999999'],
    stmts: [stmt('MakeNumberRefStmt', { Index: 1, target: 5 }), call('plus', [local(5), local(5)]), ...giveLocal3],
  }),
  'a shift without measure': handMadePlan({
    builtins: [builtin('bits.lsh', 2)],
    stmts: [
      stmt('MakeNumberIntStmt', { value: 4_000_000_000, target: 5 }),
      call('bits.lsh', [local(5), local(5)]),
      ...giveLocal3,
    ],
  }),
  'a list that holds itself': handMadePlan({
    stmts: [
      stmt('MakeArrayStmt', { target: 3 }),
      stmt('ArrayAppendStmt', { array: 3, value: local(3) }),
      ...giveLocal3,
    ],
  }),
}

test.each(Object.entries(endless))('%s is stopped by its limit', { timeout: 20_000 }, (_, plan) => {
  const started = performance.now()
  expect(run(plan)).toMatchObject({ ok: false, code: 'policy-over-limit' })
  expect(performance.now() - started).toBeLessThan(10_000)
})

test('a text over its size is refused whatever the fuel', () => {
  const answer = run(endless['text that doubles'], {}, { fuel: Number.MAX_SAFE_INTEGER })
  expect(answer).toMatchObject({
    ok: false,
    code: 'policy-over-limit',
    detail: expect.stringContaining('a text would be over'),
  })
})

test('the steps of a loop are counted: one turn less than the fuel and it passes, with less it does not', () => {
  const plan = handMadePlan({
    stmts: [
      stmt('MakeNumberIntStmt', { value: 1, target: 3 }),
      stmt('ScanStmt', { source: 0, key: 5, value: 6, block: { stmts: [] } }),
      ...giveLocal3,
    ],
  })
  const input = Array.from({ length: 100 }, (_, i) => i)
  expect(run(plan, input, { fuel: 100 })).toEqual({ ok: true, result: 1 })
  expect(run(plan, input, { fuel: 99 })).toMatchObject({ ok: false, code: 'policy-over-limit' })
})

const echo = handMadePlan({ stmts: [stmt('AssignVarStmt', { source: local(0), target: 3 }), ...giveLocal3] })

test('a result over its size is refused', () => {
  expect(run(echo, 'x'.repeat(1000), { maxResultBytes: 1100 })).toMatchObject({ ok: true })
  expect(run(echo, 'x'.repeat(1000), { maxResultBytes: 900 })).toMatchObject({ ok: false, code: 'policy-over-limit' })
})

const notJson: Record<string, unknown> = {
  'a function': () => 1,
  'not a number': Number.NaN,
  infinity: Number.POSITIVE_INFINITY,
  'a bigint': 1n,
  'a symbol': Symbol('x'),
}

test.each(Object.entries(notJson))('an input with %s is refused', (_, value) => {
  expect(run(echo, { a: [value] } as unknown as Json)).toMatchObject({ ok: false, code: 'invalid-policy-input' })
})

test('an input or data document nested too deep is refused', () => {
  let deep: Json = 1
  for (let i = 0; i < 100_000; i++) deep = [deep]
  expect(run(echo, deep)).toMatchObject({ ok: false, code: 'invalid-policy-input' })
  expect(loadBundle({ plan: echo, data: { deep } })).toMatchObject({ ok: false, code: 'invalid-policy-data' })
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  expect(run(echo, cycle as Json)).toMatchObject({ ok: false, code: 'invalid-policy-input' })
})

test('data that is no object is refused', () => {
  for (const data of [null, [], 'x', 1] as Json[])
    expect(loadBundle({ plan: echo, data })).toMatchObject({ ok: false, code: 'invalid-policy-data' })
})

test('no evaluation can change the data that the next one reads', () => {
  const write = (target: number): unknown[] => [
    stmt('MakeNumberIntStmt', { value: 9, target: 6 }),
    stmt('ObjectInsertStmt', { key: text(1), value: local(6), object: target }),
  ]
  const plan = handMadePlan({
    strings: ['a', 'list'],
    stmts: [...write(1), stmt('AssignVarStmt', { source: local(1), target: 3 }), ...giveLocal3],
  })
  expect(run(plan, {}, {}, { a: 1 })).toMatchObject({ ok: false, code: 'policy-error' })
  const append = handMadePlan({
    strings: ['a', 'list'],
    stmts: [
      stmt('DotStmt', { source: local(1), key: text(2), target: 3 }),
      stmt('ArrayAppendStmt', { array: 3, value: text(1) }),
      ...giveLocal3,
    ],
  })
  expect(run(append, {}, {}, { list: [1] })).toMatchObject({ ok: false, code: 'policy-error' })
})

test('what the caller changes in data after loading is not seen', () => {
  const data = { a: 1 }
  const policy = load(
    handMadePlan({
      strings: ['a'],
      stmts: [stmt('DotStmt', { source: local(1), key: text(1), target: 3 }), ...giveLocal3],
    }),
    data,
  )
  data.a = 2
  expect(policy.evaluate('main', {})).toEqual({ ok: true, result: 1 })
})

test('a pattern made to hang a backtracking matcher is answered in time', () => {
  const plan = handMadePlan({
    builtins: [builtin('regex.match', 2)],
    strings: ['(a+)+$', `${'a'.repeat(50_000)}b`],
    stmts: [call('regex.match', [text(1), text(2)]), ...giveLocal3],
  })
  const started = performance.now()
  expect(run(plan)).toEqual({ ok: true, result: false })
  expect(performance.now() - started).toBeLessThan(30_000)
})

test('a builtin that fails is undefined, and an error where that is asked for', () => {
  const plan = handMadePlan({
    builtins: [builtin('div', 2)],
    stmts: [stmt('MakeNumberIntStmt', { value: 0, target: 5 }), call('div', [local(5), local(5)]), ...giveLocal3],
  })
  expect(run(plan)).toMatchObject({ ok: false, code: 'policy-undefined' })
  expect(run(plan, {}, { strictBuiltinErrors: true })).toMatchObject({
    ok: false,
    code: 'policy-error',
    error: 'eval_builtin_error',
  })
})

test('text is ordered by code points, not by UTF-16', () => {
  const plan = handMadePlan({ builtins: [builtin('sort', 1)], stmts: [call('sort', [local(0)]), ...giveLocal3] })
  expect(run(plan, ['\u{1f600}', '\uff5e', 'z'])).toEqual({ ok: true, result: ['z', '\uff5e', '\u{1f600}'] })
})

test('sums are those of OPA, not of doubles', () => {
  const plan = handMadePlan({ builtins: [builtin('sum', 1)], stmts: [call('sum', [local(0)]), ...giveLocal3] })
  expect(run(plan, [0.1, 0.2])).toEqual({ ok: true, result: 0.3 })
  expect(run(plan, [900719925474099, 1, 0.5])).toEqual({ ok: true, result: 900719925474100.5 })
})

/** Differences that comparing with the real OPA has found. */
const found: readonly (readonly [string, readonly Json[], Json])[] = [
  ['object.get', [{ a: null }, 'a', 1], null],
  ['semver.is_valid', ['1.2.3-rc.1.07'], false],
  ['sprintf', ['%.2f', [-254263006055283.625]], '-254263006055283.62'],
  ['sprintf', ['%v', [-206174742953822.66]], '-2.0617474295382266e+14'],
  ['sprintf', ['%5.2f', [-5]], '%!f(int64=  -05)'],
  ['ceil', [-0.5], 1],
  ['product', [[0.30000000000000004, 0.2]], 0.06000000000000001],
  ['json.marshal', [1e21], '1e+21'],
  ['sprintf', ['%d %z', ['x']], '%!d(string=x) %!z(MISSING)'],
]

test.each(found)('%s of %j is what OPA gives', (name, operands, want) => {
  const builtins = [builtin(name, operands.length), builtin('json.unmarshal', 1)]
  const args = operands.map((_, i) => text(i + 1))
  const read = operands.map((_, i) => call('json.unmarshal', [args[i]], 10 + i))
  const plan = handMadePlan({
    builtins: name === 'json.unmarshal' ? builtins.slice(1) : builtins,
    strings: operands.map((operand) => JSON.stringify(operand)),
    stmts: [
      ...read,
      call(
        name,
        operands.map((_, i) => local(10 + i)),
      ),
      ...giveLocal3,
    ],
  })
  expect(run(plan)).toEqual({ ok: true, result: want })
})
