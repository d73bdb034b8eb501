import type { Command } from 'commander'
import { addCommand } from '../../command.ts'
import type { Host } from '../../host.ts'
import { stateStyle } from '../../style.ts'
import { table } from '../../table.ts'

export function listCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'list',
    act: 'agent.list',
    examples: [['gatehouse agent list', 'names, versions and owners']],
    run: async ({ client, style, columns, host }) => {
      const document = await client().call('agentList', { signal: host.signal })
      const text = table(
        document.items,
        [
          { header: 'AGENT', value: (a) => a.name, flex: true },
          { header: 'STATE', value: (a) => a.state, style: stateStyle(style) },
          { header: 'VERSION', value: (a) => a.version.slice(0, 12) },
          { header: 'OWNER', value: (a) => a.owner.login, flex: true },
          { header: 'TODAY', value: (a) => a.runs_today, right: true },
          { header: 'ABOUT', value: (a) => a.definition.identity.description, flex: true },
        ],
        { columns, style, empty: 'No agents. Register one: gatehouse agent register <definition.json>' },
      )
      return { document, text }
    },
  })
}
