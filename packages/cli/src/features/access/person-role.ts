import { ROLES } from '@gatehouse/core/kernel/access'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { accountable, accountableOption, personId, personLine } from './person-text.ts'

export function personRoleCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'role <person> <role>',
    act: 'membership.change',
    configure: (command) => void command.addOption(accountableOption()),
    about: `Roles: ${ROLES.join(', ')}; "none" takes the person out of the project. The last owner stays.`,
    examples: [
      ['gatehouse person role anna owner', 'by login or id'],
      ['gatehouse person role anna none', 'out of the project'],
      ['gatehouse person role ci automation --accountable ben', 'ben answers for the service account from now on'],
    ],
    run: async (session, args) => {
      const given = argument(args, 1)
      const role = ROLES.find((r) => r === given) ?? null
      if (role === null && given !== 'none')
        throw new Problem('usage', `the role "${given}" is none of ${ROLES.join(', ')}, none`)
      const client = session.client()
      const id = await personId(client, argument(args, 0))
      const body = { role, ...(await accountable(client, session.options.text('accountable'))) }
      const document = await client.call('membershipChange', { params: { id }, body, ...session.acting() })
      return { document, text: `${session.style.good('Changed')} ${personLine(document)}` }
    },
  })
}
