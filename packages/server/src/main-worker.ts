import { composeWorker } from './compose.ts'
import { makeLog } from './log.ts'
import { endOnSignals, report } from './process.ts'
import { settingsFrom } from './settings.ts'

/** The worker process: takes jobs until it is told to end; what it has under way then finishes or goes back. */
async function main(): Promise<void> {
  const settings = settingsFrom(process.env)
  const worker = await composeWorker(settings)
  report({ ready: 'worker' })
  endOnSignals(() => worker.close(), makeLog('worker', settings.environment))
}

await main()
