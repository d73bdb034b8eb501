import type { Command } from 'commander'
import { addCommand, argument, confirm } from '../../command.ts'
import type { Host } from '../../host.ts'
import { jobText } from './job-text.ts'

export function deadDiscardCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'discard <id>',
    act: 'job.discard',
    configure: (command) => void command.option('--yes', 'do not ask'),
    examples: [['gatehouse jobs dead discard 0193...', 'asks first: it is gone then']],
    run: async (session, args) => {
      const id = argument(args, 0)
      if (!session.options.flag('yes')) await confirm(session, `Discard the job ${id} for good?`, '--yes')
      const document = await session.client().call('jobDiscard', { params: { id }, ...session.acting() })
      return { document, text: `${session.style.good('Discarded')}\n${jobText(document, session.style)}` }
    },
  })
}
