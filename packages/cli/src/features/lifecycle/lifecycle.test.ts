import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { currentServer } from '../../credentials.ts'
import { runProgram } from '../../program.ts'
import { closeAll, scratchFolder, testHost, type TestHost } from '../../test-host.ts'
import { dataFolder } from './data-folder.ts'
import { elapsedSeconds, processFacts, readInstance, runningInstance } from './instance.ts'

const started: number[] = []
afterEach(async () => {
  for (const pid of started.splice(0)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself.
    }
  }
  await closeAll()
})

function hostOf(fake = 'ready'): TestHost {
  return testHost({ env: { PATH: process.env['PATH'] ?? '', FAKE_UP: fake } })
}

async function up(host: TestHost, data: string, ...more: string[]): Promise<number> {
  const code = await runProgram(['up', '--data', data, '--port', '0', ...more], host)
  const instance = await readInstance(data)
  if (instance) started.push(instance.pid)
  return code
}

test('up starts it in the background, waits until it is ready and logs the operator in; down stops it', async () => {
  const host = hostOf()
  const data = join(scratchFolder(), 'data')
  expect(await up(host, data)).toBe(0)
  const instance = await readInstance(data)
  expect(host.stdout()).toContain(instance?.url)
  expect(host.stdout()).toContain('as operator')
  expect(host.stderr()).toContain('database is ready')
  expect(currentServer(host)).toEqual({ url: instance?.url, token: 'gh_operator' })
  expect(statSync(join(data, 'gatehouse.log')).mode & 0o777).toBe(0o600)
  expect(statSync(data).mode & 0o777).toBe(0o700)

  const status = testHost()
  expect(await runProgram(['status', '--data', data, '--json'], status)).toBe(0)
  expect(JSON.parse(status.stdout())).toMatchObject({
    running: true,
    ready: true,
    pid: instance?.pid,
    checks: { database: 'ok' },
  })

  const down = testHost()
  expect(await runProgram(['down', '--data', data, '--json'], down)).toBe(0)
  expect(JSON.parse(down.stdout())).toMatchObject({ stopped: true, pid: instance?.pid })
  expect(await processFacts(host, instance?.pid ?? 0)).toBeNull()
})

test('a second up says that it runs already, with exit code 4 and where', async () => {
  const data = scratchFolder()
  expect(await up(hostOf(), data, '--json')).toBe(0)
  const text = hostOf()
  expect(await up(text, data)).toBe(4)
  expect(text.stderr()).toContain('Gatehouse runs at http://127.0.0.1:')
  expect(text.stderr()).toContain('gatehouse down')
  const json = hostOf()
  expect(await up(json, data, '--json')).toBe(4)
  expect(JSON.parse(json.stderr())).toMatchObject({ code: 'already-running', pid: (await readInstance(data))?.pid })
})

test('up --json prints one document', async () => {
  const data = scratchFolder()
  const host = hostOf()
  expect(await up(host, data, '--json')).toBe(0)
  expect(host.stderr()).toBe('')
  expect(JSON.parse(host.stdout())).toMatchObject({
    data,
    log: join(data, 'gatehouse.log'),
    login: 'operator',
    version: '0.1.0',
  })
})

test.each([
  ['taken', 'already-running', 4, 'another Gatehouse uses'],
  ['old-data', 'data-version-mismatch', 1, 'the data folder is of PostgreSQL 15'],
  ['crash', 'internal-error', 1, 'a fault of ours'],
])('a server that ends while it starts (%s) is told as %s', async (fake, slug, exit, said) => {
  const host = hostOf(fake)
  expect(await up(host, scratchFolder())).toBe(exit)
  expect(host.stderr()).toContain(`(${slug})`)
  expect(host.stderr()).toContain(said)
  expect(host.stderr()).not.toContain('\u001b')
  expect(host.stdout()).toBe('')
})

test('a server that does not get ready is stopped when the time is up', async () => {
  const host = hostOf('never')
  const data = scratchFolder()
  const running = up(host, data, '--wait-limit', '2')
  let pid: number | undefined
  while (pid === undefined) {
    await new Promise((done) => setTimeout(done, 20))
    pid = (await readInstance(data))?.pid
  }
  started.push(pid)
  expect(await running).toBe(6)
  expect(host.stderr()).toContain('not ready after 2 s')
  while (await processFacts(host, pid)) await new Promise((done) => setTimeout(done, 20))
})

test('in the foreground it stays until it is stopped, and ends cleanly', async () => {
  const host = hostOf()
  const data = scratchFolder()
  const running = runProgram(['up', '--foreground', '--data', data, '--port', '0'], host)
  while (!host.stderr().includes('Gatehouse is up')) await new Promise((done) => setTimeout(done, 20))
  expect(existsSync(join(data, 'gatehouse.log'))).toBe(false)
  host.stop()
  expect(await running).toBe(0)
  expect(await readInstance(data)).toBeNull()
})

test('--foreground and --json exclude each other', async () => {
  expect(await runProgram(['up', '--foreground', '--json', '--data', scratchFolder()], hostOf())).toBe(2)
})

test('where none runs, down has nothing to do and status says so by its exit code', async () => {
  const data = scratchFolder()
  const down = testHost()
  expect(await runProgram(['down', '--data', data], down)).toBe(0)
  expect(down.stdout()).toContain('does not run')
  const status = testHost()
  expect(await runProgram(['status', '--data', data, '--json'], status)).toBe(1)
  expect(JSON.parse(status.stdout())).toEqual({ running: false, ready: false, data })
})

/** A process that is none of ours, alive during the test. */
function stranger(...argv: string[]): number {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)', ...argv], { stdio: 'ignore' })
  const pid = child.pid ?? 0
  started.push(pid)
  return pid
}

function note(data: string, pid: number, startedAt: number): void {
  writeFileSync(
    join(data, 'gatehouse.json'),
    JSON.stringify({ pid, url: 'http://127.0.0.1:1', started_at: new Date(startedAt).toISOString(), version: 'x' }),
  )
}

test('a pid that another program has by now is never stopped', async () => {
  const host = testHost()
  const data = scratchFolder()
  const pid = stranger()
  note(data, pid, Date.now())
  expect(await runningInstance(host, data)).toBeNull()
  expect(await runProgram(['down', '--data', data], host)).toBe(0)
  expect(await processFacts(host, pid)).not.toBeNull()
})

test('a pid that another Gatehouse has by now, younger than the note, is never stopped', async () => {
  const host = testHost()
  const data = scratchFolder()
  const pid = stranger('main-up.ts')
  note(data, pid, Date.now())
  expect((await runningInstance(host, data))?.pid).toBe(pid)
  note(data, pid, Date.now() - 3_600_000)
  expect(await runningInstance(host, data)).toBeNull()
})

test.each([
  '',
  '{',
  '[]',
  '{"pid":1}',
  '{"pid":"7","url":"http://x","started_at":""}',
  '{"pid":1,"url":"http://x","started_at":"x"}',
])('a note that is not whole (%s) counts as none', async (text) => {
  const data = scratchFolder()
  writeFileSync(join(data, 'gatehouse.json'), text)
  expect(await readInstance(data)).toBeNull()
})

test("the data folder is by default the system's for root and the user's own for others", () => {
  const host = testHost()
  const own = join(host.home, '.local/share/gatehouse')
  expect(dataFolder({ ...host, uid: 0 }, null)).toBe('/var/lib/gatehouse')
  expect(dataFolder(host, null)).toBe(own)
  expect(dataFolder({ ...host, env: { XDG_DATA_HOME: '/xdg' } }, null)).toBe('/xdg/gatehouse')
  expect(dataFolder({ ...host, env: { XDG_DATA_HOME: 'relative' } }, null)).toBe(own)
  expect(dataFolder({ ...host, env: { GATEHOUSE_DATA: '/srv/g' } }, null)).toBe('/srv/g')
  expect(dataFolder({ ...host, env: { GATEHOUSE_DATA: '/srv/g' } }, 'mine')).toBe(join(host.cwd, 'mine'))
})

test.each([
  ['00:07', 7],
  ['02:03', 123],
  ['1-00:00:01', 86_401],
  ['01:00:00', 3600],
])('the age %s of ps is %i seconds', (text, seconds) => expect(elapsedSeconds(text)).toBe(seconds))

test('a log of an earlier start is not told again', async () => {
  const data = scratchFolder()
  mkdirSync(data, { recursive: true })
  writeFileSync(join(data, 'gatehouse.log'), '{"level":50,"msg":"an old fault"}\n')
  const host = hostOf()
  expect(await up(host, data)).toBe(0)
  expect(host.stderr()).not.toContain('an old fault')
  expect(readFileSync(join(data, 'gatehouse.log'), 'utf8')).toContain('an old fault')
})

test('a data folder that is a file, or empty, is named as such and not as a fault of ours', async () => {
  const file = join(scratchFolder(), 'file')
  writeFileSync(file, '')
  const host = hostOf()
  expect(await runProgram(['up', '--data', file, '--port', '0'], host)).toBe(2)
  expect(host.stderr()).toContain(`--data ${file} cannot be used: EEXIST`)
  const empty = hostOf()
  expect(await runProgram(['up', '--data', '', '--port', '0'], empty)).toBe(2)
  expect(empty.stderr()).toContain('--data is empty')
})
