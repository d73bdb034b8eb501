import type { Command } from 'commander'
import { addCommand } from '../../command.ts'
import type { Host } from '../../host.ts'
import { table, time } from '../../table.ts'

export function deadListCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'list',
    act: 'job.list',
    examples: [['gatehouse jobs dead list', 'what failed, and why']],
    run: async ({ client, style, columns, host }) => {
      const document = await client().call('jobList', { signal: host.signal })
      const text = table(
        document.items,
        [
          { header: 'JOB', value: (j) => j.id },
          { header: 'QUEUE', value: (j) => j.queue, flex: true },
          { header: 'FAILED', value: (j) => time(j.failed_at) },
          { header: 'ERROR', value: (j) => j.error, flex: true },
        ],
        { columns, style, empty: 'No dead jobs.' },
      )
      return { document, text }
    },
  })
}
