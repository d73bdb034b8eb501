import type { Command } from 'commander'
import { addCommand } from '../../command.ts'
import type { Host } from '../../host.ts'
import { table } from '../../table.ts'

export function personListCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'list',
    act: 'person.list',
    examples: [['gatehouse person list', 'logins, roles and ids']],
    run: async ({ client, style, columns, host }) => {
      const document = await client().call('personList', { signal: host.signal })
      const text = table(
        document.items,
        [
          { header: 'LOGIN', value: (p) => p.login },
          { header: 'ROLES', value: (p) => p.roles.join(', ') || '-' },
          { header: 'PERSON', value: (p) => p.id, id: true },
          { header: 'NAME', value: (p) => p.display_name, flex: true },
        ],
        { columns, style, empty: 'Nobody.' },
      )
      return { document, text }
    },
  })
}
