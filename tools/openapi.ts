import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Context } from '../packages/server/src/context.ts'
import { buildApp } from '../packages/server/src/http/app.ts'

/** Writes openapi.json from the routes themselves, or compares with `--check`. No request is served: the context is never used. */
const path = fileURLToPath(new URL('../openapi.json', import.meta.url))
const unused = new Proxy({}, { get: () => undefined }) as Context
const { makeLog } = await import('../packages/server/src/log.ts')
const context = { ...unused, baseUrl: 'http://127.0.0.1:7410', log: makeLog('openapi', 'build', 'silent') }
const app = await buildApp(context, { consoleFolder: null, wakeup: unused as never })
await app.ready()
const text = `${JSON.stringify(app.swagger(), null, 2)}\n`
await app.close()
if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== text) {
    process.stderr.write('openapi.json is out of step with the routes; run: node tools/openapi.ts\n')
    process.exitCode = 1
  }
} else {
  writeFileSync(path, text)
}
