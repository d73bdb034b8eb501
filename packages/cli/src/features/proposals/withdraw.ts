import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { proposalDone } from './proposal-text.ts'

export function withdrawCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'withdraw <id>',
    act: 'proposal.withdraw',
    configure: (command) => void command.requiredOption('--reason <text>', 'why, for the record'),
    examples: [['gatehouse proposal withdraw prp_0193 --reason "not needed any more"', 'the task is free again']],
    run: async (session, args) => {
      const client = session.client()
      const id = await resolveId(client, 'proposal', argument(args, 0))
      const body = { reason: session.options.text('reason') ?? '' }
      const document = await client.call('proposalWithdraw', { params: { id }, body, ...session.acting() })
      return { document, text: proposalDone('Withdrawn', document, session.style) }
    },
  })
}
