import { useQuery } from '@tanstack/react-query'
import type { Proposal } from '@gatehouse/client/operations.gen'
import { lazy, Suspense } from 'react'
import { Link, useParams, useSearchParams } from 'react-router'
import { queries } from '../../api/queries.ts'
import { PROPOSAL_TABS, paths, type ProposalTab } from '../../paths.ts'
import { Badge } from '../../ui/badge.tsx'
import { Digest } from '../../ui/digest.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { TabBar, tabClass } from '../../ui/tab-links.tsx'
import { Time } from '../../ui/time.tsx'
import { DecisionList } from '../decisions/decision-list.tsx'
import { RiskBadge, StateBadge } from '../flow/state-badge.tsx'
import { QueryView } from '../operations/query-view.tsx'
import { Page } from '../shell/page.tsx'
import { ApprovalPanel } from './approval-panel.tsx'
import { GatePanel } from './gate-panel.tsx'
import { ProposalHistory } from './proposal-history.tsx'
import { ProposalOverview } from './proposal-overview.tsx'
import { OtherActs } from './other-acts.tsx'
import { ValidationPanel } from './validation-panel.tsx'

const Changes = lazy(async () => ({ default: (await import('../diff/changes.tsx')).Changes }))

/** Everything one needs to decide about a proposal: what it changes, what was shown, what policy says, who agreed, what is missing. */
export function ProposalPage() {
  const { id = '' } = useParams()
  const [search] = useSearchParams()
  const query = useQuery(queries.proposal(id))
  const wanted = search.get('view')
  // An unknown view falls to the first.
  const tab = PROPOSAL_TABS.find((name) => name === wanted) ?? 'overview'
  const crumbs = [
    { name: 'Flow', to: paths.flow() },
    { name: 'Proposals', to: paths.proposals() },
  ]
  return (
    <QueryView
      query={query}
      skeleton={
        <Page title="Proposal" crumbs={crumbs}>
          <div
            role="status"
            aria-label="Loading the proposal"
            className="grid grid-cols-[minmax(0,1fr)] gap-4 xl:grid-cols-[minmax(0,1fr)_360px]"
          >
            <Skeleton className="h-80" />
            <Skeleton className="h-80" />
          </div>
        </Page>
      }
    >
      {(proposal) => (
        <Page
          title={proposal.title}
          crumbs={crumbs}
          badges={
            <>
              <StateBadge state={proposal.state} />
              <RiskBadge risk={proposal.risk} />
              <Badge tone={proposal.provenance === 'observed' ? 'neutral' : 'warn'} icon="eye">
                {proposal.provenance}
              </Badge>
            </>
          }
          lead={<Lead proposal={proposal} />}
        >
          <Standing proposal={proposal} />
          <TabBar label="Views of the proposal">
            {PROPOSAL_TABS.map((name) => (
              <li key={name}>
                <Link
                  to={paths.proposal(id, name)}
                  aria-current={name === tab ? 'page' : undefined}
                  className={tabClass(name === tab)}
                  preventScrollReset
                >
                  <TabName name={name} proposal={proposal} />
                </Link>
              </li>
            ))}
          </TabBar>
          <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 xl:grid-cols-[minmax(0,1fr)_360px]">
            <div className="min-w-0 space-y-4">
              <View tab={tab} proposal={proposal} />
            </div>
            <aside
              id="decide"
              aria-label="Approval and merge"
              className="scroll-mt-16 space-y-4 xl:sticky xl:top-16 xl:max-h-[calc(100dvh-5rem)] xl:overflow-y-auto"
            >
              <GatePanel proposal={proposal} />
              <ApprovalPanel proposal={proposal} />
              <OtherActs proposal={proposal} />
            </aside>
          </div>
        </Page>
      )}
    </QueryView>
  )
}

function View({ tab, proposal }: { tab: ProposalTab; proposal: Proposal }) {
  switch (tab) {
    case 'overview':
      return <ProposalOverview proposal={proposal} />
    case 'changes':
      return (
        <Suspense fallback={<Skeleton className="h-96" />}>
          <Changes proposal={proposal} />
        </Suspense>
      )
    case 'validation':
      return <ValidationPanel proposal={proposal} />
    case 'policy':
      return <DecisionList decisions={proposal.decisions} />
    case 'history':
      break
  }
  return <ProposalHistory proposal={proposal} />
}

const TAB_NAMES: Readonly<Record<ProposalTab, string>> = {
  overview: 'Overview',
  changes: 'Changes',
  validation: 'Validation',
  policy: 'Policy',
  history: 'History',
}

function TabName({ name, proposal }: { name: ProposalTab; proposal: Proposal }) {
  const count = name === 'changes' ? proposal.files_changed : name === 'policy' ? proposal.decisions.length : null
  return (
    <>
      {TAB_NAMES[name]}
      {count !== null && <span className="text-xs font-normal text-muted tabular-nums">{count}</span>}
    </>
  )
}

function Lead({ proposal }: { proposal: Proposal }) {
  return (
    <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
      <span>
        {proposal.created_by.login} wants <Count added={proposal.additions} removed={proposal.deletions} /> in{' '}
        <span className="font-medium text-ink">{proposal.repository_name}</span> on{' '}
        <code className="rounded bg-sunken px-1 text-xs text-ink">{proposal.target_branch}</code>
      </span>
      <span aria-hidden="true">·</span>
      <Time at={proposal.created_at} />
      <span aria-hidden="true">·</span>
      <Link className="link" to={paths.task(proposal.task_id)}>
        task
      </Link>
      {proposal.run_id !== null && (
        <Link className="link" to={paths.run(proposal.run_id)}>
          run
        </Link>
      )}
      {proposal.supersedes !== null && (
        <Link className="link" to={paths.proposal(proposal.supersedes)}>
          earlier diff
        </Link>
      )}
      <Link className="link" to={paths.ledger({ correlation: proposal.correlation_id })}>
        ledger
      </Link>
      <Digest value={proposal.diff_digest} label="diff digest" />
    </p>
  )
}

function Count({ added, removed }: { added: number; removed: number }) {
  return (
    <span className="tabular-nums">
      <span className="text-ok">+{added}</span> <span className="text-bad">−{removed}</span>
      <span className="sr-only">
        {' '}
        ({added} lines added, {removed} removed)
      </span>
    </span>
  )
}

/** What ended it, where it has ended, in one sentence on top. */
function Standing({ proposal }: { proposal: Proposal }) {
  const notice = (() => {
    if (proposal.state === 'superseded' && proposal.superseded_by !== null)
      return (
        <Notice tone="warn" title="A newer diff took its place">
          Approvals given here count for nothing there.{' '}
          <Link className="link" to={paths.proposal(proposal.superseded_by)}>
            To the newer proposal
          </Link>
        </Notice>
      )
    if (proposal.state === 'failed')
      return (
        <Notice tone="bad" title="It did not pass">
          {proposal.reason ?? 'No reason was recorded.'}
        </Notice>
      )
    if (proposal.state === 'pending' && proposal.reason !== null)
      return (
        <Notice tone="warn" title="The validation broke: that is Gatehouse, not the change">
          {proposal.reason}
        </Notice>
      )
    if (proposal.state === 'withdrawn')
      return (
        <Notice tone="neutral" title="Withdrawn">
          {proposal.reason}
        </Notice>
      )
    if (proposal.state === 'validated' && proposal.missing.length > 0)
      return (
        <p className="text-[13px] xl:hidden">
          <span className="text-muted">Waits for:</span> {proposal.missing.map((missing) => missing.what).join('; ')}.{' '}
          <a className="link" href="#decide">
            Decide
          </a>
        </p>
      )
    return null
  })()
  return (
    <>
      {notice && <div className="mb-4">{notice}</div>}
      {proposal.purged_at !== null && (
        <div className="mb-4">
          <Notice tone="warn" title="Its content was purged">
            The diff and outputs are gone; their digests stay in the ledger. <Time at={proposal.purged_at} />
          </Notice>
        </div>
      )}
    </>
  )
}
