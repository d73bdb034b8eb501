import { afterEach, expect, test, vi } from 'vitest'
import { endlessScan, giveLocal3, handMadePlan, local, stmt, text } from './plan-fixture.ts'
import { WorkerEvaluator } from './worker-evaluator.ts'

/** Result is the input's `name`; with `spin` in the input it never ends. */
const plan = handMadePlan({
  strings: ['name', 'spin'],
  stmts: [
    stmt('BlockStmt', {
      blocks: [
        {
          stmts: [stmt('DotStmt', { source: local(0), key: text(2), target: 7 }), ...endlessScan],
        },
      ],
    }),
    stmt('DotStmt', { source: local(0), key: text(1), target: 3 }),
    ...giveLocal3,
  ],
})

let pool: WorkerEvaluator | undefined
afterEach(async () => {
  await pool?.close()
  pool = undefined
})

async function open(options: Parameters<typeof WorkerEvaluator.open>[1]): Promise<WorkerEvaluator> {
  const opened = await WorkerEvaluator.open({ plan, data: {} }, options)
  if (!opened.ok) throw new Error(opened.detail)
  pool = opened.value
  return opened.value
}

test('a thread answers as the policy does', async () => {
  const evaluator = await open({ threads: 1 })
  expect(await evaluator.evaluate('main', { name: 'a' })).toEqual({ ok: true, result: 'a' })
  expect(await evaluator.evaluate('main', {})).toMatchObject({ ok: false, code: 'policy-undefined' })
  expect(await evaluator.evaluate('other', {})).toMatchObject({ ok: false, code: 'unknown-entrypoint' })
})

test(
  'a policy over its wall time is killed, its thread replaced, and other requests go on',
  { timeout: 30_000 },
  async () => {
    const evaluator = await open({ threads: 2, wallMs: 1500, heapMb: 4096 })
    const fuel = Number.MAX_SAFE_INTEGER
    let killed = false
    const stuck = evaluator.evaluate('main', { spin: true }, { fuel }).finally(() => {
      killed = true
    })
    const others = await Promise.all(['b', 'c', 'd'].map((name) => evaluator.evaluate('main', { name })))
    expect(others).toEqual(['b', 'c', 'd'].map((result) => ({ ok: true, result })))
    expect(killed).toBe(false)
    expect(await stuck).toMatchObject({
      ok: false,
      code: 'policy-over-limit',
      detail: expect.stringContaining('1500 ms'),
    })
    const both = [
      evaluator.evaluate('main', { spin: true }, { fuel }),
      evaluator.evaluate('main', { spin: true }, { fuel }),
    ]
    for (const answer of await Promise.all(both)) expect(answer).toMatchObject({ code: 'policy-over-limit' })
    expect(await evaluator.evaluate('main', { name: 'e' }, { wallMs: 20_000 })).toEqual({ ok: true, result: 'e' })
    // The killed ones are gone: nothing is left to spin.
    await vi.waitFor(() => expect(evaluator.liveThreads).toBe(2), 5000)
  },
)

test('a policy that takes all memory costs its thread only', { timeout: 60_000 }, async () => {
  const evaluator = await open({ threads: 1, wallMs: 30_000, heapMb: 24 })
  const answer = await evaluator.evaluate('main', { spin: true }, { fuel: Number.MAX_SAFE_INTEGER })
  expect(answer).toMatchObject({ ok: false, code: 'policy-over-limit' })
  expect(await evaluator.evaluate('main', { name: 'f' })).toEqual({ ok: true, result: 'f' })
})

test('more requests than may wait are refused at once', async () => {
  const evaluator = await open({ threads: 1, maxWaiting: 1 })
  const asked = ['g', 'h', 'i'].map((name) => evaluator.evaluate('main', { name }))
  expect((await Promise.all(asked)).map((answer) => (answer.ok ? answer.result : answer.code))).toEqual([
    'g',
    'h',
    'policy-over-limit',
  ])
})

test('a bundle that cannot be loaded is refused with its code', async () => {
  const opened = await WorkerEvaluator.open({ plan: { plans: 3 }, data: {} })
  expect(opened).toMatchObject({ ok: false, code: 'invalid-plan' })
})

test('a closed evaluator answers, also what was waiting', async () => {
  const evaluator = await open({ threads: 1 })
  const asked = evaluator.evaluate('main', { spin: true }, { fuel: Number.MAX_SAFE_INTEGER })
  await evaluator.close()
  expect(await asked).toMatchObject({ ok: false, code: 'policy-error' })
  expect(await evaluator.evaluate('main', {})).toMatchObject({ ok: false, code: 'policy-error' })
})
