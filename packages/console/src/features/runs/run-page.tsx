import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from 'react-router'
import { queries } from '../../api/queries.ts'
import { paths } from '../../paths.ts'
import { Digest } from '../../ui/digest.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Facts, Panel } from '../../ui/panel.tsx'
import { durationText } from '../../ui/relative-time.ts'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Time } from '../../ui/time.tsx'
import { StateBadge } from '../flow/state-badge.tsx'
import { QueryView } from '../operations/query-view.tsx'
import { Page } from '../shell/page.tsx'
import { StepList } from './step-list.tsx'

/** One attempt of one agent version at a task. */
export function RunPage() {
  const { id = '' } = useParams()
  const query = useQuery(queries.run(id))
  const crumbs = [{ name: 'Flow', to: paths.flow() }]
  return (
    <QueryView
      query={query}
      skeleton={
        <Page title="Run" crumbs={crumbs}>
          <Skeleton className="h-64" />
        </Page>
      }
    >
      {(run) => (
        <Page
          title={`Run ${run.attempt} by ${run.agent.name}`}
          crumbs={[...crumbs, { name: 'Task', to: paths.task(run.task_id) }]}
          badges={<StateBadge state={run.state} />}
          lead={
            <>
              Started by {run.started_by.login} <Time at={run.created_at} />
            </>
          }
        >
          {run.reason !== null && (
            <div className="mb-4">
              <Notice
                tone={run.state === 'failed' || run.state === 'errored' ? 'bad' : 'info'}
                title={run.state === 'errored' ? 'Gatehouse broke, not the agent' : `The run ${run.state}`}
              >
                {run.reason}
              </Notice>
            </div>
          )}
          <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 xl:grid-cols-[minmax(0,1fr)_360px]">
            <Panel
              title="Steps"
              note="Each is checkpointed: a killed worker's run goes on at the first unfinished one."
            >
              {run.steps.length === 0 ? (
                <EmptyState
                  icon="clock"
                  title={run.state === 'queued' ? 'Waiting for a worker' : 'No step was taken'}
                  compact
                />
              ) : (
                <StepList steps={run.steps} />
              )}
            </Panel>
            <Panel title="Facts">
              <Facts
                rows={[
                  ['Agent', run.agent.name],
                  ['Version', <Digest key="v" value={run.agent.version} label="agent version" />],
                  [
                    'Branch',
                    <code key="b" className="text-xs break-all">
                      {run.branch}
                    </code>,
                  ],
                  ['Base', <Digest key="c" value={run.base_commit} label="base commit" />],
                  [
                    'Took',
                    run.finished_at === null
                      ? 'running'
                      : durationText(Date.parse(run.finished_at) - Date.parse(run.created_at)),
                  ],
                  [
                    'Proposal',
                    run.proposal_id === null ? (
                      'none'
                    ) : (
                      <Link key="p" className="link" to={paths.proposal(run.proposal_id)}>
                        what it proposed
                      </Link>
                    ),
                  ],
                  [
                    'Ledger',
                    <Link key="l" className="link" to={paths.ledger({ correlation: run.correlation_id })}>
                      its events
                    </Link>,
                  ],
                ]}
              />
            </Panel>
          </div>
        </Page>
      )}
    </QueryView>
  )
}
