import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { closeAll } from '../../../test-host.ts'
import {
  callTool,
  checkout,
  closeClients,
  heldGit,
  initialize,
  isAlive,
  start,
  startRaw,
  until,
  writeFiles,
  type HeldGit,
  type RawServer,
} from './mcp-fixture.ts'

afterEach(async () => {
  await closeClients()
  await closeAll()
})

const EVIDENCE = { name: 'spec_evidence', arguments: {} }
const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' }
const request = (id: number, method: string, params: object = {}) => ({ jsonrpc: '2.0', id, method, params })

/** A server with bare pipes, whose call for evidence is held at its first git. */
async function heldCall(): Promise<{ slow: HeldGit; raw: RawServer }> {
  const slow = heldGit()
  const raw = startRaw(checkout(), slow.path)
  raw.send(initialize('2025-11-25'))
  raw.send(INITIALIZED)
  raw.send(request(2, 'tools/call', EVIDENCE))
  await until(() => slow.started().length > 0)
  return { slow, raw }
}

test('while a call takes long, ping and other calls are answered, and it ends as it would have', async () => {
  const slow = heldGit()
  const { client } = await start(checkout(), { path: slow.path })
  const long = client.callTool(EVIDENCE, { timeout: 150_000 })
  await until(() => slow.started().length > 0)
  await client.ping()
  expect((await client.listTools()).tools).toHaveLength(5)
  expect((await callTool(client, 'spec_lint', {})).isError).toBe(false)
  expect((await callTool(client, 'spec_rule', {})).isError).toBe(false)
  slow.release()
  expect((await long).isError).not.toBe(true)
})

test('a cancelled call is ended with all that it started, gets no answer, and the server goes on', async () => {
  const slow = heldGit()
  const { client } = await start(checkout(), { path: slow.path })
  const stop = new AbortController()
  const long = client.callTool(EVIDENCE, { signal: stop.signal, timeout: 150_000 })
  await until(() => slow.started().length > 0)
  const [git = 0] = slow.started()
  expect(isAlive(git)).toBe(true)
  stop.abort(new Error('changed my mind'))
  await expect(long).rejects.toThrow('changed my mind')
  await until(() => !isAlive(git))
  expect((await callTool(client, 'spec_lint', {})).isError).toBe(false)
})

test('a cancelled call that still waits for its turn never begins, and leaves its place', async () => {
  const slow = heldGit()
  const { client } = await start(checkout(), { path: slow.path })
  const begun = [1, 2].map(() => client.callTool(EVIDENCE, { timeout: 150_000 }))
  await until(() => slow.started().length > 1)
  const stop = new AbortController()
  const told: (string | undefined)[] = []
  const waiting = Array.from({ length: 16 }, () =>
    client.callTool(EVIDENCE, {
      signal: stop.signal,
      timeout: 150_000,
      onprogress: ({ message }) => void told.push(message),
    }),
  )
  const ends = Promise.allSettled(waiting)
  await until(() => told.filter((message) => message === 'waiting for another call').length >= 16)
  const full = await callTool(client, 'spec_lint', {})
  expect([full.isError, full.text]).toEqual([true, expect.stringContaining('too-many-requests')])
  stop.abort(new Error('no longer'))
  expect((await ends).map(({ status }) => status)).toEqual(waiting.map(() => 'rejected'))
  await client.ping()
  const calls = slow.started().length
  const next = callTool(client, 'spec_lint', {})
  await client.ping()
  expect(slow.started()).toHaveLength(calls)
  slow.release()
  expect((await next).isError).toBe(false)
  for (const answer of await Promise.all(begun)) expect(answer.isError).not.toBe(true)
})

test('many calls at once are all answered right; too many are told to come again', async () => {
  const slow = heldGit()
  const { client } = await start(checkout(), { path: slow.path })
  const calls = Array.from({ length: 19 }, (_, i) =>
    callTool(client, 'spec_evidence', { paths: [i % 2 === 0 ? 'specs/001-login' : 'specs/002-cart'] }),
  )
  await until(() => slow.started().length > 1)
  await client.ping()
  slow.release()
  const answers = await Promise.all(calls)
  const refused = answers.filter(({ isError }) => isError)
  expect(refused.map(({ text }) => text)).toEqual([expect.stringContaining('too-many-requests')])
  for (const [i, { isError, value }] of answers.entries())
    if (!isError) expect(value['features']).toMatchObject([{ name: i % 2 === 0 ? '001-login' : '002-cart' }])
})

test('a call that takes longer than the limit is ended, with what to do', async () => {
  const slow = heldGit()
  const { client } = await start(checkout(), { path: slow.path, args: ['--time-limit', '1'] })
  const { isError, text } = await callTool(client, 'spec_evidence', {})
  expect([isError, text]).toEqual([true, expect.stringContaining('timed-out')])
  expect(text).toContain('--time-limit')
  await until(() => slow.started().every((pid) => !isAlive(pid)))
})

test('progress is told to who asked for it, ever further and with how many steps there are, and to nobody else', async () => {
  const slow = heldGit()
  const { client } = await start(checkout(), { path: slow.path })
  const told: { progress: number; total?: number | undefined; message?: string | undefined }[] = []
  const long = client.callTool(EVIDENCE, { timeout: 150_000, onprogress: (update) => void told.push(update) })
  await until(() => told.length > 3)
  slow.release()
  await long
  for (const [i, { progress }] of told.entries()) expect(progress).toBeGreaterThan(told[i - 1]?.progress ?? 0)
  const steps = told.filter(({ total }) => total !== undefined)
  expect(new Set(steps.map(({ total }) => total))).toEqual(new Set([6]))
  expect(steps[0]).toMatchObject({ message: 'reading the history' })
  expect(steps.at(-1)).toMatchObject({ message: 'judging the tasks' })
  // A step is told as far as it is begun: 5 of 6 and a bit, and never 6 before the answer.
  expect(Math.floor(steps.at(-1)?.progress ?? 0)).toBe(5)
  const raw = startRaw(checkout())
  raw.send(initialize('2025-11-25'))
  raw.send(INITIALIZED)
  raw.send(request(2, 'tools/call', EVIDENCE))
  await raw.answer(2)
  expect(raw.lines()).toHaveLength(2)
})

test.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
  'a client of %s is answered in its revision',
  async (version) => {
    const raw = startRaw(checkout())
    raw.send(initialize(version))
    expect(await raw.answer(1)).toMatchObject({ result: { protocolVersion: version } })
    raw.send(INITIALIZED)
    raw.send(request(2, 'tools/call', { name: 'spec_rule', arguments: { rule: 'duplicate-id' } }))
    expect(await raw.answer(2)).toMatchObject({ result: { structuredContent: { rules: [{ id: 'duplicate-id' }] } } })
  },
)

test('a client of 2026-07-28 finds and calls the same tools', async () => {
  const { client } = await start(checkout(), { client: { versionNegotiation: { mode: { pin: '2026-07-28' } } } })
  expect(client.getProtocolEra()).toBe('modern')
  expect((await client.listTools()).tools).toHaveLength(5)
  expect((await callTool(client, 'spec_evidence', {})).value).toMatchObject({ counts: { ticked: 6 } })
})

test('an unknown revision is answered with one that both may speak', async () => {
  const raw = startRaw(checkout())
  raw.send(initialize('1999-01-01'))
  expect(await raw.answer(1)).toMatchObject({ result: { protocolVersion: '2025-11-25' } })
  const pinned = start(checkout(), { client: { versionNegotiation: { mode: { pin: '2027-01-01' } } } })
  await expect(pinned).rejects.toThrow()
})

test('lines that are no messages end nothing, and standard output holds messages only', async () => {
  const raw = startRaw(checkout())
  for (const line of ['garbage', '{"jsonrpc":', '[]', '{"jsonrpc":"2.0"}', '\u0000\u0001', '{"id":1}', 'null'])
    raw.send(line)
  raw.send(initialize('2025-11-25'))
  raw.send(INITIALIZED)
  raw.send(request(2, 'no/such/method'))
  raw.send(request(3, 'tools/call', { name: 'no_such_tool', arguments: {} }))
  raw.send(request(4, 'tools/call', { name: 'constructor', arguments: {} }))
  raw.send(request(5, 'tools/call', { arguments: {} }))
  raw.send(request(6, 'tools/call', { name: 'spec_lint', arguments: { paths: [null] } }))
  raw.send(request(7, 'ping'))
  expect(await raw.answer(2)).toMatchObject({ error: { code: -32601 } })
  expect(await raw.answer(3)).toMatchObject({ error: { code: -32602 } })
  expect(await raw.answer(4)).toMatchObject({ error: { code: -32602 } })
  expect(await raw.answer(5)).toMatchObject({ error: { code: expect.any(Number) as number } })
  expect(await raw.answer(6)).toMatchObject({ result: { isError: true } })
  expect(await raw.answer(7)).toMatchObject({ result: {} })
  for (const line of raw.lines()) expect(JSON.parse(line)).toMatchObject({ jsonrpc: '2.0' })
})

test('when the input ends, what was asked is answered, and the command ends with status 0', async () => {
  const raw = startRaw(checkout())
  raw.send(initialize('2025-11-25'))
  raw.send(INITIALIZED)
  raw.send(request(2, 'tools/call', EVIDENCE))
  raw.child.stdin.end()
  expect(await raw.ended).toEqual({ code: 0, signal: null })
  expect(raw.lines().map((line) => (JSON.parse(line) as { id: number }).id)).toEqual([1, 2])
  const silent = startRaw(checkout())
  silent.child.stdin.end()
  expect(await silent.ended).toEqual({ code: 0, signal: null })
})

test('SIGTERM ends it at once, with a call at work and all that this started', async () => {
  const { slow, raw } = await heldCall()
  raw.child.kill('SIGTERM')
  expect((await raw.ended).code).toBe(0)
  await until(() => slow.started().every((pid) => !isAlive(pid)))
  expect(raw.lines().map((line) => (JSON.parse(line) as { id: number }).id)).toEqual([1])
})

test('a client that vanishes without a word leaves nothing running', async () => {
  const { slow, raw } = await heldCall()
  raw.child.kill('SIGKILL')
  await raw.ended
  await until(() => slow.started().every((pid) => !isAlive(pid)))
})

test('a message beyond all measure ends the connection, not the machine', async () => {
  const raw = startRaw(checkout())
  raw.send(initialize('2025-11-25'))
  await raw.answer(1)
  raw.send(request(2, 'tools/call', { name: 'spec_lint', arguments: { paths: ['x'.repeat(17 * 1024 * 1024)] } }))
  expect((await raw.ended).code).toBe(0)
})

test('the work of a file made to break it is refused, and the next call goes through', async () => {
  const root = checkout()
  writeFiles(root, {
    'specs/005-deep/spec.md': `# Feature Specification: Deep\n\n${'>'.repeat(20_000)} x\n${'['.repeat(50_000)}\n${'*'.repeat(50_000)}\n`,
    'specs/005-deep/tasks.md': `# Tasks: D\n\n${Array.from({ length: 2000 }, (_, i) => `${' '.repeat(i % 200)}- [x] T${i} \`${'('.repeat(100)}\``).join('\n')}\n`,
  })
  const { client } = await start(root)
  const answers = await Promise.all(
    ['spec_lint', 'spec_evidence', 'spec_coverage'].map((name) => callTool(client, name, {})),
  )
  for (const { text } of answers) expect(text.length).toBeLessThan(80_000)
  expect((await callTool(client, 'spec_lint', { paths: ['specs/001-login'] })).isError).toBe(false)
})

test('the process that works has nothing of the environment but what it needs, and nothing that it prints reaches the protocol', async (ctx) => {
  ctx.skip(!existsSync('/proc/self/environ'), 'this system has no /proc to look at a process with')
  const slow = heldGit()
  const { client } = await start(checkout(), {
    path: slow.path,
    env: { FORGE_TOKEN: 'secret-of-the-client', NODE_OPTIONS: '--no-deprecation' },
  })
  const long = client.callTool(EVIDENCE, { timeout: 150_000 })
  await until(() => slow.started().length > 0)
  const stat = readFileSync(`/proc/${slow.started()[0] ?? 0}/stat`, 'utf8')
  // "pid (name) state parent ..."
  const worker = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? ''
  const names = readFileSync(`/proc/${worker}/environ`, 'utf8')
    .split('\0')
    .flatMap((pair) => (pair === '' ? [] : [pair.slice(0, pair.indexOf('='))]))
  const needed = ['PATH', 'HOME', 'TMPDIR', 'NODE_CHANNEL_FD', 'NODE_CHANNEL_SERIALIZATION_MODE']
  expect(names).toContain('PATH')
  expect(names.filter((name) => !needed.includes(name))).toEqual([])
  expect(readlinkSync(`/proc/${worker}/fd/1`)).toBe('/dev/null')
  slow.release()
  expect((await long).isError).not.toBe(true)
})
