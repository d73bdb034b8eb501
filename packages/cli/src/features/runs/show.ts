import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { runDetailText } from './run-text.ts'

export function showCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'show <id>',
    act: 'run.show',
    about:
      "With its steps, and with what the agent's command printed: the end of each stream; --json has all that was kept.",
    examples: [
      ['gatehouse run show run_0193', "its steps, and the end of the agent's output"],
      ['gatehouse run show run_0193 --json', 'all of the output that was kept'],
    ],
    run: async (session, args) => {
      const client = session.client()
      const id = await resolveId(client, 'run', argument(args, 0))
      const document = await client.call('runShow', { params: { id }, signal: session.host.signal })
      return { document, text: runDetailText(document, session.style) }
    },
  })
}
