import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Problem } from '@gatehouse/core/kernel/problems'
import { refuse } from '@gatehouse/core/kernel/result'
import type { PolicyEngine } from '../adapters/policy/policy-engine.ts'
import type { Context } from '../context.ts'
import { verifyLedger } from '../db/ledger-verify.ts'
import { takeLease } from '../jobs/leases.ts'
import { requestMerge } from './effects/effect-service.ts'
import { addingPatch, startFixture, type Fixture, type Someone } from './features-fixture.ts'
import { submitProposal } from './proposals/proposal-service.ts'
import { vote } from './approvals/approval-service.ts'

let f: Fixture
let repo: Awaited<ReturnType<Fixture['repository']>>
let ada: Someone
let ben: Someone
let count = 0
/** A validated proposal on a branch of its own, approved by ben: one policy answer away from its grant. */
let id: string
let branch: string

beforeAll(async () => {
  f = await startFixture({ name: 'law-four' })
  repo = await f.repository('demo', { 'a.txt': 'one\n' })
  ada = await f.person('ada', 'maintainer')
  ben = await f.person('ben', 'owner')
})
afterAll(() => f.close())

beforeEach(async () => {
  branch = `case/${(count += 1)}`
  await f.context.forge.updateBranch(repo.id, { branch, from: null, to: repo.head })
  id = await submitProposal(f.context, ada.acting(), {
    patch: addingPatch(`f${count}.txt`, ['x']),
    repository: 'demo',
    target_branch: branch,
  })
  await f.work()
  const request = await f.context.db
    .selectFrom('approval_requests')
    .select('intent_digest')
    .where('proposal_id', '=', id)
    .executeTakeFirstOrThrow()
  await vote(f.context, ben.acting(), id, { intent_digest: request.intent_digest, comment: '', verdict: 'yes' })
})

async function mergeWith(context: Context): Promise<string> {
  const how = await requestMerge(context, ada.acting(), id).then(
    () => 'granted',
    (error: unknown) => (error instanceof Problem ? error.slug : 'broke'),
  )
  expect(await f.context.db.selectFrom('effects').select('id').where('proposal_id', '=', id).execute()).toHaveLength(
    how === 'granted' ? 1 : 0,
  )
  return how
}

function policy(
  evaluate: (good: PolicyEngine['evaluate'], input: Parameters<PolicyEngine['evaluate']>[0]) => unknown,
): Context {
  const engine = f.context.policy
  return {
    ...f.context,
    policy: {
      identity: () => engine.identity(),
      evaluate: (input) => evaluate((i) => engine.evaluate(i), input) as ReturnType<PolicyEngine['evaluate']>,
    },
  }
}

function changed(set: Record<string, unknown>): Context {
  return policy((good, input) => {
    const answer = good(input)
    return answer.ok ? { ok: true, value: { ...answer.value, ...set } } : answer
  })
}

test.each([
  ['refuses to answer', () => policy(() => refuse('policy-unavailable', 'no bundle')), 'policy-unavailable'],
  [
    'throws',
    () =>
      policy(() => {
        throw new Error('out of fuel')
      }),
    'broke',
  ],
  ['answers nothing', () => policy(() => undefined), 'broke'],
  ['answers an empty document', () => policy(() => ({ ok: true, value: {} })), 'broke'],
  ['answers an outcome that is no word of ours', () => changed({ outcome: 'sure' }), 'broke'],
  ['denies and names no violation', () => changed({ outcome: 'deny', violations: [] }), 'gate-closed'],
  [
    'allows and names a violation',
    () => changed({ outcome: 'allow', violations: [{ policy_id: 'p', message: 'no' }] }),
    'gate-closed',
  ],
  [
    'asks for more approvals than there are',
    () => changed({ requirements: [{ id: 'r', policy_id: 'p', count: 2, roles: ['owner'], reason: 'two' }] }),
    'gate-closed',
  ],
  [
    'asks for a role that nobody has',
    () => changed({ requirements: [{ id: 'r', policy_id: 'p', count: 1, roles: ['nobody'], reason: 'none' }] }),
    'gate-closed',
  ],
] as const)('where policy %s, nothing is granted', async (_what, make, expected) => {
  expect(await mergeWith(make())).toBe(expected)
  // The same proposal with the real policy: it was the answer alone that kept the gate shut.
  expect(await mergeWith(f.context)).toBe('granted')
})

test('a policy that asks for nothing at all still needs one approval by another person', async () => {
  const shown = await f.context.db.selectFrom('approvals').select('id').execute()
  expect(shown.length).toBeGreaterThan(0)
  const lax = changed({ outcome: 'allow', violations: [], requirements: [] })
  const unapproved = await submitProposal(f.context, ada.acting(), {
    patch: addingPatch('lax.txt', ['x']),
    repository: 'demo',
    target_branch: branch,
  })
  await f.work()
  await expect(requestMerge(lax, ada.acting(), unapproved)).rejects.toMatchObject({
    slug: 'gate-closed',
    extra: { missing: [expect.objectContaining({ code: 'approvals-missing' })] },
  })
})

test('a validation that policy cannot judge does not pass, and after its last attempt it is errored, not passed', async () => {
  const fresh = await submitProposal(f.context, ada.acting(), {
    patch: addingPatch('judge.txt', ['x']),
    repository: 'demo',
    target_branch: branch,
  })
  const row = await f.context.db
    .selectFrom('validations')
    .selectAll()
    .where('proposal_id', '=', fresh)
    .executeTakeFirstOrThrow()
  const key = `validation:${row.id}`
  const lease = { key, epoch: await takeLease(f.context.db, key, 'test', f.context.clock()) }
  const data = { project_id: f.project, validation_id: row.id, correlation_id: row.correlation_id }
  await expect(
    f.handle(
      'validation.work',
      data,
      lease,
      policy(() => refuse('policy-unavailable', 'no bundle')),
    ),
  ).rejects.toMatchObject({ slug: 'policy-unavailable' })
  expect(
    await f.context.db.selectFrom('proposals').select('state').where('id', '=', fresh).executeTakeFirstOrThrow(),
  ).toEqual({ state: 'validating' })
  expect(
    await f.context.db.selectFrom('approval_requests').select('id').where('proposal_id', '=', fresh).execute(),
  ).toEqual([])
  await expect(requestMerge(f.context, ada.acting(), fresh)).rejects.toMatchObject({
    slug: 'gate-closed',
    extra: {
      missing: expect.arrayContaining([
        expect.objectContaining({ code: 'evidence-missing' }),
        expect.objectContaining({ code: 'approval-request-missing' }),
        expect.objectContaining({ code: 'proposal-not-validated' }),
      ]),
    },
  })
  await f.work()
  expect(
    await f.context.db.selectFrom('proposals').select('state').where('id', '=', fresh).executeTakeFirstOrThrow(),
  ).toEqual({ state: 'validated' })
})

async function effect() {
  const row = await f.context.db
    .selectFrom('effects')
    .selectAll()
    .where('proposal_id', '=', id)
    .executeTakeFirstOrThrow()
  const key = `effect:${row.id}`
  return {
    row,
    data: { project_id: f.project, effect_id: row.id, correlation_id: row.correlation_id },
    take: async () => ({ key, epoch: await takeLease(f.context.db, key, 'test', f.context.clock()) }),
  }
}

test.each([
  ['before it did anything', false],
  ['after it had merged', true],
])(
  'a forge that breaks %s leaves the effect unknown, and the next attempt finds out and merges once',
  async (_when, done) => {
    expect(await mergeWith(f.context)).toBe('granted')
    const { data, take } = await effect()
    const { forge } = f.context
    const broken: Context = {
      ...f.context,
      forge: {
        ...forge,
        mergeExactly: async (...args) => {
          if (done) await forge.mergeExactly(...args)
          throw new Error('the connection was reset')
        },
      },
    }
    await expect(f.handle('effect.work', data, await take(), broken)).rejects.toThrow('reset')
    expect((await effect()).row.state).toBe('unknown')
    await expect(requestMerge(f.context, ada.acting(), id)).rejects.toMatchObject({ slug: 'grant-already-used' })
    await f.handle('effect.work', data, await take())
    const settled = (await effect()).row
    expect(settled).toMatchObject({ state: 'effected', result_commit: await forge.readRef(repo.id, branch) })
    const commit = await forge.resolveCommit(repo.id, settled.result_commit ?? '')
    expect(commit?.parents[0]).toBe(repo.head)
    expect((await f.events({ subject: settled.id })).map((e) => [e.outcome, e.reason])).toEqual([
      ['failed', 'forge-unavailable'],
      ['ok', null],
    ])
  },
)

async function commitOnBranch(path: string, content: string): Promise<void> {
  const { forge } = f.context
  const from = (await forge.readRef(repo.id, branch)) ?? ''
  const applied = await forge.applyPatch(repo.id, {
    base: from,
    patch: Buffer.from(addingPatch(path, content.split('\n')), 'base64'),
  })
  if (!applied.ok) throw new Error(applied.detail)
  const to = await forge.commitTree(repo.id, {
    tree: applied.value.result_tree,
    parents: [from],
    message: 'x',
    author: { name: 'x', email: 'x@y' },
    at: f.context.clock(),
  })
  expect(await forge.updateBranch(repo.id, { branch, from, to })).toMatchObject({ ok: true })
}

test.each([
  ['is no YAML', 'version: [1'],
  ['has a field that it should not have', 'version: 1\nvalidations: []\nskip_everything: true'],
  ['has no command', 'version: 1\nvalidations: []'],
])(
  'a recipe on the base that %s validates nothing, and what was validated before it closes the gate',
  async (_how, text) => {
    await commitOnBranch('.gatehouse/recipe.yaml', text)
    const refused = await f.call(ada.token, 'POST', '/api/proposals', {
      patch: addingPatch('r.txt', ['x']),
      repository: 'demo',
      target_branch: branch,
    })
    expect([refused.status, refused.body.code]).toEqual([422, 'recipe-invalid'])
    await expect(requestMerge(f.context, ada.acting(), id)).rejects.toMatchObject({
      slug: 'gate-closed',
      extra: {
        missing: expect.arrayContaining([
          expect.objectContaining({ code: 'base-moved' }),
          expect.objectContaining({ code: 'evidence-stale' }),
        ]),
      },
    })
  },
)

test('a branch that is gone closes the gate, and a recipe for no such environment is no recipe', async () => {
  const { forge } = f.context
  const context: Context = { ...f.context, forge: { ...forge, readRef: async () => null } }
  expect(await mergeWith(context)).toBe('gate-closed')
  await commitOnBranch(
    '.gatehouse/recipe.yaml',
    'version: 1\nvalidations:\n  - name: x\n    environments: [production]\n    commands:\n      - name: x\n        run: ["true"]',
  )
  const refused = await f.call(ada.token, 'POST', '/api/proposals', {
    patch: addingPatch('r.txt', ['x']),
    repository: 'demo',
    target_branch: branch,
  })
  expect(refused.body.code).toBe('recipe-missing')
})

test('nothing of all this broke the ledger', async () => {
  expect(await verifyLedger(f.context.db)).toMatchObject({ ok: true })
})
