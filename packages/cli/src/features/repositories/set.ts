import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { repositoryText } from './repository-text.ts'
import { givenSettings, settingsOptions } from './settings-options.ts'

export function setCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'set <repository>',
    act: 'repository.configure',
    about:
      'Changes the settings that are given and leaves the others. Refused where somebody else changed them meanwhile.',
    configure: (command) => {
      settingsOptions(command)
      command.option('--no-recipe', 'take the recipe of the settings away')
    },
    examples: [
      ['gatehouse repo set ledger --test "npm test" --junit report.xml', 'how to validate it'],
      [
        'gatehouse repo set ledger --policy policy.yaml',
        'owners of paths, approvals, limits: only tighter than the preset',
      ],
      ['gatehouse repo set ledger --isolation none', 'where the machine grants no isolation'],
    ],
    run: async (session, args) => {
      const client = session.client()
      const settings = await givenSettings(session)
      const change = session.options.denied('recipe') ? { ...settings, recipe: null } : settings
      if (Object.keys(change).length === 0)
        throw new Problem('usage', 'nothing to set was given; see: gatehouse repo set --help')
      const now = await client.call('repositoryShow', {
        params: { id: argument(args, 0) },
        signal: session.host.signal,
      })
      const body = { version: now.version, settings: { ...now.settings, ...change } }
      const document = await client.call('repositoryConfigure', {
        params: { id: now.id },
        body,
        signal: session.host.signal,
      })
      return { document, text: `${session.style.good('Changed')}\n${repositoryText(document, session.style)}` }
    },
  })
}
