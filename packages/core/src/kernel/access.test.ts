import { expect, test } from 'vitest'
import { ACTS_WITH_ACCESS, atLeast, may, ROLE_ALIASES, ROLES, rolesFor, type Role } from './access.ts'
import { ACT_ALIASES, actRow, ACTS, commandOf, isAct, operationId, type Act } from './acts.ts'

const acts = Object.keys(ACTS) as Act[]

test('every act has its row in the table of access, and no row is of an unknown act', () => {
  expect(ACTS_WITH_ACCESS.toSorted((a, b) => a.localeCompare(b))).toEqual(acts.toSorted((a, b) => a.localeCompare(b)))
})

test('who stands higher may do all that who stands lower may', () => {
  const ladder: Role[] = ['viewer', 'developer', 'maintainer', 'owner']
  for (const act of acts)
    for (const [i, role] of ladder.entries())
      for (const higher of ladder.slice(i))
        if (may([role], act)) expect(may([higher], act), `${higher} ${act}`).toBe(true)
})

test('a viewer changes nothing but their own session', () => {
  expect(acts.filter((act) => actRow(act).governed && may(['viewer'], act))).toEqual([])
})

test('automation never approves, accepts, configures, purges, merges or touches people and tokens', () => {
  const allowed = acts.filter((act) => actRow(act).governed && may(['automation'], act))
  expect(allowed).toEqual([
    'story.submit',
    'task.create',
    'task.run',
    'proposal.submit',
    'proposal.validate',
    'proposal.supersede',
    'proposal.withdraw',
  ])
})

test('acts of our own services are done by no role', () => {
  for (const act of [
    'effect.execute',
    'run.start',
    'run.finish',
    'validation.start',
    'validation.finish',
    'approval.open',
    'approval.expire',
    'story.triage',
    'runbook.draft',
  ] as const)
    expect(rolesFor(act), `roles that may ${act}`).toEqual([])
})

test('no role, an unknown role, an unknown act and a name every object has may nothing', () => {
  for (const act of acts) expect(may([], act) || may(['admin' as Role], act), `nobody may ${act}`).toBe(false)
  for (const act of ['proposal.destroy', 'constructor', '__proto__', 'toString', ''])
    for (const role of ROLES) expect(may([role], act as Act), `${role} may not ${act}`).toBe(false)
})

test('several roles add up', () => {
  expect(may(['automation'], 'proposal.approve')).toBe(false)
  expect(may(['automation', 'maintainer'], 'proposal.approve')).toBe(true)
})

test('automation stands beside the ladder, an unknown role nowhere on it', () => {
  expect(atLeast('owner', 'maintainer')).toBe(true)
  expect(atLeast('developer', 'maintainer')).toBe(false)
  expect(atLeast('automation', 'viewer')).toBe(false)
  expect(atLeast('owner', 'automation')).toBe(false)
  expect(atLeast('owner', 'king' as Role)).toBe(false)
  expect(atLeast('king' as Role, 'viewer')).toBe(false)
})

test('older role names mean roles of ours', () => {
  for (const role of Object.values(ROLE_ALIASES)) expect(ROLES).toContain(role)
})

test('an act is noun.verb, and names one operation and one command', () => {
  for (const act of acts) expect(act).toMatch(/^[a-z]+(\.[a-z]+)+$/)
  expect(new Set(acts.map((act) => operationId(act))).size).toBe(acts.length)
  expect(new Set(acts.map((act) => commandOf(act))).size).toBe(acts.length)
  expect(operationId('proposal.approve')).toBe('proposalApprove')
  expect([commandOf('proposal.approve'), commandOf('proposal.merge'), commandOf('job.list')]).toEqual([
    'proposal approve',
    'merge',
    'jobs dead list',
  ])
})

test('older wire names mean acts of ours, and are none themselves', () => {
  for (const [alias, act] of Object.entries(ACT_ALIASES)) expect([isAct(alias), isAct(act)]).toEqual([false, true])
})

test('what every object has is no act', () => {
  expect(['constructor', '__proto__', 'proposal'].some((text) => isAct(text))).toBe(false)
})

test('every act that only reads is open to a viewer or says who may, and nothing that reads is governed', () => {
  for (const act of acts)
    if (/\.(show|list|diff|export|verify|whoami|stream)$/.test(act))
      expect(actRow(act).governed, `${act} only reads`).toBe(false)
})
