import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { runbookOf, runbookText } from './runbook-text.ts'

export function showCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'show <id>',
    act: 'runbook.show',
    examples: [['gatehouse runbook show sto_0193', "by its own id or its story's"]],
    run: async (session, args) => {
      const document = await runbookOf(session.client(), argument(args, 0), session.host.signal)
      return { document, text: runbookText(document, session.style) }
    },
  })
}
