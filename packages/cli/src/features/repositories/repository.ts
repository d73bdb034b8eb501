import type { Command } from 'commander'
import { addGroup } from '../../command.ts'
import type { Host } from '../../host.ts'
import { addRepositoryCommand } from './add.ts'
import { listCommand } from './list.ts'
import { setCommand } from './set.ts'
import { showCommand } from './show.ts'

/** `gatehouse repo ...`. */
export function repositoryCommands(program: Command, host: Host): void {
  const group = addGroup(program, 'repo', 'Repositories under the gate')
  addRepositoryCommand(group, host)
  listCommand(group, host)
  showCommand(group, host)
  setCommand(group, host)
}
