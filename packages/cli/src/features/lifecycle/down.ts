import { setTimeout as pause } from 'node:timers/promises'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { addCommand } from '../../command.ts'
import type { Host } from '../../host.ts'
import { dataFolder, dataOption } from './data-folder.ts'
import { processFacts, runningInstance } from './instance.ts'

const LOOK_EVERY_MS = 100

export function downCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'down',
    act: null,
    summary: 'Stop the Gatehouse of this machine',
    about:
      'Jobs that are under way are taken up at their last step by the next start. Where none runs there is nothing to do, and that is fine.',
    configure: (command) => {
      dataOption(command)
      command.option('--wait-limit <seconds>', 'wait at most so long for its end (default 60)')
    },
    examples: [['gatehouse down', 'waits until it is stopped']],
    run: async (session) => {
      const { options, host, style } = session
      const data = dataFolder(host, options.text('data'))
      const running = await runningInstance(host, data)
      if (!running)
        return {
          document: { stopped: false, running: false, data },
          text: `Gatehouse does not run with the data in ${data}\n`,
        }
      const seconds = options.whole('waitLimit', 1, 3600) ?? 60
      signal(running.pid)
      session.progress(`stopping Gatehouse (pid ${running.pid})`)
      const until = host.now() + seconds * 1000
      while (await processFacts(host, running.pid)) {
        if (host.now() > until)
          throw new Problem(
            'not-ready',
            `Gatehouse (pid ${running.pid}) is still stopping after ${seconds} s; see ${data}/gatehouse.log`,
          )
        await pause(LOOK_EVERY_MS, undefined, { signal: host.signal })
      }
      return {
        document: { stopped: true, running: false, pid: running.pid, data },
        text: `${style.good('Gatehouse is down')}\n`,
      }
    },
  })
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'EPERM')
      throw new Problem('forbidden', `Gatehouse (pid ${pid}) was started by another user; stop it as that user`)
    // ESRCH: it ended between the look and the signal, which is what was wanted.
    if (code !== 'ESRCH') throw error
  }
}
