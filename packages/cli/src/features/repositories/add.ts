import { existsSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { cleanLine } from '../../clean-text.ts'
import { addCommand, argument } from '../../command.ts'
import type { Host } from '../../host.ts'
import { repositoryText, tryText } from './repository-text.ts'
import { givenSettings, settingsOptions } from './settings-options.ts'

export function addRepositoryCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'add <source>',
    act: 'repository.add',
    about:
      'The source is a folder on the server or an address (https, ssh). It is copied; your repository is not touched.',
    configure: (command) => {
      command.option('--name <name>', 'how it is called here (default: from the source)')
      settingsOptions(command)
    },
    examples: [
      ['gatehouse repo add . --test "npm test"', 'the repository of this folder'],
      [
        'gatehouse repo add https://git.example.com/team/app.git',
        'one that says how to validate it in .gatehouse/recipe.yaml',
      ],
    ],
    run: async (session, args) => {
      const given = argument(args, 0)
      const path = resolve(session.host.cwd, given)
      const settings = await givenSettings(session)
      if (isRelativePath(given) && !existsSync(path))
        throw new Problem('usage', `there is no folder ${path}; give one that is there, or an address (https, ssh)`)
      const body = {
        // What is a folder here is meant as one; anything else is for the server to judge.
        source: existsSync(path) ? path : given,
        name: session.options.text('name') ?? undefined,
        settings: Object.keys(settings).length === 0 ? undefined : settings,
      }
      const document = await session.client().call('repositoryAdd', { body, ...session.acting() })
      const unusable = document.recipe_source === 'missing' || document.recipe_source === 'invalid'
      const next = unusable
        ? `\nNext: say how to validate it: gatehouse repo set ${cleanLine(document.name)} --test "<command>"\n`
        : `${tryText(document)}\nNext: gatehouse story submit <file.md> --repo ${cleanLine(document.name)}\n`
      return { document, text: `${session.style.good('Added')}\n${repositoryText(document, session.style)}${next}` }
    },
  })
}

/** Neither `https://host/x` nor `git@host:x`: only a folder here can be meant, while an absolute path may be the server's. */
function isRelativePath(source: string): boolean {
  return !isAbsolute(source) && !source.includes(':')
}
