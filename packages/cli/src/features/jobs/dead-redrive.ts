import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { jobText } from './job-text.ts'

export function deadRedriveCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'redrive <id>',
    act: 'job.redrive',
    examples: [['gatehouse jobs dead redrive 0193...', 'a worker tries it again']],
    run: async (session, args) => {
      const document = await session
        .client()
        .call('jobRedrive', { params: { id: argument(args, 0) }, ...session.acting() })
      return { document, text: `${session.style.good('Put back to work')}\n${jobText(document, session.style)}` }
    },
  })
}
