import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { jsonText } from '../../clean-text.ts'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'

export function exportCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'export <id> [file]',
    act: 'proposal.export',
    about:
      'One JSON document with the diff, validations, decisions and their input, approvals, effects and ledger events.',
    configure: (command) => void command.option('--force', 'replace a file that is there'),
    examples: [
      ['gatehouse proposal export prp_0193 evidence.json', 'into a file'],
      ['gatehouse proposal export prp_0193 | jq .approvals', 'to another program'],
    ],
    run: async (session, args) => {
      const client = session.client()
      const id = await resolveId(client, 'proposal', argument(args, 0))
      const document = await client.call('proposalExport', { params: { id }, signal: session.host.signal })
      const file = args[1]
      const text = `${jsonText(document, 2)}\n`
      if (file === undefined || file === '-') return { document, text }
      try {
        await writeFile(resolve(session.host.cwd, file), text, { flag: session.options.flag('force') ? 'w' : 'wx' })
      } catch (error) {
        const there = error instanceof Error && 'code' in error && error.code === 'EEXIST'
        throw new Problem(
          'usage',
          there
            ? `${file} is there already; give another name or --force`
            : `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
        )
      }
      return {
        document: { id, file: resolve(session.host.cwd, file), bytes: Buffer.byteLength(text) },
        text: `Exported ${id} to ${file}\n`,
      }
    },
  })
}
