import { useQuery } from '@tanstack/react-query'
import type { Story } from '@gatehouse/client/operations.gen'
import { Link, useParams } from 'react-router'
import { queries } from '../../api/queries.ts'
import { paths } from '../../paths.ts'
import { Badge } from '../../ui/badge.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Facts, Panel } from '../../ui/panel.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Time } from '../../ui/time.tsx'
import { RiskBadge, StateBadge } from '../flow/state-badge.tsx'
import { Markdown } from '../markdown/markdown.tsx'
import { QueryView } from '../operations/query-view.tsx'
import { Page } from '../shell/page.tsx'
import { RunbookPanel } from './runbook-panel.tsx'

/** What is wanted, how one will know, and the runbook that follows from it. */
export function StoryPage() {
  const { id = '' } = useParams()
  const query = useQuery(queries.story(id))
  const crumbs = [{ name: 'Flow', to: paths.flow() }]
  return (
    <QueryView
      query={query}
      skeleton={
        <Page title="Story" crumbs={crumbs}>
          <Skeleton className="h-80" />
        </Page>
      }
    >
      {(story) => (
        <Page
          title={story.title}
          crumbs={crumbs}
          badges={
            <>
              <StateBadge state={story.state} />
              {story.risk && <RiskBadge risk={story.risk} />}
              {story.priority !== null && <Badge icon={null}>P{story.priority}</Badge>}
            </>
          }
          lead={
            <p className="flex flex-wrap gap-x-2">
              <span className="font-mono text-xs leading-5">{story.feature_request_id}</span>
              <span aria-hidden="true">·</span> submitted by {story.submitted_by.login} <Time at={story.created_at} />
            </p>
          }
        >
          <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
            <div className="min-w-0 space-y-4">
              <Wanted story={story} />
              <Criteria story={story} />
              <Triage story={story} />
            </div>
            {story.runbook ? (
              <RunbookPanel runbook={story.runbook} />
            ) : (
              <Panel title="Runbook">
                <EmptyState icon="file" title="Not drafted yet" compact>
                  <p>It is drafted from the story once risk and priority are set.</p>
                </EmptyState>
              </Panel>
            )}
          </div>
        </Page>
      )}
    </QueryView>
  )
}

function Wanted({ story }: { story: Story }) {
  if (story.problem === '' && story.user_story === '') return null
  return (
    <Panel title="What is wanted">
      <div className="space-y-4">
        {story.problem !== '' && (
          <div>
            <h3 className="mb-1 text-xs text-muted">Problem</h3>
            <Markdown text={story.problem} />
          </div>
        )}
        {story.user_story !== '' && (
          <div>
            <h3 className="mb-1 text-xs text-muted">User story</h3>
            <Markdown text={story.user_story} />
          </div>
        )}
      </div>
    </Panel>
  )
}

function Criteria({ story }: { story: Story }) {
  return (
    <Panel title={`Acceptance criteria (${story.criteria.length})`} flush>
      {story.criteria.length === 0 ? (
        <p className="p-4 text-[13px] text-muted">None are named: nothing can be held against them.</p>
      ) : (
        <ol className="divide-y divide-line">
          {story.criteria.map((criterion) => (
            <li key={`${criterion.id} ${criterion.line}`} className="flex gap-3 px-4 py-2.5 text-[13px]">
              <span className="w-14 shrink-0 font-mono text-xs leading-5 text-muted">{criterion.id}</span>
              <div className="min-w-0 flex-1">
                <Markdown text={criterion.text} />
              </div>
              {criterion.negative && (
                <Badge tone="warn" icon={null}>
                  negative
                </Badge>
              )}
            </li>
          ))}
        </ol>
      )}
    </Panel>
  )
}

function Triage({ story }: { story: Story }) {
  return (
    <Panel title="Triage">
      <div className="space-y-3">
        <Facts
          rows={[
            [
              'Task',
              story.task_id === null ? (
                'none yet'
              ) : (
                <Link key="task" className="link" to={paths.task(story.task_id)}>
                  to the task
                </Link>
              ),
            ],
            ['Version', String(story.version)],
            ['Updated', <Time key="at" at={story.updated_at} />],
          ]}
        />
        {story.planner_notes.length > 0 && (
          <ul className="space-y-1 border-t border-line pt-3 text-[13px]">
            {story.planner_notes.map((note) => (
              <li key={note} className="break-words text-muted">
                {note}
              </li>
            ))}
          </ul>
        )}
      </div>
    </Panel>
  )
}
