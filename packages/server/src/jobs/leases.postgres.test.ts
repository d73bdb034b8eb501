import { instant } from '@gatehouse/core/kernel/time'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../db/test-database.ts'
import { checkLease, LeaseLost, requireLease, takeLease } from './leases.ts'
import { finishStep, recordedOutput, runStep, runStepInTransaction, type Step } from './steps.ts'

let database: TestDatabase
const at = () => instant(Date.UTC(2026, 10, 21))
const signal = new AbortController().signal

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(async () => {
  await database.drop()
})

function step(owner_id: string, name: string, input: Step['input'] = null, flow_version = 1): Step {
  return { owner_id, name, ordinal: 1, flow_version, input }
}

test('each taking raises the epoch, also when many take at once', async () => {
  const epochs = await Promise.all(Array.from({ length: 20 }, () => takeLease(database.app, 'run:1', 'a', at())))
  expect(epochs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
})

test('an older epoch is refused and what its transaction wrote is rolled back', async () => {
  const old = { key: 'run:2', epoch: await takeLease(database.app, 'run:2', 'a', at()) }
  const present = { key: 'run:2', epoch: await takeLease(database.app, 'run:2', 'b', at()) }
  const writing = database.app.transaction().execute(async (trx) => {
    await takeLease(trx, 'run:written', 'a', at())
    await requireLease(trx, old)
  })
  await expect(writing).rejects.toThrow(LeaseLost)
  await expect(writing).rejects.toMatchObject({ code: 'lease-lost', key: 'run:2' })
  expect(await database.app.selectFrom('leases').select('key').where('key', '=', 'run:written').execute()).toEqual([])
  await database.app.transaction().execute((trx) => requireLease(trx, present))
  const none = database.app.transaction().execute((trx) => requireLease(trx, { key: 'run:none', epoch: 1 }))
  await expect(none).rejects.toMatchObject({ code: 'lease-lost' })
})

test('nobody takes the lease between the check and the commit', async () => {
  const lease = { key: 'run:3', epoch: await takeLease(database.app, 'run:3', 'a', at()) }
  let taken = false
  let taking: Promise<void> = Promise.resolve()
  await database.app.transaction().execute(async (trx) => {
    await requireLease(trx, lease)
    taking = takeLease(database.app, 'run:3', 'b', at()).then(() => {
      taken = true
    })
    await sql`select pg_sleep(0.3)`.execute(trx)
    expect(taken).toBe(false)
  })
  await taking
  expect(taken).toBe(true)
})

test('a step executes once for one input, and again for another input or flow version, and says so', async () => {
  const lease = { key: 'run:4', epoch: await takeLease(database.app, 'run:4', 'a', at()) }
  let runs = 0
  const run = (which: Step) =>
    runStep({ db: database.app, lease, step: which, at, signal, execute: async () => ({ runs: (runs += 1) }) })
  expect(await run(step('r4', 'build', { a: 1, b: 2 }))).toEqual({ output: { runs: 1 }, how: 'executed' })
  expect(await run(step('r4', 'build', { b: 2, a: 1 }))).toEqual({ output: { runs: 1 }, how: 'recorded' })
  expect(await run(step('r4', 'build', { a: 2 }))).toEqual({ output: { runs: 2 }, how: 're-executed' })
  expect(await run(step('r4', 'build', { a: 2 }, 2))).toEqual({ output: { runs: 3 }, how: 're-executed' })
  expect(await run(step('r4', 'build', { a: 2 }, 2))).toEqual({ output: { runs: 3 }, how: 'recorded' })
})

test('a step that failed runs again and is told that it was begun before', async () => {
  const lease = { key: 'run:5', epoch: await takeLease(database.app, 'run:5', 'a', at()) }
  const told: boolean[] = []
  const run = (fail: boolean) =>
    runStep({
      db: database.app,
      lease,
      step: step('r5', 'push'),
      at,
      signal,
      execute: async (_, context) => {
        told.push(context.started_before)
        if (fail) throw new Error('network')
        return null
      },
    })
  await expect(run(true)).rejects.toThrow('network')
  expect(await recordedOutput(database.app, step('r5', 'push'))).toBeUndefined()
  expect(await run(false)).toEqual({ output: null, how: 'executed' })
  expect(await recordedOutput(database.app, step('r5', 'push'))).toEqual({ output: null })
  expect(told).toEqual([false, true])
})

test('a step does not begin under a lost lease, and its output is not recorded under one', async () => {
  const lease = { key: 'run:6', epoch: await takeLease(database.app, 'run:6', 'a', at()) }
  let ran = 0
  const run = () =>
    runStep({
      db: database.app,
      lease,
      step: step('r6', 'x'),
      at,
      signal,
      execute: async () => {
        ran += 1
        await takeLease(database.app, 'run:6', 'b', at())
        return 1
      },
    })
  await expect(run()).rejects.toThrow(LeaseLost)
  expect(await recordedOutput(database.app, step('r6', 'x'))).toBeUndefined()
  await expect(run()).rejects.toThrow(LeaseLost)
  expect(ran).toBe(1)
})

test('a step does not begin when its signal is aborted', async () => {
  const lease = { key: 'run:7', epoch: await takeLease(database.app, 'run:7', 'a', at()) }
  const aborted = AbortSignal.abort(new Error('stop'))
  const options = { db: database.app, lease, step: step('r7', 'x'), at, signal: aborted }
  await expect(runStep({ ...options, execute: async () => 1 })).rejects.toThrow('stop')
  await expect(runStepInTransaction({ ...options, execute: async () => 1 })).rejects.toThrow('stop')
})

test('a step in a transaction commits its rows and its record together, or neither', async () => {
  const lease = { key: 'run:8', epoch: await takeLease(database.app, 'run:8', 'a', at()) }
  let fail = true
  const run = () =>
    runStepInTransaction({
      db: database.app,
      lease,
      step: step('r8', 'write'),
      at,
      signal,
      execute: async (trx) => {
        await takeLease(trx, 'run:row', 'x', at())
        if (fail) throw new Error('half way')
        return { wrote: true }
      },
    })
  const rows = () => database.app.selectFrom('leases').select('epoch').where('key', '=', 'run:row').execute()
  await expect(run()).rejects.toThrow('half way')
  expect(await rows()).toEqual([])
  fail = false
  expect(await run()).toEqual({ output: { wrote: true }, how: 'executed' })
  expect(await run()).toEqual({ output: { wrote: true }, how: 'recorded' })
  expect(await rows()).toEqual([{ epoch: 1 }])
})

test('finishStep in a transaction of somebody else records under the lease only', async () => {
  const lease = { key: 'run:9', epoch: await takeLease(database.app, 'run:9', 'a', at()) }
  const mine = step('r9', 'act', { digest: 'd' })
  await database.app.transaction().execute((trx) => finishStep(trx, { lease, step: mine, output: ['x'], at: at() }))
  expect(await recordedOutput(database.app, mine)).toEqual({ output: ['x'] })
  await takeLease(database.app, 'run:9', 'b', at())
  const late = database.app
    .transaction()
    .execute((trx) => finishStep(trx, { lease, step: mine, output: ['y'], at: at() }))
  await expect(late).rejects.toThrow(LeaseLost)
  expect(await recordedOutput(database.app, mine)).toEqual({ output: ['x'] })
})

test('the broker, which only reads leases, checks them without the lock', async () => {
  const broker = database.as('broker')
  const lease = { key: 'effect:1', epoch: await takeLease(database.app, 'effect:1', 'a', at()) }
  await checkLease(broker, lease)
  await expect(takeLease(broker, 'effect:1', 'b', at())).rejects.toMatchObject({ code: '42501' })
  await takeLease(database.app, 'effect:1', 'b', at())
  await expect(checkLease(broker, lease)).rejects.toThrow(LeaseLost)
})
