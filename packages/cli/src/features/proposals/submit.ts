import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import { waitOptions } from '../../follow.ts'
import type { Host } from '../../host.ts'
import { resolveId } from '../../id-prefix.ts'
import { readPatch } from './patch-file.ts'
import { proposalDone } from './proposal-text.ts'
import { waitValidated } from './proposal-wait.ts'

export function submitCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'submit <patch>',
    act: 'proposal.submit',
    about:
      'Work from outside enters here, as "unobserved", and passes the same validation, policy and approval as an agent\'s.',
    configure: (command) => {
      command.option('--repo <name>', 'the repository; needed unless there is just one, or a task is given')
      command.option('--task <id>', 'the task it is for; without one, a task is made')
      command.option('--target <branch>', "the branch it is for (default: the repository's own)")
      command.option('--title <text>', 'what it does, in a line')
      command.option('--rationale <text>', 'why it does it so')
      waitOptions(command, 'its validation is over')
    },
    examples: [
      ['git diff main | gatehouse proposal submit - --title "Round to even"', 'from standard input'],
      ['gatehouse proposal submit fix.patch --repo ledger --wait', 'from a file, and wait for the verdict'],
    ],
    run: async (session, args) => {
      const { options, host, style } = session
      const client = session.client()
      const task = options.text('task')
      const body = {
        patch: await readPatch(host, argument(args, 0)),
        title: options.text('title') ?? undefined,
        rationale: options.text('rationale') ?? undefined,
        repository: options.text('repo') ?? undefined,
        task: task === null ? undefined : await resolveId(client, 'task', task),
        target_branch: options.text('target') ?? undefined,
      }
      const submitted = await client.call('proposalSubmit', { body, ...session.acting() })
      session.progress(`submitted ${submitted.id}`)
      const document = options.flag('wait') ? await waitValidated(session, client, submitted.id) : submitted
      return { document, text: proposalDone('Submitted', document, style) }
    },
  })
}
