import { afterEach, expect, test } from 'vitest'
import { closeAll, run, testApi } from '../../test-host.ts'
import { ANNA, TIME } from '../../test-samples.ts'

afterEach(closeAll)

const person = { ...ANNA, display_name: 'Anna', roles: ['maintainer'], created_at: TIME }
const list = () => ({ json: { items: [person], next_cursor: null } })

test('a role is changed by login; "none" takes the person out', async () => {
  const api = await testApi({ personList: list, membershipChange: () => ({ json: person }) })
  expect((await run(['person', 'role', 'anna', 'owner'], api)).code).toBe(0)
  expect((await run(['person', 'role', ANNA.id, 'none'], api)).code).toBe(0)
  expect(api.calls.filter((c) => c.operation === 'membershipChange').map((c) => [c.id, c.body])).toEqual([
    [ANNA.id, { role: 'owner' }],
    [ANNA.id, { role: null }],
  ])
})

test('a role or login that is not there is refused before anything is changed', async () => {
  const api = await testApi({ personList: list })
  expect((await run(['person', 'role', 'anna', 'king'], api)).code).toBe(2)
  expect((await run(['person', 'role', 'nobody', 'owner'], api)).code).toBe(5)
})

test('whoever answers for a service account is named by login', async () => {
  const api = await testApi({
    personList: list,
    personAdd: () => ({ json: person }),
    membershipChange: () => ({ json: person }),
  })
  expect((await run(['person', 'add', 'ci', '--role', 'automation', '--accountable', 'anna'], api)).code).toBe(0)
  expect((await run(['person', 'role', 'anna', 'automation', '--accountable', 'anna'], api)).code).toBe(0)
  expect((await run(['person', 'add', 'ci', '--role', 'automation', '--accountable', 'nobody'], api)).code).toBe(5)
  const bodies = api.calls.filter((c) => c.operation !== 'personList').map((c) => c.body)
  expect(bodies).toMatchObject([{ login: 'ci', accountable_person: ANNA.id }, { accountable_person: ANNA.id }])
})

test('a token is issued, shown once, with its days', async () => {
  const token = {
    id: 'tok_1',
    person_id: ANNA.id,
    label: 'laptop',
    scopes: [],
    created_at: TIME,
    expires_at: TIME,
    revoked_at: null,
    token: 'gh_new',
  }
  const api = await testApi({ personList: list, tokenIssue: () => ({ status: 201, json: token }) })
  const { stdout, code } = await run(['token', 'issue', 'anna', '--label', 'laptop', '--days', '30'], api)
  expect(code).toBe(0)
  expect(stdout()).toContain('\ngh_new\n')
  expect(api.calls.at(-1)).toMatchObject({ id: ANNA.id, body: { label: 'laptop', expires_in_days: 30, scopes: [] } })
  expect(api.calls.at(-1)?.headers['idempotency-key']).toMatch(/^idem_/)
  expect((await run(['token', 'issue', 'anna', '--label', 'x', '--days', '366'], api)).code).toBe(2)
  expect((await run(['token', 'issue', 'anna', '--label', 'x', '--scope', 'root'], api)).code).toBe(2)
})

test('a person is added with a role of the table', async () => {
  const api = await testApi({ personAdd: () => ({ status: 201, json: person }) })
  expect((await run(['person', 'add', 'anna', '--role', 'maintainer', '--name', 'Anna'], api)).code).toBe(0)
  expect(api.calls[0]?.body).toEqual({ login: 'anna', role: 'maintainer', display_name: 'Anna' })
  expect((await run(['person', 'add', 'anna', '--role', 'king'], api)).code).toBe(2)
})
