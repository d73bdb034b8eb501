import { STATES } from '@gatehouse/core/delivery/states'
import { Option, type Command } from 'commander'
import { addCommand } from '../../command.ts'
import type { Host } from '../../host.ts'
import { more, pageOptions, pageQuery } from '../../page-options.ts'
import { stateStyle } from '../../style.ts'
import { table } from '../../table.ts'

export function listCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'list',
    act: 'proposal.list',
    configure: (command) => {
      command.addOption(new Option('--state <state>', 'only in this state').choices(STATES.proposal))
      command.option('--task <id>', 'only those of this task')
      pageOptions(command)
    },
    examples: [
      ['gatehouse proposal list', 'the newest first'],
      ['gatehouse proposal list --state validated', 'those that wait for approval or merge'],
    ],
    run: async ({ client, options, style, columns, host }) => {
      const state = STATES.proposal.find((s) => s === options.text('state'))
      const query = { ...pageQuery(options), state, task: options.text('task') ?? undefined }
      const document = await client().call('proposalList', { query, signal: host.signal })
      const text = table(
        document.items,
        [
          { header: 'PROPOSAL', value: (p) => p.id, id: true },
          { header: 'STATE', value: (p) => p.state, style: stateStyle(style) },
          { header: 'RISK', value: (p) => p.risk },
          { header: 'REPOSITORY', value: (p) => p.repository_name, flex: true },
          { header: 'BY', value: (p) => p.created_by.login, flex: true },
          { header: 'TITLE', value: (p) => p.title, flex: true },
        ],
        { columns, style, empty: 'No proposals. Submit one: gatehouse proposal submit <patch>' },
      )
      return { document, text: text + more(document.next_cursor) }
    },
  })
}
