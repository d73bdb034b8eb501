import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { taskText } from './task-text.ts'

export function cancelCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'cancel <id>',
    act: 'task.cancel',
    examples: [['gatehouse task cancel tsk_0193', 'a live run of it is stopped']],
    run: async (session, args) => {
      const client = session.client()
      const id = await resolveId(client, 'task', argument(args, 0))
      const document = await client.call('taskCancel', { params: { id }, ...session.acting() })
      return { document, text: `${session.style.good('Cancelled')}\n${taskText(document, session.style)}` }
    },
  })
}
