import type { Command } from 'commander'
import { addGroup } from '../../command.ts'
import type { Host } from '../../host.ts'
import { cancelCommand } from './cancel.ts'
import { listCommand } from './list.ts'
import { runTaskCommand } from './run.ts'
import { showCommand } from './show.ts'

/** `gatehouse task ...`. */
export function taskCommands(program: Command, host: Host): void {
  const group = addGroup(program, 'task', 'Tasks: units of work, and their runs')
  listCommand(group, host)
  showCommand(group, host)
  runTaskCommand(group, host)
  cancelCommand(group, host)
}
