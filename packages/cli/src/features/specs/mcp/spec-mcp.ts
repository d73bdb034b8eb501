import type { Command } from 'commander'
import { cleanLine } from '../../../clean-text.ts'
import { addCommand } from '../../../command.ts'
import type { Host } from '../../../host.ts'
import { servedFolder } from './served-folder.ts'

const DEFAULT_SECONDS = 120

/** `gatehouse spec mcp`. */
export function addSpecMcp(group: Command, host: Host): void {
  addCommand(group, host, {
    usage: 'mcp [path]',
    act: null,
    summary: 'Serve lint, evidence and trace to a model over the Model Context Protocol',
    about:
      'Speaks the protocol on standard input and output, as a client starts it; what it has to say goes to standard error. Only the folder named is read, by default\nthe one we stand in, and roots that the client offers narrow it. Nothing is written, no command or test of the repository is run, and no network is used.',
    configure: (command) => {
      command.option('--time-limit <seconds>', `longest a call may take, 1 to 3600; by default ${DEFAULT_SECONDS}`)
    },
    examples: [
      ['gatehouse spec mcp', 'what a client is told to start, in the folder of the project'],
      ['gatehouse spec mcp ~/src/shop --time-limit 300', 'another folder, and more time for a long history'],
    ],
    run: async (session, args) => {
      const root = servedFolder(host.cwd, host.home, args[0])
      const seconds = session.options.whole('timeLimit', 1, 3600) ?? DEFAULT_SECONDS
      // Only this command needs the protocol's library.
      const { serveSpecs } = await import('./mcp-serve.ts')
      await serveSpecs({
        root,
        timeLimitMs: seconds * 1000,
        signal: host.signal,
        log: (line) => host.err.write(`gatehouse spec mcp: ${cleanLine(line)}\n`),
      })
      return null
    },
  })
}
