import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import { parseStory } from '@gatehouse/core/specs/story'
import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { storyText } from './story-text.ts'

export function submitCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'submit <file>',
    act: 'story.submit',
    about:
      'Markdown with a title, a feature_request_id and a heading "Acceptance Criteria". A feature_request_id that is known updates its story in place.',
    configure: (command) =>
      void command.option('--repo <name>', 'the repository that the change is for; needed unless there is just one'),
    examples: [
      ['gatehouse story submit stories/WEB-12.md --repo web', 'from a file'],
      ['cat story.md | gatehouse story submit -', 'from standard input'],
    ],
    run: async (session, args) => {
      const markdown = await readStory(session.host, argument(args, 0))
      // Read here first: a fault is told with its line, and nothing was sent.
      const read = parseStory(markdown)
      if (!read.ok) throw new Problem(read.code, read.detail)
      const body = { markdown, repository: session.options.text('repo') ?? undefined }
      const document = await session.client().call('storySubmit', { body, ...session.acting() })
      const done = document.deduplicated ? 'Updated: this feature_request_id was known' : 'Submitted'
      return { document, text: `${session.style.good(done)}\n${storyText(document, session.style)}` }
    },
  })
}

async function readStory(host: Host, file: string): Promise<string> {
  let bytes: Uint8Array
  try {
    bytes = file === '-' ? await host.readInput() : await readFile(resolve(host.cwd, file))
  } catch (error) {
    throw new Problem('usage', `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Problem('story-invalid', `${file === '-' ? 'standard input' : file} is not UTF-8 text`)
  }
}
