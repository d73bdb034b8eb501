import type { Command } from 'commander'
import { addGroup } from '../../command.ts'
import type { Host } from '../../host.ts'
import { showCommand } from './show.ts'

/** `gatehouse validation ...`. */
export function validationCommands(program: Command, host: Host): void {
  showCommand(addGroup(program, 'validation', 'Validations: what a recipe showed on a proposal'), host)
}
