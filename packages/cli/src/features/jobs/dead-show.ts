import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { jobText } from './job-text.ts'

export function deadShowCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'show <id>',
    act: 'job.show',
    examples: [['gatehouse jobs dead show 0193...', 'its data and the whole error']],
    run: async (session, args) => {
      const params = { id: argument(args, 0) }
      const document = await session.client().call('jobShow', { params, signal: session.host.signal })
      return { document, text: jobText(document, session.style) }
    },
  })
}
