import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sql } from 'kysely'
import { verifyLedger } from '../../packages/server/src/db/ledger-verify.ts'
import { git, startFixture, type Fixture } from '../../packages/server/src/features/features-fixture.ts'
import { GOVERNED } from '../../packages/server/src/features/approvals/law-one-fixture.ts'
import {
  approveAndMerge,
  countOnce,
  freezeAt,
  ONCE,
  startWorker,
  stopWorker,
  taskState,
  tellStory,
  until,
  type Told,
  type WorkerChild,
} from './chaos-fixture.ts'

let f: Fixture
let told: Told
const workers: WorkerChild[] = []

beforeAll(async () => {
  f = await startFixture({ name: 'chaos-freeze' })
  told = await tellStory(f)
})
afterAll(async () => {
  for (const worker of workers) await stopWorker(worker)
  await f.close()
})

/** Every governed row, every step and every ref, as text. */
async function everything(): Promise<string> {
  const parts: string[] = []
  for (const table of [...GOVERNED, 'steps', 'ledger_head'] as const) {
    const { rows } = await sql<{ line: string }>`select t::text as line from ${sql.table(table)} t order by 1`.execute(
      f.context.db,
    )
    parts.push(table, ...rows.map((r) => r.line))
  }
  return [...parts, await git(f.context.forge.repositoryFolder(told.repository), 'for-each-ref')].join('\n')
}

async function freeze(point: string): Promise<void> {
  workers.push(await freezeAt(f, point))
}

test('workers that froze within run, validation and effect change nothing when they thaw after a takeover', async () => {
  // Each is taken over by the next, when its heartbeats ran out; the last two stand on both sides of the merge.
  await freeze('step.publish.started')
  await freeze('step.candidate.executed')
  const between = await startWorker(f)
  workers.push(between)
  await until('the validation', async () => (await taskState(f, told.task)) === 'awaiting_approval')
  await stopWorker(between)
  await approveAndMerge(f, told)
  await freeze('effect.before')
  await freeze('effect.between')
  const last = await startWorker(f)
  workers.push(last)
  await until('the merge', async () => (await taskState(f, told.task)) === 'merged')
  expect(await countOnce(f, told)).toEqual(ONCE)
  const before = await everything()
  const frozen = workers.filter((w) => w !== last && w !== between)
  expect(frozen).toHaveLength(4)
  for (const worker of frozen) worker.child.kill('SIGCONT')
  await until('every thawed worker to give up its job', () =>
    frozen.every(
      (w) =>
        w.lines.some((line) => /lost its lease|spent before|lapsed|job failed/.test(line)) || w.child.exitCode !== null,
    ),
  )
  await sleep(1500)
  expect(await everything()).toBe(before)
  expect(await verifyLedger(f.context.db)).toMatchObject({ ok: true })
}, 400_000)
