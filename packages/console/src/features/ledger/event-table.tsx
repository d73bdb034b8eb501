import type { LedgerEvent } from '@gatehouse/client/operations.gen'
import { Fragment, useState } from 'react'
import { Link } from 'react-router'
import { pathOf, paths, type LedgerPlace } from '../../paths.ts'
import { Badge } from '../../ui/badge.tsx'
import { cx } from '../../ui/class-names.ts'
import { Digest } from '../../ui/digest.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Facts } from '../../ui/panel.tsx'
import { Time } from '../../ui/time.tsx'
import { actWords, OUTCOME_TONES, shortId } from './event-words.ts'

/** Events, newest first. One can be opened; which one is in the address, so it can be sent to somebody. */
export function EventTable({ events, place }: { events: readonly LedgerEvent[]; place: LedgerPlace }) {
  // What comes after the first look is marked for a moment.
  const [seen] = useState(() => events[0]?.seq ?? 0)
  return (
    <div className="overflow-x-auto" tabIndex={0} role="group" aria-label="Events of the ledger">
      <table className="w-full border-collapse text-[13px]">
        <caption className="sr-only">Events of the ledger, newest first</caption>
        <thead>
          <tr className="border-b border-line text-left text-xs text-muted">
            {['Seq', 'Time', 'Act', 'Actor', 'Subject', 'Outcome', 'Correlation'].map((name) => (
              <th key={name} scope="col" className={cx('px-3 py-2 font-medium first:pl-4 last:pr-4', HIDDEN[name])}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {events.map((event) => {
            const open = event.seq === place.event
            return (
              <Fragment key={event.seq}>
                <tr
                  className={cx(
                    'border-b border-line align-baseline hover:bg-hover',
                    event.seq > seen && 'animate-[arrive_2s_ease-out]',
                    open && 'bg-hover',
                  )}
                >
                  <td className="py-2 pr-3 pl-4 font-mono text-xs tabular-nums">
                    <Link
                      to={paths.ledger({ ...place, event: open ? undefined : event.seq })}
                      preventScrollReset
                      aria-expanded={open}
                      aria-label={`Event ${event.seq}, ${open ? 'close' : 'open'}`}
                      className="inline-flex items-center gap-1 hover:underline"
                    >
                      <Icon name={open ? 'down' : 'right'} size={11} className="text-faint" />
                      {event.seq}
                    </Link>
                  </td>
                  <td className={cx('px-3 py-2 text-xs whitespace-nowrap text-muted', HIDDEN['Time'])}>
                    <Time at={event.time} quiet />
                  </td>
                  <td className="px-3 py-2">
                    <code className="text-xs font-medium whitespace-nowrap">{event.act}</code>
                  </td>
                  <td className={cx('px-3 py-2 whitespace-nowrap', HIDDEN['Actor'])}>{shortId(event.actor_name)}</td>
                  <td className={cx('px-3 py-2', HIDDEN['Subject'])}>
                    <Subject id={event.subject.id} />
                  </td>
                  <td className="px-3 py-2 last:pr-4">
                    <span className="inline-flex flex-wrap items-baseline gap-x-2">
                      <Badge tone={OUTCOME_TONES[event.outcome]}>{event.outcome}</Badge>
                      {event.reason !== null && <span className="text-xs text-muted">{event.reason}</span>}
                    </span>
                  </td>
                  <td className={cx('py-2 pr-4 pl-3', HIDDEN['Correlation'])}>
                    <Link
                      to={paths.ledger({ correlation: event.correlation_id })}
                      title={event.correlation_id}
                      className="font-mono text-xs whitespace-nowrap text-muted hover:text-ink hover:underline"
                    >
                      {shortId(event.correlation_id)}
                    </Link>
                  </td>
                </tr>
                {open && (
                  <tr className="border-b border-line bg-sunken">
                    <td colSpan={7} className="p-4">
                      <EventDetail event={event} />
                    </td>
                  </tr>
                )}
              </Fragment>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

/** Columns that a narrow page leaves to the opened event. */
const HIDDEN: Readonly<Record<string, string>> = {
  Time: 'max-sm:hidden',
  Actor: 'max-md:hidden',
  Subject: 'max-lg:hidden',
  Correlation: 'max-xl:hidden',
}

function Subject({ id }: { id: string }) {
  const to = pathOf(id)
  const text = shortId(id)
  if (to === null) return <span className="font-mono text-xs whitespace-nowrap text-muted">{text}</span>
  return (
    <Link to={to} title={id} className="font-mono text-xs whitespace-nowrap hover:underline">
      {text}
    </Link>
  )
}

/** All there is to see of one event. */
export function EventDetail({ event }: { event: LedgerEvent }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-x-8 gap-y-4 lg:grid-cols-2">
      <Facts
        rows={[
          ['What', actWords(event.act)],
          ['Time', <Time key="t" at={event.time} />],
          ['Actor', `${event.actor_name} (${event.actor.kind})`],
          [
            'Actor id',
            <code key="a" className="text-xs break-all">
              {event.actor.id}
            </code>,
          ],
          ['Subject', <Subject key="s" id={event.subject.id} />],
          [
            'Correlation',
            <Link
              key="c"
              className="link font-mono text-xs break-all"
              to={paths.ledger({ correlation: event.correlation_id })}
            >
              {event.correlation_id}
            </Link>,
          ],
          ...(event.decision_id === null
            ? []
            : [
                [
                  'Decision',
                  <Link key="d" className="link" to={paths.decision(event.decision_id)}>
                    {shortId(event.decision_id)}
                  </Link>,
                ] as const,
              ]),
          ...Object.entries(event.detail).map(
            ([name, value]) =>
              [
                name,
                <span key={name} className="break-words">
                  {String(value)}
                </span>,
              ] as const,
          ),
        ]}
      />
      <Facts
        rows={[
          ['Hash', <Digest key="h" value={event.hash} label="event hash" length={24} />],
          ...Object.entries(event.digests).map(
            ([name, value]) => [name, <Digest key={name} value={value} label={name} length={24} />] as const,
          ),
          [
            'Rows changed',
            event.rows.length === 0 ? (
              'none'
            ) : (
              <span key="rows" className="font-mono text-xs break-all">
                {event.rows.map(shortId).join(', ')}
              </span>
            ),
          ],
        ]}
      />
    </div>
  )
}
