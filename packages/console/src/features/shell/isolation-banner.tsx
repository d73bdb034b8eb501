import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { queries } from '../../api/queries.ts'
import { pathOf, paths } from '../../paths.ts'
import { Icon } from '../../ui/icon.tsx'
import { withoutIsolation } from './isolation.ts'

/** On every page, as long as any repository may run commands without isolation or a recent validation did. */
export function IsolationBanner() {
  const repositories = useQuery(queries.repositories()).data?.items ?? []
  const events = useQuery(queries.recentValidations()).data?.items ?? []
  const found = withoutIsolation(repositories, events)
  const last = found.validations[0]
  if (found.repositories.length === 0 && !last) return null
  const proposal = last?.rows.find((row) => row.startsWith('prp_')) ?? last?.subject.id ?? ''
  return (
    <div
      role="region"
      aria-label="Isolation warning"
      className="flex flex-wrap items-center gap-x-2 gap-y-0.5 border-b border-warn-line bg-warn-soft px-4 py-2 text-[13px] text-warn md:px-6"
    >
      <Icon name="warn" strokeWidth={2} />
      <strong className="font-semibold">No isolation.</strong>
      <span className="text-ink">
        {found.repositories.length > 0 && (
          <>
            Commands of{' '}
            <Link className="link" to={paths.repositories()}>
              {found.repositories.join(', ')}
            </Link>{' '}
            may run as plain limited processes on the host.{' '}
          </>
        )}
        {last && (
          <>
            {found.validations.length} recent {found.validations.length === 1 ? 'validation' : 'validations'} ran that
            way, last{' '}
            <Link className="link" to={pathOf(proposal) ?? paths.ledger({ event: last.seq })}>
              here
            </Link>
            .{' '}
          </>
        )}
        The code under test could read and reach what the server can.
      </span>
    </div>
  )
}
