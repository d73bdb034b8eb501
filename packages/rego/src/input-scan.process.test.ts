import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { InputScan, type ScannedInput, type ScanOptions } from './input-scan.ts'
import { governanceBundle } from './governance-fixture.ts'
import { endlessScan, giveLocal3, handMadePlan, local, stmt, text } from './plan-fixture.ts'
import { benchInputs } from './rego-bench-inputs.ts'
import { loadBundle } from './rego.ts'

/** Result is the input's `name`; with `spin` in the input it never ends. */
const plan = handMadePlan({
  strings: ['name', 'spin'],
  stmts: [
    stmt('BlockStmt', {
      blocks: [{ stmts: [stmt('DotStmt', { source: local(0), key: text(2), target: 7 }), ...endlessScan] }],
    }),
    stmt('DotStmt', { source: local(0), key: text(1), target: 3 }),
    ...giveLocal3,
  ],
})
const parts = { plan, data: {} }
const FUEL = { fuel: Number.MAX_SAFE_INTEGER }

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-scan-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function fileOf(lines: readonly (string | Uint8Array)[]): string {
  const file = join(folder, 'inputs.jsonl')
  writeFileSync(file, Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])))
  return file
}

async function scanned(lines: readonly (string | Uint8Array)[], options: ScanOptions = {}): Promise<ScannedInput[]> {
  const opened = await InputScan.open(parts, fileOf(lines), 'main', options)
  if (!opened.ok) throw new Error(`${opened.code}: ${opened.detail}`)
  return await all(opened.value)
}

const deep = (depth: number): Json => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as Json

test('a bundle that cannot be handed to a process is refused, and nothing is left that runs', async () => {
  const running = process.getActiveResourcesInfo().length
  const opened = await InputScan.open({ ...parts, data: { deep: deep(20_000) } }, fileOf([named('a')]), 'main')
  expect(opened).toMatchObject({ ok: false, code: 'policy-worker-failed' })
  expect(process.getActiveResourcesInfo()).toHaveLength(running)
})

async function all(scan: InputScan): Promise<ScannedInput[]> {
  const found: ScannedInput[] = []
  for await (const one of scan) found.push(one)
  return found
}

const named = (name: string): string => JSON.stringify({ name })
/** Enough lines for more than one range. */
const many = Array.from({ length: 3000 }, (_, i) => JSON.stringify({ name: `n${i}`, more: 'x'.repeat(i % 200) }))
const answers = (found: readonly ScannedInput[]): unknown[] =>
  found.map(({ evaluation }) => (evaluation.ok ? evaluation.result : evaluation.code))

test('many processes give the answers that the policy gives, in the order of the file', async () => {
  const bundle = governanceBundle()
  const loaded = loadBundle(bundle)
  if (!loaded.ok) throw new Error(loaded.detail)
  const inputs = benchInputs(150)
  const file = fileOf(inputs.map((input) => JSON.stringify(input)))
  for (const processes of [1, 3]) {
    const opened = await InputScan.open(bundle, file, 'gatehouse/decision', { processes })
    if (!opened.ok) throw new Error(opened.detail)
    const found = await all(opened.value)
    expect(found).toEqual(
      inputs.map((input, i) => ({ line: i + 1, evaluation: loaded.value.evaluate('gatehouse/decision', input) })),
    )
    expect(opened.value.scannedBytes).toBe(opened.value.bytes)
  }
})

test('what is no input is refused by its line, and lines that hold nothing are counted only', async () => {
  const found = await scanned(
    [named('a'), '', '{"name": ', ' \t\r', Buffer.from([0x22, 0xff, 0x22]), `"${'x'.repeat(2000)}"`, '[1]', named('b')],
    { maxLineBytes: 1000 },
  )
  expect(found).toEqual([
    { line: 1, evaluation: { ok: true, result: 'a' } },
    { line: 3, evaluation: expect.objectContaining({ code: 'invalid-policy-input' }) },
    { line: 5, evaluation: { ok: false, code: 'invalid-policy-input', detail: 'The line is not UTF-8.' } },
    {
      line: 6,
      evaluation: { ok: false, code: 'invalid-policy-input', detail: 'The line is longer than 1000 bytes.' },
    },
    { line: 7, evaluation: expect.objectContaining({ code: 'policy-undefined' }) },
    { line: 8, evaluation: { ok: true, result: 'b' } },
  ])
})

test('an input over its time is refused by its line, and all others are answered', async () => {
  const lines = [...many.slice(0, 500), '{"spin": true}', ...many.slice(500), '{"spin": true}']
  const found = await scanned(lines, { processes: 2, wallMs: 1000, heapMb: 4096, limits: FUEL })
  expect(found.map(({ line }) => line)).toEqual(lines.map((_, i) => i + 1))
  for (const at of [500, 3001]) {
    const [late] = found.splice(
      found.findIndex(({ line }) => line === at + 1),
      1,
    )
    expect(late?.evaluation).toMatchObject({ code: 'policy-over-limit', detail: expect.stringContaining('1000 ms') })
  }
  expect(answers(found)).toEqual(many.map((_, i) => `n${i}`))
})

test('an input that takes all memory is refused by its line, and all others are answered', async () => {
  const found = await scanned([named('a'), '{"spin": true}', named('b')], { heapMb: 24, wallMs: 60_000, limits: FUEL })
  expect(answers(found)).toEqual(['a', 'policy-over-limit', 'b'])
  expect(found[1]?.evaluation).toMatchObject({ detail: expect.stringContaining('24 MiB') })
})

test('a process that somebody kills is replaced, and no answer is lost', async () => {
  const opened = await InputScan.open(parts, fileOf(many), 'main', { processes: 2 })
  if (!opened.ok) throw new Error(opened.detail)
  const scan = opened.value
  const found: ScannedInput[] = []
  for await (const one of scan) {
    if (one.line === 1 || one.line === 1500) for (const id of scan.processIds) process.kill(id, 'SIGKILL')
    found.push(one)
  }
  expect(answers(found)).toEqual(many.map((_, i) => `n${i}`))
})

test('where no process can be started, it is refused and not tried for ever', async () => {
  const opened = await InputScan.open(parts, fileOf([named('a')]), 'main', { heapMb: 1 })
  expect(opened).toMatchObject({ ok: false, code: 'policy-worker-failed', detail: expect.stringContaining('SIG') })
  const { execPath } = process
  process.execPath = join(folder, 'none')
  try {
    const none = await InputScan.open(parts, fileOf([named('a')]), 'main')
    expect(none).toMatchObject({ ok: false, code: 'policy-worker-failed' })
  } finally {
    process.execPath = execPath
  }
})

test('what cannot be scanned is refused before anything is answered', async () => {
  const file = fileOf([named('a')])
  const refused = async (bundle: Parameters<typeof InputScan.open>[0], path: string, entrypoint = 'main') => {
    const opened = await InputScan.open(bundle, path, entrypoint)
    return opened.ok ? 'opened' : opened.code
  }
  expect(await refused(parts, join(folder, 'none'))).toBe('policy-inputs-unreadable')
  expect(await refused(parts, folder)).toBe('policy-inputs-unreadable')
  expect(await refused(parts, '/dev/null')).toBe('policy-inputs-unreadable')
  expect(await refused(parts, file, 'other')).toBe('unknown-entrypoint')
  expect(await refused({ plan: { plans: 3 }, data: {} }, file)).toBe('invalid-plan')
})

test('a file that is changed while it is read is no answer', async () => {
  const file = fileOf(many)
  const opened = await InputScan.open(parts, file, 'main')
  if (!opened.ok) throw new Error(opened.detail)
  appendFileSync(file, named('late'))
  await expect(all(opened.value)).rejects.toMatchObject({
    code: 'policy-inputs-unreadable',
    message: expect.stringContaining('was changed while it was read'),
  })
})

test('a scan that is left, closed or stopped leaves no process and no open file', async () => {
  const open = async (options: ScanOptions = {}): Promise<InputScan> => {
    const opened = await InputScan.open(parts, fileOf(many), 'main', { processes: 2, ...options })
    if (!opened.ok) throw new Error(opened.detail)
    return opened.value
  }
  const files = (): number => readdirSync('/proc/self/fd').length
  const before = files()
  const left = await open()
  for await (const { line } of left) if (line === 2) break
  const closed = await open()
  await closed.close()
  await expect(all(closed)).rejects.toThrow('closed')
  const stop = new AbortController()
  const stopped = await open({ signal: stop.signal })
  const reading = all(stopped)
  stop.abort(new Error('enough'))
  await expect(reading).rejects.toThrow('enough')
  await expect(open({ signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
  for (const scan of [left, closed, stopped]) expect(scan.processIds).toEqual([])
  await vi.waitFor(() => expect(files()).toBe(before))
})
