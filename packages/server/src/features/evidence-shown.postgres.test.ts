import { afterAll, beforeAll, expect, test } from 'vitest'
import { addingPatch, startFixture, type Answer, type Fixture, type Someone } from './features-fixture.ts'

// What is kept as evidence can be seen by those it is for, and what it does not show is said.

const JUNIT = (cases: string) => `<testsuites><testsuite name="s">${cases}</testsuite></testsuites>`
const RECIPE = (file: string, reports: readonly { format: string; path: string }[]) =>
  JSON.stringify({
    version: 1,
    validations: [{ name: 'unit', commands: [{ name: 'test', run: ['cp', file, 'out.xml'] }], reports }],
  })

let f: Fixture
let ada: Someone

beforeAll(async () => {
  f = await startFixture({ name: 'evidence-shown' })
  ada = await f.person('ada', 'maintainer')
})
afterAll(() => f.close())

const get = (path: string): Promise<Answer> => f.call(ada.token, 'GET', `/api/${path}`)
async function post(path: string, body?: unknown, who = ada): Promise<Answer['body']> {
  const answer = await f.call(who.token, 'POST', `/api/${path}`, body)
  expect(answer.status, answer.text).toBeLessThan(300)
  return answer.body
}

async function validationOf(repository: string): Promise<Answer['body']> {
  const { id } = await post('proposals', { patch: addingPatch('b.txt', ['b']), repository })
  await f.work()
  return (await get(`proposals/${id}`)).body.validation
}

test("an agent's output is given with its run, and is gone with its proposal's content", async () => {
  await f.repository('told', { 'a.txt': 'one\n' })
  const definition = {
    identity: { name: 'teller', role_class: 'automator' },
    anatomy: {
      command: { run: ['sh', '-c', 'echo said it; echo warned it >&2; echo hello > hello.txt'] },
      capabilities: {},
    },
    limits: {},
  }
  await post('agents', { definition })
  const markdown =
    '# Say hello\n\nfeature_request_id: OUT-1\n\n## Acceptance Criteria\n\n- Given it is read, then it says hello\n'
  const story = await post('stories', { markdown, repository: 'told' })
  const { runbook } = (await get(`stories/${story.id}`)).body
  await post(`runbooks/${runbook.id}/accept`, { digest: runbook.digest }, f.owner)
  const { id } = await post(`tasks/${story.task_id}/run`, { agent: 'teller' })
  expect((await get(`runs/${id}`)).body).toMatchObject({ commands: [], envelope_digest: null, output_missing: null })
  await f.work()

  const shown = await get(`runs/${id}`)
  expect(shown.body).toMatchObject({ id, state: 'succeeded', output_missing: null })
  expect(shown.body.commands).toMatchObject([
    { name: 'teller', exit_code: 0, stdout: { text: 'said it\n', dropped: 0 }, stderr: { text: 'warned it\n' } },
  ])
  expect(shown.body.envelope_digest).toMatch(/^[0-9a-f]{64}$/)

  const proposal = shown.body.proposal_id as string
  await post(`proposals/${proposal}/withdraw`, { reason: 'no more' })
  await post(`proposals/${proposal}/purge`, { reason: 'asked for' }, f.owner)
  const purged = await get(`runs/${id}`)
  expect(purged.status).toBe(200)
  expect(purged.body).toMatchObject({ id, commands: [] })
  expect(purged.body.output_missing).toContain('purged')
  expect(purged.text).not.toContain('said it')
})

test('a recipe without a report is told apart from one whose report counts no test', async () => {
  const files = { 'a.txt': 'one\n', 'none.xml': JUNIT(''), 'one.xml': JUNIT('<testcase classname="c" name="t"/>') }
  const junit = [{ format: 'junit', path: 'out.xml' }]
  const recipe = (text: string) => ({ ...files, '.gatehouse/recipe.yaml': text })
  await f.repository('silent', recipe(RECIPE('one.xml', [])))
  await f.repository('zero', recipe(RECIPE('none.xml', junit)))
  await f.repository('counted', recipe(RECIPE('one.xml', junit)))

  const silent = await validationOf('silent')
  expect(silent).toMatchObject({ state: 'passed', applied: [{ name: 'unit', reports: 0 }] })
  expect(silent.facts.candidate_reported).toMatchObject({ total: 0, problems: [] })
  const zero = await validationOf('zero')
  expect(zero).toMatchObject({ applied: [{ name: 'unit', reports: 1 }] })
  expect(zero.facts.candidate_reported).toMatchObject({ total: 0, problems: ['out.xml: the report counts 0 tests'] })
  const counted = await validationOf('counted')
  expect(counted.facts.candidate_reported).toMatchObject({ total: 1, passed: 1, problems: [] })
})

test('a repository says whether its recipe was ever tried, and whether it passes on the base', async () => {
  const good = await f.repository('tried', { 'a.txt': 'one\n' })
  const broken = await f.repository('broken', { 'a.txt': 'one\n' }, [['false']])
  const triedOf = async (name: string) => (await get(`repositories/${name}`)).body.recipe_tried
  expect([await triedOf(good.name), await triedOf(broken.name)]).toEqual([null, null])
  const { id } = await validationOf(good.name)
  await validationOf(broken.name)
  expect(await triedOf(good.name)).toMatchObject({ validation_id: id, passed_on_base: true })
  expect(await triedOf(broken.name)).toMatchObject({ passed_on_base: false })
  // Another recipe is another thing: what the old one showed does not speak for it.
  const { version, settings } = (await get(`repositories/${good.name}`)).body
  const changed = { version, settings: { ...settings, recipe: { ...settings.recipe, test_paths: ['x'] } } }
  const path = `/api/repositories/${good.name}`
  expect((await f.call(f.owner.token, 'PATCH', path, changed)).body.recipe_tried).toBeNull()
})

test('what is wrong with a request is said of the field, in plain words', async () => {
  const told = async (path: string, body: unknown) => {
    const answer = await f.call(f.owner.token, 'POST', `/api/${path}`, body)
    expect(answer.body.code).toBe('request-invalid')
    return answer.body.detail as string
  }
  expect(await told('repositories', {})).toBe('body.source: is missing: text is wanted')
  expect(await told('repositories', { source: '/x', settings: { isolation: 'maybe' } })).toBe(
    'body.settings.isolation: must be one of "required", "none"',
  )
  expect(await told('repositories', { source: '/x', sauce: 1 })).toContain('has a field that no one reads: "sauce"')
  expect(await told('proposals', { patch: 7 })).toContain('body.patch: must be text')
  const page = await f.call(f.owner.token, 'GET', '/api/proposals?limit=900')
  expect(page.body.detail).toBe('querystring.limit: must be at most 200')
})
