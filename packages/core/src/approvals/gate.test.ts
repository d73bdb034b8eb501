import { expect, test } from 'vitest'
import { sha256 } from '../kernel/canonical.ts'
import { instant, plus, type Instant } from '../kernel/time.ts'
import { type ApprovalRequest, type Change } from './change.ts'
import { gate, type GateInput, type Missing } from './gate.ts'
import { executionDigest, intentDigest, Execution, type Intent } from './intent.ts'
import type { Requirement, Vote } from './quorum.ts'

const AT = instant(Date.UTC(2026, 0, 1))
const intent: Intent = {
  schema: 'gatehouse.intent/v1',
  kind: 'merge',
  project_id: 'prj_1',
  repository_id: 'rep_1',
  task_id: 'tsk_1',
  target_branch: 'main',
  environment: 'sandbox',
  diff_digest: sha256('-1\n+2\n'),
  agent_version: null,
  exceptions: [],
}
const maintainer: Requirement = {
  id: 'one-maintainer',
  policy_id: 'change.approval',
  count: 1,
  roles: ['maintainer', 'owner'],
  reason: 'risk is low',
}
const request: ApprovalRequest = {
  id: 'apr_1',
  intent_digest: intentDigest(intent),
  intent,
  state: 'open',
  requirements: [maintainer],
  expires_at: plus(AT, 60_000),
}
const vote: Vote = {
  id: 'apv_1',
  person_id: 'mia',
  intent_digest: request.intent_digest,
  verdict: 'yes',
  at: AT,
  revoked_at: null,
}
const change: Change = {
  proposal_state: 'validated',
  request,
  votes: [vote],
  authors: new Set(['dan']),
  voters: [
    { person_id: 'dan', roles: ['owner'] },
    { person_id: 'mia', roles: ['maintainer'] },
    { person_id: 'olu', roles: ['owner'] },
    { person_id: 'vic', roles: ['viewer'] },
  ],
  effect: null,
}
const good: GateInput = {
  at: AT,
  change,
  intent,
  proposal: { base_commit: 'c1', base_tree: 't1', result_tree: 't2' },
  target_head: 'c1',
  recipe_digest: sha256('recipe'),
  evidence: {
    validation_id: 'val_1',
    validation_digest: sha256('facts'),
    verdict: 'passed',
    base_commit: 'c1',
    result_tree: 't2',
    recipe_digest: sha256('recipe'),
  },
  decision: {
    decision_id: 'dec_1',
    outcome: 'allow',
    violations: [],
    requirements: [],
    policy_set_hash: sha256('policy'),
    valid_until: null,
  },
}
const { evidence, decision } = good
if (!evidence || !decision) throw new Error('the good input has both')

function missing(input: GateInput): readonly Missing[] {
  const result = gate(input)
  return result.ok ? [] : result.missing
}
const codes = (input: GateInput) => missing(input).map((m) => m.code)

test('the gate opens where everything is in order, and names what it rests on', () => {
  const result = gate(good)
  if (!result.ok) throw new Error('expected an open gate')
  expect(Execution.parse(result.execution)).toEqual({
    schema: 'gatehouse.execution/v1',
    intent_digest: intentDigest(intent),
    base_commit: 'c1',
    base_tree: 't1',
    result_tree: 't2',
    recipe_digest: sha256('recipe'),
    validation_id: 'val_1',
    validation_digest: sha256('facts'),
    decision_id: 'dec_1',
    policy_set_hash: sha256('policy'),
    approvals: ['apv_1'],
  })
  expect(result.execution_digest).toBe(executionDigest(result.execution))
})

test('a refusal lists everything that is missing at once, and who can give it', () => {
  const other: Intent = { ...intent, diff_digest: sha256('-1\n+3\n'), target_branch: 'release' }
  const found = missing({
    at: plus(AT, 120_000),
    change: {
      ...change,
      proposal_state: 'failed',
      authors: new Set(['dan', 'mia']),
      request: { ...request, state: 'rejected' },
    },
    intent: other,
    proposal: good.proposal,
    target_head: 'c9',
    recipe_digest: sha256('other recipe'),
    evidence: { ...evidence, verdict: 'failed', result_tree: 't3' },
    decision: {
      ...decision,
      outcome: 'deny',
      violations: [{ policy_id: 'tests.removed', message: 'test a was removed' }],
      requirements: [{ ...maintainer, id: 'two-owners', count: 2, roles: ['owner'] }],
      valid_until: AT,
    },
  })
  expect(found.map((m) => m.code)).toEqual([
    'proposal-not-validated',
    'approval-request-closed',
    'approval-expired',
    'intent-changed',
    'approvals-missing',
    'approvals-missing',
    'base-moved',
    'evidence-failed',
    'evidence-stale',
    'evidence-stale',
    'policy-denied',
    'policy-answer-stale',
  ])
  for (const { what, who } of found) expect(`${what}${who}`).toMatch(/^.{10,}$/)
  expect(found.find((m) => m.code === 'intent-changed')?.what).toContain('target_branch, diff_digest changed')
  expect(found.filter((m) => m.code === 'approvals-missing').map((m) => m.who)).toEqual(['olu', 'olu'])
  expect(found.find((m) => m.code === 'policy-denied')?.what).toBe('tests.removed: test a was removed')
})

const cases: readonly (readonly [string, Partial<GateInput>, readonly string[]])[] = [
  ['no approval was ever asked for', { change: { ...change, request: null } }, ['approval-request-missing']],
  ['nobody approved', { change: { ...change, votes: [] } }, ['approvals-missing']],
  ['the only approval is a no', { change: { ...change, votes: [{ ...vote, verdict: 'no' }] } }, ['approvals-missing']],
  [
    'the approval was taken back',
    { change: { ...change, votes: [{ ...vote, revoked_at: AT }] } },
    ['approvals-missing'],
  ],
  [
    'the approval is of another intent',
    { change: { ...change, votes: [{ ...vote, intent_digest: sha256('x') }] } },
    ['approvals-missing'],
  ],
  [
    'the approver is an author by now',
    { change: { ...change, authors: new Set(['dan', 'mia']) } },
    ['approvals-missing'],
  ],
  ['nobody is known as author', { change: { ...change, authors: new Set() } }, ['authors-unknown']],
  [
    'the approver lost the role',
    { change: { ...change, voters: [{ person_id: 'mia', roles: ['viewer'] }] } },
    ['approvals-missing'],
  ],
  ['the approver left the project', { change: { ...change, voters: [] } }, ['approvals-missing']],
  ['the request ends at this instant', { at: request.expires_at }, ['approval-expired']],
  [
    'the end of the request cannot be read',
    { change: { ...change, request: { ...request, expires_at: 'soon' as Instant } } },
    ['approval-expired'],
  ],
  [
    'the request is stale',
    { change: { ...change, request: { ...request, state: 'stale' } } },
    ['approval-request-closed'],
  ],
  ['the grant is out', { change: { ...change, effect: 'granted' } }, ['grant-already-used']],
  ['the effect is done', { change: { ...change, effect: 'effected' } }, ['grant-already-used']],
  ['nobody knows whether the effect took', { change: { ...change, effect: 'unknown' } }, ['grant-already-used']],
  ['there is no evidence', { evidence: null }, ['evidence-missing']],
  ['the validation errored', { evidence: { ...evidence, verdict: 'errored' } }, ['evidence-failed']],
  ['the evidence is of another tree', { evidence: { ...evidence, result_tree: 't9' } }, ['evidence-stale']],
  ['the evidence is of another base', { evidence: { ...evidence, base_commit: 'c0' } }, ['evidence-stale']],
  ['the recipe changed', { recipe_digest: sha256('weaker') }, ['evidence-stale']],
  ['the branch moved', { target_head: 'c2' }, ['base-moved']],
  ['policy did not answer', { decision: null }, ['policy-unanswered']],
  ['policy denied without a word', { decision: { ...decision, outcome: 'deny' } }, ['policy-denied']],
  [
    'policy said a word we do not know',
    { decision: { ...decision, outcome: 'perhaps' as 'allow' } },
    ['policy-denied'],
  ],
  [
    'policy allowed and yet names a violation',
    { decision: { ...decision, violations: [{ policy_id: 'p', message: 'm' }] } },
    ['policy-denied'],
  ],
  ['the answer of policy ran out', { decision: { ...decision, valid_until: AT } }, ['policy-answer-stale']],
  [
    'the end of the answer cannot be read',
    { decision: { ...decision, valid_until: '' as Instant } },
    ['policy-answer-stale'],
  ],
  [
    'policy wants more now than when approval was asked for',
    { decision: { ...decision, requirements: [{ ...maintainer, id: 'two', count: 2 }] } },
    ['approvals-missing'],
  ],
]

test.each(cases)('the gate stays shut where %s', (_, part, expected) => {
  expect(codes({ ...good, ...part })).toEqual(expected)
})

test('policy that asks for less now does not take back what was asked when approval opened', () => {
  const two = { ...request, requirements: [{ ...maintainer, count: 2 }] }
  expect(codes({ ...good, change: { ...change, request: two } })).toEqual(['approvals-missing'])
})

test('a warning does not shut the gate', () => {
  expect(gate({ ...good, decision: { ...decision, outcome: 'warn' } }).ok).toBe(true)
})

test('after a refused effect the same approvals serve for the next grant', () => {
  expect(gate({ ...good, change: { ...change, effect: 'refused' } }).ok).toBe(true)
})

test('the grant names only approvals that count', () => {
  const votes = [
    vote,
    { ...vote, id: 'apv_2', person_id: 'dan' },
    { ...vote, id: 'apv_3', person_id: 'vic' },
    { ...vote, id: 'apv_4', person_id: 'olu', revoked_at: AT },
    { ...vote, id: 'apv_5', person_id: 'olu', intent_digest: sha256('x') },
  ]
  const result = gate({ ...good, change: { ...change, votes } })
  expect(result.ok && result.execution.approvals).toEqual(['apv_1'])
})

test('where nobody in the project could give the approval, the refusal says so', () => {
  const voters = [{ person_id: 'dan', roles: ['owner' as const] }]
  expect(missing({ ...good, change: { ...change, voters } })[0]?.who).toContain('add a person')
})

test('who approved already is not named as who could approve', () => {
  const two = { ...decision, requirements: [{ ...maintainer, count: 2, id: 'two' }] }
  expect(missing({ ...good, decision: two })[0]?.who).toBe('olu')
})
