import { afterAll, beforeAll, expect, test } from 'vitest'
import { addingPatch, startFixture, type Fixture, type Someone } from '../features-fixture.ts'

let f: Fixture
let ada: Someone

beforeAll(async () => {
  f = await startFixture({ name: 'policy-settings' })
  await f.repository('demo', { 'a.txt': 'one\n' })
  ada = await f.person('ada', 'developer')
})
afterAll(() => f.close())

async function configure(policy: unknown) {
  const { body } = await f.call(f.owner.token, 'GET', '/api/repositories/demo')
  const settings = { ...body.settings, policy }
  return f.call(f.owner.token, 'PATCH', '/api/repositories/demo', { version: body.version, settings })
}

async function submitted(file: string): Promise<string> {
  const answer = await f.call(ada.token, 'POST', '/api/proposals', {
    patch: addingPatch(file, ['hello']),
    repository: 'demo',
  })
  expect(answer.status, answer.text).toBe(201)
  await f.work()
  return answer.body.id as string
}

async function lastDecision(proposal: string) {
  const row = await f.context.db
    .selectFrom('decisions')
    .selectAll()
    .where('subject_id', '=', proposal)
    .orderBy('id', 'desc')
    .executeTakeFirstOrThrow()
  return (await f.call(f.owner.token, 'GET', `/api/decisions/${row.id}`)).body
}

test('the repository’s policy settings are in the input that policy is asked with, and they tighten', async () => {
  const before = await lastDecision(await submitted('one.txt'))
  expect(before.input.settings).toEqual({})
  const owners = [{ pattern: '**', roles: ['owner'], persons: [], count: 1 }]
  const policy = { approvals: { low: 3, medium: 3, high: 3 }, code_owners: owners }
  const set = await configure(policy)
  expect(set.status, set.text).toBe(200)
  const after = await lastDecision(await submitted('two.txt'))
  expect(after.input.settings).toEqual(policy)
  expect(after.policy_set_hash).not.toBe(before.policy_set_hash)
  expect(after.requirements.map((r: { id: string; count: number }) => `${r.id} ${r.count}`).toSorted()).toEqual([
    'approvals 3',
    'code-owner-0 1',
  ])
})

test('a freeze of the settings closes the gate, and the decision holds until the window ends', async () => {
  const now = Date.parse(f.context.clock())
  const window = {
    id: 'launch',
    from: new Date(now - 60_000).toISOString(),
    to: new Date(now + 86_400_000).toISOString(),
    environments: [],
    branches: [],
    reason: 'The launch.',
  }
  expect((await configure({ freeze: [window] })).status).toBe(200)
  const id = await submitted('three.txt')
  const merge = await f.call(ada.token, 'POST', `/api/proposals/${id}/merge`)
  expect(merge.body.code).toBe('gate-closed')
  expect(JSON.stringify(merge.body.missing)).toContain('The freeze launch is in force')
  const decision = await lastDecision(id)
  expect(decision).toMatchObject({ hook: 'before_effect', valid_until: window.to })
})

test('settings that policy does not know are refused when they are set', async () => {
  const answer = await configure({ allow_all: true })
  expect(answer.status).toBe(400)
})
