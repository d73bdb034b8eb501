import { useQuery } from '@tanstack/react-query'
import type { Agent } from '@gatehouse/client/operations.gen'
import { queries } from '../../api/queries.ts'
import { disableAgent } from '../../api/operations.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { CommandLine } from '../../ui/command-line.tsx'
import { Digest } from '../../ui/digest.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ProblemNotice } from '../../ui/notice.tsx'
import { Facts, Panel } from '../../ui/panel.tsx'
import { bytesText } from '../../ui/relative-time.ts'
import { SkeletonRows } from '../../ui/skeleton.tsx'
import { Time } from '../../ui/time.tsx'
import { CopyAs } from '../operations/copy-as.tsx'
import { QueryView } from '../operations/query-view.tsx'
import { problemOf, useOperation } from '../operations/use-operation.ts'
import { Page } from '../shell/page.tsx'
import { useRoleRefusal } from '../shell/session.ts'

/** The registered agents: who answers for each, what it may do, how much of its day is used. */
export function AgentsPage() {
  const query = useQuery(queries.agents())
  return (
    <Page title="Agents" lead="A version is named by the SHA-256 of its definition. A person answers for each.">
      <QueryView query={query} skeleton={<SkeletonRows rows={3} label="Loading agents" />}>
        {(page) =>
          page.items.length === 0 ? (
            <EmptyState icon="agent" title="No agent is registered">
              <p>A definition says what runs, what it may touch, and its limits:</p>
              <CommandLine
                className="text-left"
                command="gatehouse agent register agent.yaml"
                label="command to register an agent"
              />
            </EmptyState>
          ) : (
            <div className="grid grid-cols-[minmax(0,1fr)] gap-4 xl:grid-cols-2">
              {page.items.map((agent) => (
                <AgentPanel key={agent.id} agent={agent} />
              ))}
            </div>
          )
        }
      </QueryView>
    </Page>
  )
}

function AgentPanel({ agent }: { agent: Agent }) {
  const { definition } = agent
  const { limits, anatomy } = definition
  const role = useRoleRefusal('agent.disable')
  const disable = useOperation<'agentDisable'>({ done: 'Agent disabled' })
  const operation = disableAgent(agent.id)
  return (
    <Panel
      title={agent.name}
      aside={
        <>
          <Badge tone={agent.state === 'disabled' ? 'bad' : agent.state === 'governed' ? 'ok' : 'neutral'}>
            {agent.state}
          </Badge>
          <Digest value={agent.version} label="agent version" />
        </>
      }
      {...(definition.identity.description === '' ? {} : { note: definition.identity.description })}
    >
      <Facts
        rows={[
          ['Owner', agent.owner.login],
          ['Role', definition.identity.role_class],
          [
            'Runs',
            <code key="r" className="text-xs break-all">
              {anatomy.command.run.join(' ')}
            </code>,
          ],
          [
            'May change',
            <code key="p" className="text-xs break-all">
              {anatomy.capabilities.allowed_paths.join(', ')}
            </code>,
          ],
          ['Today', `${agent.runs_today} of ${limits.max_requests_per_day} runs`],
          [
            'Limits',
            `${limits.max_execution_time_seconds} s a run, ${limits.max_changed_files} files, ${bytesText(limits.max_diff_bytes)} of diff`,
          ],
          ['Registered', <Time key="t" at={agent.created_at} />],
        ]}
      />
      {agent.state !== 'disabled' && (
        <div className="mt-3 flex items-start gap-2 border-t border-line pt-3">
          <Button small look="danger" refusal={role} busy={disable.isPending} onClick={() => disable.mutate(operation)}>
            Disable
          </Button>
          <CopyAs operation={operation} what={`Disable ${agent.name}`} small />
        </div>
      )}
      {disable.error && <ProblemNotice problem={problemOf(disable.error)} />}
    </Panel>
  )
}
