import type { Act, PlannedAct } from '../kernel/acts.ts'

/** The states of each entity of the delivery flow (DESIGN 2), one list each. */
export const STATES = {
  story: ['new', 'triaged', 'runbook_drafted', 'accepted', 'in_progress', 'delivered', 'rejected'],
  runbook: ['PROPOSED', 'ACCEPTED'],
  task: [
    'created',
    'triaged',
    'ready',
    'running',
    'proposed',
    'validating',
    'needs_revision',
    'awaiting_approval',
    'approved',
    'merged',
    'deploying',
    'deployed',
    'verified',
    'failed',
    'rolled_back',
    'cancelled',
  ],
  run: ['queued', 'running', 'waiting', 'succeeded', 'failed', 'errored', 'cancelled'],
  proposal: ['pending', 'validating', 'validated', 'failed', 'superseded', 'withdrawn', 'merged'],
  approval_request: ['open', 'satisfied', 'rejected', 'stale', 'expired', 'cancelled'],
  effect: ['granted', 'effected', 'refused', 'unknown'],
  promotion: ['pending', 'approved', 'rejected', 'executing', 'executed', 'stale', 'expired', 'cancelled'],
  exception: ['requested', 'approved', 'rejected', 'active', 'expired', 'revoked'],
} as const

export type Entity = keyof typeof STATES
export type StateOf<E extends Entity> = (typeof STATES)[E][number]
export type StoryState = StateOf<'story'>
export type RunbookState = StateOf<'runbook'>
export type TaskState = StateOf<'task'>
export type RunState = StateOf<'run'>
export type ProposalState = StateOf<'proposal'>
export type ApprovalRequestState = StateOf<'approval_request'>
export type EffectState = StateOf<'effect'>
export type PromotionState = StateOf<'promotion'>
export type ExceptionState = StateOf<'exception'>

/** States of a proposal in which it may still come to an effect; a task has at most one such proposal. */
export const LIVE_PROPOSAL = ['pending', 'validating', 'validated'] as const satisfies readonly ProposalState[]
/** States of a run in which a worker may still act for it. */
export const LIVE_RUN = ['queued', 'running', 'waiting'] as const satisfies readonly RunState[]
/** States of an approval request whose approvals can still count. */
export const LIVE_REQUEST = ['open', 'satisfied'] as const satisfies readonly ApprovalRequestState[]

/** One row of a state table. The docs page is drawn from these, so the words are for people. */
export interface Transition<E extends Entity> {
  readonly act: Act | PlannedAct
  readonly from: readonly StateOf<E>[]
  readonly to: StateOf<E>
  /** Who does it: a role of the table of access, or the service that does. */
  readonly who: 'person' | 'agent' | 'worker' | 'broker' | 'policy'
  /** What must hold. */
  readonly guard: string
  /** The job that the same transaction enqueues, if any. */
  readonly next?: string
  /** What a crash before, during and after leaves. One transaction acts leave nothing or everything. */
  readonly crash: string
}

/** What a crash leaves of an act that is one transaction. */
export const ONE_TX = 'one transaction: before or during it nothing is left, after it everything'

/** How the guard of a row begins whose act this version does not perform. */
export const NOT_IN_THIS_VERSION = 'not in this version yet: '

/** Rows whose acts are planned. Each says so itself, since the docs page is drawn from the rows. */
export function planned<E extends Entity>(
  rows: readonly (Transition<E> & { readonly act: PlannedAct })[],
): Transition<E>[] {
  return rows.map((row) => ({ ...row, guard: `${NOT_IN_THIS_VERSION}${row.guard}` }))
}
