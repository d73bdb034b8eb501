import { useQuery } from '@tanstack/react-query'
import { STATES } from '@gatehouse/core/delivery/states'
import type { ProposalRow } from '@gatehouse/client/operations.gen'
import { Link, useSearchParams } from 'react-router'
import { queries } from '../../api/queries.ts'
import { paths } from '../../paths.ts'
import { CommandLine } from '../../ui/command-line.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Panel } from '../../ui/panel.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { TabBar, tabClass } from '../../ui/tab-links.tsx'
import { Table, type Column } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { RiskBadge, StateBadge } from '../flow/state-badge.tsx'
import { QueryView } from '../operations/query-view.tsx'
import { Page } from '../shell/page.tsx'

const COLUMNS: readonly Column<ProposalRow>[] = [
  {
    name: 'Proposal',
    className: 'min-w-56 max-w-xl',
    cell: (row) => (
      <>
        <Link to={paths.proposal(row.id)} className="font-medium break-words hover:underline">
          {row.title}
        </Link>
        <span className="block text-xs text-muted">
          {row.repository_name} → {row.target_branch}, by {row.created_by.login}
        </span>
      </>
    ),
  },
  {
    name: 'State',
    cell: (row) => (
      <span className="inline-flex flex-wrap gap-1">
        <StateBadge state={row.state} />
      </span>
    ),
  },
  { name: 'Risk', cell: (row) => <RiskBadge risk={row.risk} /> },
  { name: 'Provenance', cell: (row) => <span className="text-muted">{row.provenance}</span>, wideOnly: true },
  {
    name: 'Changes',
    right: true,
    wideOnly: true,
    cell: (row) => (
      <span className="whitespace-nowrap tabular-nums">
        <span className="text-muted">{row.files_changed} files</span> <span className="text-ok">+{row.additions}</span>{' '}
        <span className="text-bad">−{row.deletions}</span>
      </span>
    ),
  },
  {
    name: 'Updated',
    right: true,
    cell: (row) => (
      <span className="text-muted">
        <Time at={row.updated_at} quiet />
      </span>
    ),
  },
]

/** All proposals, by state; the state is in the address. */
export function ProposalListPage() {
  const [search] = useSearchParams()
  const wanted = search.get('state')
  const state = STATES.proposal.find((name) => name === wanted)
  const query = useQuery(queries.proposals({ state }))
  return (
    <Page title="Proposals">
      <TabBar label="Proposals by state">
        {[undefined, ...STATES.proposal].map((name) => (
          <li key={name ?? 'all'}>
            <Link
              to={paths.proposals(name === undefined ? {} : { state: name })}
              aria-current={name === state ? 'page' : undefined}
              className={tabClass(name === state)}
            >
              {name ?? 'all'}
            </Link>
          </li>
        ))}
      </TabBar>
      <Panel title={state ?? 'All proposals'} flush>
        <QueryView query={query} skeleton={<SkeletonRows rows={6} label="Loading proposals" />}>
          {(page) =>
            page.items.length === 0 ? (
              <EmptyState icon="proposal" title={state ? `No proposal is ${state}` : 'No proposals yet'}>
                <p>Run an agent on a task, or bring a patch made elsewhere:</p>
                <CommandLine
                  className="text-left"
                  command="gatehouse proposal submit change.patch"
                  label="command to submit a patch"
                />
              </EmptyState>
            ) : (
              <>
                <Table caption="Proposals" columns={COLUMNS} rows={page.items} rowKey={(row) => row.id} />
                {page.next_cursor !== null && (
                  <p className="border-t border-line px-4 py-2 text-xs text-muted">
                    The newest {page.items.length} are shown; <code>gatehouse proposal list</code> has all.
                  </p>
                )}
              </>
            )
          }
        </QueryView>
      </Panel>
    </Page>
  )
}
