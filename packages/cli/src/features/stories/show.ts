import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { storyText } from './story-text.ts'

export function showCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'show <id>',
    act: 'story.show',
    examples: [['gatehouse story show sto_0193', 'with its criteria and runbook']],
    run: async (session, args) => {
      const client = session.client()
      const id = await resolveId(client, 'story', argument(args, 0))
      const document = await client.call('storyShow', { params: { id }, signal: session.host.signal })
      return { document, text: storyText(document, session.style) }
    },
  })
}
