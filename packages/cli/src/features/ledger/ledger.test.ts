import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sampleExport, sampleRecords } from '@gatehouse/ledger/ledger-samples'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { runProgram } from '../../program.ts'
import { closeAll, run, testApi, testHost, type TestHost } from '../../test-host.ts'
import { PROPOSAL_ID, sampleEvent } from '../../test-samples.ts'

let ledger = ''
beforeAll(async () => {
  ledger = await sampleExport(sampleRecords(20))
})
afterEach(closeAll)

const headOf = (text: string) =>
  (JSON.parse(text.split('\n')[0] ?? '') as { head_hash: string; root_hash: string }).head_hash

function withFile(text: string): TestHost {
  const host = testHost()
  writeFileSync(join(host.cwd, 'ledger.jsonl'), text)
  return host
}

test('an exported file is verified without any server', async () => {
  const host = withFile(ledger)
  const offline: typeof fetch = () => Promise.reject(new Error('no network here'))
  const code = await runProgram(['ledger', 'verify', 'ledger.jsonl', '--json'], { ...host, fetch: offline })
  expect(code).toBe(0)
  expect(JSON.parse(host.stdout())).toMatchObject({ ok: true, source: 'file', count: 20, head_hash: headOf(ledger) })
})

test('a byte changed in the file is found, with its event and line', async () => {
  const lines = ledger.split('\n')
  lines[13] = (lines[13] ?? '').replace(/"body":"(.{40})./, (_, kept: string) => `"body":"${kept}A`)
  const host = withFile(lines.join('\n'))
  expect(await runProgram(['ledger', 'verify', 'ledger.jsonl', '--json'], host)).toBe(1)
  expect(host.stdout()).toBe('')
  expect(JSON.parse(host.stderr())).toMatchObject({ code: 'ledger-broken', fault: 'hash-mismatch', seq: 13, line: 14 })
})

test('a whole rewritten ledger is found by the head that is known from elsewhere', async () => {
  const argv = ['ledger', 'verify', 'ledger.jsonl', '--expect-head']
  expect(await runProgram([...argv, headOf(ledger)], withFile(ledger))).toBe(0)
  const host = withFile(await sampleExport(sampleRecords(19)))
  expect(await runProgram([...argv, headOf(ledger)], host)).toBe(1)
  expect(host.stderr()).toContain('expected was')
  expect(await runProgram([...argv, 'abc'], withFile(ledger))).toBe(2)
})

test.each(['', 'hello\n', '{}\n'])('a file that is no export (%j) does not verify', async (text) => {
  expect(await runProgram(['ledger', 'verify', 'ledger.jsonl'], withFile(text))).toBe(1)
})

test('a file that is not there is a usage problem', async () => {
  expect(await runProgram(['ledger', 'verify', 'ledger.jsonl'], testHost())).toBe(2)
})

test('--offline fetches the export and verifies it here', async () => {
  const api = await testApi({ ledgerExport: () => ({ raw: ledger }) })
  const good = await run(['ledger', 'verify', '--offline', '--json'], api)
  expect([good.code, JSON.parse(good.stdout())]).toMatchObject([0, { source: 'download', count: 20 }])
  const cut = await testApi({ ledgerExport: () => ({ raw: ledger.slice(0, -300) }) })
  const bad = await run(['ledger', 'verify', '--offline'], cut)
  expect(bad.code).toBe(1)
  expect(bad.stderr()).toContain('(ledger-broken)')
})

test('without a file the server is asked, and its no is a no', async () => {
  const answer = {
    ok: true,
    count: 3,
    head_hash: 'a'.repeat(64),
    root_hash: 'b'.repeat(64),
    code: null,
    seq: null,
    detail: '',
    duration_ms: 4,
  }
  const api = await testApi({ ledgerVerify: () => ({ json: answer }) })
  expect((await run(['ledger', 'verify'], api)).stdout()).toContain('by the server itself')
  expect((await run(['ledger', 'verify', '--expect-head', 'c'.repeat(64)], api)).code).toBe(1)
  const broken = await testApi({
    ledgerVerify: () => ({ json: { ...answer, ok: false, code: 'gap', seq: 2, detail: 'event 2 is gone' } }),
  })
  const { code, stderr } = await run(['ledger', 'verify', '--json'], broken)
  expect(code).toBe(1)
  expect(JSON.parse(stderr())).toMatchObject({ code: 'ledger-broken', fault: 'gap', seq: 2, detail: 'event 2 is gone' })
})

test('an export is verified before it gets its name, and replaces nothing unasked', async () => {
  const api = await testApi({ ledgerExport: () => ({ raw: ledger }) })
  const host = testHost({ env: { GATEHOUSE_URL: api.url, GATEHOUSE_TOKEN: 'x' } })
  expect(await runProgram(['ledger', 'export', 'l.jsonl', '--json'], host)).toBe(0)
  expect(readFileSync(join(host.cwd, 'l.jsonl'), 'utf8')).toBe(ledger)
  expect(JSON.parse(host.stdout())).toMatchObject({ count: 20, head_hash: headOf(ledger) })
  expect(await runProgram(['ledger', 'export', 'l.jsonl'], host)).toBe(2)
  expect(await runProgram(['ledger', 'export', 'l.jsonl', '--force'], host)).toBe(0)
  expect(await runProgram(['ledger', 'export', 'none/l.jsonl'], host)).toBe(2)
  const bad = await testApi({ ledgerExport: () => ({ raw: ledger.replace('"seq":4', '"seq":5') }) })
  const broken = testHost({ env: { GATEHOUSE_URL: bad.url, GATEHOUSE_TOKEN: 'x' } })
  expect(await runProgram(['ledger', 'export', 'l.jsonl'], broken)).toBe(1)
  expect(readdirSync(broken.cwd)).toEqual([])
})

test('events are shown as a table, and filtered by the server', async () => {
  const api = await testApi({
    ledgerShow: () => ({ json: { items: [sampleEvent()], head: { seq: 7, hash: 'f'.repeat(64) } } }),
  })
  const { stdout, code } = await run(
    ['ledger', 'show', '--subject', PROPOSAL_ID, '--after', '3', '--act', 'proposal.approve'],
    api,
  )
  expect(code).toBe(0)
  expect(stdout()).toMatch(/7 {2}2026-11-21 15:04:05Z {2}proposal\.approve {2}ok +anna/)
  expect(api.calls[0]?.query).toEqual({ subject: PROPOSAL_ID, after: '3', act: 'proposal.approve' })
})

test('the table of events fits 80 columns, whatever their reasons', async () => {
  const event = sampleEvent({
    act: 'validation.finish',
    outcome: 'failed',
    reason: 'validation-failed',
    actor_name: 'service:worker',
  })
  const api = await testApi({
    ledgerShow: () => ({ json: { items: [event], head: { seq: 7, hash: 'f'.repeat(64) } } }),
  })
  const { stdout } = await run(['ledger', 'show'], api, { tty: true, env: { NO_COLOR: '1' } })
  for (const line of stdout().split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

test('--follow prints what happens, one JSON document a line', async () => {
  const api = await testApi({})
  const host = testHost({ env: { GATEHOUSE_URL: api.url, GATEHOUSE_TOKEN: 'x' } })
  const running = runProgram(['ledger', 'show', '--follow', '--json', '--act', 'proposal.approve'], host)
  while (api.streams() === 0) await new Promise((done) => setTimeout(done, 5))
  api.emit(sampleEvent({ seq: 8 }))
  api.emit(sampleEvent({ seq: 9, act: 'proposal.merge' }))
  api.emit(sampleEvent({ seq: 10 }))
  while (host.stdout().split('\n').length < 3) await new Promise((done) => setTimeout(done, 5))
  host.stop()
  await running
  const lines = host.stdout().trim().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([8, 10])
})
