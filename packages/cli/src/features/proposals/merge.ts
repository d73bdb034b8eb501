import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import { waitOptions } from '../../follow.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { proposalDone } from './proposal-text.ts'
import { waitMerged } from './proposal-wait.ts'

export function mergeCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'merge <proposal>',
    act: 'proposal.merge',
    about:
      'The gate looks at intent, approvals, policy and evidence once more and writes a grant; refused, it lists everything that is missing.',
    configure: (command) => waitOptions(command, 'it is merged or refused'),
    examples: [
      ['gatehouse merge prp_0193', 'asks the gate'],
      ['gatehouse merge prp_0193 --wait', 'and waits for the merge commit'],
    ],
    run: async (session, args) => {
      const client = session.client()
      const id = await resolveId(client, 'proposal', argument(args, 0))
      const granted = await client.call('proposalMerge', { params: { id }, ...session.acting() })
      const document = session.options.flag('wait') ? await waitMerged(session, client, id) : granted
      const commit = document.effect?.result_commit
      const done = commit ? `Merged as ${commit}` : 'Granted; the broker carries it out'
      return { document, text: proposalDone(done, document, session.style) }
    },
  })
}
