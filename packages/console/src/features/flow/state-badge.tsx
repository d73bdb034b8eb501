import type { ProposalState, RunState, StoryState, TaskState } from '@gatehouse/core/delivery/states'
import type { Risk } from '../../api/types.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'

const TONES: Readonly<Record<StoryState | TaskState | ProposalState | RunState, Tone>> = {
  new: 'neutral',
  triaged: 'neutral',
  runbook_drafted: 'info',
  accepted: 'ok',
  in_progress: 'info',
  delivered: 'ok',
  rejected: 'bad',
  created: 'neutral',
  ready: 'neutral',
  running: 'info',
  proposed: 'info',
  validating: 'info',
  needs_revision: 'warn',
  awaiting_approval: 'warn',
  approved: 'ok',
  merged: 'ok',
  deploying: 'info',
  deployed: 'ok',
  verified: 'ok',
  failed: 'bad',
  rolled_back: 'bad',
  cancelled: 'neutral',
  queued: 'neutral',
  waiting: 'warn',
  succeeded: 'ok',
  errored: 'bad',
  pending: 'info',
  validated: 'ok',
  superseded: 'neutral',
  withdrawn: 'neutral',
}

/** A state of a story, task, run or proposal in words. */
export function StateBadge({ state }: { state: keyof typeof TONES }) {
  return <Badge tone={TONES[state]}>{state.replaceAll('_', ' ')}</Badge>
}

const RISK_TONES: Readonly<Record<Risk, Tone>> = { low: 'neutral', medium: 'neutral', high: 'warn', critical: 'bad' }

export function RiskBadge({ risk }: { risk: Risk }) {
  return (
    <Badge tone={RISK_TONES[risk]} icon={risk === 'high' || risk === 'critical' ? 'warn' : null}>
      {risk} risk
    </Badge>
  )
}
