import type { Command } from 'commander'
import { addGroup } from '../../command.ts'
import type { Host } from '../../host.ts'
import { loginCommand } from './login.ts'
import { logoutCommand } from './logout.ts'
import { personAddCommand } from './person-add.ts'
import { personListCommand } from './person-list.ts'
import { personRoleCommand } from './person-role.ts'
import { tokenIssueCommand } from './token-issue.ts'
import { tokenRevokeCommand } from './token-revoke.ts'
import { whoamiCommand } from './whoami.ts'

/** `gatehouse login|logout|whoami`, `gatehouse person ...`, `gatehouse token ...`. */
export function accessCommands(program: Command, host: Host): void {
  loginCommand(program, host)
  logoutCommand(program, host)
  whoamiCommand(program, host)
  const person = addGroup(program, 'person', 'Persons of the project and their roles')
  personAddCommand(person, host)
  personListCommand(person, host)
  personRoleCommand(person, host)
  const token = addGroup(program, 'token', 'Tokens: issue and revoke')
  tokenIssueCommand(token, host)
  tokenRevokeCommand(token, host)
}
