import { expect, test } from 'vitest'
import { ROLES } from '../kernel/access.ts'
import { instant } from '../kernel/time.ts'
import {
  askedOf,
  eligible,
  quorum,
  quorumMet,
  requirementKey,
  voteProblem,
  type Requirement,
  type Vote,
  type Voter,
} from './quorum.ts'

const AT = instant(0)
const D = 'd'.repeat(64)
const voters: Voter[] = [
  { person_id: 'dev', roles: ['developer'] },
  { person_id: 'mia', roles: ['maintainer'] },
  { person_id: 'olu', roles: ['owner'] },
  { person_id: 'vic', roles: ['viewer'] },
  { person_id: 'bot', roles: ['automation'] },
]
const yes = (person_id: string, part: Partial<Vote> = {}): Vote => ({
  id: `apv_${person_id}`,
  person_id,
  intent_digest: D,
  verdict: 'yes',
  at: AT,
  revoked_at: null,
  ...part,
})
const need = (count: number, ...roles: string[]): Requirement => ({
  id: roles.join(),
  policy_id: 'p',
  count,
  roles,
  reason: 'r',
})
const remaining = (requirements: Requirement[], votes: Vote[], authors: string[] = ['ann']) =>
  quorum(requirements, votes, D, voters, new Set(authors)).map((s) => s.remaining)

test('each requirement counts the persons who hold one of its roles', () => {
  expect(remaining([need(2, 'maintainer', 'owner'), need(1, 'owner')], [yes('mia'), yes('olu')])).toEqual([0, 0])
  expect(remaining([need(2, 'maintainer', 'owner'), need(1, 'owner')], [yes('mia')])).toEqual([1, 1])
})

test('one person counts once, however many rows they have', () => {
  expect(remaining([need(2, 'maintainer')], [yes('mia'), yes('mia', { id: 'apv_2' })])).toEqual([1])
})

test('one person listed twice among the voters counts once', () => {
  const twice = [...voters, { person_id: 'mia', roles: ['maintainer' as const] }]
  expect(quorum([need(2, 'maintainer')], [yes('mia')], D, twice, new Set(['ann']))[0]?.remaining).toBe(1)
})

test('an author, a viewer, a service and a stranger count for nothing', () => {
  const all = need(1, 'viewer', 'developer', 'maintainer', 'owner', 'automation')
  expect(remaining([all], [yes('mia')], ['mia'])).toEqual([1])
  for (const who of ['vic', 'bot', 'stranger']) expect(remaining([all], [yes(who)]), `${who} has no vote`).toEqual([1])
})

test('a no, a vote taken back and a vote on another intent count for nothing', () => {
  for (const part of [{ verdict: 'no' as const }, { revoked_at: AT }, { intent_digest: 'e'.repeat(64) }])
    expect(remaining([need(1, 'maintainer')], [yes('mia', part)])).toEqual([1])
})

test('with no requirement at all, one maintainer or owner is still needed', () => {
  expect(remaining([], [])).toEqual([1])
  expect(remaining([], [yes('dev')])).toEqual([1])
  expect(remaining([], [yes('olu')])).toEqual([0])
})

test('a requirement of zero, of a negative number or of no number is not met by nobody', () => {
  for (const count of [0, -3, Number.NaN])
    expect(quorumMet(quorum([need(count, 'owner')], [], D, voters, new Set())), `a count of ${count}`).toBe(false)
})

test('a requirement of no role or of an unknown role is never met', () => {
  expect(remaining([need(1), need(1, 'Owner')], [yes('olu')])).toEqual([1, 1])
})

test('no states are no quorum', () => {
  expect(quorumMet([])).toBe(false)
})

test.each(ROLES)('whether a %s has a vote', (role) => {
  const problem = voteProblem('x', [{ person_id: 'x', roles: [role] }], new Set(['ann']))
  expect(problem).toBe(role === 'viewer' || role === 'automation' ? 'not-eligible' : null)
})

test('an author is told self-approval, whatever the role', () => {
  for (const role of ROLES)
    expect(voteProblem('x', [{ person_id: 'x', roles: [role] }], new Set(['x']))).toBe('self-approval')
})

test('a person named by policy fits whatever their role, and only who is named where no role exists', () => {
  const named: Requirement = { ...need(1, 'code-owner'), persons: ['dev', 'olu', 'vic'] }
  const state = (votes: Vote[]) => quorum([named], votes, D, voters, new Set())
  expect(state([yes('mia')]).map((s) => s.remaining)).toEqual([1])
  expect(state([yes('dev')])).toMatchObject([{ remaining: 0, by: ['dev'] }])
  // Named or not, who may not approve at all does not count.
  expect(state([yes('vic')]).map((s) => s.remaining)).toEqual([1])
  expect(askedOf(named)).toBe('one of the 3 persons named')
  expect(askedOf({ ...need(1, 'owner'), persons: ['mia'] })).toBe('owner or the person named')
  const given = (authors: string[]) => state([]).map((s) => eligible(s, voters, new Set(authors)))
  expect(given([])).toEqual([['dev', 'olu']])
  expect(given(['olu'])).toEqual([['dev']])
})

test('two requirements that differ in the persons named are two', () => {
  const named = need(1, 'code-owner')
  expect(requirementKey({ ...named, persons: ['dev'] })).not.toBe(requirementKey({ ...named, persons: ['olu'] }))
})
