import { ROLES, type Role } from '@gatehouse/core/kernel/access'
import { Option, type Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { accountable, accountableOption, personLine } from './person-text.ts'

export function personAddCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'add <login>',
    act: 'person.add',
    configure: (command) => {
      command.addOption(new Option('--role <role>', 'what the person may do').choices(ROLES).default('developer'))
      command.option('--name <text>', 'the name to show')
      command.addOption(accountableOption())
    },
    examples: [
      [
        'gatehouse person add anna --role maintainer --name "Anna Berg"',
        'then give her a token: gatehouse token issue anna --label laptop',
      ],
      ['gatehouse person add ci --role automation --accountable anna', 'a service account that anna answers for'],
    ],
    run: async (session, args) => {
      const role: Role = ROLES.find((r) => r === session.options.text('role')) ?? 'developer'
      const client = session.client()
      const body = {
        login: argument(args, 0),
        role,
        display_name: session.options.text('name') ?? undefined,
        ...(await accountable(client, session.options.text('accountable'))),
      }
      const document = await client.call('personAdd', { body, ...session.acting() })
      return { document, text: `${session.style.good('Added')} ${personLine(document)}` }
    },
  })
}
