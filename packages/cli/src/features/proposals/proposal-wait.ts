import type { Client } from '@gatehouse/client/client'
import type { Proposal } from '@gatehouse/client/operations.gen'
import type { Session } from '../../command.ts'
import { follow } from '../../follow.ts'
import { endedBadly } from '../../problem-text.ts'
import { proposalLine } from './proposal-text.ts'

/** Follows a proposal until its validation is over. Throws the problem of one that did not pass. */
export async function waitValidated(session: Session, client: Client, id: string): Promise<Proposal> {
  const proposal = await follow(session, client, {
    what: `proposal ${id} is not validated`,
    load: (signal) => client.call('proposalShow', { params: { id }, signal }),
    settled: (p) => (p.state !== 'pending' && p.state !== 'validating') || p.validation?.state === 'errored',
    line: proposalLine,
    subjects: (p) => [p.id, p.task_id, p.validation?.id ?? null, p.approval?.request_id ?? null],
  })
  if (proposal.state === 'validated' || proposal.state === 'merged') return proposal
  const { validation } = proposal
  if (validation?.state === 'errored')
    throw endedBadly(
      validation.reason,
      'internal-error',
      `the validation ${validation.id} broke; ask for it again: gatehouse proposal validate ${id}`,
      { proposal },
    )
  const failing = validation?.facts?.candidate_reported.newly_failing_tests.map((t) => t.id) ?? []
  const why = proposal.reason ?? (failing.length > 0 ? `failing: ${failing.slice(0, 5).join(', ')}` : null)
  throw endedBadly(
    proposal.reason,
    proposal.state !== 'failed'
      ? 'wrong-state'
      : validation?.state === 'passed'
        ? 'policy-denied'
        : 'validation-failed',
    `proposal ${id} is ${proposal.state}${why === null ? '' : `: ${why}`}; see: gatehouse proposal show ${id}`,
    { proposal },
  )
}

/** Follows a proposal until its merge is settled. Throws the problem of one that was refused. */
export async function waitMerged(session: Session, client: Client, id: string): Promise<Proposal> {
  const proposal = await follow(session, client, {
    what: `proposal ${id} is not merged`,
    load: (signal) => client.call('proposalShow', { params: { id }, signal }),
    settled: (p) => p.state === 'merged' || p.effect?.state !== 'granted',
    line: (p) => `${proposalLine(p)}  effect ${p.effect?.state ?? 'none'}`,
    subjects: (p) => [p.id, p.task_id, p.effect?.id ?? null],
  })
  if (proposal.state === 'merged') return proposal
  throw endedBadly(
    proposal.effect?.reason ?? null,
    'gate-closed',
    `the merge of ${id} is ${proposal.effect?.state ?? 'not granted any more'}; see: gatehouse proposal show ${id}`,
    { proposal },
  )
}
