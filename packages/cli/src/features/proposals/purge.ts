import type { Command } from 'commander'
import { addCommand, argument, confirm } from '../../command.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { proposalDone } from './proposal-text.ts'

export function purgeCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'purge <id>',
    act: 'proposal.purge',
    about: 'For what should never have been there (a key in a diff). It cannot be undone; digests and ledger stay.',
    configure: (command) => {
      command.requiredOption('--reason <text>', 'why, for the record')
      command.option('--yes', 'do not ask')
    },
    examples: [['gatehouse proposal purge prp_0193 --reason "holds a password"', 'asks first']],
    run: async (session, args) => {
      const client = session.client()
      const id = await resolveId(client, 'proposal', argument(args, 0))
      if (!session.options.flag('yes')) await confirm(session, `Erase the stored content of ${id} for good?`, '--yes')
      const body = { reason: session.options.text('reason') ?? '' }
      const document = await client.call('proposalPurge', { params: { id }, body, ...session.acting() })
      return { document, text: proposalDone('Purged', document, session.style) }
    },
  })
}
