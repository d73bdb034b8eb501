import { readFileSync } from 'node:fs'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ACTS, actRow, type Act } from '@gatehouse/core/kernel/acts'
import { performAct } from '../db/act.ts'
import { verifyLedger } from '../db/ledger-verify.ts'
import { GOVERNED } from './approvals/law-one-fixture.ts'
import { addingPatch, recipeOf, startFixture, type Answer, type Fixture, type Someone } from './features-fixture.ts'

let f: Fixture
let ada: Someone
let ben: Someone
let count = 0

beforeAll(async () => {
  f = await startFixture({ name: 'law-six' })
  await f.repository('demo', { 'a.txt': 'one\n' })
  ada = await f.person('ada', 'maintainer')
  ben = await f.person('ben', 'owner')
})
afterAll(() => f.close())

const post = async (who: Someone, path: string, body?: unknown, status = 200): Promise<Answer['body']> => {
  const answer = await f.call(who.token, 'POST', `/api/${path}`, body)
  expect(answer.status, `${path}: ${answer.text}`).toBe(status)
  return answer.body
}
const patch = () => addingPatch(`s${(count += 1)}.txt`, [`line ${count}`])

async function validated(): Promise<{ id: string; digest: string }> {
  const { id } = await post(ada, 'proposals', { patch: patch(), repository: 'demo' }, 201)
  await f.work()
  const shown = await f.call(ben.token, 'GET', `/api/proposals/${id}`)
  return { id, digest: shown.body.approval.intent_digest }
}

/** Moves the clock past the request's end and lets its job run. */
async function expire(proposal: string): Promise<void> {
  const row = await f.context.db
    .selectFrom('approval_requests')
    .select('id')
    .where('proposal_id', '=', proposal)
    .executeTakeFirstOrThrow()
  f.ahead = 8 * 86_400_000
  await f.handle(
    'approval.expire',
    { project_id: f.project, request_id: row.id, correlation_id: 'req_expiry' },
    { key: '', epoch: 0 },
  )
  f.ahead = 0
}

/** Lets a job fail for good: its dead letter is what an operator acts on. */
async function deadLetter(): Promise<string> {
  const { boss, db } = f.context
  await boss.send(
    'validation.work',
    { project_id: f.project, correlation_id: 'req_dead', validation_id: `val_${(count += 1)}` },
    { retryLimit: 0 },
  )
  const [job] = await boss.fetch('validation.work', { batchSize: 1 })
  await boss.fail('validation.work', job?.id ?? '', { message: 'for the test' })
  const { rows } = await sql<{
    id: string
  }>`select id from pgboss.job where name = 'dead' and state = 'created' order by created_on desc limit 1`.execute(db)
  return rows[0]?.id ?? ''
}

test('each governed act, done once through the API and the worker, commits: every row it changed stands in its event', async () => {
  await post(f.owner, 'persons/ada/role', { role: 'developer' })
  await post(f.owner, 'persons/ada/role', { role: 'maintainer' })
  const token = await post(f.owner, 'persons/ada/tokens', { label: 'gone' }, 201)
  await post(f.owner, `tokens/${token.id}/revoke`)
  const settings = { isolation: 'none', recipe: recipeOf([['true']]) }
  expect((await f.call(f.owner.token, 'PATCH', '/api/repositories/demo', { version: 1, settings })).status).toBe(200)
  const definition = {
    identity: { name: 'greeter', role_class: 'automator' },
    anatomy: { command: { run: ['sh', '-c', 'echo hello > hello.txt'] }, capabilities: {} },
    limits: {},
  }
  await post(ada, 'agents', { definition }, 201)
  const markdown = (id: string) =>
    `# Say hello\n\nfeature_request_id: ${id}\n\n## Acceptance Criteria\n\n- Given it is read, then it says hello\n`
  const story = await post(ada, 'stories', { markdown: markdown('SIX-1'), repository: 'demo' }, 201)
  await post(ada, 'stories', { markdown: `${markdown('SIX-1')}- and more\n`, repository: 'demo' }, 201)
  const { runbook } = (await f.call(ada.token, 'GET', `/api/stories/${story.id}`)).body
  await post(ben, `runbooks/${runbook.id}/accept`, { digest: runbook.digest })
  await post(ada, `tasks/${story.task_id}/run`, { agent: 'greeter' }, 202)
  await f.work()
  const made = (await f.call(ada.token, 'GET', `/api/tasks/${story.task_id}`)).body.last_proposal_id as string
  const intent = (await f.call(ben.token, 'GET', `/api/proposals/${made}`)).body.approval.intent_digest
  await post(ben, `proposals/${made}/approve`, { intent_digest: intent })
  await post(ben, `proposals/${made}/revoke`)
  await post(ben, `proposals/${made}/approve`, { intent_digest: intent })
  await post(ada, `proposals/${made}/merge`, undefined, 202)
  await f.work()
  await post(f.owner, `proposals/${made}/purge`, { reason: 'asked for' })
  await post(ada, 'agents/greeter/disable')
  const rejected = await validated()
  await post(ben, `proposals/${rejected.id}/reject`, { intent_digest: rejected.digest, comment: 'again' })
  const superseded = await validated()
  const next = await post(ada, `proposals/${superseded.id}/supersede`, { patch: patch() }, 201)
  await f.work()
  await post(ada, `proposals/${next.id}/validate`, undefined, 202)
  await f.work()
  await post(ada, `proposals/${next.id}/withdraw`, { reason: 'no more' })
  const task = (await f.call(ada.token, 'GET', `/api/proposals/${next.id}`)).body.task_id
  await post(ada, `tasks/${task}/cancel`)
  const waiting = await validated()
  await expire(waiting.id)
  await post(ada, `jobs/dead/${await deadLetter()}/redrive`)
  const [again] = await f.context.boss.fetch('validation.work', { batchSize: 1 })
  await f.context.boss.complete('validation.work', again?.id ?? '')
  await post(f.owner, `jobs/dead/${await deadLetter()}/discard`)

  const done = new Set((await f.events()).filter((e) => e.outcome === 'ok').map((e) => e.act as Act))
  const governed = (Object.keys(ACTS) as Act[]).filter((act) => actRow(act).governed)
  expect(governed.filter((act) => !done.has(act))).toEqual([])
  const rows = new Map<string, number>()
  for (const table of GOVERNED)
    rows.set(
      table,
      (await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}`.execute(f.context.db)).rows[0]?.n ??
        0,
    )
  expect([...rows].filter(([, n]) => n === 0)).toEqual([])
  expect(await verifyLedger(f.context.db)).toMatchObject({ ok: true })
})

test('every table that the migrations put under law 6 is in the list that these tests go by', () => {
  const text = readFileSync(new URL('../db/migrations/0002-delivery.sql', import.meta.url), 'utf8')
  expect([...text.matchAll(/govern\('(\w+)'\)/g)].map((m) => m[1]).toSorted()).toEqual([...GOVERNED].toSorted())
})

test.each(GOVERNED)(
  'a service that changes %s and records nothing is refused, and nothing of it stays',
  async (table) => {
    const { db } = f.context
    const all = async () => (await sql`select t::text from ${sql.table(table)} t order by 1`.execute(db)).rows
    const before = await all()
    const forget = performAct(f.context, ada.acting(), async ({ trx }) => {
      await sql`update ${sql.table(table)} set id = id`.execute(trx)
    })
    await expect(forget).rejects.toMatchObject({ code: 'GH006' })
    // An event that names another row covers nothing either.
    const wrong = performAct(f.context, ada.acting(), async ({ trx, record }) => {
      await sql`update ${sql.table(table)} set id = id`.execute(trx)
      record({ act: 'proposal.submit', subject: { kind: 'proposal', id: 'prp_other' } })
    })
    await expect(wrong).rejects.toMatchObject({ code: 'GH006' })
    expect(await all()).toEqual(before)
  },
)

test('a job, a row and an event go together: what fails at the end leaves none of them', async () => {
  const before = (await f.events()).length
  const jobs = async () =>
    (await sql<{ n: number }>`select count(*)::int as n from pgboss.job`.execute(f.context.db)).rows[0]?.n
  const waiting = await jobs()
  const acting = ada.acting()
  const failing = performAct(f.context, acting, async ({ trx, record, enqueue }) => {
    await trx
      .insertInto('persons')
      .values({ id: 'per_never', login: 'never', display_name: 'never', created_at: acting.at })
      .execute()
    enqueue({ queue: 'run.work', data: { project_id: f.project, run_id: 'run_never', correlation_id: 'req_never' } })
    record({ act: 'person.add', subject: { kind: 'person', id: 'per_other' } })
  })
  await expect(failing).rejects.toMatchObject({ code: 'GH006' })
  expect([await jobs(), (await f.events()).length]).toEqual([waiting, before])
  expect(await f.context.db.selectFrom('persons').select('id').where('login', '=', 'never').execute()).toEqual([])
})
