import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import { waitOptions } from '../../follow.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { proposalDone } from './proposal-text.ts'
import { waitValidated } from './proposal-wait.ts'

export function validateCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'validate <id>',
    act: 'proposal.validate',
    configure: (command) => waitOptions(command, 'it is over'),
    examples: [['gatehouse proposal validate prp_0193 --wait', 'on the base as it is now']],
    run: async (session, args) => {
      const client = session.client()
      const id = await resolveId(client, 'proposal', argument(args, 0))
      const begun = await client.call('proposalValidate', { params: { id }, ...session.acting() })
      const document = session.options.flag('wait') ? await waitValidated(session, client, id) : begun
      const done = session.options.flag('wait') ? 'Validated' : 'Asked for validation'
      return { document, text: proposalDone(done, document, session.style) }
    },
  })
}
