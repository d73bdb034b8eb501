import { resolve } from 'node:path'
import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { agentText } from './agent-text.ts'
import { readDefinition } from './definition-file.ts'

export function registerCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'register <definition>',
    act: 'agent.register',
    about:
      'The version is the SHA-256 of the definition. Files that anatomy.command.files_from names, beside it, are taken into it.',
    examples: [['gatehouse agent register agents/renamer.json', 'a new agent, or a new version of it']],
    run: async (session, args) => {
      const given = argument(args, 0)
      const definition = await readDefinition(resolve(session.host.cwd, given), given)
      const document = await session.client().call('agentRegister', { body: { definition }, ...session.acting() })
      return { document, text: `${session.style.good('Registered')}\n${agentText(document, session.style)}` }
    },
  })
}
