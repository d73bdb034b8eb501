import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, type TestContext } from 'vitest'
import { findOpa } from '../../../../tools/opa.ts'
import { OPA_VERSION, type Opa } from '../opa-command.ts'
import { openPolicyFolder } from '../policy-folder.ts'
import { runMutation, type MutationReport, type MutationWish } from './mutation-run.ts'

const found = findOpa()

function opaOf(ctx: TestContext): Opa {
  if (!found.ok) ctx.skip(found.reason)
  return { path: found.ok ? found.path : '', version: OPA_VERSION }
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-mutation-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

async function run(opa: Opa, wish: Partial<MutationWish> = {}) {
  const opened = openPolicyFolder(folder)
  if (!opened.ok) throw new Error(opened.detail)
  const signal = new AbortController().signal
  const base = {
    files: null,
    lines: null,
    engine: 'auto',
    confirm: false,
    workers: 2,
    timeoutMs: null,
    cache: null,
  } as const
  return runMutation({ folder: opened.value, opa, ...base, signal, onProgress: () => undefined, ...wish })
}

async function reportOf(opa: Opa, wish: Partial<MutationWish> = {}): Promise<MutationReport> {
  const result = await run(opa, wish)
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`)
  return result.value
}

const ends = (report: MutationReport, end: string) =>
  report.mutants.filter((m) => m.end === end).map(({ file, line, change }) => `${file}:${line} ${change}`)

const POLICY = `package limits

import data.helper

default allow := false

# METADATA
# entrypoint: true
allow if {
	input.n >= 3
	input.n < helper.top
	not blocked
}

blocked if input.name in {"x", "y"}

size(n) := "small" if {
	n < 10
} else := "large"

names contains lower(name) if {
	some name in input.names
	startswith(name, "a")
}
`
const TESTS = `package limits_test

import data.limits

test_allow if {
	limits.allow with input as {"n": 3, "name": "a"}
	limits.allow with input as {"n": 8, "name": "a"}
	not limits.allow with input as {"n": 2, "name": "a"}
	not limits.allow with input as {"n": 9, "name": "a"}
}

test_blocked if {
	every name in ["x", "y"] {
		not limits.allow with input as {"n": 5, "name": name}
	}
}

test_size[name] if {
	some name, tc in {"small": {"n": 9, "want": "small"}, "large": {"n": 10, "want": "large"}}
	limits.size(tc.n) == tc.want
}

test_names if limits.names == {"ab"} with input as {"names": ["aB", "b"]}
`
const HELPER = 'package helper\n\ntop := data.top\n'

test('tests that notice every change score 100, in process as with OPA itself', { timeout: 600_000 }, async (ctx) => {
  const opa = opaOf(ctx)
  put({ 'limits.rego': POLICY, 'helper.rego': HELPER, 'limits_test.rego': TESTS, 'data.json': '{"top": 9}' })
  const quick = await reportOf(opa)
  expect(ends(quick, 'survived')).toEqual([])
  expect(quick).toMatchObject({ score: 100, survived: 0, argued: 0, argument_faults: [], files: 2 })
  expect(quick.total).toBeGreaterThan(30)
  const slow = await reportOf(opa, { engine: 'opa' })
  expect((await reportOf(opa, { confirm: true })).mutants).toEqual(quick.mutants)
  expect(slow.mutants.map(({ line, change, end }) => [line, change, end])).toEqual(
    quick.mutants.map(({ line, change, end }) => [line, change, end]),
  )
})

test('a condition that no test needs survives, with its line and the change', { timeout: 300_000 }, async (ctx) => {
  const opa = opaOf(ctx)
  const weak = TESTS.replace('\tnot limits.allow with input as {"n": 9, "name": "a"}\n', '')
  put({ 'limits.rego': POLICY, 'helper.rego': HELPER, 'limits_test.rego': weak, 'data.json': '{"top": 9}' })
  const report = await reportOf(opa)
  expect(report.score).toBeLessThan(100)
  expect(ends(report, 'survived')).toEqual([
    'limits.rego:11 input.n < helper.top is dropped',
    'limits.rego:11 < becomes <=',
  ])
  const [first] = report.mutants.filter(({ end }) => end === 'survived')
  expect(first).toMatchObject({ column: 2, before: '\tinput.n < helper.top', after: '\ttrue', argument: null })
})

test(
  'a survivor that is argued does not count, and an argument that nothing needs is a fault',
  { timeout: 300_000 },
  async (ctx) => {
    const opa = opaOf(ctx)
    const weak = TESTS.replace('\tnot limits.allow with input as {"n": 9, "name": "a"}\n', '')
    const argued = POLICY.replace(
      'helper.top\n',
      'helper.top # mutate: equivalent - the caller never sends more\n',
    ).replace('\tinput.n >= 3', '\t# mutate: equivalent - it is not\n\tinput.n >= 3')
    put({ 'limits.rego': argued, 'helper.rego': HELPER, 'limits_test.rego': weak, 'data.json': '{"top": 9}' })
    const report = await reportOf(opa, { files: ['limits.rego'] })
    expect(report).toMatchObject({ survived: 0, argued: 2, score: 100, files: 1 })
    expect(report.argument_faults).toEqual([
      { file: 'limits.rego', line: 10, message: expect.stringContaining('stale') },
    ])
  },
)

test(
  'an endless mutant is killed by its timeout, and one that does not compile is not counted',
  { timeout: 300_000 },
  async (ctx) => {
    const opa = opaOf(ctx)
    put({
      'a.rego':
        'package a\n\nlong := count([1 | some x in numbers.range(1, 200); some y in numbers.range(1, 200); x + y == input.n])\n\ntyped := 1 if is_set({"x"} - {"y"})\n',
      'a_test.rego':
        'package a_test\n\ntest_long if data.a.long == 1 with input as {"n": 2}\n\ntest_typed if data.a.typed == 1\n',
    })
    const report = await reportOf(opa)
    expect(ends(report, 'invalid')).toEqual(['a.rego:5 - becomes +'])
    expect(report.total).toBe(report.killed + report.survived + report.argued + report.invalid)
  },
)

test(
  'policies whose tests fail, or that have none or do not compile, are refused',
  { timeout: 300_000 },
  async (ctx) => {
    const opa = opaOf(ctx)
    put({ 'a.rego': 'package a\n\nx := 1\n' })
    expect(await run(opa)).toMatchObject({ ok: false, code: 'policy-tests-failed' })
    put({ 'a_test.rego': 'package a_test\n\ntest_x if data.a.x == 2\n' })
    expect(await run(opa)).toMatchObject({
      ok: false,
      code: 'policy-tests-failed',
      detail: expect.stringContaining('data.a_test.test_x'),
    })
    put({ 'a.rego': 'package a\n\nx := y\n' })
    expect(await run(opa)).toMatchObject({
      ok: false,
      code: 'policy-invalid',
      detail: expect.stringContaining('a.rego:3'),
    })
    expect(await run(opa, { files: ['b.rego'] })).toMatchObject({ ok: false, code: 'policy-not-found' })
  },
)

test('a policy that the evaluator cannot run is judged by OPA', { timeout: 300_000 }, async (ctx) => {
  const opa = opaOf(ctx)
  put({
    'a.rego': 'package a\n\nlate if time.now_ns() > 5\n\nx := input.y\n',
    'a_test.rego': 'package a_test\n\ntest_x if data.a.x == 1 with input as {"y": 1}\n\ntest_late if data.a.late\n',
  })
  const report = await reportOf(opa)
  expect(report.killed).toBeGreaterThan(1)
  expect(ends(report, 'survived')).toContain('a.rego:3 5 becomes 6')
})

test('outcomes are kept by all that they follow from, and used again', { timeout: 300_000 }, async (ctx) => {
  const opa = opaOf(ctx)
  const cache = join(folder, '.cache')
  put({
    'a.rego': 'package a\n\nx if input.y == 1\n',
    'a_test.rego': 'package a_test\n\ntest_x if data.a.x with input as {"y": 1}\n',
  })
  const first = await reportOf(opa, { cache })
  const [file = ''] = readdirSync(cache)
  writeFileSync(join(cache, file), `half a line\n${JSON.stringify({ mutant: 'x', end: 'odd' })}\n`, { flag: 'a' })
  expect((await reportOf(opa, { cache })).mutants).toEqual(first.mutants)
  expect(readdirSync(cache)).toHaveLength(1)
  put({
    'a_test.rego':
      'package a_test\n\ntest_x if data.a.x with input as {"y": 1}\n\ntest_y if not data.a.x with input as {"y": 2}\n',
  })
  const second = await reportOf(opa, { cache })
  expect(second.survived).toBeLessThan(first.survived)
  expect(readdirSync(cache)).toHaveLength(2)
})

test('a run that is stopped says so and leaves nothing behind', { timeout: 300_000 }, async (ctx) => {
  const opa = opaOf(ctx)
  put({
    'a.rego': POLICY.replace('import data.helper', 'import data.b as helper'),
    'a_test.rego': TESTS,
    'data.json': '{"b": {"top": 9}}',
  })
  const stop = new AbortController()
  const result = await run(opa, { signal: stop.signal, onProgress: () => stop.abort() })
  expect(result).toMatchObject({ ok: false, code: 'opa-failed', detail: expect.stringContaining('stopped') })
})
