import type { Command } from 'commander'
import { addGroup } from '../../command.ts'
import type { Host } from '../../host.ts'
import { disableCommand } from './disable.ts'
import { listCommand } from './list.ts'
import { registerCommand } from './register.ts'
import { showCommand } from './show.ts'

/** `gatehouse agent ...`. */
export function agentCommands(program: Command, host: Host): void {
  const group = addGroup(program, 'agent', 'Agents and their definitions')
  registerCommand(group, host)
  listCommand(group, host)
  showCommand(group, host)
  disableCommand(group, host)
}
