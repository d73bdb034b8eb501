import { fork, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Problem } from '@gatehouse/core/kernel/problems'
import { processFacts, readInstance } from '../lifecycle/instance.ts'
import type { Host } from '../../host.ts'

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url))
const MARK = 'gatehouse-demo'
const START_LIMIT_MS = 120_000

export interface DemoServer {
  readonly url: string
  readonly data: string
  readonly operatorToken: string
  stop(): Promise<void>
  /** Resolves when the server has ended by itself. */
  readonly ended: Promise<number | null>
}

/** The demo's own data folder, apart from any other installation; thrown away at each start. */
export function demoFolder(host: Host): string {
  const given = host.env['GATEHOUSE_DEMO_DATA']
  if (given) return given
  if (host.uid === 0) return '/var/lib/gatehouse-demo'
  return join(tmpdir(), `gatehouse-demo-${host.uid ?? 'user'}`)
}

/** Refuses while another demo runs, and empties the folder of a past one. A folder that is not ours is never emptied. */
export async function prepareFolder(host: Host, data: string): Promise<void> {
  const instance = await readInstance(data)
  if (instance && (await processFacts(host, instance.pid)))
    throw new Problem(
      'already-running',
      `the demo runs already at ${instance.url} (pid ${instance.pid}); stop it with Ctrl-C where it runs, or: kill ${instance.pid}`,
      { url: instance.url, pid: instance.pid },
    )
  const mark = join(data, MARK)
  if (existsSync(data) && !existsSync(mark))
    throw new Problem(
      'usage',
      `${data} is there and is no folder of the demo; move it away, or set GATEHOUSE_DEMO_DATA`,
    )
  rmSync(data, { recursive: true, force: true })
  mkdirSync(data, { recursive: true, mode: 0o711 })
  writeFileSync(mark, 'made by gatehouse demo; the next demo empties this folder\n')
}

/** Builds the console where it is not built yet. */
export function buildConsole(say: (line: string) => void): void {
  if (existsSync(join(ROOT, 'packages/console/dist/index.html'))) return
  say('building the console (once)')
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js')
  const built = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: join(ROOT, 'packages/console'),
    encoding: 'utf8',
  })
  if (built.status !== 0)
    throw new Problem('internal-error', `the console could not be built: ${built.stderr.slice(-1000)}`)
}

/** Starts database, API, worker and console, and waits until they are ready. */
export async function startDemoServer(host: Host, data: string): Promise<DemoServer> {
  const log = openSync(join(data, 'gatehouse.log'), 'a', 0o600)
  const env = {
    ...host.env,
    GATEHOUSE_DATA: data,
    GATEHOUSE_ENVIRONMENT: 'demo',
    PATH: `${dirname(process.execPath)}:${host.env['PATH'] ?? ''}`,
  }
  const child = fork(host.serverMain, { env, stdio: ['ignore', log, log, 'ipc'], detached: true })
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  const url = await Promise.race([
    readyUrl(child),
    ended.then((code) => {
      throw new Problem(
        'internal-error',
        `the server ended with exit code ${code ?? 'none'}: ${lastError(join(data, 'gatehouse.log'))}`,
      )
    }),
  ])
  return {
    url,
    data,
    ended,
    operatorToken: readFileSync(join(data, 'operator-token'), 'utf8').trim(),
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGTERM')
      reject(new Problem('not-ready', `the server was not ready within ${START_LIMIT_MS / 1000} s`))
    }, START_LIMIT_MS)
    child.on('message', (message: { ready?: string; url?: string }) => {
      if (message.ready !== 'up' || message.url === undefined) return
      clearTimeout(late)
      resolve(message.url)
    })
    child.once('exit', () => clearTimeout(late))
  })
}

function lastError(log: string): string {
  const lines = readFileSync(log, 'utf8').trim().split('\n')
  const bad = lines.findLast((line) => /"level":(50|60|"error"|"fatal")/.test(line)) ?? lines.at(-1) ?? ''
  return `${bad.slice(0, 600)} (${log})`
}
