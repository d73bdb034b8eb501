import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { taskText } from './task-text.ts'

export function showCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'show <id>',
    act: 'task.show',
    examples: [['gatehouse task show tsk_0193', 'and what its next attempt should know']],
    run: async (session, args) => {
      const client = session.client()
      const id = await resolveId(client, 'task', argument(args, 0))
      const document = await client.call('taskShow', { params: { id }, signal: session.host.signal })
      return { document, text: taskText(document, session.style) }
    },
  })
}
