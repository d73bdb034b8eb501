import { describe, expect, test } from 'vitest'
import type { LedgerEvent } from '@gatehouse/client/operations.gen'
import { ACTS } from '@gatehouse/core/kernel/acts'
import { familiesOf, ledgerEventOf, matchesFilter, withEvent } from './events.ts'

const event = (seq: number, act = 'proposal.approve'): LedgerEvent => ({
  seq,
  time: '2026-11-21T12:00:00.000Z',
  act,
  outcome: 'ok',
  reason: null,
  actor: { kind: 'person', id: 'per_1', person_id: 'per_1' },
  actor_name: 'ana',
  subject: { kind: 'proposal', id: 'prp_1' },
  correlation_id: 'req_1',
  decision_id: null,
  rows: ['prp_1'],
  digests: {},
  detail: {},
  hash: 'a'.repeat(64),
})

describe('the ledger stream', () => {
  test('a message of another kind, or one that cannot be read, is no event', () => {
    expect(ledgerEventOf({ id: '1', event: 'other', data: '{}' })).toBeNull()
    expect(ledgerEventOf({ id: '1', event: 'ledger', data: '{' })).toBeNull()
    expect(ledgerEventOf({ id: '1', event: 'ledger', data: 'null' })).toBeNull()
    expect(ledgerEventOf({ id: '1', event: 'ledger', data: JSON.stringify(event(1)) })?.seq).toBe(1)
  })
  test('an event that came twice is in a list once, and one that came late in its place', () => {
    expect(withEvent([event(3), event(1)], event(3)).map((each) => each.seq)).toEqual([3, 1])
    expect(withEvent([event(3), event(1)], event(2)).map((each) => each.seq)).toEqual([3, 2, 1])
  })
  test('a list gets only what its filter lets through', () => {
    expect(matchesFilter(event(1), {})).toBe(true)
    expect(matchesFilter(event(1), { subject: 'prp_1', act: 'proposal.approve', correlation: 'req_1' })).toBe(true)
    expect(matchesFilter(event(1), { subject: 'prp_2' })).toBe(false)
    expect(matchesFilter(event(1), { act: 'proposal.reject' })).toBe(false)
    expect(matchesFilter(event(1), { correlation: 'req_2' })).toBe(false)
  })
  test('every governed act makes something stale, and an act unknown here makes everything stale', () => {
    const silent = Object.entries(ACTS).filter(([act, row]) => row.governed && familiesOf(act).length === 0)
    expect(silent).toEqual([])
    expect(familiesOf('toString.x')).toContain('jobs')
    expect(familiesOf('proposal.approve')).not.toContain('agents')
  })
})
