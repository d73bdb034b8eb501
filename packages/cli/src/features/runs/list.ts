import type { Command } from 'commander'
import { addCommand } from '../../command.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { more, pageOptions, pageQuery } from '../../page-options.ts'
import { stateStyle } from '../../style.ts'
import { table, time } from '../../table.ts'

export function listCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'list',
    act: 'run.list',
    configure: (command) => {
      command.option('--task <id>', 'only those of this task')
      pageOptions(command)
    },
    examples: [['gatehouse run list --task tsk_0193', 'its attempts']],
    run: async ({ client: open, options, style, columns, host }) => {
      const client = open()
      const given = options.text('task')
      const task = given === null ? undefined : await resolveId(client, 'task', given)
      const document = await client.call('runList', { query: { ...pageQuery(options), task }, signal: host.signal })
      const text = table(
        document.items,
        [
          { header: 'RUN', value: (r) => r.id, id: true },
          { header: 'STATE', value: (r) => r.state, style: stateStyle(style) },
          { header: 'AGENT', value: (r) => r.agent.name, flex: true },
          { header: 'TRY', value: (r) => r.attempt, right: true },
          { header: 'STARTED', value: (r) => time(r.created_at) },
        ],
        { columns, style, empty: 'No runs. Start one: gatehouse task run <id> --agent <name>' },
      )
      return { document, text: text + more(document.next_cursor) }
    },
  })
}
