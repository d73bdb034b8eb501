import { realHost } from './host.ts'
import { runProgram } from './program.ts'

const stop = new AbortController()
let stops = 0
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stop.abort(new Error('stopped'))
    // Who asks twice does not want to wait.
    if (++stops > 1) process.exit(130)
  })
}
// A reader that left (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

process.exitCode = await runProgram(process.argv.slice(2), realHost(stop.signal))
