import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sha256 } from '../kernel/canonical.ts'
import { isProblemSlug } from '../kernel/problems.ts'
import { instant, plus, type Instant } from '../kernel/time.ts'
import { castVote, granted, reconsider, revokeVote, type ApprovalRequest, type Change } from './change.ts'
import { Intent, intentChanges, intentDigest } from './intent.ts'
import type { Vote } from './quorum.ts'

const AT = instant(Date.UTC(2026, 0, 1))
const intent: Intent = {
  schema: 'gatehouse.intent/v1',
  kind: 'merge',
  project_id: 'prj_1',
  repository_id: 'rep_1',
  task_id: 'tsk_1',
  target_branch: 'main',
  environment: 'sandbox',
  diff_digest: sha256('diff'),
  agent_version: null,
  exceptions: [],
}
const request: ApprovalRequest = {
  id: 'apr_1',
  intent_digest: intentDigest(intent),
  intent,
  state: 'open',
  requirements: [{ id: 'two', policy_id: 'p', count: 2, roles: ['maintainer', 'owner'], reason: 'risk' }],
  expires_at: plus(AT, 60_000),
}
const change: Change = {
  proposal_state: 'validated',
  request,
  votes: [],
  authors: new Set(['dan']),
  voters: [
    { person_id: 'dan', roles: ['maintainer'] },
    { person_id: 'mia', roles: ['maintainer'] },
    { person_id: 'olu', roles: ['owner'] },
    { person_id: 'vic', roles: ['viewer'] },
  ],
  effect: null,
}
const ballot: Omit<Vote, 'at' | 'revoked_at'> = {
  id: 'apv_1',
  person_id: 'mia',
  intent_digest: request.intent_digest,
  verdict: 'yes',
}
const standing: Vote = { ...ballot, at: AT, revoked_at: null }

const refusals: readonly (readonly [string, Partial<Change>, Partial<typeof ballot>, Instant, string])[] = [
  ['an author votes', {}, { person_id: 'dan' }, AT, 'self-approval'],
  ['an author says no', {}, { person_id: 'dan', verdict: 'no' }, AT, 'self-approval'],
  ['a viewer votes', {}, { person_id: 'vic' }, AT, 'not-eligible'],
  ['a stranger votes', {}, { person_id: 'zoe' }, AT, 'not-eligible'],
  ['the person was shown another intent', {}, { intent_digest: sha256('x') }, AT, 'intent-mismatch'],
  ['there is no request', { request: null }, {}, AT, 'nothing-to-approve'],
  ['the request is stale', { request: { ...request, state: 'stale' } }, {}, AT, 'nothing-to-approve'],
  ['the proposal is being validated', { proposal_state: 'validating' }, {}, AT, 'nothing-to-approve'],
  ['the request ends at this instant', {}, {}, request.expires_at, 'request-expired'],
  ['its end cannot be read', { request: { ...request, expires_at: '?' as Instant } }, {}, AT, 'request-expired'],
  ['the person voted already', { votes: [standing] }, {}, AT, 'already-voted'],
  ['the person voted yes and now says no', { votes: [standing] }, { verdict: 'no' }, AT, 'already-voted'],
  ['the effect was granted', { effect: 'granted' }, {}, AT, 'effect-granted'],
  ['nobody knows whether the effect took', { effect: 'unknown' }, {}, AT, 'effect-granted'],
]

test.each(refusals)('a vote is refused where %s', (_, part, vote, at, code) => {
  const result = castVote({ ...change, ...part }, { ...ballot, ...vote }, at)
  expect(result).toMatchObject({ ok: false, code })
  expect(isProblemSlug(code)).toBe(true)
})

test('the last approval that was needed satisfies the request, one before leaves it open', () => {
  expect(castVote(change, ballot, AT)).toMatchObject({ ok: true, value: { request_state: 'open' } })
  const second = castVote({ ...change, votes: [standing] }, { ...ballot, id: 'apv_2', person_id: 'olu' }, AT)
  expect(second).toMatchObject({ ok: true, value: { request_state: 'satisfied', vote: { at: AT, revoked_at: null } } })
})

test('one no by a person with a vote rejects', () => {
  expect(castVote(change, { ...ballot, verdict: 'no' }, AT)).toMatchObject({
    ok: true,
    value: { request_state: 'rejected' },
  })
})

test('a vote taken back leaves the way open for another', () => {
  const back = { ...standing, revoked_at: AT }
  expect(castVote({ ...change, votes: [back] }, { ...ballot, id: 'apv_2' }, AT).ok).toBe(true)
})

test('taking a vote back opens a satisfied request, unless the others still suffice', () => {
  const olu = { ...standing, id: 'apv_2', person_id: 'olu' }
  const satisfied: Change = { ...change, request: { ...request, state: 'satisfied' }, votes: [standing, olu] }
  expect(revokeVote(satisfied, 'mia', AT)).toMatchObject({
    ok: true,
    value: { request_state: 'open', vote: { revoked_at: AT } },
  })
  const two = { ...request, requirements: [] }
  expect(revokeVote({ ...satisfied, request: two }, 'mia', AT)).toMatchObject({ value: { request_state: 'satisfied' } })
})

test('what is taken back is the vote on this intent, not an older one', () => {
  const older = { ...standing, id: 'apv_0', intent_digest: sha256('older') }
  expect(revokeVote({ ...change, votes: [older, standing] }, 'mia', AT)).toMatchObject({
    value: { vote: { id: 'apv_1' } },
  })
  expect(revokeVote({ ...change, votes: [older] }, 'mia', AT)).toMatchObject({ code: 'nothing-to-revoke' })
})

test('after the grant a revocation is too late', () => {
  for (const effect of ['granted', 'effected', 'unknown'] as const)
    expect(revokeVote({ ...change, votes: [standing], effect }, 'mia', AT)).toMatchObject({
      ok: false,
      code: 'too-late',
    })
})

test('a refused effect gives the votes back to their persons', () => {
  expect(granted({ ...change, effect: 'refused' })).toBe(false)
  expect(revokeVote({ ...change, votes: [standing], effect: 'refused' }, 'mia', AT).ok).toBe(true)
})

test('who has no standing yes, or no live request, has nothing to take back', () => {
  expect(revokeVote(change, 'mia', AT)).toMatchObject({ code: 'nothing-to-revoke' })
  const no = { ...standing, verdict: 'no' as const }
  expect(revokeVote({ ...change, votes: [no] }, 'mia', AT)).toMatchObject({ code: 'nothing-to-revoke' })
  const stale = { ...change, votes: [standing], request: { ...request, state: 'stale' as const } }
  expect(revokeVote(stale, 'mia', AT)).toMatchObject({ code: 'nothing-to-revoke' })
})

const others: { [K in keyof Intent]: Intent[K] | string } = {
  schema: 'gatehouse.intent/v2',
  kind: 'push',
  project_id: 'prj_2',
  repository_id: 'rep_2',
  task_id: 'tsk_2',
  target_branch: 'main2',
  environment: 'production',
  diff_digest: sha256('diff '),
  agent_version: sha256('agent'),
  exceptions: ['exc_1'],
}

test.each(Object.entries(others))('another %s is another intent, voids the approvals and is named', (key, value) => {
  const changed = { ...intent, [key]: value } as Intent
  expect(intentDigest(changed)).not.toBe(intentDigest(intent))
  expect(reconsider(request, changed)).toEqual({ keep: false, changed: [key] })
})

test('the same intent keeps its approvals, whatever the order of its fields', () => {
  expect(reconsider(request, Object.fromEntries(Object.entries(intent).toReversed()) as Intent)).toEqual({ keep: true })
})

test('a field that only the newer intent has is named too', () => {
  expect(intentChanges(intent, { ...intent, extra: 1 } as Intent)).toEqual(['extra'])
})

test('no two intents with different fields share a digest', () => {
  const digest = fc.stringMatching(/^[0-9a-f]{64}$/)
  const word = fc.string({ unit: 'binary-ascii' })
  const arbitrary: fc.Arbitrary<Intent> = fc.record({
    schema: fc.constant('gatehouse.intent/v1' as const),
    kind: fc.constant('merge' as const),
    project_id: word,
    repository_id: word,
    task_id: word,
    target_branch: word,
    environment: word,
    diff_digest: digest,
    agent_version: fc.option(digest),
    exceptions: fc.array(word, { maxLength: 3 }),
  })
  fc.assert(
    fc.property(arbitrary, arbitrary, (a, b) => {
      expect(intentDigest(a) === intentDigest(b)).toBe(intentChanges(a, b).length === 0)
      expect(Intent.parse(a)).toEqual(a)
    }),
  )
})
