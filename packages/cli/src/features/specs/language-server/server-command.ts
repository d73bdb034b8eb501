import { Console } from 'node:console'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { addCommand } from '../../../command.ts'
import type { Host } from '../../../host.ts'

/** `gatehouse spec language-server`: for editors, by the Language Server Protocol 3.17. */
export function addSpecLanguageServer(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'language-server',
    act: null,
    summary: 'Serve an editor: findings while you write, jump to a requirement and back',
    about:
      'Speaks the Language Server Protocol 3.17 on standard input and output; an editor starts it. Ends with 0 when the editor shut it down before, else with 1.',
    configure: (command) => {
      command.option('--stdio', 'speak on standard input and output: the default, and the only way')
      command.option('--clientProcessId <pid>', 'end when this process ends')
    },
    examples: [
      ['gatehouse spec language-server', 'as an editor starts it'],
      ['gatehouse spec language-server --stdio --clientProcessId 4711', 'ends with the editor'],
    ],
    run: async ({ options }) => {
      const pid = options.text('clientProcessId')
      if (pid !== null && !/^[1-9]\d{0,9}$/.test(pid))
        throw new Problem('usage', `--clientProcessId "${pid}": the id of a process is needed`)
      if (process.stdin.isTTY)
        throw new Problem('usage', 'an editor starts the language server: standard input is a terminal')
      // Standard output is the protocol's.
      globalThis.console = new Console(process.stderr)
      const { LanguageServer } = await import('./server.ts')
      const exit = (code: number): void => process.exit(code)
      process.stdout.prependListener('error', () => exit(1))
      host.signal.addEventListener('abort', () => exit(130))
      const server = new LanguageServer({
        input: process.stdin,
        output: process.stdout,
        home: host.home,
        version: '0.1.0',
        exit,
      })
      server.listen()
      // The connection ends the process.
      return new Promise<null>(() => undefined)
    },
  })
}
