import { afterAll, beforeAll, expect, test } from 'vitest'
import { performAct } from '../../db/act.ts'
import { startFixture, type Fixture, type Someone } from '../features-fixture.ts'

let f: Fixture
let ada: Someone
const OTHER = 'prj_other'

beforeAll(async () => {
  f = await startFixture({ name: 'ledger-reading' })
  ada = await f.person('ada', 'viewer')
})
afterAll(() => f.close())

/** A second project, and one event of it that names what its readers alone should see. */
async function addOther(member: Someone | null): Promise<void> {
  await performAct(f.context, { ...f.owner.acting(), project_id: OTHER }, async ({ trx, record }) => {
    const created_at = f.context.clock()
    const known = await trx.selectFrom('projects').select('id').where('id', '=', OTHER).executeTakeFirst()
    if (!known) await trx.insertInto('projects').values({ id: OTHER, name: 'other', created_at }).execute()
    const rows = known ? [] : [OTHER]
    if (member) {
      const id = `mem_${member.login}_other`
      const row = { id, project_id: OTHER, person_id: member.id, role: 'viewer', created_at }
      await trx.insertInto('memberships').values(row).execute()
      rows.push(id)
    }
    record({ act: 'person.add', subject: { kind: 'person', id: ada.id }, rows, detail: { note: 'secret-of-other' } })
  })
}

test('with one project every reader exports the ledger, and with two only who reads both', async () => {
  const read = () => f.call(ada.token, 'GET', '/api/ledger/export')
  expect((await read()).status).toBe(200)
  await addOther(null)
  const refused = await read()
  expect([refused.status, refused.body.code]).toEqual([403, 'forbidden'])
  expect(refused.text).not.toContain('secret-of-other')
  expect((await f.call(f.owner.token, 'GET', '/api/ledger/export')).status).toBe(403)
  await addOther(ada)
  const whole = await read()
  expect(whole.status).toBe(200)
  const lines = whole.text.split('\n').flatMap((l) => (l === '' ? [] : [JSON.parse(l) as Record<string, unknown>]))
  expect(lines.length).toBeGreaterThan(5)
})

test('the list shows events of the own project alone; verification shows counts and hashes of the whole chain and no content', async () => {
  const list = await f.call(f.owner.token, 'GET', '/api/ledger?limit=500')
  expect(list.text).not.toContain('secret-of-other')
  expect((await f.call(f.owner.token, 'GET', `/api/ledger?subject=${ada.id}`)).text).not.toContain('secret-of-other')
  const verified = await f.call(f.owner.token, 'GET', '/api/ledger/verification')
  expect(verified.body).toMatchObject({ ok: true, count: list.body.head.seq, head_hash: list.body.head.hash })
  expect(verified.text).not.toContain(OTHER)
})
