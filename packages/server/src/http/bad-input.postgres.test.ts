import { afterAll, beforeAll, expect, test } from 'vitest'
import { startFixture, type Fixture, type Someone } from '../features/features-fixture.ts'

let f: Fixture
let ada: Someone

beforeAll(async () => {
  f = await startFixture({ name: 'bad-input' })
  await f.repository('demo', { 'a.txt': 'one\n' })
  ada = await f.person('ada', 'owner')
})
afterAll(() => f.close())

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  f.call(ada.token, 'POST', path, body, headers)
const DIGEST = 'a'.repeat(64)

test.each([
  ['half a document', '{"login":'],
  ['no JSON at all', 'login=ada'],
  ['a list', '[]'],
  ['a text', '"hello"'],
  ['nothing', ''],
  ['null', 'null'],
  ['a prototype', '{"__proto__":{"role":"owner"},"login":"x","role":"viewer"}'],
  ['a constructor', '{"constructor":{"prototype":{}},"login":"x","role":"viewer"}'],
])('a body that is %s is no request', async (_what, text) => {
  const answer = await post('/api/persons', text)
  expect([answer.status, answer.body.code], answer.text).toEqual([400, 'request-invalid'])
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  expect(answer.body.detail).not.toBe('')
})

test.each([
  ['/api/persons', { login: 'Ada', role: 'viewer' }, 'body.login'],
  ['/api/persons', { login: 'x', role: 'king' }, 'body.role'],
  ['/api/persons', { login: 'x' }, 'body.role'],
  ['/api/persons', { login: 'x', role: 'viewer', admin: true }, 'admin'],
  ['/api/persons/ada/tokens', { label: '', expires_in_days: 0 }, 'body.label'],
  ['/api/persons/ada/tokens', { label: 'x', expires_in_days: 4000 }, 'body.expires_in_days'],
  ['/api/persons/ada/tokens', { label: 'x', scopes: ['everything'] }, 'body.scopes'],
  ['/api/stories', { markdown: 7 }, 'body.markdown'],
  ['/api/stories', { markdown: '# x', force: 1 }, 'force'],
  ['/api/proposals', { patch: 'eA==', approved: true }, 'approved'],
  ['/api/proposals', { patch: '$$$', repository: 'demo' }, 'patch'],
  ['/api/proposals/prp_x/approve', { intent_digest: 'abc' }, 'body.intent_digest'],
  ['/api/proposals/prp_x/approve', { intent_digest: DIGEST, person_id: 'per_x' }, 'person_id'],
  ['/api/proposals/prp_x/reject', { intent_digest: DIGEST, comment: '' }, 'body.comment'],
  ['/api/proposals/prp_x/withdraw', {}, 'body.reason'],
  ['/api/runbooks/rbk_x/accept', { digest: 'x' }, 'body.digest'],
  ['/api/tasks/tsk_x/run', {}, 'body.agent'],
  ['/api/agents', { definition: { identity: { name: 'X Y', role_class: 'automator' } } }, 'body.definition'],
  ['/api/repositories', { source: '', name: 'x' }, 'body.source'],
  ['/api/repositories', { source: '/x', settings: { isolation: 'maybe' } }, 'body.settings.isolation'],
] as const)('%s with %j is refused, and the field is named', async (path, body, field) => {
  const answer = await post(path, body)
  expect([answer.status, answer.body.code], answer.text).toEqual([400, 'request-invalid'])
  expect(answer.body.detail).toContain(field)
})

test.each([
  '/api/proposals?limit=0',
  '/api/proposals?limit=201',
  '/api/proposals?limit=x',
  '/api/proposals?state=happy',
  '/api/ledger?limit=501',
  '/api/ledger?before=0',
  '/api/ledger/verification?expect_head=abc',
  '/api/tasks?state=done',
  '/api/stories?limit=-1',
])('GET %s is refused', async (path) => {
  const answer = await f.call(ada.token, 'GET', path)
  expect([answer.status, answer.body.code], answer.text).toEqual([400, 'request-invalid'])
})

test.each([
  'proposals/prp_x',
  'proposals/prp_x/diff',
  'proposals/prp_x/export',
  'stories/sto_x',
  'runbooks/rbk_x',
  'tasks/tsk_x',
  'runs/run_x',
  'validations/val_x',
  'decisions/dec_x',
  'agents/x',
  'repositories/x',
  'jobs/dead/00000000-0000-0000-0000-000000000000',
  'jobs/dead/x',
  "proposals/' or 1=1 --",
  'proposals/..%2f..%2fetc%2fpasswd',
  `proposals/${'x'.repeat(100)}`,
])('GET /api/%s is not found, and says so', async (path) => {
  const answer = await f.call(ada.token, 'GET', `/api/${encodeURI(path).replaceAll('%25', '%')}`)
  expect([answer.status, answer.body.retryable], answer.text).toEqual([404, false])
})

test('an id that is too long is refused, not looked up', async () => {
  for (const length of [101, 190, 5000]) {
    const answer = await f.call(ada.token, 'GET', `/api/proposals/${'x'.repeat(length)}`)
    expect([400, 404]).toContain(answer.status)
    expect(['request-invalid', 'not-found']).toContain(answer.body.code)
  }
})

test('an act on what is not there is not found, and puts nothing on the ledger', async () => {
  const before = (await f.events()).length
  for (const [path, body] of [
    ['approve', { intent_digest: DIGEST }],
    ['reject', { intent_digest: DIGEST, comment: 'x' }],
    ['revoke', undefined],
    ['validate', undefined],
    ['merge', undefined],
    ['withdraw', { reason: 'x' }],
    ['purge', { reason: 'x' }],
    ['supersede', { patch: 'eA==' }],
  ] as const) {
    const answer = await post(`/api/proposals/prp_x/${path}`, body)
    expect([answer.status, answer.body.code], path).toEqual([404, 'not-found'])
  }
  expect((await f.events()).length).toBe(before)
})

test('a body that is larger than its endpoint takes is refused', async () => {
  const answer = await post('/api/persons', { login: 'x', role: 'viewer', display_name: 'x'.repeat(1_100_000) })
  expect([answer.status, answer.body.code]).toEqual([413, 'too-large'])
})

test('another content type is refused', async () => {
  const answer = await f.call(ada.token, 'POST', '/api/persons', '<login>ada</login>', {
    'content-type': 'application/xml',
  })
  expect(answer.body.code).toBe('request-invalid')
  expect(answer.status).toBe(400)
})

const LONE = '\ud800'
test.each([
  ['a NUL character', 'a\u0000b'],
  ['half of a surrogate pair', `a${LONE}b`],
])('%s in any text is refused as a bad request, never a fault of ours, and leaves nothing', async (_what, text) => {
  const escaped = JSON.stringify(text)
  const cases: readonly (readonly [string, string])[] = [
    ['/api/persons', `{"login":"nul","role":"viewer","display_name":${escaped}}`],
    ['/api/persons/ada/tokens', `{"label":${escaped}}`],
    [
      '/api/stories',
      `{"markdown":${JSON.stringify(`# x\n\nfeature_request_id: N-1\n\n## Acceptance Criteria\n\n- ${text}\n`)}}`,
    ],
    ['/api/proposals', `{"patch":"${PATCH}","title":${escaped},"repository":"demo"}`],
    ['/api/proposals', `{"patch":"${PATCH}","rationale":${escaped},"repository":"demo"}`],
    ['/api/proposals', `{"patch":"${PATCH}","repository":${escaped}}`],
    ['/api/proposals', `{"patch":"${PATCH}","repository":"demo","target_branch":${escaped}}`],
    ['/api/proposals/prp_x/withdraw', `{"reason":${escaped}}`],
    ['/api/tasks/tsk_x/run', `{"agent":${escaped}}`],
    [
      '/api/agents',
      `{"definition":{"identity":{"name":"nul","role_class":"automator","description":${escaped}},"anatomy":{"command":{"run":["true"]},"capabilities":{}},"limits":{}}}`,
    ],
    ['/api/repositories', `{"source":${escaped},"name":"nul"}`],
  ]
  const rows = async () => [
    (await f.context.db.selectFrom('proposals').select('id').execute()).length,
    (await f.context.db.selectFrom('stories').select('id').execute()).length,
    (await f.context.db.selectFrom('agents').select('id').execute()).length,
  ]
  const before = await rows()
  const wrong: string[] = []
  for (const [path, body] of cases) {
    const answer = await post(path, body)
    if (answer.status >= 500 || answer.status < 400)
      wrong.push(`${path} ${body.slice(0, 90)}: ${answer.status} ${answer.text.slice(0, 160)}`)
  }
  for (const path of [
    '/api/proposals/a%00b',
    '/api/agents/a%00b',
    '/api/repositories/a%00b',
    '/api/ledger?subject=a%00b',
    '/api/ledger?act=%00',
    '/api/proposals?task=a%00b',
    '/api/proposals?cursor=%00',
    '/api/jobs/dead/a%00b',
  ]) {
    const answer = await f.call(ada.token, 'GET', path)
    if (answer.status >= 500 || answer.status < 400)
      wrong.push(`GET ${path}: ${answer.status} ${answer.text.slice(0, 160)}`)
  }
  expect(wrong).toEqual([])
  expect(await rows()).toEqual(before)
})

const PATCH = Buffer.from(
  'diff --git a/n.txt b/n.txt\nnew file mode 100644\n--- /dev/null\n+++ b/n.txt\n@@ -0,0 +1 @@\n+x\n',
).toString('base64')

const story = (text: string) => post('/api/stories', { markdown: text, repository: 'demo' })
const GOOD =
  '# Say hello\n\nfeature_request_id: BAD-1\n\n## Acceptance Criteria\n\n- Given it is read, then it says hello\n'

test.each([
  ['is empty', '', /title|empty|markdown/],
  ['has no title', 'feature_request_id: X-1\n\n## Acceptance Criteria\n\n- a\n', /title/],
  ['has no feature_request_id', '# x\n\n## Acceptance Criteria\n\n- a\n', /feature_request_id/],
  ['has an id with spaces', GOOD.replace('BAD-1', 'two words'), /feature_request_id/],
  ['has no criteria', '# x\n\nfeature_request_id: X-1\n', /Acceptance Criteria/],
  [
    'has an empty list of criteria',
    '# x\n\nfeature_request_id: X-1\n\n## Acceptance Criteria\n\nsoon\n',
    /Acceptance Criteria/,
  ],
  ['opens front matter and never closes it', `---\ntitle: x\n${GOOD}`, /front matter/],
  ['has a priority that is none', GOOD.replace('\n\n##', '\npriority: tomorrow\n\n##'), /priority/],
  ['is too long', `${GOOD}${'- x\n'.repeat(70_000)}`, /longer|large|260000|262144/],
])('a story that %s is refused with what to write, and nothing is kept of it', async (_what, text, why) => {
  const before = (await f.events()).length
  const answer = await story(text)
  expect([400, 413, 422]).toContain(answer.status)
  expect(['story-invalid', 'request-invalid', 'too-large']).toContain(answer.body.code)
  expect(answer.body.detail).toMatch(why)
  expect((await f.events()).length).toBe(before)
})

test('the same feature_request_id sent at once makes one story, one task and one runbook, and fails nobody', async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, () => story(GOOD.replace('BAD-1', 'TWICE-1'))))
  expect(answers.map((a) => a.status)).toEqual(answers.map(() => 201))
  expect(new Set(answers.map((a) => a.body.id)).size).toBe(1)
  expect(answers.filter((a) => a.body.deduplicated === false)).toHaveLength(1)
  const { db } = f.context
  expect(await db.selectFrom('tasks').select('id').where('story_id', '=', answers[0]?.body.id).execute()).toHaveLength(
    1,
  )
  expect(
    await db.selectFrom('runbooks').select('id').where('story_id', '=', answers[0]?.body.id).execute(),
  ).toHaveLength(1)
})

test('the same person, agent or repository added at once is added once, and the others are told that it is there', async () => {
  const five = <T>(act: () => Promise<T>) => Promise.all(Array.from({ length: 5 }, act))
  const told = (answers: readonly { status: number; body: { code?: string } }[]) =>
    answers.map((a) => (a.status === 201 ? 201 : a.body.code)).toSorted()
  const persons = await five(() => post('/api/persons', { login: 'newcomer', role: 'viewer' }))
  expect(told(persons)).toEqual([201, ...Array.from({ length: 4 }, () => 'person-exists')])
  const definition = {
    identity: { name: 'twice', role_class: 'automator' },
    anatomy: { command: { run: ['true'] }, capabilities: {} },
    limits: {},
  }
  const agents = await five(() => post('/api/agents', { definition }))
  expect(told(agents)).toEqual([201, ...Array.from({ length: 4 }, () => 'agent-exists')])
  const { source } = await f.context.db.selectFrom('repositories').select('source').executeTakeFirstOrThrow()
  const repositories = await five(() => post('/api/repositories', { source, name: 'twice' }))
  expect(told(repositories)).toEqual([201, ...Array.from({ length: 4 }, () => 'repository-exists')])
})

test.each(['', '-x', 'a..b', 'refs/heads/main', 'main.lock', 'a b', 'HEAD', 'a'.repeat(200)])(
  'a target branch called %j is refused as a name or not found, and nothing is made of it',
  async (target_branch) => {
    const answer = await post('/api/proposals', { patch: PATCH, repository: 'demo', target_branch })
    expect([404, 422], answer.text).toContain(answer.status)
    expect(['ref-name-invalid', 'branch-not-found']).toContain(answer.body.code)
  },
)
