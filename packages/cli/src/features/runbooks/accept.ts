import { isSha256 } from '@gatehouse/core/kernel/canonical'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { addCommand, argument, confirm } from '../../command.ts'
import type { Host } from '../../host.ts'
import { runbookOf, runbookText } from './runbook-text.ts'

export function acceptCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'accept <id>',
    act: 'runbook.accept',
    about:
      'Shows the runbook and its digest, and asks. The digest that was shown is sent; where the runbook changed meanwhile it is refused.',
    configure: (command) => {
      command.option('--digest <digest>', 'the digest of the runbook that you read; refused where it is another by now')
      command.option('--yes', 'do not ask: accept it as it stands now')
    },
    examples: [
      ['gatehouse runbook accept sto_0193', 'shows it, and asks'],
      ['gatehouse runbook accept rbk_0193 --digest "$DIGEST"', 'from a script, bound to what was read'],
    ],
    run: async (session, args) => {
      const { options, host, style } = session
      const given = options.text('digest')
      if (given !== null && !isSha256(given))
        throw new Problem('usage', '--digest: 64 hexadecimal characters are needed, the whole digest')
      const client = session.client()
      const runbook = await runbookOf(client, argument(args, 0), host.signal)
      if (given === null) {
        session.tell(`${runbookText(runbook, session.errStyle)}\n`)
        if (!options.flag('yes'))
          await confirm(
            session,
            `Accept ${runbook.digest.slice(0, 12)}?`,
            `--digest ${runbook.digest} (read it first), or --yes`,
          )
      }
      const digest = given ?? runbook.digest
      const document = await client.call('runbookAccept', {
        params: { id: runbook.id },
        body: { digest },
        ...session.acting(),
      })
      const story = await client.call('storyShow', { params: { id: document.story_id }, signal: host.signal })
      const next = story.task_id === null ? '' : `\nNext: gatehouse task run ${story.task_id} --agent <name>\n`
      return { document, text: `${style.good('Accepted')} ${document.id}, digest ${digest}\n${next}` }
    },
  })
}
