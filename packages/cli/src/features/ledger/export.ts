import { randomBytes } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { access, link, rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { bodyChunks } from '@gatehouse/client/event-stream'
import { Problem } from '@gatehouse/core/kernel/problems'
import { exportLines } from '@gatehouse/ledger/export-file'
import { verifyExport } from '@gatehouse/ledger/verify'
import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { fields } from '../../table.ts'
import { broken } from './verify.ts'

export function exportCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'export <file>',
    act: 'ledger.export',
    about:
      'One event a line (gatehouse.ledger-export/v1). The file is verified before it gets its name; note its head somewhere else.',
    configure: (command) => void command.option('--force', 'replace a file that is there'),
    examples: [['gatehouse ledger export ledger.jsonl', 'then anywhere: gatehouse ledger verify ledger.jsonl']],
    run: async (session, args) => {
      const { host, style } = session
      const given = argument(args, 0)
      const path = resolve(host.cwd, given)
      const force = session.options.flag('force')
      if (!force && (await exists(path))) throw taken(given)
      const response = await session.client().raw('ledgerExport', { signal: host.signal })
      if (!response.body) throw new Problem('ledger-broken', 'the server sent an empty export')
      const fresh = `${path}.${randomBytes(6).toString('hex')}`
      try {
        await pipeline(bodyChunks(response.body), createWriteStream(fresh, { flags: 'wx' }), { signal: host.signal })
        const result = await verifyExport(exportLines(createReadStream(fresh)))
        if (!result.ok) throw broken(result)
        // A link fails where the name was taken meanwhile; a rename would replace it.
        if (force) await rename(fresh, path)
        else await link(fresh, path)
        const { count, head_hash, root_hash } = result
        const text = fields(
          [
            ['file', given],
            ['events', count],
            ['head', head_hash],
            ['root', root_hash],
          ],
          style,
        )
        return {
          document: { file: path, count, head_hash, root_hash },
          text: `${style.good('Exported and verified')}\n${text}`,
        }
      } catch (error) {
        throw asUsage(error, given)
      } finally {
        await rm(fresh, { force: true })
      }
    },
  })
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}

function taken(given: string): Problem {
  return new Problem('usage', `${given} is there already; give another name or --force`)
}

/** What the file system refused is the user's to mend; everything else passes. */
function asUsage(error: unknown, given: string): unknown {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return error
  return error.code === 'EEXIST' ? taken(given) : new Problem('usage', `${given} cannot be written: ${error.message}`)
}
