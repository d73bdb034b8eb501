import { Problem } from '@gatehouse/core/kernel/problems'
import { afterEach, expect, test } from 'vitest'
import { closeAll, run, testApi, type Replies, type TestApi } from '../../test-host.ts'
import { INTENT, PROPOSAL_ID, sampleApproval, sampleProposal } from '../../test-samples.ts'

afterEach(closeAll)

async function api(more: Replies = {}): Promise<TestApi> {
  return await testApi({
    proposalShow: () => ({ json: sampleProposal() }),
    proposalApprove: () => ({ json: sampleProposal({ missing: [] }) }),
    proposalReject: () => ({ json: sampleProposal({ state: 'failed' }) }),
    ...more,
  })
}

const sent = (server: TestApi) => server.calls.filter((c) => c.operation === 'proposalApprove')

test('what is approved is shown, asked about, and exactly its digest is sent', async () => {
  const server = await api()
  const { code, asked, stderr, stdout } = await run(['proposal', 'approve', PROPOSAL_ID, '--comment', 'fine'], server, {
    answers: ['y'],
  })
  expect(code).toBe(0)
  expect(asked).toEqual(['Approve exactly this? [y/N] '])
  for (const part of [
    INTENT,
    'd'.repeat(64),
    'ledger main, environment sandbox',
    'src/round.ts',
    '+3 -1',
    'Round half to even',
    'ben',
  ])
    expect(stderr()).toContain(part)
  expect(stdout()).toContain('Approved intent aaaaaaaaaaaa')
  expect(sent(server)[0]).toMatchObject({ id: PROPOSAL_ID, body: { intent_digest: INTENT, comment: 'fine' } })
  expect(sent(server)[0]?.headers['idempotency-key']).toMatch(/^idem_/)
})

test.each(['', 'n', 'maybe', 'yess'])('the answer "%s" is no approval, and nothing is sent', async (answer) => {
  const server = await api()
  const { code, stderr } = await run(['proposal', 'approve', PROPOSAL_ID], server, { answers: [answer] })
  expect(code).toBe(2)
  expect(stderr()).toContain('nothing was done')
  expect(sent(server)).toEqual([])
})

test('where nobody can be asked, an intent or a yes must be given', async () => {
  const server = await api()
  const { code, stderr } = await run(['proposal', 'approve', PROPOSAL_ID], server)
  expect(code).toBe(2)
  expect(stderr()).toContain(`--intent ${INTENT}`)
  expect(sent(server)).toEqual([])
  expect((await run(['proposal', 'approve', PROPOSAL_ID, '--yes', '--json'], server)).code).toBe(0)
  expect(sent(server)[0]?.body).toMatchObject({ intent_digest: INTENT })
})

test("an intent that was given is sent as it is: whether it still holds is the server's to say", async () => {
  const other = 'b'.repeat(64)
  const server = await api({
    proposalApprove: () => ({ problem: new Problem('intent-mismatch', 'it is another by now') }),
  })
  const { code, stderr } = await run(['proposal', 'approve', PROPOSAL_ID, '--intent', other], server)
  expect(code).toBe(4)
  expect(stderr()).toContain('(intent-mismatch)')
  expect(sent(server)[0]?.body).toMatchObject({ intent_digest: other })
})

test('part of a digest is not enough', async () => {
  expect((await run(['proposal', 'approve', PROPOSAL_ID, '--intent', 'aaaa'], await api())).code).toBe(2)
})

test('without an approval request there is nothing to approve', async () => {
  const server = await api({ proposalShow: () => ({ json: sampleProposal({ approval: null, state: 'pending' }) }) })
  const { code, stderr } = await run(['proposal', 'approve', PROPOSAL_ID, '--yes'], server)
  expect(code).toBe(4)
  expect(stderr()).toContain('(nothing-to-approve)')
  expect(stderr()).toContain('missing  an approval of a maintainer (anna)')
})

test('titles and paths of others cannot redraw what one approves', async () => {
  const evil = sampleProposal({
    title: 'harmless\u001b[2J\u001b[H',
    files: [
      {
        path: 'a\u202etxt.exe\u001b[8m',
        status: 'added',
        old_mode: null,
        new_mode: '100755',
        binary: true,
        additions: null,
        deletions: null,
      },
    ],
    approval: sampleApproval(),
  })
  const server = await api({ proposalShow: () => ({ json: evil }) })
  const { stderr } = await run(['proposal', 'approve', PROPOSAL_ID, '--yes'], server, {
    tty: true,
    env: { NO_COLOR: '1' },
  })
  expect(stderr()).toContain('atxt.exe')
  for (const character of ['\u001b', '\u202e']) expect(stderr()).not.toContain(character)
})

test('a rejection needs a comment, and is bound to the intent too', async () => {
  const server = await api()
  expect((await run(['proposal', 'reject', PROPOSAL_ID, '--comment', ' '], server, { answers: ['y'] })).code).toBe(2)
  expect(
    (await run(['proposal', 'reject', PROPOSAL_ID, '--comment', 'keep the alias'], server, { answers: ['yes'] })).code,
  ).toBe(0)
  expect(server.calls.at(-1)).toMatchObject({
    operation: 'proposalReject',
    body: { intent_digest: INTENT, comment: 'keep the alias' },
  })
})

test('a purge asks first', async () => {
  const server = await api({ proposalPurge: () => ({ json: sampleProposal() }) })
  const argv = ['proposal', 'purge', PROPOSAL_ID, '--reason', 'a key']
  expect((await run(argv, server)).code).toBe(2)
  expect((await run(argv, server, { answers: ['n'] })).code).toBe(2)
  expect(server.calls).toEqual([])
  expect((await run([...argv, '--yes'], server)).code).toBe(0)
  expect(server.calls[0]).toMatchObject({ operation: 'proposalPurge', body: { reason: 'a key' } })
})
