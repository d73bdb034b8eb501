import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import { waitOptions } from '../../follow.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { readPatch } from './patch-file.ts'
import { proposalDone } from './proposal-text.ts'
import { waitValidated } from './proposal-wait.ts'

export function supersedeCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'supersede <id> <patch>',
    act: 'proposal.supersede',
    configure: (command) => {
      command.option('--title <text>', 'what it does, in a line (default: as before)')
      command.option('--rationale <text>', 'why it does it so (default: as before)')
      waitOptions(command, 'the validation of the new one is over')
    },
    examples: [['gatehouse proposal supersede prp_0193 fix-2.patch --wait', 'the approvals of the old one are void']],
    run: async (session, args) => {
      const { options, host } = session
      const client = session.client()
      const id = await resolveId(client, 'proposal', argument(args, 0))
      const body = {
        patch: await readPatch(host, argument(args, 1)),
        title: options.text('title') ?? undefined,
        rationale: options.text('rationale') ?? undefined,
      }
      const fresh = await client.call('proposalSupersede', { params: { id }, body, ...session.acting() })
      session.progress(`${id} is superseded by ${fresh.id}`)
      const document = options.flag('wait') ? await waitValidated(session, client, fresh.id) : fresh
      return { document, text: proposalDone('Superseded', document, session.style) }
    },
  })
}
