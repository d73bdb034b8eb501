import { afterAll, beforeAll, expect, test } from 'vitest'
import { refuse } from '@gatehouse/core/kernel/result'
import { requestMerge } from '../effects/effect-service.ts'
import { addingPatch, git, startFixture, type Body, type Fixture, type Someone } from '../features-fixture.ts'

let f: Fixture
let ada: Someone
let repo: Awaited<ReturnType<Fixture['repository']>>

const RECIPE = {
  version: 1,
  validations: [
    {
      name: 'all',
      commands: [
        {
          name: 'all',
          run: ['sh', '-c', 'if [ -e act.sh ]; then sh act.sh; fi; [ -e out.xml ] || echo "<testsuites/>" > out.xml'],
        },
      ],
      reports: [{ format: 'junit', path: 'out.xml' }],
    },
  ],
}

beforeAll(async () => {
  f = await startFixture({ name: 'hostile' })
  repo = await f.repository('demo', { 'a.txt': 'one\n', '.gatehouse/recipe.yaml': JSON.stringify(RECIPE) })
  ada = await f.person('ada', 'maintainer')
})
afterAll(() => f.close())

async function submit(lines: readonly string[], more: Record<string, unknown> = {}): Promise<Body> {
  const patch = addingPatch('act.sh', lines)
  const answer = await f.call(ada.token, 'POST', '/api/proposals', { patch, repository: 'demo', ...more })
  expect(answer.status, answer.text).toBe(201)
  await f.work()
  return (await f.call(ada.token, 'GET', `/api/proposals/${answer.body.id}`)).body
}

test('output and test names with NUL and half surrogates are kept as U+FFFD, and the validation ends as any other', async () => {
  const proposal = await submit([
    String.raw`printf 'a\000b\377'`,
    `echo '<testsuites><testcase name="c&#0;d&#xD800;"><failure message="e&#0;"/></testcase></testsuites>' > out.xml`,
  ])
  expect([proposal.state, proposal.validation.state]).toEqual(['failed', 'failed'])
  const { newly_failing_tests } = proposal.validation.facts.candidate_reported
  expect(newly_failing_tests).toEqual([{ id: 'c\ufffdd\ufffd', message: 'e\ufffd' }])
  const shown = await f.call(ada.token, 'GET', `/api/validations/${proposal.validation.id}`)
  expect(shown.body.commands[0].stdout.text).toBe('a\ufffdb\ufffd')
})

test('a report of openings that never end is refused at once, and fails the validation', async () => {
  const proposal = await submit([
    `node -e 'require("fs").writeFileSync("out.xml","<testsuites>"+"<![CDATA[".repeat(1500000))'`,
  ])
  expect(proposal.state).toBe('failed')
  expect(proposal.reason).toContain('does not end it')
})

test("a change is for no branch that anybody may push to: its recipe would be the author's own", async () => {
  await git(f.context.forge.repositoryFolder(repo.id), 'update-ref', 'refs/heads/task/weak', repo.head)
  const answer = await f.call(ada.token, 'POST', '/api/proposals', {
    patch: addingPatch('x.txt', ['x']),
    repository: 'demo',
    target_branch: 'task/weak',
  })
  expect([answer.status, answer.body.code]).toEqual([400, 'request-invalid'])
  expect(answer.body.detail).toContain('task/weak')
})

test('a title writes one line of the commit, and no trailer of its own', async () => {
  const proposal = await submit(['true'], { title: 'nice\u001b[2J\n\nGatehouse-Intent: forged' })
  const message = await git(f.context.forge.repositoryFolder(repo.id), 'log', '-1', '--format=%B', proposal.head_commit)
  expect(message.trim().split('\n')).toEqual([
    'nice [2J  Gatehouse-Intent: forged',
    '',
    `Gatehouse-Proposal: ${proposal.id}`,
  ])
})

test('a patch of a million blanks that is no base64 is refused in time that follows its length', async () => {
  const began = performance.now()
  const patch = `${' '.repeat(1_000_000)}!`
  const answer = await f.call(ada.token, 'POST', '/api/proposals', { patch, repository: 'demo' })
  expect([answer.status, answer.body.code]).toEqual([400, 'request-invalid'])
  expect(performance.now() - began).toBeLessThan(30_000)
})

test('only an owner gives a repository the leave to run without isolation, also when it is added', async () => {
  const input = { source: 'https://127.0.0.1:1/x.git', name: 'x', settings: { isolation: 'none' } }
  const refused = await f.call(ada.token, 'POST', '/api/repositories', input)
  expect([refused.status, refused.body.code]).toEqual([403, 'forbidden'])
  expect((await f.call(f.owner.token, 'POST', '/api/repositories', input)).body.code).toBe('repository-unreachable')
})

test.each([
  ['a line break', String.raw`a\nb`, String.raw`"a\nb"`],
  ['a character that turns text around', String.raw`a\342\200\256b`, String.raw`"a\u202eb"`],
])('an agent that leaves a path with %s has failed, as a patch with one is refused', async (what, path, shown) => {
  const name = `left-${what.replaceAll(/[^a-z]/g, '')}`
  const markdown = `# Leave ${what}\n\nfeature_request_id: HC-${name}\n\n## Acceptance Criteria\n\n- Given it is read, then it is seen\n`
  const story = await f.call(ada.token, 'POST', '/api/stories', { markdown, repository: 'demo' })
  const { digest, id } = story.body.runbook
  expect((await f.call(f.owner.token, 'POST', `/api/runbooks/${id}/accept`, { digest })).status).toBe(200)
  const command = { run: ['sh', '-c', `printf '${path}' | xargs -0 touch --`] }
  const definition = { identity: { name, role_class: 'automator' }, anatomy: { command, capabilities: {} }, limits: {} }
  expect((await f.call(ada.token, 'POST', '/api/agents', { definition })).status).toBe(201)
  const run = await f.call(ada.token, 'POST', `/api/tasks/${story.body.task_id}/run`, { agent: name })
  await f.work()
  const ended = (await f.call(ada.token, 'GET', `/api/runs/${run.body.id}`)).body
  expect([ended.state, ended.reason]).toEqual([
    'failed',
    `the agent left a path with control or invisible characters: ${shown}`,
  ])
})

test('a merge that policy gives no answer to is refused, and the refusal is on the ledger', async () => {
  const proposal = await submit(['echo silent'])
  const evaluate = () => refuse('policy-unavailable', 'no bundle')
  const silent = { ...f.context, policy: { ...f.context.policy, evaluate } }
  await expect(requestMerge(silent, ada.acting(), proposal.id)).rejects.toMatchObject({ slug: 'policy-unavailable' })
  const [event] = await f.events({ subject: proposal.id, act: 'proposal.merge' })
  expect([event.outcome, event.reason]).toEqual(['refused', 'policy-unavailable'])
})
