import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { repositoryText, tryText } from './repository-text.ts'

export function showCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'show <repository>',
    act: 'repository.show',
    examples: [['gatehouse repo show ledger', 'by name or id']],
    run: async (session, args) => {
      const params = { id: argument(args, 0) }
      const document = await session.client().call('repositoryShow', { params, signal: session.host.signal })
      const usable = document.recipe_source === 'base' || document.recipe_source === 'settings'
      return { document, text: repositoryText(document, session.style) + (usable ? tryText(document) : '') }
    },
  })
}
