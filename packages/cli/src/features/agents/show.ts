import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { agentText } from './agent-text.ts'

export function showCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'show <agent>',
    act: 'agent.show',
    examples: [['gatehouse agent show renamer', 'by name or id']],
    run: async (session, args) => {
      const params = { id: argument(args, 0) }
      const document = await session.client().call('agentShow', { params, signal: session.host.signal })
      return { document, text: agentText(document, session.style) }
    },
  })
}
