import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** `npm run bench [name]`: runs each bench alone, one after the other, and prints one JSON document with what they measured. */
const BENCHES = {
  evidence: 'packages/evidence/src/evidence-bench.ts',
  ledger: 'packages/ledger/src/ledger-bench.ts',
  'ledger-append': 'packages/server/src/db/ledger-append-bench.ts',
  rego: 'packages/rego/src/rego-bench.ts',
  sandbox: 'packages/sandbox/src/sandbox-bench.ts',
  specs: 'packages/cli/src/features/specs/specs-bench.ts',
} as const

const root = fileURLToPath(new URL('..', import.meta.url))
const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name))
if (unknown.length > 0) {
  process.stderr.write(`no bench is called ${unknown.join(', ')}; there are: ${Object.keys(BENCHES).join(', ')}\n`)
  process.exit(2)
}
const results: Record<string, unknown> = {}
for (const [name, file] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  process.stderr.write(`bench ${name} ...\n`)
  const run = spawnSync(process.execPath, ['--expose-gc', file], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 600_000,
  })
  if (run.status !== 0) {
    process.stderr.write(`bench ${name} ended with ${run.signal ?? `exit code ${run.status}`}\n`)
    process.exitCode = 1
    continue
  }
  results[name] = parsed(run.stdout)
}
process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), node: process.version, results }, null, 2)}\n`)

/** One JSON document, or one a line. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
      .split('\n')
      .filter((line) => line.trim().startsWith('{'))
      .map((line) => JSON.parse(line) as unknown)
  }
}
