import { execFileSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const README = readFileSync(join(PACKAGE, 'README.md'), 'utf8')
const EXAMPLES = readdirSync(join(PACKAGE, 'examples')).filter((name) => name.endsWith('.mjs'))
const require = createRequire(import.meta.url)

let folder: string
let consumer: string
/** Files of the tarball, from its `package` folder on. */
let packed: readonly string[]

const run = (program: string, args: readonly string[], cwd: string): string =>
  execFileSync(program, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, npm_config_cache: join(folder, 'cache'), npm_config_update_notifier: 'false' },
  })

/** Packs what is published and puts it into another project, as npm would: nothing of this repository is in reach. */
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-publish-')))
  const built = join(folder, 'built')
  run(process.execPath, [join(PACKAGE, 'publish.ts'), built], PACKAGE)
  const [{ filename, files }] = JSON.parse(run('npm', ['pack', '--json', '--offline', '--ignore-scripts'], built)) as [
    { filename: string; files: { path: string }[] },
  ]
  packed = files.map(({ path }) => path)
  const { dependencies } = JSON.parse(readFileSync(join(built, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
  }
  consumer = join(folder, 'consumer')
  mkdirSync(consumer)
  writeFileSync(join(consumer, 'package.json'), '{"name": "consumer", "private": true, "type": "module"}')
  const others = Object.keys(dependencies).map((name) => packageFolder(name))
  const quiet = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund']
  run('npm', ['install', ...quiet, join(built, filename), ...others], consumer)
}, 240_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function packageFolder(name: string): string {
  for (const base of require.resolve.paths(name) ?? []) {
    try {
      return realpathSync(join(base, name))
    } catch {
      // Not in this one.
    }
  }
  throw new Error(`${name} is not installed`)
}

test('the tarball holds JavaScript with its types, README, licence and examples, and neither tests nor TypeScript', () => {
  expect(packed).toEqual(
    expect.arrayContaining([
      'README.md',
      'LICENSE',
      'dist/rego/rego.js',
      'dist/rego/rego.d.ts',
      'dist/rego/policy-worker.js',
      'dist/rego/scan-process.js',
    ]),
  )
  expect(packed).toEqual(expect.arrayContaining(EXAMPLES.map((name) => `examples/${name}`)))
  expect(packed.filter((path) => /\.test\.|fixture|(?<!\.d)\.ts$|node_modules/.test(path))).toEqual([])
})

test.each(EXAMPLES)('the example %s does in another project what it does here', (name) => {
  const there = run(process.execPath, [`node_modules/@gatehouse/rego/examples/${name}`], consumer)
  expect(there).toBe(run(process.execPath, [`examples/${name}`], PACKAGE))
  expect(there).not.toBe('')
})

test('the README’s programs run in another project, in the order in which they stand', () => {
  const snippets = [...README.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code = '']) => code)
  expect(snippets.length).toBeGreaterThanOrEqual(4)
  // What an earlier one has imported is not imported again: they are one program.
  writeFileSync(join(consumer, 'readme.mjs'), snippets.join('\n'))
  const home = join(consumer, 'node_modules/@gatehouse/rego')
  const said = run(process.execPath, [join(consumer, 'readme.mjs')], home)
  const shown = [...README.matchAll(/```text\n([\s\S]*?)```/g)].map(([, text = '']) => text)
  expect(said).toBe(shown.join(''))
})

test('its types are found and hold', { timeout: 120_000 }, () => {
  writeFileSync(
    join(consumer, 'use.ts'),
    `import { loadBundle, type Evaluation, type Trace } from '@gatehouse/rego'
import { WorkerEvaluator } from '@gatehouse/rego/worker-evaluator'
import { InputScan, type ScannedInput } from '@gatehouse/rego/input-scan'
import { DecisionCache } from '@gatehouse/rego/decision-cache'
import { Coverage, runTests } from '@gatehouse/rego/coverage'
import { smallestChange } from '@gatehouse/rego/change-search'
import { explain } from '@gatehouse/rego/explain'
const loaded = loadBundle({ plan: {}, data: {} })
if (loaded.ok) {
  const answer: Evaluation = loaded.value.evaluate('a', { at: 'b' })
  const trace: Trace = loaded.value.trace('a', {})
  const reads: readonly string[] = explain(loaded.value, 'a', {}).reads
  // @ts-expect-error -- an input is JSON
  loaded.value.evaluate('a', () => 1)
  const scan = await InputScan.open({ plan: {}, data: {} }, 'a', 'b')
  if (scan.ok) for await (const one of scan.value) void (one satisfies ScannedInput)
  void [answer, trace, reads, smallestChange, new DecisionCache(), runTests(loaded.value, new Coverage()), WorkerEvaluator]
} else {
  const code: 'invalid-plan' | 'invalid-policy-data' | 'unknown-builtin' | 'nondeterministic-builtin' = loaded.code
  void code
}
`,
  )
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
  const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--types', 'node']
  const types = join(consumer, 'node_modules/@types')
  mkdirSync(types, { recursive: true })
  for (const name of ['node']) symlinkSync(packageFolder(`@types/${name}`), join(types, name))
  symlinkSync(packageFolder('undici-types'), join(consumer, 'node_modules/undici-types'))
  expect(run(process.execPath, [tsc, ...flags, 'use.ts'], consumer)).toBe('')
})
