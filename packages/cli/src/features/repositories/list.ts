import type { Command } from 'commander'
import { addCommand } from '../../command.ts'
import type { Host } from '../../host.ts'
import { table } from '../../table.ts'

export function listCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'list',
    act: 'repository.list',
    examples: [['gatehouse repo list', 'names, branches and where they came from']],
    run: async ({ client, style, columns, host }) => {
      const document = await client().call('repositoryList', { signal: host.signal })
      const text = table(
        document.items,
        [
          { header: 'REPOSITORY', value: (r) => r.name },
          { header: 'BRANCH', value: (r) => r.default_branch, flex: true },
          { header: 'RECIPE', value: (r) => r.recipe_source },
          { header: 'ISOLATION', value: (r) => r.settings.isolation },
          { header: 'FROM', value: (r) => r.source, flex: true },
        ],
        { columns, style, empty: 'No repositories. Add one: gatehouse repo add <path|url>' },
      )
      return { document, text }
    },
  })
}
