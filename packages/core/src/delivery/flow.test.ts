import { expect, test } from 'vitest'
import { actRow, ACTS, isAct, isPlanned, PLANNED_ACTS } from '../kernel/acts.ts'
import { may, rolesFor } from '../kernel/access.ts'
import { FLOW, transition } from './flow.ts'
import {
  LIVE_PROPOSAL,
  LIVE_REQUEST,
  LIVE_RUN,
  NOT_IN_THIS_VERSION,
  STATES,
  type Entity,
  type Transition,
} from './states.ts'

const entities = Object.keys(STATES) as Entity[]
const rowsOf = (entity: Entity): readonly Transition<Entity>[] => FLOW[entity]

/** Where each entity begins. */
const FIRST: { readonly [E in Entity]: (typeof STATES)[E][number] } = {
  story: 'new',
  runbook: 'PROPOSED',
  task: 'created',
  run: 'queued',
  proposal: 'pending',
  approval_request: 'open',
  effect: 'granted',
  promotion: 'pending',
  exception: 'requested',
}

/** States of the words of DESIGN that nothing leads to yet, and why. When a row is added, its line here has to go. */
const NOT_YET: { readonly [E in Entity]?: Readonly<Record<string, string>> } = {
  story: { rejected: 'turning a story down needs an act of its own, not built yet' },
  task: {
    deploying: 'deployments are not built yet',
    deployed: 'deployments are not built yet',
    verified: 'deployments are not built yet',
    rolled_back: 'deployments are not built yet',
  },
  run: {
    waiting: 'no step of a command agent waits for a person',
    cancelled: 'a live run is not cancelled yet: it ends by its limits',
  },
}

/** Entities whose acts this version does not perform at all. When the first is built, its name here has to go. */
const PLANNED: readonly Entity[] = ['promotion', 'exception']

test.each(entities)('every state of a %s is reached, or said to be not yet', (entity) => {
  const reached = new Set<string>([FIRST[entity]])
  for (let before = -1; before !== reached.size;) {
    before = reached.size
    for (const row of rowsOf(entity)) if (row.from.some((state) => reached.has(state))) reached.add(row.to)
  }
  const notYet = Object.keys(NOT_YET[entity] ?? {})
  expect(new Set([...reached, ...notYet])).toEqual(new Set(STATES[entity]))
  expect(notYet.filter((state) => reached.has(state))).toEqual([])
})

test.each(entities.filter((entity) => !PLANNED.includes(entity)))(
  'every transition of a %s is a known, governed act that somebody can do',
  (entity) => {
    for (const { act, who, guard, crash, from } of rowsOf(entity)) {
      if (!isAct(act)) throw new Error(`${act} is no act`)
      expect(actRow(act).governed, `${act} is governed`).toBe(true)
      expect([guard.length > 8, crash.length > 8, from.length > 0], `${act} says guard and crash`).toEqual([
        true,
        true,
        true,
      ])
      if (who === 'person') expect(rolesFor(act).length, `a role may ${act}`).toBeGreaterThan(0)
    }
  },
)

test.each(PLANNED)(
  'every transition of a %s is of an act that is planned, and says that it is not performed',
  (entity) => {
    expect(rowsOf(entity).length).toBeGreaterThan(0)
    for (const { act, guard, crash, from } of rowsOf(entity)) {
      expect(isPlanned(act) && act.startsWith(`${entity}.`), act).toBe(true)
      expect(guard.startsWith(NOT_IN_THIS_VERSION), `${act}: ${guard}`).toBe(true)
      expect([guard.length > NOT_IN_THIS_VERSION.length + 8, crash.length > 8, from.length > 0]).toEqual([
        true,
        true,
        true,
      ])
    }
  },
)

test('a planned act is no act: nobody may do it, and every one of them stands in a table', () => {
  const inTables = new Set<string>(entities.flatMap((entity) => rowsOf(entity).map((row) => row.act)))
  for (const act of Object.keys(PLANNED_ACTS)) {
    expect([isAct(act), Object.hasOwn(ACTS, act)], act).toEqual([false, false])
    expect(inTables.has(act), `${act} stands in a table`).toBe(true)
  }
})

test('no two rows say the same thing twice', () => {
  for (const entity of entities) {
    const keys = rowsOf(entity).flatMap((row) => row.from.map((from) => `${entity} ${row.act} ${from} ${row.to}`))
    expect(new Set(keys).size).toBe(keys.length)
  }
})

test('nothing leads on from where things end', () => {
  const ends: { readonly [E in Entity]?: readonly string[] } = {
    runbook: ['ACCEPTED'],
    task: ['merged', 'cancelled'],
    run: ['succeeded', 'failed', 'errored'],
    proposal: ['superseded', 'withdrawn', 'merged'],
    approval_request: ['rejected', 'stale', 'expired', 'cancelled'],
    effect: ['effected', 'refused'],
    story: ['delivered'],
    promotion: ['rejected', 'executed', 'stale', 'expired', 'cancelled'],
    exception: ['rejected', 'expired', 'revoked'],
  }
  for (const entity of entities)
    for (const end of ends[entity] ?? [])
      expect(
        rowsOf(entity).filter((row) => row.from.some((from) => from === end)),
        `${entity} ${end}`,
      ).toEqual([])
})

test('a transition that is in the table is given, with its row', () => {
  expect(transition('proposal', 'effect.execute', 'validated', 'merged')).toMatchObject({
    ok: true,
    value: { who: 'broker' },
  })
})

test('a transition that is not says where things stand and what is possible', () => {
  expect(transition('proposal', 'effect.execute', 'pending', 'merged')).toEqual({
    ok: false,
    code: 'wrong-state',
    detail:
      'this proposal is pending; effect.execute does not apply to it. Possible now: validation.start, proposal.supersede, proposal.withdraw.',
  })
  const closed = transition('approval_request', 'proposal.approve', 'stale', 'satisfied')
  expect(!closed.ok && closed.detail).toContain('this approval request is stale')
  expect(!closed.ok && closed.detail).toContain('Nothing leads on from here')
})

test('nothing is merged but by the broker, from a validated proposal', () => {
  expect(FLOW.proposal.filter((row) => row.to === 'merged').map((row) => [row.act, row.who, row.from])).toEqual([
    ['effect.execute', 'broker', ['validated']],
  ])
})

test('no agent and no automation moves an approval request', () => {
  for (const row of FLOW.approval_request) {
    expect(row.who).not.toBe('agent')
    if (row.act === 'proposal.approve') expect(may(['automation'], row.act)).toBe(false)
  }
})

test('nothing is bound in an environment but by the broker, from a promotion that was granted', () => {
  const into = (to: string) => FLOW.promotion.filter((row) => row.to === to).map((row) => [row.act, row.who, row.from])
  expect(into('executed')).toEqual([['promotion.finish', 'broker', ['executing']]])
  expect(into('executing')).toEqual([['promotion.execute', 'broker', ['approved']]])
})

test('an exception is active only after persons approved it, and an end of its time ends it from wherever it is live', () => {
  expect(FLOW.exception.filter((row) => row.to === 'active').map((row) => row.from)).toEqual([['approved']])
  expect(FLOW.exception.filter((row) => row.to === 'approved').map((row) => row.who)).toEqual(['person'])
  for (const from of ['requested', 'approved', 'active'] as const)
    expect(transition('exception', 'exception.expire', from, 'expired').ok).toBe(true)
})

test('whatever a vote or a revocation makes of a request, the table has a row for it', () => {
  for (const from of LIVE_REQUEST)
    for (const to of LIVE_REQUEST)
      for (const act of ['proposal.approve', 'proposal.revoke'] as const)
        expect(transition('approval_request', act, from, to).ok, `${act}: ${from} to ${to}`).toBe(true)
})

test('a validation that errored strands neither proposal nor task', () => {
  expect(transition('proposal', 'validation.finish', 'validating', 'pending').ok).toBe(true)
  expect(transition('task', 'validation.finish', 'validating', 'proposed').ok).toBe(true)
})

test('live states can still move', () => {
  for (const state of LIVE_PROPOSAL)
    expect(
      FLOW.proposal.some((row) => row.from.includes(state)),
      `proposal ${state}`,
    ).toBe(true)
  for (const state of LIVE_REQUEST)
    expect(
      FLOW.approval_request.some((row) => row.from.includes(state)),
      `request ${state}`,
    ).toBe(true)
  for (const state of LIVE_RUN.filter((s) => s !== 'waiting'))
    expect(
      FLOW.run.some((row) => row.from.includes(state)),
      `run ${state}`,
    ).toBe(true)
})
