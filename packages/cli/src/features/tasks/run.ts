import type { Client } from '@gatehouse/client/client'
import type { Run } from '@gatehouse/client/operations.gen'
import { LIVE_RUN } from '@gatehouse/core/delivery/states'
import type { Command } from 'commander'
import { addCommand, argument, type Session } from '../../command.ts'
import { follow, waitOptions } from '../../follow.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { endedBadly } from '../../problem-text.ts'
import { waitValidated } from '../proposals/proposal-wait.ts'
import { runLine, runText } from '../runs/run-text.ts'

export function runTaskCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'run <id>',
    act: 'task.run',
    configure: (command) => {
      command.requiredOption('--agent <agent>', 'name or id of the agent that does it')
      waitOptions(command, 'the run is over and its proposal validated')
    },
    examples: [
      ['gatehouse task run tsk_0193 --agent renamer', 'starts it; a worker does it'],
      ['gatehouse task run tsk_0193 --agent renamer --wait', 'exit code 0 only where its proposal passed'],
    ],
    run: async (session, args) => {
      const client = session.client()
      const id = await resolveId(client, 'task', argument(args, 0))
      const body = { agent: session.options.text('agent') ?? '' }
      const started = await client.call('taskRun', { params: { id }, body, ...session.acting() })
      session.progress(`started ${started.id}`)
      if (!session.options.flag('wait'))
        return {
          document: started,
          text: `${runText(started, session.style)}\nNext: gatehouse run show ${started.id}\n`,
        }
      const document = await waitRun(session, client, started.id)
      const next = document.proposal_id === null ? '' : `\nNext: gatehouse proposal show ${document.proposal_id}\n`
      return { document, text: runText(document, session.style) + next }
    },
  })
}

/** Follows a run to its end, then its proposal through validation. Throws the problem of either. */
async function waitRun(session: Session, client: Client, id: string): Promise<Run> {
  const run = await follow(session, client, {
    what: `run ${id} is not over`,
    load: (signal) => client.call('runShow', { params: { id }, signal }),
    settled: (r) => !LIVE_RUN.some((state) => state === r.state),
    line: runLine,
    subjects: (r) => [r.id, r.task_id, r.proposal_id],
  })
  if (run.state === 'succeeded') {
    if (run.proposal_id !== null) await waitValidated(session, client, run.proposal_id)
    return run
  }
  const fallback = run.state === 'errored' ? 'internal-error' : run.state === 'cancelled' ? 'wrong-state' : 'run-failed'
  throw endedBadly(run.reason, fallback, `run ${id} ${run.state}; see: gatehouse run show ${id}`, { run })
}
