import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { runProgram } from '../../program.ts'
import { closeAll, testHost, type TestHost } from '../../test-host.ts'
import { NO_OPA } from './policy-fixture.ts'

afterEach(closeAll)

/** A bundle with its plan: OPA is not needed. */
const BUNDLE = fileURLToPath(new URL('../../../../rego/examples/bundle', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../../../bin/gatehouse.js', import.meta.url))
const at = '2026-12-01T09:00:00.000Z'
const staging = { environment: 'staging', tests_passed: true, approvals: 1, at }
const untested = { environment: 'production', tests_passed: false, approvals: 1, at }

function hostOf(lines: readonly unknown[], wish: Parameters<typeof testHost>[0] = {}): TestHost {
  const host = testHost({ env: NO_OPA, ...wish })
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n')
  writeFileSync(join(host.cwd, 'inputs.jsonl'), text)
  return host
}

const scan = (host: TestHost, ...argv: string[]): Promise<number> =>
  runProgram(['policy', 'scan', BUNDLE, 'inputs.jsonl', ...argv], host)

test('all inputs are decided and counted, with what was found, and each decision is kept', async () => {
  const host = hostOf([staging, untested, 'no json', '', ...Array.from({ length: 50 }, () => staging)])
  expect(await scan(host, '--json', '--out', 'decisions.jsonl')).toBe(0)
  expect(JSON.parse(host.stdout())).toMatchObject({
    policies: { plan: 'as-built' },
    entrypoint: 'release/decision',
    inputs: 53,
    outcomes: { allow: 51, deny: 1, 'invalid-policy-input': 1 },
    findings: [
      { policy: '2 approvals are needed', violations: 1, warnings: 0 },
      { policy: 'the tests did not pass', violations: 1, warnings: 0 },
    ],
    denied: {
      total: 2,
      first: [
        { line: 2, outcome: 'deny', reasons: ['2 approvals are needed', 'the tests did not pass'] },
        { line: 3, outcome: 'invalid-policy-input', reasons: [expect.stringContaining('no JSON')] },
      ],
    },
  })
  const kept = readFileSync(join(host.cwd, 'decisions.jsonl'), 'utf8').trimEnd().split('\n')
  expect(kept.map((line) => (JSON.parse(line) as { line: number }).line)).toEqual([
    1,
    2,
    3,
    ...Array.from({ length: 50 }, (_, i) => i + 5),
  ])
  expect(JSON.parse(kept[0] ?? '')).toEqual({
    line: 1,
    outcome: 'allow',
    decision: { outcome: 'allow', violations: [] },
  })
  expect(JSON.parse(kept[2] ?? '')).toMatchObject({ line: 3, refusal: { code: 'invalid-policy-input' } })
})

test('people read what is denied, where and why', async () => {
  const host = hostOf([staging, untested])
  expect(await scan(host, '--exit-code')).toBe(4)
  const text = host.stdout()
  expect(text).toContain('2 inputs decided')
  expect(text).toMatch(/the tests did not pass +1 +0/)
  expect(text).toContain('line 2  deny  2 approvals are needed (and 1 more)')
  const allowed = hostOf([staging])
  expect(await scan(allowed, '--exit-code')).toBe(0)
})

test('what cannot be scanned says what is wrong and what to do, and leaves no file', async () => {
  const refused = async (lines: readonly unknown[], ...argv: string[]): Promise<string> => {
    const host = hostOf(lines)
    mkdirSync(join(host.cwd, 'folder'))
    expect(await runProgram(['policy', 'scan', ...argv], host)).toBe(2)
    expect(readdirSync(host.cwd).toSorted()).toEqual(['folder', 'inputs.jsonl'])
    return host.stderr()
  }
  const out = ['--out', 'decisions.jsonl']
  expect(await refused([staging], BUNDLE, 'none.jsonl', ...out)).toContain('none.jsonl cannot be read')
  expect(await refused([staging], BUNDLE, 'folder', ...out)).toContain('Name a file with a JSON document a line')
  expect(await refused([], BUNDLE, 'inputs.jsonl', ...out)).toContain('inputs.jsonl holds no input')
  expect(await refused(['', ' '], BUNDLE, 'inputs.jsonl', ...out)).toContain('inputs.jsonl holds no input')
  expect(await refused([staging], BUNDLE, 'inputs.jsonl', '--entrypoint', 'a/b')).toContain('--entrypoint a/b')
  expect(await refused([staging], BUNDLE, 'inputs.jsonl', '--processes', '0', ...out)).toContain('--processes')
  expect(await refused([staging], BUNDLE, 'inputs.jsonl', '--seconds', '0', ...out)).toContain('--seconds')
})

test.for([
  ['a place that cannot be written', 'nowhere/d.jsonl', 'cannot be written'],
  ['a folder', 'folder', 'is a folder'],
  ['the inputs themselves', 'inputs.jsonl', 'is the file of the inputs'],
  ['a link to itself', 'loop', 'cannot be written'],
] as const)('--out with %s is refused, and the program ends', ([, out, words]) => {
  const host = hostOf([staging])
  mkdirSync(join(host.cwd, 'folder'))
  symlinkSync('loop', join(host.cwd, 'loop'))
  // In a process of its own: what is left running keeps it alive.
  const ran = spawnSync(process.execPath, [PROGRAM, 'policy', 'scan', BUNDLE, 'inputs.jsonl', '--out', out], {
    cwd: host.cwd,
    env: { ...NO_OPA, HOME: host.cwd },
    encoding: 'utf8',
    timeout: 60_000,
    killSignal: 'SIGKILL',
  })
  expect([ran.signal, ran.status]).toEqual([null, 2])
  expect(ran.stderr).toContain(`--out ${out} ${words}`)
  expect(readdirSync(host.cwd).filter((name) => !name.startsWith('.'))).toEqual(['folder', 'inputs.jsonl', 'loop'])
  expect(readFileSync(join(host.cwd, 'inputs.jsonl'), 'utf8')).toBe(JSON.stringify(staging))
})

test('a scan that the user stops ends with 130 and leaves no file', async () => {
  const host = hostOf(Array.from({ length: 60_000 }, () => staging))
  const running = scan(host, '--out', 'decisions.jsonl')
  setTimeout(() => host.stop(), 300)
  expect(await running).toBe(130)
  expect(readdirSync(host.cwd)).toEqual(['inputs.jsonl'])
})

test('on a terminal it tells how far it is', async () => {
  let now = 0
  const host = hostOf([staging, untested], { tty: true, now: () => (now += 250) })
  expect(await scan(host)).toBe(0)
  expect(host.stderr()).toMatch(/\d+ % decided/)
})
