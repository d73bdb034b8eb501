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
    act: 'task.list',
    configure: (command) => {
      command.addOption(new Option('--state <state>', 'only in this state').choices(STATES.task))
      pageOptions(command)
    },
    examples: [
      ['gatehouse task list', 'the newest first'],
      ['gatehouse task list --state ready', 'those that an agent can run'],
    ],
    run: async ({ client, options, style, columns, host }) => {
      const state = STATES.task.find((s) => s === options.text('state'))
      const document = await client().call('taskList', { query: { ...pageQuery(options), state }, signal: host.signal })
      const text = table(
        document.items,
        [
          { header: 'TASK', value: (t) => t.id, id: true },
          { header: 'STATE', value: (t) => t.state, style: stateStyle(style) },
          { header: 'RISK', value: (t) => t.risk },
          { header: 'REPOSITORY', value: (t) => t.repository_name, flex: true },
          { header: 'TITLE', value: (t) => t.title, flex: true },
        ],
        { columns, style, empty: 'No tasks. They are made from stories: gatehouse story submit <file.md>' },
      )
      return { document, text: text + more(document.next_cursor) }
    },
  })
}
