import type { Command } from 'commander'
import { addGroup } from '../../command.ts'
import type { Host } from '../../host.ts'
import { listCommand } from './list.ts'
import { showCommand } from './show.ts'
import { submitCommand } from './submit.ts'

/** `gatehouse story ...`. */
export function storyCommands(program: Command, host: Host): void {
  const group = addGroup(program, 'story', 'Stories: what is wanted, with acceptance criteria')
  submitCommand(group, host)
  listCommand(group, host)
  showCommand(group, host)
}
