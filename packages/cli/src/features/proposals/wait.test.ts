import type { Proposal } from '@gatehouse/client/operations.gen'
import { afterEach, expect, test } from 'vitest'
import { closeAll, run, testApi, type Replies, type TestApi } from '../../test-host.ts'
import { PROPOSAL_ID, RUN_ID, sampleEvent, sampleProposal, sampleRun, TASK_ID, TIME } from '../../test-samples.ts'

afterEach(closeAll)

interface Stage {
  readonly api: TestApi
  /** Sets the proposal that the server shows from now on, and tells so by an event. */
  readonly become: (more: Partial<Proposal>) => void
  readonly listening: () => Promise<void>
}

async function stage(first: Partial<Proposal>, more: Replies = {}): Promise<Stage> {
  let now = sampleProposal(first)
  const api = await testApi({
    proposalSubmit: () => ({ status: 201, json: now }),
    proposalMerge: () => ({ status: 202, json: now }),
    proposalShow: () => ({ json: now }),
    ledgerShow: () => ({ json: { items: [], head: { seq: 6, hash: '0'.repeat(64) } } }),
    ...more,
  })
  return {
    api,
    become: (change) => {
      now = sampleProposal(change)
      api.emit(sampleEvent({ act: 'validation.finish', actor_name: 'worker\u001b[31m' }))
    },
    listening: async () => {
      // Looked at once more after the stream was opened: from here on only an event tells before the next look.
      const looks = () =>
        api.calls
          .slice(api.calls.findIndex((c) => c.operation === 'eventStream'))
          .filter((c) => c.operation === 'proposalShow')
      while (api.streams() === 0 || looks().length === 0) await new Promise((done) => setTimeout(done, 5))
    },
  }
}

const submit = ['proposal', 'submit', '-', '--wait']

test('--wait follows the events to the end and prints a line for each', async () => {
  const { api, become, listening } = await stage({ state: 'validating' })
  const running = run(submit, api, { input: 'diff' })
  await listening()
  const begun = performance.now()
  become({ state: 'validated' })
  const { code, stderr, stdout } = await running
  expect(code).toBe(0)
  // By the event, not by the look every three seconds.
  expect(performance.now() - begun).toBeLessThan(2500)
  expect(stderr()).toContain(`15:04:05  validation.finish ok  ${PROPOSAL_ID} by worker\n`)
  expect(stderr()).toContain(`proposal ${PROPOSAL_ID}  validated`)
  expect(stdout()).toContain('validated')
  expect(api.calls.find((c) => c.operation === 'eventStream')?.headers['last-event-id']).toBe('6')
})

test('a proposal that fails its validation ends --wait with that problem', async () => {
  const { api, become, listening } = await stage({ state: 'validating' })
  const running = run([...submit, '--json'], api, { input: 'diff' })
  await listening()
  become({ state: 'failed', reason: null })
  const { code, stderr, stdout } = await running
  expect([code, stdout()]).toEqual([2, ''])
  expect(JSON.parse(stderr())).toMatchObject({
    code: 'validation-failed',
    proposal: { id: PROPOSAL_ID, state: 'failed' },
  })
})

test('without the event stream the end is still seen', async () => {
  let looks = 0
  const { api } = await stage(
    {},
    {
      ledgerShow: () => ({ status: 500, json: {} }),
      proposalShow: () => ({ json: sampleProposal({ state: ++looks < 2 ? 'validating' : 'validated' }) }),
    },
  )
  expect((await run(submit, api, { input: 'diff' })).code).toBe(0)
})

test('a server that is silent for a minute ends the waiting, and the silence is told at once', async () => {
  const { api } = await stage({ state: 'validating' }, { proposalShow: () => ({ status: 503, json: {} }) })
  let minutes = 0
  const { code, stderr } = await run(submit, api, { input: 'diff', now: () => 60_000 * minutes++ })
  expect(code).toBe(6)
  expect(stderr().match(/does not answer; trying again/g)).toHaveLength(1)
}, 20_000)

test('when the time is up it says so, and that it goes on', async () => {
  const { api } = await stage({ state: 'validating' })
  const { code, stderr } = await run([...submit, '--wait-limit', '1'], api, { input: 'diff' })
  expect(code).toBe(6)
  expect(stderr()).toContain(`proposal ${PROPOSAL_ID} is not validated after 1 s; it goes on`)
})

const effect = {
  id: 'eff_1',
  kind: 'merge' as const,
  reason: null,
  grant_id: 'gra_1',
  grant_spent_at: TIME,
  intent_digest: 'a',
  execution_digest: 'b',
  requested_by: { id: 'per_1', login: 'anna' },
  granted_at: TIME,
  settled_at: TIME,
}

test('merge --wait ends with the commit', async () => {
  const { api, become, listening } = await stage({ effect: { ...effect, state: 'granted', result_commit: null } })
  const running = run(['merge', PROPOSAL_ID, '--wait'], api)
  await listening()
  become({ state: 'merged', missing: [], effect: { ...effect, state: 'effected', result_commit: 'c0ffee' } })
  const { code, stdout } = await running
  expect(code).toBe(0)
  expect(stdout()).toContain('Merged as c0ffee')
})

test('a merge that is refused after its grant ends with the reason', async () => {
  const { api, become, listening } = await stage({ effect: { ...effect, state: 'granted', result_commit: null } })
  const running = run(['merge', PROPOSAL_ID, '--wait'], api)
  await listening()
  become({ effect: { ...effect, state: 'refused', reason: 'branch-moved', result_commit: null } })
  const { code, stderr } = await running
  expect(code).toBe(6)
  expect(stderr()).toContain('(branch-moved)')
})

test('task run --wait follows the run, then its proposal', async () => {
  const seen: string[] = []
  const { api } = await stage(
    { state: 'validated' },
    {
      taskRun: () => ({ status: 201, json: sampleRun({ state: 'queued' }) }),
      runShow: () => {
        seen.push('run')
        return { json: sampleRun({ state: 'succeeded', proposal_id: PROPOSAL_ID, finished_at: TIME }) }
      },
    },
  )
  const { code, stdout } = await run(['task', 'run', TASK_ID, '--agent', 'renamer', '--wait', '--json'], api)
  expect(code).toBe(0)
  expect(JSON.parse(stdout())).toMatchObject({ id: RUN_ID, state: 'succeeded', proposal_id: PROPOSAL_ID })
  expect(api.calls.map((c) => c.operation)).toContain('proposalShow')
  expect(api.calls.find((c) => c.operation === 'taskRun')?.body).toEqual({ agent: 'renamer' })
})

test.each([
  ['failed', 'policy-denied', 'policy-denied', 4],
  ['failed', 'exit-1', 'run-failed', 2],
  ['errored', null, 'internal-error', 1],
  ['cancelled', null, 'wrong-state', 4],
] as const)('a run that %s (%s) ends --wait as %s', async (state, reason, slug, exit) => {
  const { api } = await stage(
    {},
    {
      taskRun: () => ({ status: 201, json: sampleRun() }),
      runShow: () => ({ json: sampleRun({ state, reason }) }),
    },
  )
  const { code, stderr } = await run(['task', 'run', TASK_ID, '--agent', 'renamer', '--wait'], api)
  expect(code).toBe(exit)
  expect(stderr()).toContain(`(${slug})`)
})
