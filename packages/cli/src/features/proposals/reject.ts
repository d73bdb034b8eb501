import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { chosenIntent, intentOptions } from './intent-choice.ts'
import { proposalDone } from './proposal-text.ts'

export function rejectCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'reject <id>',
    act: 'proposal.reject',
    configure: (command) => {
      command.requiredOption('--comment <text>', 'what has to change; the next attempt reads it')
      intentOptions(command)
    },
    examples: [['gatehouse proposal reject prp_0193 --comment "Keep the old name as an alias"', 'back to the author']],
    run: async (session, args) => {
      const comment = session.options.text('comment')?.trim() ?? ''
      if (comment === '') throw new Problem('usage', '--comment: say what has to change')
      const client = session.client()
      const id = await resolveId(client, 'proposal', argument(args, 0))
      const proposal = await client.call('proposalShow', { params: { id }, signal: session.host.signal })
      const intent_digest = await chosenIntent(session, proposal, 'Reject this?')
      const document = await client.call('proposalReject', {
        params: { id },
        body: { intent_digest, comment },
        ...session.acting(),
      })
      return { document, text: proposalDone('Rejected', document, session.style) }
    },
  })
}
