import { useQuery } from '@tanstack/react-query'
import type { Task } from '@gatehouse/client/operations.gen'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { cancelTask, runTask } from '../../api/operations.ts'
import { queries } from '../../api/queries.ts'
import { paths } from '../../paths.ts'
import { Button } from '../../ui/button.tsx'
import { CommandLine } from '../../ui/command-line.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { ProblemNotice } from '../../ui/notice.tsx'
import { Panel } from '../../ui/panel.tsx'
import { CopyAs } from '../operations/copy-as.tsx'
import { problemOf, useOperation } from '../operations/use-operation.ts'
import { useRoleRefusal } from '../shell/session.ts'
import { cancelRefusal, runRefusal } from './task-can.ts'

/** Start a run, or cancel the task. */
export function TaskActs({ task }: { task: Task }) {
  const agents = useQuery(queries.agents()).data?.items.filter((agent) => agent.state !== 'disabled') ?? []
  const [chosen, setChosen] = useState<string | null>(null)
  const agent = chosen ?? agents[0]?.name ?? ''
  const navigate = useNavigate()
  const role = useRoleRefusal('task.run')
  const run = useOperation<'taskRun'>({
    done: 'Run started',
    onSuccess: (started) => void navigate(paths.run(started.id)),
  })
  const refusal = role ?? runRefusal(task) ?? (agents.length === 0 ? 'No agent is registered.' : null)
  return (
    <Panel title="Run">
      <div className="space-y-3">
        {agents.length === 0 ? (
          <CommandLine command="gatehouse agent register agent.yaml" label="command to register an agent" />
        ) : (
          <label className="block text-xs font-medium text-muted">
            Agent
            <select
              value={agent}
              onChange={(event) => setChosen(event.target.value)}
              className="mt-1 block h-8 w-full rounded-md border border-line-strong bg-surface px-2 text-[13px] text-ink"
            >
              {agents.map((each) => (
                <option key={each.id} value={each.name}>
                  {each.name}
                </option>
              ))}
            </select>
          </label>
        )}
        <div className="flex items-start gap-2">
          <Button
            look="primary"
            icon="play"
            busy={run.isPending}
            refusal={refusal}
            onClick={() => run.mutate(runTask(task.id, agent))}
          >
            Start a run
          </Button>
          {agent !== '' && <CopyAs operation={runTask(task.id, agent)} what="Run" />}
        </div>
        {run.error && <ProblemNotice problem={problemOf(run.error)} />}
        <Cancel task={task} />
      </div>
    </Panel>
  )
}

function Cancel({ task }: { task: Task }) {
  const [asking, setAsking] = useState(false)
  const role = useRoleRefusal('task.cancel')
  const cancel = useOperation<'taskCancel'>({ done: 'Task cancelled', onSuccess: () => setAsking(false) })
  return (
    <div className="flex items-start gap-2 border-t border-line pt-3">
      <Button small look="danger" refusal={role ?? cancelRefusal(task)} onClick={() => setAsking(true)}>
        Cancel the task
      </Button>
      <CopyAs operation={cancelTask(task.id)} what="Cancel" small />
      <Dialog open={asking} onOpenChange={setAsking} title="Cancel this task?">
        <p className="mb-4 text-[13px] text-muted">No further attempt is made at it. This cannot be taken back.</p>
        {cancel.error && (
          <div className="mb-4">
            <ProblemNotice problem={problemOf(cancel.error)} />
          </div>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={() => setAsking(false)}>Keep it</Button>
          <Button look="danger" busy={cancel.isPending} onClick={() => cancel.mutate(cancelTask(task.id))}>
            Cancel the task
          </Button>
        </div>
      </Dialog>
    </div>
  )
}
