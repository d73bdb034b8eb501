import type { Act, PlannedAct } from '../kernel/acts.ts'
import { refuse, ok, type Result } from '../kernel/result.ts'
import { EXCEPTION_FLOW } from '../policy/exception-flow.ts'
import { PROMOTION_FLOW } from '../promotions/promotion-flow.ts'
import { ONE_TX, type Entity, type StateOf, type Transition } from './states.ts'
import { TASK_FLOW } from './task-flow.ts'

type Flow = { readonly [E in Entity]: readonly Transition<E>[] }

export const FLOW: Flow = {
  story: [
    { act: 'story.triage', from: ['new'], to: 'triaged', who: 'worker', guard: 'parsed without error', crash: ONE_TX },
    {
      act: 'runbook.draft',
      from: ['triaged'],
      to: 'runbook_drafted',
      who: 'worker',
      guard: 'risk and priority are set',
      crash: ONE_TX,
    },
    {
      act: 'runbook.accept',
      from: ['runbook_drafted'],
      to: 'accepted',
      who: 'person',
      guard: 'the digest shown is the digest accepted',
      crash: ONE_TX,
    },
    {
      act: 'task.run',
      from: ['accepted', 'in_progress'],
      to: 'in_progress',
      who: 'person',
      guard: 'its task starts',
      crash: ONE_TX,
    },
    {
      act: 'effect.execute',
      from: ['accepted', 'in_progress'],
      to: 'delivered',
      who: 'broker',
      guard: 'its task merged',
      crash: ONE_TX,
    },
  ],
  runbook: [
    {
      act: 'runbook.accept',
      from: ['PROPOSED'],
      to: 'ACCEPTED',
      who: 'person',
      guard: 'the digest shown is the digest accepted',
      crash: ONE_TX,
    },
  ],
  task: TASK_FLOW,
  run: [
    {
      act: 'run.start',
      from: ['queued', 'running'],
      to: 'running',
      who: 'worker',
      guard: 'the lease is new: a takeover raises its epoch',
      crash: 'the next worker takes over with a higher epoch',
    },
    {
      act: 'run.finish',
      from: ['running'],
      to: 'succeeded',
      who: 'worker',
      guard: 'its proposal is in, in the same transaction',
      crash: 'goes on at the first unfinished step',
    },
    {
      act: 'run.finish',
      from: ['queued', 'running'],
      to: 'failed',
      who: 'worker',
      guard: 'its command failed or policy denied',
      crash: 'goes on at the first unfinished step',
    },
    {
      act: 'run.finish',
      from: ['queued', 'running'],
      to: 'errored',
      who: 'worker',
      guard: 'we broke, and the retry policy is spent',
      crash: ONE_TX,
    },
  ],
  proposal: [
    {
      act: 'validation.start',
      from: ['pending', 'validated', 'failed'],
      to: 'validating',
      who: 'worker',
      guard: 'the lease is current; no effect was granted',
      crash: 'the job runs again under a new lease',
    },
    {
      act: 'validation.finish',
      from: ['validating'],
      to: 'validated',
      who: 'worker',
      guard: 'the recipe passed and policy did not deny',
      crash: 'the step runs again; its result is written once',
    },
    {
      act: 'validation.finish',
      from: ['validating'],
      to: 'failed',
      who: 'worker',
      guard: 'the recipe failed, policy denied, or the rebase conflicts',
      crash: 'the step runs again; its result is written once',
    },
    {
      act: 'validation.finish',
      from: ['validating'],
      to: 'pending',
      who: 'worker',
      guard: 'the validation errored: we broke; ask for it again',
      crash: ONE_TX,
    },
    {
      act: 'proposal.reject',
      from: ['validated'],
      to: 'failed',
      who: 'person',
      guard: 'no effect was granted',
      crash: ONE_TX,
    },
    {
      act: 'proposal.supersede',
      from: ['pending', 'validating', 'validated', 'failed'],
      to: 'superseded',
      who: 'person',
      guard: 'no effect was granted',
      crash: ONE_TX,
    },
    {
      act: 'proposal.withdraw',
      from: ['pending', 'validating', 'validated', 'failed'],
      to: 'withdrawn',
      who: 'person',
      guard: 'no effect was granted',
      crash: ONE_TX,
    },
    {
      act: 'effect.execute',
      from: ['validated'],
      to: 'merged',
      who: 'broker',
      guard: 'the branch took exactly the approved tree',
      crash: 'the effect is read back from the branch before anything is tried again',
    },
  ],
  approval_request: [
    {
      act: 'proposal.approve',
      from: ['open', 'satisfied'],
      to: 'satisfied',
      who: 'person',
      guard: 'every requirement is met',
      crash: ONE_TX,
    },
    {
      act: 'proposal.approve',
      from: ['open', 'satisfied'],
      to: 'open',
      who: 'person',
      guard: 'more approvals are needed, also where a voter lost the role meanwhile',
      crash: ONE_TX,
    },
    {
      act: 'proposal.revoke',
      from: ['satisfied', 'open'],
      to: 'open',
      who: 'person',
      guard: 'no effect was granted',
      crash: ONE_TX,
    },
    {
      act: 'proposal.revoke',
      from: ['satisfied', 'open'],
      to: 'satisfied',
      who: 'person',
      guard: 'no effect was granted; the other approvals still meet every requirement',
      crash: ONE_TX,
    },
    {
      act: 'proposal.reject',
      from: ['open', 'satisfied'],
      to: 'rejected',
      who: 'person',
      guard: 'no effect was granted',
      crash: ONE_TX,
    },
    {
      act: 'proposal.supersede',
      from: ['open', 'satisfied'],
      to: 'stale',
      who: 'person',
      guard: 'the intent changed',
      crash: ONE_TX,
    },
    {
      act: 'proposal.validate',
      from: ['open', 'satisfied'],
      to: 'stale',
      who: 'worker',
      guard: 'a rebase changed the intent',
      crash: ONE_TX,
    },
    {
      act: 'proposal.withdraw',
      from: ['open', 'satisfied'],
      to: 'cancelled',
      who: 'person',
      guard: 'no effect was granted',
      crash: ONE_TX,
    },
    {
      act: 'approval.expire',
      from: ['open', 'satisfied'],
      to: 'expired',
      who: 'worker',
      guard: 'past its time; no effect was granted',
      crash: ONE_TX,
    },
  ],
  effect: [
    {
      act: 'effect.execute',
      from: ['granted', 'unknown'],
      to: 'effected',
      who: 'broker',
      guard: 'compare-and-swap took, or the branch already holds the commit',
      crash: 'read back first; the commit id is the same every time',
    },
    {
      act: 'effect.execute',
      from: ['granted', 'unknown'],
      to: 'refused',
      who: 'broker',
      guard: 'the branch moved before us',
      crash: 'read back first',
    },
    {
      act: 'effect.execute',
      from: ['granted'],
      to: 'unknown',
      who: 'broker',
      guard: 'the forge did not answer',
      crash: 'reconciled by the next attempt',
    },
  ],
  promotion: PROMOTION_FLOW,
  exception: EXCEPTION_FLOW,
}

/**
 * Checks that `act` leads from one state to another. Pure.
 * @returns the row, or `wrong-state` with what would be possible.
 */
export function transition<E extends Entity>(
  entity: E,
  act: Act | PlannedAct,
  from: StateOf<E>,
  to: StateOf<E>,
): Result<Transition<E>, 'wrong-state'> {
  const rows: readonly Transition<E>[] = FLOW[entity]
  const row = rows.find((r) => r.act === act && r.from.includes(from) && r.to === to)
  if (row) return ok(row)
  const possible = [...new Set(rows.filter((r) => r.from.includes(from)).map((r) => r.act))]
  return refuse(
    'wrong-state',
    `this ${entity.replace('_', ' ')} is ${from}; ${act} does not apply to it. ` +
      (possible.length > 0 ? `Possible now: ${possible.join(', ')}.` : 'Nothing leads on from here.'),
  )
}
