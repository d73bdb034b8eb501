import type { Command } from 'commander'
import type { Host } from '../../host.ts'
import { downCommand } from './down.ts'
import { statusCommand } from './status.ts'
import { upCommand } from './up.ts'

/** `gatehouse up|down|status`. */
export function lifecycleCommands(program: Command, host: Host): void {
  upCommand(program, host)
  downCommand(program, host)
  statusCommand(program, host)
}
