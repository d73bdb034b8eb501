import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from 'kysely'
import { Recipe, recipeDigest } from '../../packages/core/src/delivery/validations/recipe.ts'
import { verifyLedger } from '../../packages/server/src/db/ledger-verify.ts'
import { recipeOf, startFixture, type Fixture } from '../../packages/server/src/features/features-fixture.ts'
import {
  approveAndMerge,
  countOnce,
  crashAt,
  ONCE,
  startWorker,
  stopWorker,
  taskState,
  tellStory,
  until,
  type Told,
} from './chaos-fixture.ts'

/** The baseline step's name is the recipe's digest. */
const BASELINE = recipeDigest(Recipe.parse(recipeOf([['test', '-f', 'a.txt']])))
const around = (step: string) => ['started', 'executed', 'finished'].map((at) => `step.${step}.${at}`)

/** Every boundary at which a worker can die, in the order in which one story passes them. */
const RUN = ['job.fetched', 'step.admit.finished', ...around('execute'), ...around('publish'), 'step.propose.finished']
const VALIDATION = ['job.fetched', ...around(BASELINE), ...around('candidate'), 'validation.finished']
const EFFECT = ['job.fetched', 'effect.before', 'effect.between', 'effect.after']

let f: Fixture
let told: Told

beforeAll(async () => {
  f = await startFixture({ name: 'chaos-kill' })
  told = await tellStory(f)
})
afterAll(() => f.close())

test.each(RUN)('a worker is killed at %s of the run', async (point) => {
  await crashAt(f, point)
  expect(await f.context.forge.readRef(told.repository, 'main')).toBe(told.head)
  expect(await f.context.db.selectFrom('proposals').select('id').execute()).toHaveLength(
    point === 'step.propose.finished' ? 1 : 0,
  )
})

test.each(VALIDATION)('a worker is killed at %s of the validation', async (point) => {
  await crashAt(f, point)
  const [row] = await f.context.db.selectFrom('validations').select('state').execute()
  expect(row?.state).toBe(point === 'validation.finished' ? 'passed' : 'running')
})

test.each(EFFECT)('a worker is killed at %s of the effect', async (point) => {
  if (point === EFFECT[0]) {
    expect(await taskState(f, told.task)).toBe('awaiting_approval')
    await approveAndMerge(f, told)
  }
  await crashAt(f, point)
  const moved = (await f.context.forge.readRef(told.repository, 'main')) !== told.head
  expect(moved).toBe(point === 'effect.between' || point === 'effect.after')
})

test(
  'a worker killed at every boundary leaves each effect exactly once, and a ledger that verifies',
  {
    timeout: 300_000,
  },
  async () => {
    const worker = await startWorker(f)
    const open = async () =>
      (
        await sql<{
          name: string
          state: string
          retry_count: number
          start_after: Date
          output: unknown
        }>`select name, state, retry_count, start_after, output from pgboss.job
        where name <> 'approval.expire' and state <> 'completed'`.execute(f.context.db)
      ).rows
    await until('the last jobs', async () => (await open()).length === 0, 240_000).catch(async (error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(await open())} ${worker.lines.slice(-20).join('\n')}`, {
        cause: error,
      })
    })
    await stopWorker(worker)
    expect(await countOnce(f, told)).toEqual(ONCE)
    expect(await verifyLedger(f.context.db)).toMatchObject({ ok: true })
  },
)

test('one correlation id runs from the request to job, log, validation and ledger', async () => {
  const events = await f.events({ correlation: told.correlation })
  expect(new Set(events.map((e) => e.act))).toEqual(
    new Set([
      'task.run',
      'run.start',
      'proposal.submit',
      'run.finish',
      'validation.start',
      'validation.finish',
      'approval.open',
    ]),
  )
  for (const table of ['runs', 'proposals', 'validations'] as const)
    expect(await f.context.db.selectFrom(table).select('correlation_id').execute()).toEqual([
      { correlation_id: told.correlation },
    ])
  const merge = await f.events({ correlation: 'chaos-correlation-2' })
  expect(merge.map((e) => e.act)).toEqual(['proposal.merge', 'effect.execute'])
  const { rows } = await sql<{
    id: string
  }>`select distinct data->>'correlation_id' as id from pgboss.job where name <> 'approval.expire' order by 1`.execute(
    f.context.db,
  )
  expect(rows.map((r) => r.id)).toEqual([told.correlation, 'chaos-correlation-2'])
  const { result_commit } = await f.context.db.selectFrom('effects').select('result_commit').executeTakeFirstOrThrow()
  expect((await f.context.forge.resolveCommit(told.repository, result_commit ?? ''))?.message).toContain(
    'Gatehouse-Correlation: chaos-correlation-2',
  )
})
