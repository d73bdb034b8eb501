import type { LedgerEvent } from '@gatehouse/client/operations.gen'
import { Link } from 'react-router'
import { paths } from '../../paths.ts'
import { Badge } from '../../ui/badge.tsx'
import { Time } from '../../ui/time.tsx'
import { actWords, OUTCOME_TONES, shortId } from './event-words.ts'

/** One event in a timeline. */
export function EventLine({ event }: { event: LedgerEvent }) {
  return (
    <li className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 px-4 py-2 text-[13px]">
      <Link
        to={paths.ledger({ event: event.seq })}
        className="w-12 shrink-0 font-mono text-xs text-muted hover:underline"
      >
        #{event.seq}
      </Link>
      <code className="text-xs font-medium">{event.act}</code>
      <Badge tone={OUTCOME_TONES[event.outcome]}>{event.outcome}</Badge>
      <span className="min-w-0 flex-1 basis-40 break-words text-muted">
        {event.reason ?? actWords(event.act)}
        <span className="text-xs"> · {shortId(event.actor_name)}</span>
      </span>
      <span className="text-xs text-muted">
        <Time at={event.time} quiet />
      </span>
    </li>
  )
}
