import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { rolesFor } from '../../packages/core/src/kernel/access.ts'
import { ACTS, commandOf, type Act } from '../../packages/core/src/kernel/acts.ts'
import type { CommandLike } from './command-line.ts'
import { ROOT } from './tree.ts'

/** Commands that are no act on a project: they run Gatehouse itself, hold the login of this machine, or work on files of policies and specifications. */
const OURS = ['up', 'down', 'status', 'demo', 'policy', 'spec', 'login', 'logout', 'help']
/** Acts that are done elsewhere than on the command line. */
const ELSEWHERE: readonly Act[] = ['project.show', 'session.open', 'session.close', 'event.stream', 'task.create']

function leaves(command: CommandLike, path: readonly string[] = []): string[] {
  if (command.commands.length === 0) return [path.join(' ')]
  return command.commands.flatMap((c) => leaves(c, [...path, c.name()]))
}

test('every command is named by an act, and every act that a person may do has its command', async (ctx) => {
  const file = `${ROOT}/packages/cli/src/program.ts`
  if (!existsSync(file)) {
    ctx.skip('packages/cli/src/program.ts is not there: no commands to hold against the acts')
    return
  }
  const { buildProgram } = (await import(pathToFileURL(file).href)) as { buildProgram: () => CommandLike }
  const commands = leaves(buildProgram())
  const acts = (Object.keys(ACTS) as Act[]).filter((act) => rolesFor(act).length > 0)
  const named = acts.map((act) => commandOf(act))
  const strange = commands.filter((words) => !named.includes(words) && !OURS.includes(words.split(' ')[0] ?? ''))
  const without = acts.filter((act) => !commands.includes(commandOf(act)) && !ELSEWHERE.includes(act))
  expect({ strange, without }).toEqual({ strange: [], without: [] })
})
