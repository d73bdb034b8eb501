import { exitCode } from '@gatehouse/core/kernel/problems'
import type { Command } from 'commander'
import { addCommand } from '../../command.ts'
import type { Host } from '../../host.ts'
import { fields, section } from '../../table.ts'
import { dataFolder, dataOption } from './data-folder.ts'
import { readiness, runningInstance } from './instance.ts'

export function statusCommand(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'status',
    act: null,
    summary: 'Say whether the Gatehouse of this machine runs and is ready',
    about: `Exit code 0 where it is ready, ${exitCode('not-ready')} where it is not ready, ${exitCode('not-running')} where it does not run.`,
    configure: dataOption,
    examples: [['gatehouse status', 'address, pid and checks']],
    run: async ({ options, host, style }) => {
      const data = dataFolder(host, options.text('data'))
      const running = await runningInstance(host, data)
      if (!running)
        return {
          document: { running: false, ready: false, data },
          text: `Gatehouse does not run with the data in ${data}; to start it: gatehouse up${options.text('data') === null ? '' : ` --data ${data}`}\n`,
          exit: exitCode('not-running'),
        }
      const state = await readiness(host, running.url)
      const ready = state?.ready ?? false
      const checks = Object.entries(state?.checks ?? {}).map(
        ([name, told]) => [`  ${name}`, told, told === 'ok' ? style.good : style.bad] as const,
      )
      const text =
        fields(
          [
            [
              'Gatehouse',
              ready ? 'runs and is ready' : state ? 'runs and is not ready' : 'runs and does not answer',
              ready ? style.good : style.bad,
            ],
            ['address', running.url],
            ['pid', running.pid],
            ['since', running.started_at],
            ['version', running.version],
            ['data', data],
          ],
          style,
        ) + section('Checks', fields(checks, style), style)
      return {
        document: { running: true, ready, ...running, data, checks: state?.checks ?? {} },
        text,
        exit: ready ? 0 : exitCode('not-ready'),
      }
    },
  })
}
