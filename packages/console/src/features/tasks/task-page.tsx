import { useQuery } from '@tanstack/react-query'
import type { Task } from '@gatehouse/client/operations.gen'
import { Link, useParams } from 'react-router'
import { queries } from '../../api/queries.ts'
import { paths } from '../../paths.ts'
import { Badge } from '../../ui/badge.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Facts, Panel } from '../../ui/panel.tsx'
import { Skeleton, SkeletonRows } from '../../ui/skeleton.tsx'
import { Time } from '../../ui/time.tsx'
import { RiskBadge, StateBadge } from '../flow/state-badge.tsx'
import { Markdown } from '../markdown/markdown.tsx'
import { QueryView } from '../operations/query-view.tsx'
import { StepList } from '../runs/step-list.tsx'
import { Timeline } from '../ledger/timeline.tsx'
import { Page } from '../shell/page.tsx'
import { TaskActs } from './task-acts.tsx'

/** One unit of work: its attempts, what each showed, what the next one should know. */
export function TaskPage() {
  const { id = '' } = useParams()
  const query = useQuery(queries.task(id))
  const crumbs = [{ name: 'Flow', to: paths.flow() }]
  return (
    <QueryView
      query={query}
      skeleton={
        <Page title="Task" crumbs={crumbs}>
          <Skeleton className="h-80" />
        </Page>
      }
    >
      {(task) => (
        <Page
          title={task.title}
          crumbs={task.story_id === null ? crumbs : [...crumbs, { name: 'Story', to: paths.story(task.story_id) }]}
          badges={
            <>
              <StateBadge state={task.state} />
              <RiskBadge risk={task.risk} />
              <Badge icon={null}>P{task.priority}</Badge>
            </>
          }
          lead={
            <p className="flex flex-wrap gap-x-2">
              {task.kind} in <span className="font-medium text-ink">{task.repository_name ?? 'no repository yet'}</span>
              {task.target_branch !== null && (
                <>
                  {' '}
                  for <code className="text-xs leading-5 text-ink">{task.target_branch}</code>
                </>
              )}
              <span aria-hidden="true">·</span> asked for by {task.requested_by.login} <Time at={task.created_at} />
            </p>
          }
        >
          <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 xl:grid-cols-[minmax(0,1fr)_360px]">
            <div className="min-w-0 space-y-4">
              <FeedbackPanel task={task} />
              <Runs task={task} />
              <Proposals task={task} />
              <TaskTimeline task={task} />
            </div>
            <aside aria-label="Task" className="space-y-4">
              <TaskActs task={task} />
              <Panel title="Facts">
                <Facts
                  rows={[
                    ['Attempts', String(task.attempt)],
                    ['Environment', task.environment],
                    ['Updated', <Time key="at" at={task.updated_at} />],
                  ]}
                />
              </Panel>
              {task.description.trim() !== '' && (
                <Panel title="Description">
                  <Markdown text={task.description} />
                </Panel>
              )}
            </aside>
          </div>
        </Page>
      )}
    </QueryView>
  )
}

function FeedbackPanel({ task }: { task: Task }) {
  const { feedback } = task
  if (!feedback) return null
  const { failing_tests: failing, violations, comments } = feedback
  if (failing.length + violations.length + comments.length === 0) return null
  return (
    <Panel title="What the next attempt should know">
      <ul className="space-y-2.5 text-[13px]">
        {failing.map((test) => (
          <li key={test.id}>
            <p className="flex flex-wrap items-center gap-2">
              <Badge tone="bad">test fails</Badge>
              <code className="min-w-0 text-xs break-all">{test.id}</code>
            </p>
            {test.message !== '' && (
              <pre tabIndex={0} className="mt-1 max-h-40 overflow-auto text-xs whitespace-pre-wrap text-muted">
                {test.message}
              </pre>
            )}
          </li>
        ))}
        {violations.map((violation) => (
          <li key={`${violation.policy_id} ${violation.message}`} className="flex gap-2">
            <Badge tone="bad" icon="shield">
              policy
            </Badge>
            <span className="min-w-0 break-words">
              {violation.message} <code className="text-xs text-muted">{violation.policy_id}</code>
            </span>
          </li>
        ))}
        {comments.map((comment) => (
          <li key={comment} className="flex gap-2">
            <Badge tone="warn" icon="people">
              comment
            </Badge>
            <span className="min-w-0 break-words whitespace-pre-line">{comment}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function Runs({ task }: { task: Task }) {
  const query = useQuery(queries.runs(task.id))
  return (
    <Panel title="Runs" flush>
      <QueryView query={query} skeleton={<SkeletonRows rows={2} label="Loading runs" />}>
        {(page) =>
          page.items.length === 0 ? (
            <EmptyState icon="agent" title="No run yet" compact />
          ) : (
            <ul className="divide-y divide-line">
              {page.items.map((run) => (
                <li key={run.id} className="px-4 py-3">
                  <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-[13px]">
                    <Link to={paths.run(run.id)} className="font-medium hover:underline">
                      Attempt {run.attempt}
                    </Link>
                    <StateBadge state={run.state} />
                    <span className="text-muted">
                      {run.agent.name}, started by {run.started_by.login} <Time at={run.created_at} quiet />
                    </span>
                    {run.proposal_id !== null && (
                      <Link className="link ml-auto text-xs" to={paths.proposal(run.proposal_id)}>
                        its proposal
                      </Link>
                    )}
                  </p>
                  {run.reason !== null && <p className="mt-1 text-xs break-words text-muted">{run.reason}</p>}
                  <StepList steps={run.steps} />
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
    </Panel>
  )
}

function Proposals({ task }: { task: Task }) {
  const query = useQuery(queries.proposals({ task: task.id }))
  return (
    <Panel title="Proposals" flush>
      <QueryView query={query} skeleton={<SkeletonRows rows={2} label="Loading proposals" />}>
        {(page) =>
          page.items.length === 0 ? (
            <EmptyState icon="proposal" title="No proposal yet" compact />
          ) : (
            <ul className="divide-y divide-line">
              {page.items.map((row) => (
                <li key={row.id} className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2.5 text-[13px]">
                  <Link to={paths.proposal(row.id)} className="min-w-0 font-medium break-words hover:underline">
                    {row.title}
                  </Link>
                  <StateBadge state={row.state} />
                  <span className="text-xs tabular-nums">
                    <span className="text-ok">+{row.additions}</span> <span className="text-bad">−{row.deletions}</span>
                  </span>
                  {row.reason !== null && <span className="min-w-0 text-xs break-words text-muted">{row.reason}</span>}
                  <span className="ml-auto text-xs text-muted">
                    <Time at={row.updated_at} quiet />
                  </span>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
    </Panel>
  )
}

/** The events of the task, its story, its runs and its proposals. */
function TaskTimeline({ task }: { task: Task }) {
  const runs = useQuery(queries.runs(task.id)).data?.items ?? []
  const proposals = useQuery(queries.proposals({ task: task.id })).data?.items ?? []
  const subjects = [
    task.id,
    ...(task.story_id === null ? [] : [task.story_id]),
    ...runs.map((run) => run.id),
    ...proposals.map((proposal) => proposal.id),
  ]
  return (
    <Panel title="Timeline" flush>
      <Timeline of={subjects.map((subject) => ({ subject }))} />
    </Panel>
  )
}
