import type { Command } from 'commander'
import { addGroup } from '../../command.ts'
import type { Host } from '../../host.ts'
import { showCommand } from './show.ts'

/** `gatehouse decision ...`. */
export function decisionCommands(program: Command, host: Host): void {
  showCommand(addGroup(program, 'decision', 'Decisions of policy'), host)
}
