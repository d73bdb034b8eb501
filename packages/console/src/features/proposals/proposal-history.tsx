import { useInfiniteQuery } from '@tanstack/react-query'
import type { Proposal } from '@gatehouse/client/operations.gen'
import { Link } from 'react-router'
import { queries } from '../../api/queries.ts'
import { paths } from '../../paths.ts'
import { Badge } from '../../ui/badge.tsx'
import { Digest } from '../../ui/digest.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Panel } from '../../ui/panel.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { Time } from '../../ui/time.tsx'
import { ProblemNotice } from '../../ui/notice.tsx'
import { EventLine } from '../ledger/event-line.tsx'
import { problemOf } from '../operations/use-operation.ts'
import { Votes } from './approval-panel.tsx'

/** What happened, from the ledger, and the approvals that no longer count, with the reason. */
export function ProposalHistory({ proposal }: { proposal: Proposal }) {
  const events = useInfiniteQuery(queries.ledger({ subject: proposal.id }))
  const items = events.data?.pages.flatMap((page) => page.items) ?? []
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
        {events.error && (
          <div className="p-4">
            <ProblemNotice problem={problemOf(events.error)} />
          </div>
        )}
        {events.isPending && <SkeletonRows rows={4} label="Loading events" />}
        {events.data && items.length === 0 && <EmptyState icon="ledger" title="No events yet" compact />}
        <ol className="divide-y divide-line">
          {items.map((event) => (
            <EventLine key={event.seq} event={event} />
          ))}
        </ol>
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
