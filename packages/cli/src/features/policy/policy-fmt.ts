import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { readPolicyFile } from '@gatehouse/rego/policy-folder'
import { cleanLine, spelledLines } from '../../clean-text.ts'
import { addCommand } from '../../command.ts'
import type { Host } from '../../host.ts'
import type { Style } from '../../style.ts'
import { addOpaOption, askOpa, compileErrors, invalidPolicies, opaOf, policyFolder, shownPath } from './policy-files.ts'

export function addPolicyFmt(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'fmt [path]',
    act: null,
    summary: 'Format Rego as OPA has it',
    about:
      'Shows what would change. With --check it lists the files and ends with status 4 where there is one; with --write it changes them. The path is a folder ' +
      'or a .rego file; without one it is policy/governance.',
    configure: (command) => {
      command.option('--check', 'list files that are not formatted, and fail where there is one')
      command.option('--write', 'write the files')
      addOpaOption(command)
    },
    examples: [
      ['gatehouse policy fmt', 'shows what would change'],
      ['gatehouse policy fmt --check', 'for CI'],
      ['gatehouse policy fmt --write policies', 'formats the files of a folder'],
    ],
    run: async (session, args) => {
      const { options, style } = session
      if (options.flag('check') && options.flag('write'))
        throw new Problem('usage', 'give --check or --write, not both')
      const folder = policyFolder(session, args[0])
      const opa = await opaOf(session)
      const files = [...folder.policies, ...folder.tests]
      const ask = async (option: string) => {
        const said = await askOpa(session, opa, folder, ['fmt', option, '--', ...files])
        if (said.exit !== 0) throw invalidPolicies(compileErrors(session, folder, said))
        return said.stdout
      }
      const listed = (await ask('--list')).split('\n').filter((line) => line.trim() !== '')
      const changed = listed.map((file) => shownPath(session, folder, file))
      const parts: string[] = []
      if (!options.flag('check') && !options.flag('write'))
        for (const file of listed) {
          const formatted = await askOpa(session, opa, folder, ['fmt', '--', file])
          parts.push(lineDiff(readPolicyFile(folder, file.replaceAll('\\', '/')), formatted.stdout, style))
        }
      if (options.flag('write') && changed.length > 0) await ask('--write')
      const written = options.flag('write')
      const document = { ok: changed.length === 0 || written, files: files.length, changed, written }
      if (changed.length === 0) return { document, text: `${style.good('Formatted')}: ${files.length} files\n` }
      const lines = changed.map((file) => `${cleanLine(file)}\n`).join('')
      const text = written
        ? `${lines}${changed.length} of ${files.length} files written\n`
        : listed.map((_, index) => `${cleanLine(changed[index] ?? '')}\n${parts[index] ?? ''}`).join('')
      return { document, text, exit: options.flag('check') ? 4 : 0 }
    },
  })
}

/** From the first to the last line that differs, as it is and as it would be. */
function lineDiff(before: string, after: string, style: Style): string {
  const [old, now] = [before.split('\n'), after.split('\n')]
  let first = 0
  while (first < Math.min(old.length, now.length) && old[first] === now[first]) first++
  let last = 0
  while (last < Math.min(old.length, now.length) - first && old.at(-1 - last) === now.at(-1 - last)) last++
  const gone = old.slice(first, old.length - last).map((line) => style.removed(`- ${spelledLines(line)}`))
  const come = now.slice(first, now.length - last).map((line) => style.added(`+ ${spelledLines(line)}`))
  return `${style.dim(`line ${first + 1}`)}\n${[...gone, ...come].join('\n')}\n`
}
