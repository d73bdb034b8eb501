import type { Command } from 'commander'
import { addGroup } from '../../command.ts'
import type { Host } from '../../host.ts'
import { deadDiscardCommand } from './dead-discard.ts'
import { deadListCommand } from './dead-list.ts'
import { deadRedriveCommand } from './dead-redrive.ts'
import { deadShowCommand } from './dead-show.ts'

/** `gatehouse jobs dead ...`. */
export function jobCommands(program: Command, host: Host): void {
  const dead = addGroup(
    addGroup(program, 'jobs', 'Jobs of the workers'),
    'dead',
    'Jobs that failed for good: look, put back, discard',
  )
  deadListCommand(dead, host)
  deadShowCommand(dead, host)
  deadRedriveCommand(dead, host)
  deadDiscardCommand(dead, host)
}
