import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json } from '@gatehouse/core/kernel/canonical'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Coverage, runTests, testEntrypoints, type CoverageReport } from './coverage.ts'
import { GOVERNANCE, governanceBundle } from './governance-fixture.ts'
import { loadBundle } from './rego.ts'
import { testWithOpa } from './opa-fixture.ts'

const lines = (rows: readonly (readonly [number, boolean])[]): ReadonlyMap<string, ReadonlyMap<number, boolean>> =>
  new Map([['p.rego', new Map(rows)]])

test('a line is covered where any run ran it, and ranges are of lines that follow each other', () => {
  const coverage = new Coverage()
  const run = (rows: readonly (readonly [number, boolean])[]): void => coverage.add({ lines: () => lines(rows) })
  run([
    [1, true],
    [2, true],
    [4, false],
    [5, false],
  ])
  run([
    [1, false],
    [2, false],
    [4, false],
    [5, true],
  ])
  const report = coverage.report()
  expect(report).toEqual({
    files: {
      'p.rego': {
        covered: [
          { start: { row: 1 }, end: { row: 2 } },
          { start: { row: 5 }, end: { row: 5 } },
        ],
        covered_lines: 3,
        not_covered: [{ start: { row: 4 }, end: { row: 4 } }],
        not_covered_lines: 1,
        coverage: 75,
      },
    },
    covered_lines: 3,
    not_covered_lines: 1,
    coverage: 75,
  })
  const merged = new Coverage()
  merged.merge(report)
  run([[4, true]])
  merged.merge(coverage.report())
  expect(merged.report()).toMatchObject({ covered_lines: 4, not_covered_lines: 0, coverage: 100 })
  expect(merged.report((file) => file !== 'p.rego')).toEqual({
    files: {},
    covered_lines: 0,
    not_covered_lines: 0,
    coverage: 0,
  })
})

test('the entrypoints of tests are those of the report of opa test, each once', () => {
  const one = (home: string, name: string): Json => ({ package: home, name, location: {} })
  expect(
    testEntrypoints([
      one('data.a.b_test', 'test_y'),
      one('data.a.b_test', 'test_x'),
      one('data.a.b_test', 'test_x'),
      one('data.a["b-c"]', 'test_z'),
      one('data.a', 'todo_test_w'),
    ]),
  ).toEqual({ ok: true, value: ['a/b-c/test_z', 'a/b_test/test_x', 'a/b_test/test_y'] })
  for (const report of [null, {}, [1], [{}], [one('data.a..b', 'test_x')], [one('other.a', 'test_x')]] as Json[]) {
    expect(testEntrypoints(report)).toMatchObject({ ok: false, code: 'opa-test-report-unreadable' })
  }
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-coverage-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const SOURCES = ['policies', 'data', 'tests']

/** What `opa test` prints; it also prints that where tests fail. */
function opaTest(opa: string, cwd: string, args: readonly string[]): unknown {
  const said = spawnSync(opa, ['test', '--format', 'json', ...args, ...SOURCES], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  })
  return JSON.parse(said.stdout)
}

/** Ours for the tests that match, by the way the README tells. */
function ourReport(opa: string, cwd: string, data: Json, match: string): CoverageReport {
  const entrypoints = testEntrypoints(opaTest(opa, cwd, ['--run', match]) as Json)
  if (!entrypoints.ok) throw new Error(entrypoints.detail)
  const bundle = join(folder, 'tests.tar.gz')
  const each = entrypoints.value.flatMap((name) => ['-e', name])
  const addons = ['--prune-unused', '--plan-addons', 'unplanned_rules']
  execFileSync(opa, ['build', '-t', 'plan', ...addons, ...each, '-o', bundle, ...SOURCES], { cwd })
  execFileSync('tar', ['-xzf', bundle, '-C', folder, '/plan.json'])
  const loaded = loadBundle({ plan: JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8')) as Json, data })
  if (!loaded.ok) throw new Error(loaded.detail)
  const coverage = new Coverage()
  const runs = runTests(loaded.value, coverage)
  expect(runs.filter((run) => run.outcome === 'errored')).toEqual([])
  return coverage.report((file) => file.startsWith('policies/'))
}

type Rows = ReadonlySet<number>
const rowsOf = (ranges: readonly { start: { row: number }; end: { row: number } }[] = []): Rows =>
  new Set(ranges.flatMap(({ start, end }) => Array.from({ length: end.row - start.row + 1 }, (_, i) => start.row + i)))

/** Lines that ours and OPA's tell differently, by why. */
function compareReports(cwd: string, ours: CoverageReport, theirs: CoverageReport) {
  const unexplained: string[] = []
  const found = { same: 0, partly: 0, skippedByOpa: 0 }
  for (const [file, their] of Object.entries(theirs.files)) {
    if (!file.startsWith('policies/')) continue
    const our = ours.files[file]
    const [hit, missed] = [rowsOf(our?.covered), rowsOf(our?.not_covered)]
    const [theirHit, theirMissed] = [rowsOf(their.covered), rowsOf(their.not_covered)]
    const source = readFileSync(join(cwd, file), 'utf8').split('\n')
    // OPA's rule index and early exit pass over conditions that would not have changed anything; the plan runs them. So
    // a line of conditions may be run here and not there, but never the other way, and never a head alone. `a := input.b`
    // is a condition too: it is run, and has no value, where the input has none.
    const isCondition = (row: number): boolean => /^\s|\bif\s+[^{\s]|^\w+ := input\./.test(source[row - 1] ?? '')
    // OPA covers an `every` with all its lines, also where its body was never run, for there was nothing to run it on.
    const spanned = rowsOf((their.covered ?? []).filter(({ start, end }) => end.row > start.row))
    const single = rowsOf((their.covered ?? []).filter(({ start, end }) => end.row === start.row))
    const isInEvery = (row: number): boolean => {
      const head = source.slice(0, row - 1).findLastIndex((line) => /^\t?\S/.test(line))
      return spanned.has(row) && !single.has(row) && (source[head] ?? '').startsWith('\tevery ')
    }
    for (const row of new Set([...hit, ...missed, ...theirHit, ...theirMissed])) {
      const partly = theirHit.has(row) && theirMissed.has(row)
      if (!partly && hit.has(row) === theirHit.has(row)) found.same++
      // OPA tells parts of a line apart.
      else if (partly) found.partly++
      else if (hit.has(row) && isCondition(row)) found.skippedByOpa++
      else if (!hit.has(row) && isInEvery(row)) found.partly++
      else unexplained.push(`${file}:${row} ours ${hit.has(row)} theirs ${theirHit.has(row)}`)
    }
  }
  return { ...found, unexplained }
}

testWithOpa('coverage of the governance bundle’s tests is that of opa test', { timeout: 400_000 }, ({ opa }) => {
  for (const match of ['.*', 'test_long_lists_are_cut|test_a_warning_makes_warn']) {
    const ours = ourReport(opa, GOVERNANCE, governanceBundle().data, match)
    const theirs = opaTest(opa, GOVERNANCE, ['--coverage', '--run', match]) as CoverageReport
    const compared = compareReports(GOVERNANCE, ours, theirs)
    expect(compared.unexplained).toEqual([])
    expect(compared.same).toBeGreaterThan(100)
  }
})

testWithOpa(
  'an uncovered branch, an unreachable rule and a default are told as opa test tells them',
  { timeout: 60_000 },
  ({ opa }) => {
    execFileSync(
      'mkdir',
      SOURCES.map((name) => join(folder, name)),
    )
    writeFileSync(
      join(folder, 'policies/p.rego'),
      `package p

default allow := false

allow if {
	input.n > 3
	input.n < 10
} else if {
	input.m > 3
	input.m < 10
}

unreached if input.z

double(x) := y if {
	y := x * 2
	y > 0
}
`,
    )
    writeFileSync(join(folder, 'data/d.json'), '{}')
    writeFileSync(
      join(folder, 'tests/p_test.rego'),
      `package p_test

import data.p

test_allow if p.allow with input as {"n": 5, "m": 20}

test_deny if not p.allow with input as {"n": 20, "m": 20}

test_double if not p.double(0)
`,
    )
    const ours = ourReport(opa, folder, {}, '.*')
    const theirs = opaTest(opa, folder, ['--coverage']) as CoverageReport
    expect(compareReports(folder, ours, theirs).unexplained).toEqual([])
    expect([...rowsOf(ours.files['policies/p.rego']?.not_covered)]).toEqual([8, 13, 15])
  },
)
