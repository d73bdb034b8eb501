import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { cleanLine } from '../../clean-text.ts'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { fields, time } from '../../table.ts'
import { personId } from './person-text.ts'

const SCOPES = ['dev-agent:admin'] as const

export function tokenIssueCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'issue <person>',
    act: 'token.issue',
    about: 'The token is shown this once; only its keyed digest is kept.',
    configure: (command) => {
      command.requiredOption('--label <text>', 'what it is for')
      command.option('--days <n>', 'days until it expires, 1 to 365 (default 90)')
      command.option('--scope <scope...>', `further rights: ${SCOPES.join(', ')}`)
    },
    examples: [
      ['gatehouse token issue anna --label laptop', 'for a person, by login or id'],
      ['gatehouse token issue ci --label pipeline --days 30', 'for a service, for a month'],
    ],
    run: async (session, args) => {
      const { options, style } = session
      const client = session.client()
      const body = {
        label: options.text('label') ?? '',
        expires_in_days: options.whole('days', 1, 365) ?? undefined,
        scopes: options.texts('scope').map(scopeOf),
      }
      const id = await personId(client, argument(args, 0))
      const document = await client.call('tokenIssue', { params: { id }, body, ...session.acting() })
      const about = fields(
        [
          ['id', document.id],
          ['label', document.label],
          ['expires', time(document.expires_at)],
          ['scopes', document.scopes.length > 0 ? document.scopes.join(', ') : null],
        ],
        style,
      )
      return {
        document,
        text: `${about}\n${cleanLine(document.token)}\n\nIt is not shown again. To use it: gatehouse login\n`,
      }
    },
  })
}

function scopeOf(text: string): (typeof SCOPES)[number] {
  const scope = SCOPES.find((s) => s === text)
  if (!scope) throw new Problem('usage', `the scope "${text}" is none of ${SCOPES.join(', ')}`)
  return scope
}
