import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Role } from '@gatehouse/core/kernel/access'
import { addingPatch, startFixture, type Answer, type Fixture, type Someone } from '../features-fixture.ts'

let f: Fixture
let ben: Someone
let count = 0

beforeAll(async () => {
  f = await startFixture({ name: 'law-two' })
  await f.repository('demo', { 'a.txt': 'one\n' })
  ben = await f.person('ben', 'owner')
})
afterAll(() => f.close())

async function someone(role: Role = 'maintainer'): Promise<Someone> {
  return f.person(`p${(count += 1)}`, role)
}

async function submit(who: Someone, patch: string, more: Record<string, unknown> = {}): Promise<string> {
  const answer = await f.call(who.token, 'POST', '/api/proposals', { patch, repository: 'demo', ...more })
  expect(answer.text).toContain('"id"')
  expect(answer.status, answer.text).toBe(201)
  await f.work()
  return answer.body.id as string
}

async function approve(token: string | null, id: string, headers: Record<string, string> = {}): Promise<Answer> {
  const shown = await f.call(ben.token, 'GET', `/api/proposals/${id}`)
  return f.call(
    token,
    'POST',
    `/api/proposals/${id}/approve`,
    { intent_digest: shown.body.approval.intent_digest },
    headers,
  )
}

async function expectAuthor(who: Someone, id: string): Promise<void> {
  const refused = await approve(who.token, id)
  expect([refused.status, refused.body.code], `${who.login} on ${id}`).toEqual([403, 'self-approval'])
  const shown = await f.call(who.token, 'GET', `/api/proposals/${id}`)
  expect(shown.body.can.approve.ok).toBe(false)
  expect(shown.body.approval.votes).toEqual([])
  const merge = await f.call(who.token, 'POST', `/api/proposals/${id}/merge`)
  expect(merge.body.code).toBe('gate-closed')
}

const fresh = () => addingPatch(`f${(count += 1)}.txt`, [`line ${count}`])

test('the submitter, by any token and by a console session of theirs, is refused, and each refusal is on the ledger', async () => {
  const ada = await someone('owner')
  const id = await submit(ada, fresh())
  await expectAuthor(ada, id)
  const second = await f.call(f.owner.token, 'POST', `/api/persons/${ada.login}/tokens`, { label: 'second' })
  expect((await approve(second.body.token as string, id)).body.code).toBe('self-approval')
  const session = await f.call(null, 'POST', '/api/sessions', { token: ada.token })
  const cookie = String(session.headers['set-cookie']).split(';')[0] ?? ''
  expect(cookie).toMatch(/^gatehouse_session=gh_/)
  expect((await approve(null, id, { cookie, 'sec-fetch-site': 'same-origin' })).body.code).toBe('self-approval')
  const refusals = (await f.events({ subject: id, act: 'proposal.approve' })).filter((e) => e.outcome === 'refused')
  expect(refusals.map((e) => [e.actor.person_id, e.reason])).toEqual([1, 2, 3].map(() => [ada.id, 'self-approval']))
  expect((await approve(ben.token, id)).status).toBe(200)
})

test('whoever prompted the agent, started its run, owns it or wrote the version that ran is an author; who accepted the runbook is not', async () => {
  const [prompter, starter, agentOwner, definer, accepter] = [
    await someone(),
    await someone(),
    await someone(),
    await someone(),
    await someone('owner'),
  ]
  const markdown = `# Say hello\n\nfeature_request_id: L2-1\n\n## Acceptance Criteria\n\n- Given it is read, then it says hello\n`
  const story = await f.call(prompter.token, 'POST', '/api/stories', { markdown, repository: 'demo' })
  expect(story.status, story.text).toBe(201)
  expect(
    (
      await f.call(accepter.token, 'POST', `/api/runbooks/${story.body.runbook.id}/accept`, {
        digest: story.body.runbook.digest,
      })
    ).status,
  ).toBe(200)
  const definition = (text: string) => ({
    definition: {
      identity: { name: 'greeter', role_class: 'automator' },
      anatomy: { command: { run: ['sh', '-c', `echo ${text} > hello.txt`] }, capabilities: {} },
      limits: {},
    },
  })
  expect((await f.call(agentOwner.token, 'POST', '/api/agents', definition('hello'))).status).toBe(201)
  expect((await f.call(definer.token, 'POST', '/api/agents', definition('greetings'))).status).toBe(201)
  expect(
    (await f.call(starter.token, 'POST', `/api/tasks/${story.body.task_id}/run`, { agent: 'greeter' })).status,
  ).toBe(202)
  await f.work()
  const task = await f.call(ben.token, 'GET', `/api/tasks/${story.body.task_id}`)
  expect(task.body.state).toBe('awaiting_approval')
  const id = task.body.last_proposal_id as string
  for (const author of [prompter, starter, agentOwner, definer]) await expectAuthor(author, id)
  expect((await approve(accepter.token, id)).status).toBe(200)
})

test('the author of a superseded proposal stays an author, and so is who replaced it', async () => {
  const [ada, bob] = [await someone(), await someone()]
  const first = await submit(ada, fresh())
  const next = await f.call(bob.token, 'POST', `/api/proposals/${first}/supersede`, { patch: fresh() })
  expect(next.status, next.text).toBe(201)
  await f.work()
  await expectAuthor(ada, next.body.id as string)
  await expectAuthor(bob, next.body.id as string)
  expect((await approve(ben.token, next.body.id as string)).status).toBe(200)
})

test('an approver who replaces what they approved is an author of it, and their old approval is void', async () => {
  const [ada, bob] = [await someone(), await someone()]
  const first = await submit(ada, fresh())
  expect((await approve(bob.token, first)).status).toBe(200)
  const next = await f.call(bob.token, 'POST', `/api/proposals/${first}/supersede`, { patch: fresh() })
  await f.work()
  await expectAuthor(bob, next.body.id as string)
  const old = await f.context.db
    .selectFrom('approval_requests')
    .select('state')
    .where('proposal_id', '=', first)
    .executeTakeFirstOrThrow()
  expect(old.state).toBe('stale')
})

test('work that was withdrawn and sent again by a colleague, for the same task or for another, keeps its author', async () => {
  const [ada, bob, eve] = [await someone(), await someone(), await someone()]
  const patch = fresh()
  const first = await submit(ada, patch)
  const { task_id } = (await f.call(ben.token, 'GET', `/api/proposals/${first}`)).body
  expect(
    (await f.call(ada.token, 'POST', `/api/proposals/${first}/withdraw`, { reason: 'let bob send it' })).status,
  ).toBe(200)
  const again = await submit(bob, fresh(), { task: task_id })
  await expectAuthor(ada, again)
  await expectAuthor(bob, again)
  const elsewhere = await submit(eve, patch)
  expect((await f.call(ben.token, 'GET', `/api/proposals/${elsewhere}`)).body.task_id).not.toBe(task_id)
  await expectAuthor(ada, elsewhere)
  await expectAuthor(eve, elsewhere)
  expect((await approve(ben.token, elsewhere)).status).toBe(200)
})

test('a change of role lets no author in, and a role lost after the vote takes the vote along until it comes back', async () => {
  const [ada, cat] = [await someone('developer'), await someone('maintainer')]
  const id = await submit(ada, fresh())
  const role = async (who: Someone, to: Role | null) =>
    expect((await f.call(f.owner.token, 'POST', `/api/persons/${who.login}/role`, { role: to })).status).toBe(200)
  await role(ada, 'owner')
  await expectAuthor(ada, id)
  expect((await approve(cat.token, id)).body.approval.state).toBe('satisfied')
  for (const lost of ['viewer', 'developer', 'automation'] as const) {
    await role(cat, lost)
    const closed = await f.call(ada.token, 'POST', `/api/proposals/${id}/merge`)
    expect([closed.body.code, closed.body.missing[0]?.code]).toEqual(['gate-closed', 'approvals-missing'])
  }
  await role(cat, 'maintainer')
  expect((await f.call(ada.token, 'POST', `/api/proposals/${id}/merge`)).status).toBe(202)
  await f.work()
})

test('names in a format-patch neither make an author nor an approver: only who sent it is one', async () => {
  const [ada, named] = [await someone(), await someone()]
  const diff = Buffer.from(fresh(), 'base64').toString()
  const mail = [
    'From 1111111111111111111111111111111111111111 Mon Sep 17 00:00:00 2001',
    `From: ${named.login} <${named.login}@example.org>`,
    'Date: Mon, 1 Jan 2026 00:00:00 +0000',
    'Subject: [PATCH] Add a file',
    '',
    `Co-authored-by: ${named.login} <${named.login}@example.org>`,
    `Signed-off-by: ${named.login} <${named.login}@example.org>`,
    `Approved-by: ${ben.login} <ben@example.org>`,
    'Gatehouse-Proposal: prp_00000000000000000000000000000000',
    '---',
    diff,
  ].join('\n')
  const id = await submit(ada, Buffer.from(mail).toString('base64'))
  const shown = (await f.call(ben.token, 'GET', `/api/proposals/${id}`)).body
  expect(shown.authors.map((a: { person: { login: string } }) => a.person.login)).toEqual([ada.login])
  expect(JSON.stringify(shown.claimed)).toContain(named.login)
  await expectAuthor(ada, id)
  expect((await approve(named.token, id)).status).toBe(200)
})

test('whoever answers for a service account does not approve what its token sent in, prompted or started, also after handing it on', async () => {
  const [ada, bob] = [await someone('owner'), await someone('owner')]
  const login = `ci${(count += 1)}`
  const body = { login, role: 'automation', accountable_person: ada.login }
  const added = await f.call(f.owner.token, 'POST', '/api/persons', body)
  expect([added.status, added.body.accountable_person]).toEqual([201, { id: ada.id, login: ada.login }])
  const issued = await f.call(bob.token, 'POST', `/api/persons/${login}/tokens`, { label: 'ci' })
  const ci = issued.body.token as string
  const sent = await f.call(ci, 'POST', '/api/proposals', { patch: fresh(), repository: 'demo' })
  expect(sent.status, sent.text).toBe(201)
  const markdown = `# Say it\n\nfeature_request_id: ${login}\n\n## Acceptance Criteria\n\n- Given it is read, then it says it\n`
  const story = await f.call(ci, 'POST', '/api/stories', { markdown, repository: 'demo' })
  expect(story.status, story.text).toBe(201)
  const { runbook, task_id } = story.body
  await f.call(ben.token, 'POST', `/api/runbooks/${runbook.id}/accept`, { digest: runbook.digest })
  const definition = {
    identity: { name: login, role_class: 'automator' },
    anatomy: { command: { run: ['sh', '-c', `echo ${login} > ${login}.txt`] }, capabilities: {} },
    limits: {},
  }
  expect((await f.call(ben.token, 'POST', '/api/agents', { definition })).status).toBe(201)
  const started = await f.call(ci, 'POST', `/api/tasks/${task_id}/run`, { agent: login })
  expect(started.status, started.text).toBe(202)
  // Handed on before the run ended: who could make it speak when it was asked is behind the work, who can now is too.
  const handed = { role: 'automation', accountable_person: bob.login }
  expect((await f.call(f.owner.token, 'POST', `/api/persons/${login}/role`, handed)).body.accountable_person.id).toBe(
    bob.id,
  )
  await f.work()
  const run = (await f.call(ben.token, 'GET', `/api/tasks/${task_id}`)).body.last_proposal_id as string
  for (const id of [sent.body.id as string, run]) {
    await expectAuthor(ada, id)
    await expectAuthor(bob, id)
  }
  const shown = await f.call(ben.token, 'GET', `/api/proposals/${sent.body.id}`)
  const paths = shown.body.authors.map((a: { person: { login: string }; path: string }) => [a.person.login, a.path])
  expect(paths).toContainEqual([ada.login, 'accountable'])
  for (const id of [sent.body.id as string, run]) expect((await approve(f.owner.token, id)).status).toBe(200)
})

test('a service account for which nobody in the project answers is refused until an owner takes it on', async () => {
  const ada = await someone('owner')
  const login = `ci${(count += 1)}`
  const add = (more: object) => f.call(f.owner.token, 'POST', '/api/persons', { login, ...more })
  expect((await add({ role: 'developer', accountable_person: ada.login })).body.code).toBe('request-invalid')
  const other = await someone('automation')
  expect((await add({ role: 'automation', accountable_person: other.login })).body.code).toBe('request-invalid')
  expect((await add({ role: 'automation', accountable_person: 'nobody' })).body.code).toBe('not-found')
  expect((await add({ role: 'automation', accountable_person: ada.id })).status).toBe(201)
  const self = { role: 'automation', accountable_person: login }
  expect((await f.call(f.owner.token, 'POST', `/api/persons/${login}/role`, self)).body.code).toBe('request-invalid')
  const cat = await someone()
  const own = { role: 'automation', accountable_person: cat.login }
  expect((await f.call(f.owner.token, 'POST', `/api/persons/${cat.login}/role`, own)).body.code).toBe('request-invalid')
  const { token } = (await f.call(f.owner.token, 'POST', `/api/persons/${login}/tokens`, { label: 'ci' })).body
  const send = () => f.call(token as string, 'POST', '/api/proposals', { patch: fresh(), repository: 'demo' })
  expect((await send()).status).toBe(201)
  await f.call(f.owner.token, 'POST', `/api/persons/${ada.login}/role`, { role: null })
  const refused = await send()
  expect([refused.status, refused.body.code]).toEqual([403, 'accountable-person-missing'])
  const taken = await f.call(ben.token, 'POST', `/api/persons/${login}/role`, { role: 'automation' })
  expect(taken.body.accountable_person).toEqual({ id: ben.id, login: ben.login })
  expect((await send()).status).toBe(201)
})

test('whoever sends in the very same diff later is an author of the first too, and their standing approval stops counting', async () => {
  const [ada, bob] = [await someone(), await someone()]
  const patch = fresh()
  const first = await submit(ada, patch)
  expect((await approve(bob.token, first)).body.approval.state).toBe('satisfied')
  const second = await submit(bob, patch)
  for (const id of [first, second]) {
    const shown = (await f.call(ben.token, 'GET', `/api/proposals/${id}`)).body
    const logins = new Set(shown.authors.map((a: { person: { login: string } }) => a.person.login))
    expect(logins).toEqual(new Set([ada.login, bob.login]))
    expect((await approve(bob.token, id)).body.code, id).toBe('self-approval')
    expect((await approve(ada.token, id)).body.code, id).toBe('self-approval')
  }
  const closed = await f.call(ada.token, 'POST', `/api/proposals/${first}/merge`)
  expect([closed.body.code, closed.body.missing[0]?.code]).toEqual(['gate-closed', 'approvals-missing'])
  expect(closed.body.missing[0].who).not.toContain(bob.login)
  expect((await approve(ben.token, first)).status).toBe(200)
  expect((await f.call(ada.token, 'POST', `/api/proposals/${first}/merge`)).status).toBe(202)
  await f.work()
})

test('automation, viewers and persons who left the project have no vote at all', async () => {
  const ada = await someone()
  const id = await submit(ada, fresh())
  for (const role of ['automation', 'viewer'] as const)
    expect((await approve((await someone(role)).token, id)).body.code).toBe('forbidden')
  const gone = await someone()
  await f.call(f.owner.token, 'POST', `/api/persons/${gone.login}/role`, { role: null })
  expect((await approve(gone.token, id)).body.code).toBe('forbidden')
})

test('a vote or merge by a member whose role allows none is refused, and the refusal is on the ledger', async () => {
  const [ada, viewer] = [await someone('owner'), await someone('viewer')]
  const id = await submit(ada, fresh())
  expect((await approve(viewer.token, id)).body.code).toBe('forbidden')
  const digest = (await f.call(ada.token, 'GET', `/api/proposals/${id}`)).body.approval.intent_digest
  const body = { intent_digest: digest, comment: 'no' }
  expect((await f.call(viewer.token, 'POST', `/api/proposals/${id}/reject`, body)).status).toBe(403)
  expect((await f.call(viewer.token, 'POST', `/api/proposals/${id}/merge`)).status).toBe(403)
  expect((await f.call(viewer.token, 'POST', '/api/proposals/prp_none/merge')).status).toBe(403)
  const refusals = (await f.events()).filter((e) => e.actor.person_id === viewer.id)
  expect(refusals.map((e) => [e.act, e.outcome, e.reason, e.subject.id])).toEqual(
    ['approve', 'reject', 'merge'].map((act) => [`proposal.${act}`, 'refused', 'forbidden', id]),
  )
})
