import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { runText } from './run-text.ts'

export function showCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'show <id>',
    act: 'run.show',
    examples: [['gatehouse run show run_0193', 'with its steps']],
    run: async (session, args) => {
      const client = session.client()
      const id = await resolveId(client, 'run', argument(args, 0))
      const document = await client.call('runShow', { params: { id }, signal: session.host.signal })
      return { document, text: runText(document, session.style) }
    },
  })
}
