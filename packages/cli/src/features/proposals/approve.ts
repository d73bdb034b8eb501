import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { chosenIntent, intentOptions } from './intent-choice.ts'
import { proposalDone } from './proposal-text.ts'

export function approveCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'approve <id>',
    act: 'proposal.approve',
    about:
      'Shows the intent (diff, target, files) and asks. The digest that was shown is sent: one byte of another diff is refused.',
    configure: (command) => {
      intentOptions(command)
      command.option('--comment <text>', 'for the record')
    },
    examples: [
      ['gatehouse proposal approve prp_0193', 'shows what you approve, and asks'],
      ['gatehouse proposal approve prp_0193 --intent "$DIGEST"', 'from a script, bound to what was read'],
    ],
    run: async (session, args) => {
      const client = session.client()
      const id = await resolveId(client, 'proposal', argument(args, 0))
      const proposal = await client.call('proposalShow', { params: { id }, signal: session.host.signal })
      const intent_digest = await chosenIntent(session, proposal, 'Approve exactly this?')
      const body = { intent_digest, comment: session.options.text('comment') ?? undefined }
      const document = await client.call('proposalApprove', { params: { id }, body, ...session.acting() })
      return { document, text: proposalDone(`Approved intent ${intent_digest.slice(0, 12)}`, document, session.style) }
    },
  })
}
