import type { Command } from 'commander'
import { addGroup } from '../../command.ts'
import type { Host } from '../../host.ts'
import { approveCommand } from './approve.ts'
import { diffCommand } from './diff.ts'
import { exportCommand } from './export.ts'
import { listCommand } from './list.ts'
import { mergeCommand } from './merge.ts'
import { purgeCommand } from './purge.ts'
import { rejectCommand } from './reject.ts'
import { revokeCommand } from './revoke.ts'
import { showCommand } from './show.ts'
import { submitCommand } from './submit.ts'
import { supersedeCommand } from './supersede.ts'
import { validateCommand } from './validate.ts'
import { withdrawCommand } from './withdraw.ts'

/** `gatehouse proposal ...` and `gatehouse merge`. */
export function proposalCommands(program: Command, host: Host): void {
  const group = addGroup(program, 'proposal', 'Proposals: submit, validate, read, approve, reject')
  submitCommand(group, host)
  listCommand(group, host)
  showCommand(group, host)
  diffCommand(group, host)
  validateCommand(group, host)
  approveCommand(group, host)
  rejectCommand(group, host)
  revokeCommand(group, host)
  supersedeCommand(group, host)
  withdrawCommand(group, host)
  purgeCommand(group, host)
  exportCommand(group, host)
  mergeCommand(program, host)
}
