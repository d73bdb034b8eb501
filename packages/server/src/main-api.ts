import { existsSync } from 'node:fs'
import { composeApi, CONSOLE_FOLDER } from './compose.ts'
import { endOnSignals, report } from './process.ts'
import { settingsFrom } from './settings.ts'

/** The API process. Says `{"ready":...}` on its parent's channel, or in the log, when it listens. */
async function main(): Promise<void> {
  const settings = settingsFrom(process.env)
  const api = await composeApi(settings, existsSync(`${CONSOLE_FOLDER}/index.html`) ? CONSOLE_FOLDER : null)
  const address = await api.app.listen({ host: settings.host, port: settings.port })
  report({ ready: 'api', address })
  endOnSignals(() => api.close(), api.context.log)
}

await main()
