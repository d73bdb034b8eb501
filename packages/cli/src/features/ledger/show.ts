import type { Client } from '@gatehouse/client/client'
import type { LedgerEvent } from '@gatehouse/client/operations.gen'
import type { Command } from 'commander'
import { cleanLine, jsonText } from '../../clean-text.ts'
import { addCommand, type Session } from '../../command.ts'
import { eventLine } from '../../follow.ts'
import type { Host } from '../../host.ts'
import { stateStyle } from '../../style.ts'
import { table, time } from '../../table.ts'

const SEQ_MAX = Number.MAX_SAFE_INTEGER

export function showCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'show',
    act: 'ledger.show',
    configure: (command) => {
      command.option('--subject <id>', 'only events about this')
      command.option('--correlation <id>', 'only events of this request')
      command.option('--act <act>', 'only events of this act, such as proposal.approve')
      command.option('--before <seq>', 'events before this one, newest first')
      command.option('--after <seq>', 'events after this one, oldest first')
      command.option('--limit <n>', 'events at most, 1 to 500 (default 100)')
      command.option('--follow', 'go on with what happens, until Ctrl-C; with --json one document a line')
    },
    examples: [
      ['gatehouse ledger show --limit 20', 'the last 20 events'],
      ['gatehouse ledger show --subject prp_0193...', 'all about a proposal'],
      ['gatehouse ledger show --follow', 'live'],
    ],
    run: async (session) => {
      const { options, style, columns, host } = session
      const client = session.client()
      const filter = {
        subject: options.text('subject') ?? undefined,
        correlation: options.text('correlation') ?? undefined,
        act: options.text('act') ?? undefined,
      }
      const after = options.whole('after', 0, SEQ_MAX) ?? undefined
      if (options.flag('follow')) return await followLedger(session, client, filter, after)
      const query = {
        ...filter,
        after,
        before: options.whole('before', 1, SEQ_MAX) ?? undefined,
        limit: options.whole('limit', 1, 500) ?? undefined,
      }
      const document = await client.call('ledgerShow', { query, signal: host.signal })
      const text = table(
        document.items,
        [
          { header: 'SEQ', value: (e) => e.seq, right: true },
          { header: 'TIME', value: (e) => (columns < 100 ? e.time.slice(5, 19).replace('T', ' ') : time(e.time)) },
          { header: 'ACT', value: (e) => e.act },
          {
            header: 'OUTCOME',
            value: (e) => (e.reason === null ? e.outcome : `${e.outcome} (${e.reason})`),
            style: stateStyle(style),
            flex: true,
          },
          { header: 'BY', value: (e) => e.actor_name, flex: true },
          { header: 'SUBJECT', value: (e) => e.subject.id, id: true },
        ],
        { columns, style, empty: 'No events.' },
      )
      return { document, text: `${text}\nHead: ${document.head.seq} ${document.head.hash}\n` }
    },
  })
}

interface Filter {
  readonly subject: string | undefined
  readonly correlation: string | undefined
  readonly act: string | undefined
}

async function followLedger(
  { host, json }: Session,
  client: Client,
  filter: Filter,
  after: number | undefined,
): Promise<null> {
  for await (const event of client.events({ after, signal: host.signal })) {
    if (!passes(event, filter)) continue
    host.out.write(json ? `${jsonText(event)}\n` : `${String(event.seq).padStart(6)}  ${cleanLine(eventLine(event))}\n`)
  }
  return null
}

function passes(event: LedgerEvent, { subject, correlation, act }: Filter): boolean {
  if (subject !== undefined && event.subject.id !== subject && !event.rows.includes(subject)) return false
  if (correlation !== undefined && event.correlation_id !== correlation) return false
  return act === undefined || event.act === act
}
