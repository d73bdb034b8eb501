import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { proposalText } from './proposal-text.ts'

export function showCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'show <id>',
    act: 'proposal.show',
    about: "What is measured by us stands apart from what the code's own tests told.",
    examples: [
      ['gatehouse proposal show prp_0193', 'everything about it, and what you may do'],
      ['gatehouse proposal show prp_0193 --json', 'the same for programs'],
    ],
    run: async (session, args) => {
      const client = session.client()
      const id = await resolveId(client, 'proposal', argument(args, 0))
      const document = await client.call('proposalShow', { params: { id }, signal: session.host.signal })
      return { document, text: proposalText(document, session) }
    },
  })
}
