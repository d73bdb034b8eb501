import type { Command } from 'commander'
import { addGroup } from '../../command.ts'
import type { Host } from '../../host.ts'
import { addSpecMcp } from './mcp/spec-mcp.ts'
import { addSpecEvidence } from './spec-evidence.ts'
import { addSpecLanguageServer } from './language-server/server-command.ts'
import { addSpecLint } from './spec-lint.ts'
import { addSpecTrace } from './spec-trace.ts'

/** `gatehouse spec ...`: works on files, without a server. */
export function specCommands(program: Command, host: Host): void {
  const group = addGroup(program, 'spec', 'Specifications: find what was promised and not done')
  addSpecLint(group, host)
  addSpecEvidence(group, host)
  addSpecTrace(group, host)
  addSpecLanguageServer(group, host)
  addSpecMcp(group, host)
}
