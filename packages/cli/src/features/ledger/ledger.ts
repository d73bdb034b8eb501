import type { Command } from 'commander'
import { addGroup } from '../../command.ts'
import type { Host } from '../../host.ts'
import { exportCommand } from './export.ts'
import { showCommand } from './show.ts'
import { verifyCommand } from './verify.ts'

/** `gatehouse ledger ...`. */
export function ledgerCommands(program: Command, host: Host): void {
  const group = addGroup(program, 'ledger', 'The ledger: read, verify, export')
  verifyCommand(group, host)
  showCommand(group, host)
  exportCommand(group, host)
}
