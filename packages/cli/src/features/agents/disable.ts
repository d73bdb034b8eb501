import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { agentText } from './agent-text.ts'

export function disableCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'disable <agent>',
    act: 'agent.disable',
    examples: [['gatehouse agent disable renamer', 'it runs no more tasks']],
    run: async (session, args) => {
      const document = await session
        .client()
        .call('agentDisable', { params: { id: argument(args, 0) }, ...session.acting() })
      return { document, text: `${session.style.good('Disabled')}\n${agentText(document, session.style)}` }
    },
  })
}
