import type { Command } from 'commander'
import { addCommand } from '../../command.ts'
import { currentServer } from '../../credentials.ts'
import type { Host } from '../../host.ts'
import { section } from '../../table.ts'
import { whoText } from './person-text.ts'

export function whoamiCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'whoami',
    act: 'person.whoami',
    examples: [['gatehouse whoami', 'person, roles and what they allow']],
    run: async (session) => {
      const document = await session.client().call('personWhoami', { signal: session.host.signal })
      const may = document.may.map((act) => `  ${act}\n`).join('')
      const { url } = currentServer(session.host)
      return { document, text: whoText(document, url, session.style) + section('You may', may, session.style) }
    },
  })
}
