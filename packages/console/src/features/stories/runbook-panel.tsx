import type { Runbook } from '@gatehouse/client/operations.gen'
import { useState } from 'react'
import { acceptRunbook } from '../../api/operations.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { Digest } from '../../ui/digest.tsx'
import { Notice, ProblemNotice } from '../../ui/notice.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Time } from '../../ui/time.tsx'
import { Markdown } from '../markdown/markdown.tsx'
import { CopyAs } from '../operations/copy-as.tsx'
import { problemOf, useOperation } from '../operations/use-operation.ts'
import { useRoleRefusal } from '../shell/session.ts'

/** The runbook, and its acceptance: of exactly the text on the screen, by its digest. */
export function RunbookPanel({ runbook }: { runbook: Runbook }) {
  const accepted = runbook.state === 'ACCEPTED'
  return (
    <Panel
      title="Runbook"
      aside={
        <>
          <Badge tone={accepted ? 'ok' : 'info'}>{accepted ? 'accepted' : 'proposed'}</Badge>
          <Digest value={runbook.digest} label="runbook digest" />
        </>
      }
    >
      <Markdown text={runbook.body} />
      <div className="mt-4 border-t border-line pt-4">
        {accepted ? (
          <p className="text-[13px] text-muted">
            Accepted by <span className="text-ink">{runbook.accepted_by?.login ?? 'somebody'}</span>{' '}
            {runbook.accepted_at !== null && <Time at={runbook.accepted_at} />}
          </p>
        ) : (
          <Accept key={runbook.id} runbook={runbook} />
        )}
      </div>
    </Panel>
  )
}

function Accept({ runbook }: { runbook: Runbook }) {
  const [read, setRead] = useState(runbook.digest)
  const refusal = useRoleRefusal('runbook.accept')
  const accept = useOperation<'runbookAccept'>({ done: 'Runbook accepted' })
  const operation = acceptRunbook(runbook.id, read)
  if (read !== runbook.digest)
    return (
      <Notice
        tone="warn"
        urgent
        title="The runbook changed while you read it"
        action={
          <Button small onClick={() => setRead(runbook.digest)}>
            I read the new one
          </Button>
        }
      >
        Nothing was accepted.
      </Notice>
    )
  return (
    <div className="space-y-3">
      <p className="text-xs text-muted">You accept exactly this text. Its task is then ready for a run.</p>
      <div className="flex items-start gap-2">
        <Button
          look="primary"
          icon="check"
          busy={accept.isPending}
          refusal={refusal}
          onClick={() => accept.mutate(operation)}
        >
          Accept this runbook
        </Button>
        <CopyAs operation={operation} what="Accept" />
      </div>
      {accept.error && <ProblemNotice problem={problemOf(accept.error)} />}
    </div>
  )
}
