import { expect, test } from 'vitest'
import { readReports, type Report, type TestResults } from './test-results.ts'

function report(by: Report['by'], ...cases: string[]): Report {
  const bytes = Buffer.from(`<testsuite name="s">${cases.join('')}</testsuite>`)
  return by === undefined ? { name: 'r.xml', bytes } : { name: 'r.xml', bytes, by }
}

function results(...reports: Report[]): TestResults {
  const read = readReports(reports)
  if (!read.ok) throw new Error(read.detail)
  return read.results
}

const PASSED = '<testcase classname="tests/a.test.ts" name="a"/>'
const FAILED = '<testcase classname="tests/a.test.ts" name="b"><failure/></testcase>'

test('a run is told from a report that was given; where both have the file, it was given', () => {
  const by = (...reports: Report[]) => results(...reports).ofFile('tests/a.test.ts', []).by
  expect([
    by(report('run', PASSED)),
    by(report('given', PASSED)),
    by(report(undefined, PASSED)),
    by(report('run', PASSED), report('given', PASSED)),
    by(report('run', '<testcase classname="other.test.ts" name="x"/>')),
  ]).toEqual(['run', 'given', 'given', 'given', 'given'])
})

test('a failure in one of two reports is a failure', () => {
  expect(results(report('run', PASSED), report('given', FAILED)).ofFile('tests/a.test.ts', [])).toMatchObject({
    outcome: 'failed',
    passed: 1,
    failed: ['b'],
  })
})

test('a bare name of a file is not taken for the file of that name in any folder', () => {
  const bare = results(report('given', '<testcase classname="x" file="a.test.ts" name="a"/>'))
  expect(bare.ofFile('tests/a.test.ts', []).outcome).toBe('not-in-report')
  expect(bare.ofFile('a.test.ts', []).outcome).toBe('passed')
  const longer = results(report('given', '<testcase classname="tests/aa.test.ts" name="a"/>'))
  expect(longer.ofFile('tests/a.test.ts', []).outcome).toBe('not-in-report')
})

test('a report that names no file at all is looked through for every name that the file gives its tests', () => {
  const told = (...cases: string[]) => results(report('run', ...cases))
  const [adds, empties] = [
    '<testcase classname="test" name="adds"/>',
    '<testcase classname="test" name="empties (all)"/>',
  ]
  expect(told(adds, empties).ofFile('test/cart.test.js', ['adds', 'empties (all)'])).toMatchObject({
    outcome: 'passed',
    passed: 2,
    by: 'run',
  })
  const outcome = (names: readonly string[], ...cases: string[]) =>
    told(...cases).ofFile('test/cart.test.js', names).outcome
  expect(outcome(['b'], adds)).toBe('not-in-report')
  // One is missing; another name begins alike; another test says where it is from; the file has no names to look for.
  expect(outcome(['adds', 'empties (all)'], adds)).toBe('not-in-report')
  expect(outcome(['empties (some)'], empties)).toBe('not-in-report')
  expect(outcome(['adds'], adds, PASSED)).toBe('not-in-report')
  expect(outcome(['adds'], adds, '<testcase classname="x" name="y" file="b.test.js"/>')).toBe('not-in-report')
  expect(outcome([], adds)).toBe('not-in-report')
  expect(outcome(['adds'], '<testcase classname="test" name="adds"><failure/></testcase>')).toBe('failed')
})

test('one report that cannot be read refuses all of them, and no report is told from an empty one', () => {
  const broken = readReports([report('given', PASSED), { name: 'b.xml', bytes: Buffer.from('<testsuite>') }])
  expect(broken).toMatchObject({ ok: false, detail: expect.stringMatching(/^b\.xml: /) })
  expect([results().ofName('x').outcome, results(report('given')).ofName('x').outcome]).toEqual([
    'not-run',
    'not-in-report',
  ])
})
