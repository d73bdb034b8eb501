import { useQueries } from '@tanstack/react-query'
import { queries, type LedgerFilter } from '../../api/queries.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ProblemNotice } from '../../ui/notice.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { problemOf } from '../operations/use-operation.ts'
import { EventLine } from './event-line.tsx'

/** Subjects that one timeline asks for, at most. */
const SOURCES = 12

/** What happened to some subjects and requests, newest first, each event once. From the ledger: real times, and only what did happen. */
export function Timeline({ of: sources }: { of: readonly LedgerFilter[] }) {
  const results = useQueries({ queries: sources.slice(0, SOURCES).map(queries.timeline) })
  const error = results.find((result) => result.error)?.error
  const events = new Map(results.flatMap((result) => result.data?.items ?? []).map((event) => [event.seq, event]))
  if (error)
    return (
      <div className="p-4">
        <ProblemNotice problem={problemOf(error)} />
      </div>
    )
  if (events.size === 0)
    return results.some((result) => result.isPending) ? (
      <SkeletonRows rows={4} label="Loading events" />
    ) : (
      <EmptyState icon="ledger" title="No events yet" compact />
    )
  return (
    <ol className="divide-y divide-line">
      {[...events.values()]
        .toSorted((a, b) => b.seq - a.seq)
        .map((event) => (
          <EventLine key={event.seq} event={event} />
        ))}
    </ol>
  )
}
