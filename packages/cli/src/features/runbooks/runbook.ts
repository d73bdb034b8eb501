import type { Command } from 'commander'
import { addGroup } from '../../command.ts'
import type { Host } from '../../host.ts'
import { acceptCommand } from './accept.ts'
import { showCommand } from './show.ts'

/** `gatehouse runbook ...`. */
export function runbookCommands(program: Command, host: Host): void {
  const group = addGroup(program, 'runbook', 'Runbooks: the blueprint of a story')
  showCommand(group, host)
  acceptCommand(group, host)
}
