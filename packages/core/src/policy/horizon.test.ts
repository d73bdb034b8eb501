import { expect, test } from 'vitest'
import { decisionHorizon } from './horizon.ts'
import type { DecisionInput } from './decision.ts'

const base: DecisionInput = {
  hook: 'before_effect',
  at: '2026-11-21T12:00:00.000Z',
  project: { id: 'prj_1', name: 'demo' },
  environment: 'production',
  actor: { kind: 'person', id: 'act_1', person_id: 'per_1', roles: [] },
  repository: null,
  task: null,
  agent: null,
  proposal: null,
  validation: null,
  effect: null,
  settings: {},
}

const window = (from: string, to: string) => ({ id: 'w', from, to, environments: [], branches: [], reason: 'R' })

test('an input without times holds for good', () => {
  expect(decisionHorizon(base)).toBeNull()
})

test('the next begin or end of a freeze window is the horizon, in any zone', () => {
  const freeze = [
    window('2026-11-21T11:00:00Z', '2026-11-21T16:00:00+02:00'),
    window('2026-11-21T13:30:00Z', '2026-11-22T00:00:00Z'),
  ]
  expect(decisionHorizon({ ...base, settings: { freeze } })).toBe('2026-11-21T13:30:00.000Z')
  expect(decisionHorizon({ ...base, at: '2026-11-21T13:45:00Z', settings: { freeze } })).toBe(
    '2026-11-21T14:00:00.000Z',
  )
})

test('an instant that is now or past does not count', () => {
  expect(decisionHorizon({ ...base, settings: { freeze: [window('2026-11-20T00:00:00Z', base.at)] } })).toBeNull()
})

test('an exception begins and ends', () => {
  const exception = {
    id: 'exc_1',
    policy_id: 'freeze',
    scope: { environment: 'production', repository_id: null, agent_id: null },
    reason: 'R',
    requested_by: 'per_1',
    approved_by: [],
    starts_at: '2026-11-21T00:00:00Z',
    expires_at: '2026-11-21T12:00:00.001Z',
  }
  expect(decisionHorizon({ ...base, exceptions: { freeze: [exception] } })).toBe('2026-11-21T12:00:00.001Z')
})
