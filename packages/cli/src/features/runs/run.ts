import type { Command } from 'commander'
import { addGroup } from '../../command.ts'
import type { Host } from '../../host.ts'
import { listCommand } from './list.ts'
import { showCommand } from './show.ts'

/** `gatehouse run ...`. */
export function runCommands(program: Command, host: Host): void {
  const group = addGroup(program, 'run', 'Runs of tasks by agents')
  listCommand(group, host)
  showCommand(group, host)
}
