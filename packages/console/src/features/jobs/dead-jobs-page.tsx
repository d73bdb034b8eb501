import { useQuery } from '@tanstack/react-query'
import type { DeadJob } from '@gatehouse/client/operations.gen'
import { useState } from 'react'
import { discardJob, redriveJob } from '../../api/operations.ts'
import { queries } from '../../api/queries.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ProblemNotice } from '../../ui/notice.tsx'
import { Panel } from '../../ui/panel.tsx'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { Time } from '../../ui/time.tsx'
import { CopyAs } from '../operations/copy-as.tsx'
import { QueryView } from '../operations/query-view.tsx'
import { problemOf, useOperation } from '../operations/use-operation.ts'
import { Page } from '../shell/page.tsx'
import { useRoleRefusal } from '../shell/session.ts'

/** Jobs that failed for good. Each waits for a person: to work again, or to be given up; both are on the ledger. */
export function DeadJobsPage() {
  const query = useQuery(queries.deadJobs())
  return (
    <Page title="Dead jobs" lead="Work that broke on every attempt. Put it back once its cause is gone, or discard it.">
      <QueryView query={query} skeleton={<SkeletonRows rows={3} label="Loading dead jobs" />}>
        {(page) =>
          page.items.length === 0 ? (
            <EmptyState icon="check" title="No job is dead">
              <p>Work that breaks is retried by itself; only what breaks on every attempt comes here.</p>
            </EmptyState>
          ) : (
            <ul className="space-y-3">
              {page.items.map((job) => (
                <li key={job.id}>
                  <JobPanel job={job} />
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
    </Page>
  )
}

function JobPanel({ job }: { job: DeadJob }) {
  const [asking, setAsking] = useState(false)
  const redrive = useOperation<'jobRedrive'>({ done: 'Put back to work' })
  const discard = useOperation<'jobDiscard'>({ done: 'Discarded', onSuccess: () => setAsking(false) })
  const redriveRefusal = useRoleRefusal('job.redrive')
  const discardRefusal = useRoleRefusal('job.discard')
  const error = redrive.error ?? discard.error
  return (
    <Panel
      title={<code>{job.queue}</code>}
      aside={
        <>
          <Badge tone="bad">
            {job.attempts} {job.attempts === 1 ? 'attempt' : 'attempts'}
          </Badge>
          <span className="text-xs text-muted">
            died <Time at={job.failed_at} />
          </span>
        </>
      }
    >
      <div className="space-y-3">
        <p className="text-[13px] break-words text-bad">{job.error}</p>
        <pre tabIndex={0} className="max-h-48 overflow-auto rounded-md border border-line bg-sunken p-2.5 text-xs">
          {JSON.stringify(job.data, null, 2)}
        </pre>
        <div className="flex flex-wrap items-start gap-2">
          <Button
            small
            icon="play"
            refusal={redriveRefusal}
            busy={redrive.isPending}
            onClick={() => redrive.mutate(redriveJob(job.id))}
          >
            Put back to work
          </Button>
          <CopyAs operation={redriveJob(job.id)} what="Put back" small />
          <Button small look="danger" refusal={discardRefusal} onClick={() => setAsking(true)}>
            Discard
          </Button>
          <CopyAs operation={discardJob(job.id)} what="Discard" small />
        </div>
        {error && <ProblemNotice problem={problemOf(error)} />}
      </div>
      <Dialog open={asking} onOpenChange={setAsking} title="Discard this job?">
        <p className="mb-4 text-[13px] text-muted">What it was to do will not be done. This cannot be taken back.</p>
        <div className="flex justify-end gap-2">
          <Button onClick={() => setAsking(false)}>Keep it</Button>
          <Button look="danger" busy={discard.isPending} onClick={() => discard.mutate(discardJob(job.id))}>
            Discard
          </Button>
        </div>
      </Dialog>
    </Panel>
  )
}
