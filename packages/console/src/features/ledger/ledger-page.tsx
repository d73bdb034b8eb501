import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { ACTS } from '@gatehouse/core/kernel/acts'
import type { LedgerEvent } from '@gatehouse/client/operations.gen'
import { useNavigate, useSearchParams } from 'react-router'
import { queries, type LedgerFilter } from '../../api/queries.ts'
import { paths, type LedgerPlace } from '../../paths.ts'
import { Button } from '../../ui/button.tsx'
import { Digest } from '../../ui/digest.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Icon } from '../../ui/icon.tsx'
import { ProblemNotice } from '../../ui/notice.tsx'
import { Panel } from '../../ui/panel.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { QueryView } from '../operations/query-view.tsx'
import { problemOf } from '../operations/use-operation.ts'
import { Page } from '../shell/page.tsx'
import { EventDetail, EventTable } from './event-table.tsx'
import { VerifyPanel } from './verify-panel.tsx'

/** The ledger: what happened, in order, live; filters and the opened event are in the address. */
export function LedgerPage() {
  const [search] = useSearchParams()
  const place = placeOf(search)
  const filter: LedgerFilter = {
    ...(place.act === undefined ? {} : { act: place.act }),
    ...(place.subject === undefined ? {} : { subject: place.subject }),
    ...(place.correlation === undefined ? {} : { correlation: place.correlation }),
  }
  const query = useInfiniteQuery(queries.ledger(filter))
  const events: readonly LedgerEvent[] = query.data?.pages.flatMap((page) => page.items) ?? []
  const head = query.data?.pages[0]?.head
  return (
    <Page
      title="Ledger"
      lead="Every governed act, in one chain: nothing in it can be changed, left out or reordered without the verification saying where."
      badges={
        head && (
          <span className="flex items-center gap-1.5 text-xs text-muted">
            head #{head.seq} <Digest value={head.hash} label="head hash" />
          </span>
        )
      }
    >
      <div className="space-y-4">
        <VerifyPanel />
        <Filters key={search.toString()} place={place} />
        {place.event !== undefined && query.data && !events.some((event) => event.seq === place.event) && (
          <OneEvent seq={place.event} />
        )}
        <Panel title={title(filter)} flush>
          {query.error && (
            <div className="p-4">
              <ProblemNotice problem={problemOf(query.error)} />
            </div>
          )}
          {query.isPending && <SkeletonRows rows={8} label="Loading events" />}
          {query.data && events.length === 0 && (
            <EmptyState icon="ledger" title={title(filter) === 'Events' ? 'The ledger is empty' : 'No event matches'}>
              {title(filter) !== 'Events' && <p>Take a filter away to see more.</p>}
            </EmptyState>
          )}
          {events.length > 0 && <EventTable events={events} place={place} />}
          {query.hasNextPage && (
            <div className="border-t border-line p-3 text-center">
              <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                Earlier events
              </Button>
            </div>
          )}
        </Panel>
      </div>
    </Page>
  )
}

/** An event that is opened but not among those listed: an older one, or one that the filter leaves out. */
function OneEvent({ seq }: { seq: number }) {
  const query = useQuery(queries.ledgerEvent(seq))
  return (
    <Panel title={`Event ${seq}`}>
      <QueryView query={query} skeleton={<SkeletonRows rows={3} label="Loading the event" />}>
        {(event) => (event ? <EventDetail event={event} /> : <p className="text-muted">There is no event {seq}.</p>)}
      </QueryView>
    </Panel>
  )
}

function title(filter: LedgerFilter): string {
  return Object.keys(filter).length === 0 ? 'Events' : 'Events that match'
}

function placeOf(search: URLSearchParams): LedgerPlace {
  const event = Number(search.get('event'))
  return {
    act: search.get('act') ?? undefined,
    subject: search.get('subject') ?? undefined,
    correlation: search.get('correlation') ?? undefined,
    event: Number.isSafeInteger(event) && event > 0 ? event : undefined,
  }
}

function Filters({ place }: { place: LedgerPlace }) {
  const navigate = useNavigate()
  const go = (next: LedgerPlace) => void navigate(paths.ledger({ ...next, event: undefined }))
  return (
    <form
      role="search"
      aria-label="Filter events"
      className="flex flex-wrap items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        const data = new FormData(event.currentTarget)
        const text = (name: string) => {
          const value = data.get(name)
          return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
        }
        go({ act: text('act'), subject: text('subject'), correlation: text('correlation') })
      }}
    >
      <label className="text-xs text-muted">
        Act
        <select
          name="act"
          defaultValue={place.act ?? ''}
          onChange={(event) => event.currentTarget.form?.requestSubmit()}
          className="mt-1 block h-8 w-48 rounded-md border border-line-strong bg-surface px-2 text-[13px] text-ink"
        >
          <option value="">any</option>
          {Object.entries(ACTS)
            .filter(([, row]) => row.governed)
            .map(([act]) => (
              <option key={act} value={act}>
                {act}
              </option>
            ))}
        </select>
      </label>
      <Text name="subject" label="Subject id" value={place.subject} />
      <Text name="correlation" label="Correlation id" value={place.correlation} />
      <Button type="submit">Filter</Button>
      {(['act', 'subject', 'correlation'] as const).map((name) => {
        const value = place[name]
        return value === undefined ? null : (
          <button
            key={name}
            type="button"
            onClick={() => go({ ...place, [name]: undefined })}
            className="inline-flex h-8 max-w-72 items-center gap-1 rounded-full border border-line bg-surface px-2.5 text-xs text-muted hover:text-ink"
            aria-label={`Remove the filter ${name} ${value}`}
          >
            <span className="truncate">
              {name}: <span className="font-mono">{value}</span>
            </span>
            <Icon name="cross" size={12} />
          </button>
        )
      })}
    </form>
  )
}

function Text({ name, label, value }: { name: string; label: string; value: string | undefined }) {
  return (
    <label className="text-xs text-muted">
      {label}
      <input
        name={name}
        defaultValue={value ?? ''}
        spellCheck={false}
        className="mt-1 block h-8 w-52 rounded-md border border-line-strong bg-surface px-2 font-mono text-xs text-ink"
      />
    </label>
  )
}
