import { ONE_TX, planned, type Transition } from '../delivery/states.ts'

/** The exception's part of the flow: a time-bound, approved leave from one policy for one scope. Not performed by this version. */
export const EXCEPTION_FLOW: readonly Transition<'exception'>[] = planned<'exception'>([
  {
    act: 'exception.approve',
    from: ['requested'],
    to: 'approved',
    who: 'person',
    guard:
      'every requirement is met by nobody who asked for it or gains by it; policy, scope and end are within bounds',
    next: 'exception.activate',
    crash: 'one transaction; the job carries on after a crash',
  },
  {
    act: 'exception.approve',
    from: ['requested'],
    to: 'requested',
    who: 'person',
    guard: 'more approvals are needed',
    crash: ONE_TX,
  },
  {
    act: 'exception.reject',
    from: ['requested'],
    to: 'rejected',
    who: 'person',
    guard: 'it was not approved',
    crash: ONE_TX,
  },
  {
    act: 'exception.withdraw',
    from: ['requested'],
    to: 'revoked',
    who: 'person',
    guard: 'by the one who asked for it, before it was approved',
    crash: ONE_TX,
  },
  {
    act: 'exception.activate',
    from: ['approved'],
    to: 'active',
    who: 'worker',
    guard: 'its time has begun and has not ended; policy_set_hash changes with it',
    next: 'exception.expire',
    crash: 'one transaction; the job runs again and finds it active',
  },
  {
    act: 'exception.revoke',
    from: ['approved', 'active'],
    to: 'revoked',
    who: 'person',
    guard: 'decisions from this transaction on do without it; an intent that used it is stale',
    crash: ONE_TX,
  },
  {
    act: 'exception.expire',
    from: ['requested', 'approved', 'active'],
    to: 'expired',
    who: 'worker',
    guard: 'past its end; decisions did without it from that instant, also before this row was written',
    crash: 'one transaction; the job runs again',
  },
])
