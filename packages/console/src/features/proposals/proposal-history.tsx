import type { Proposal } from '@gatehouse/client/operations.gen'
import { Link } from 'react-router'
import { paths } from '../../paths.ts'
import { Badge } from '../../ui/badge.tsx'
import { Digest } from '../../ui/digest.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Time } from '../../ui/time.tsx'
import { Timeline } from '../ledger/timeline.tsx'
import { Votes } from './approval-panel.tsx'

/** What happened, from the ledger, and the approvals that no longer count, with the reason. */
export function ProposalHistory({ proposal }: { proposal: Proposal }) {
  const sources = [
    { subject: proposal.id },
    { correlation: proposal.correlation_id },
    ...[proposal.validation?.id, proposal.approval?.request_id, proposal.effect?.id].flatMap((subject) =>
      subject === undefined ? [] : [{ subject }],
    ),
  ]
  return (
    <>
      <Panel
        title="Events"
        aside={
          <Link className="link text-xs" to={paths.ledger({ subject: proposal.id })}>
            in the ledger
          </Link>
        }
        flush
      >
        <Timeline of={sources} />
      </Panel>
      <Panel title="Past approvals" note="They count for nothing now; they are kept with the reason.">
        {proposal.past_approvals.length === 0 ? (
          <p className="text-[13px] text-muted">None.</p>
        ) : (
          <ul className="space-y-4">
            {proposal.past_approvals.map((approval) => (
              <li key={approval.request_id} className="space-y-2 rounded-md border border-line p-3">
                <p className="flex flex-wrap items-center gap-2 text-[13px]">
                  <Badge tone="neutral" icon="cross">
                    void: {approval.state}
                  </Badge>
                  <span className="min-w-0 break-words">{approval.reason ?? 'no reason was recorded'}</span>
                </p>
                <p className="flex flex-wrap items-center gap-2 text-xs text-muted">
                  intent <Digest value={approval.intent_digest} label="intent digest" />
                  diff <Digest value={approval.intent.diff_digest} label="diff digest" length={8} />
                  asked for <Time at={approval.created_at} />
                </p>
                <Votes approval={approval} />
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </>
  )
}
