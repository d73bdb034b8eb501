import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { proposalDone } from './proposal-text.ts'

export function revokeCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'revoke <id>',
    act: 'proposal.revoke',
    about: 'After the gate has granted the merge it is too late, and that is recorded.',
    examples: [['gatehouse proposal revoke prp_0193', 'take your approval back']],
    run: async (session, args) => {
      const client = session.client()
      const id = await resolveId(client, 'proposal', argument(args, 0))
      const document = await client.call('proposalRevoke', { params: { id }, ...session.acting() })
      return { document, text: proposalDone('Taken back', document, session.style) }
    },
  })
}
