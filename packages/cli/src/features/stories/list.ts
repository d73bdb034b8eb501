import type { Command } from 'commander'
import { addCommand } from '../../command.ts'
import type { Host } from '../../host.ts'
import { more, pageOptions, pageQuery } from '../../page-options.ts'
import { stateStyle } from '../../style.ts'
import { table } from '../../table.ts'

export function listCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'list',
    act: 'story.list',
    configure: pageOptions,
    examples: [['gatehouse story list', 'the newest first']],
    run: async ({ client, options, style, columns, host }) => {
      const document = await client().call('storyList', { query: pageQuery(options), signal: host.signal })
      const text = table(
        document.items,
        [
          { header: 'STORY', value: (s) => s.id, id: true },
          { header: 'REQUEST', value: (s) => s.feature_request_id, flex: true },
          { header: 'STATE', value: (s) => s.state, style: stateStyle(style) },
          { header: 'RISK', value: (s) => s.risk },
          { header: 'TITLE', value: (s) => s.title, flex: true },
        ],
        { columns, style, empty: 'No stories. Submit one: gatehouse story submit <file.md>' },
      )
      return { document, text: text + more(document.next_cursor) }
    },
  })
}
