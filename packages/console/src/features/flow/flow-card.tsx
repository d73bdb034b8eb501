import { Link } from 'react-router'
import { Icon } from '../../ui/icon.tsx'
import { Time } from '../../ui/time.tsx'
import type { Card } from './board.ts'
import { RiskBadge, StateBadge } from './state-badge.tsx'

/** One piece of work. The whole card is its link. */
export function FlowCard({ card }: { card: Card }) {
  return (
    <article className="relative rounded-md border border-line bg-surface p-3 shadow-card transition-colors hover:border-line-strong has-[a:focus-visible]:outline-2 has-[a:focus-visible]:outline-offset-2 has-[a:focus-visible]:outline-focus">
      <p className="mb-1 flex items-center gap-2 font-mono text-2xs text-muted">
        <span className="min-w-0 flex-1 truncate">{card.reference}</span>
        {card.priority !== null && <span>P{card.priority}</span>}
      </p>
      <h3 className="text-[13px] leading-5 font-medium text-pretty break-words">
        <Link to={card.to} className="outline-none after:absolute after:inset-0 after:rounded-md">
          {card.title}
        </Link>
      </h3>
      <div className="mt-2 flex flex-wrap gap-1">
        <StateBadge state={card.state} />
        {card.risk && <RiskBadge risk={card.risk} />}
      </div>
      {card.waits !== null && (
        <p className="mt-2 flex gap-1.5 text-xs text-ink">
          <Icon name="clock" size={13} className="mt-0.5 shrink-0 text-warn" />
          <span>
            <span className="text-muted">waits for:</span> {card.waits}
          </span>
        </p>
      )}
      {card.now !== null && <p className="mt-1.5 text-xs text-muted">{card.now}</p>}
      <p className="relative z-10 mt-2 w-fit text-2xs text-muted">
        <Time at={card.updated_at} quiet />
      </p>
    </article>
  )
}
