import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJunit } from './junit.ts'
import type { TestReport } from './test-report.ts'

function read(xml: string): TestReport {
  const parsed = parseJunit(Buffer.from(xml))
  if (!parsed.ok) throw new Error(parsed.detail)
  return parsed.report
}

const brief = (report: TestReport): string[] => report.tests.map((entry) => `${entry.status} ${entry.id}`)

test("Node's test runner: the class says nothing, nested suites are the path", () => {
  const report = read(`<?xml version="1.0" encoding="utf-8"?>
<testsuites>
	<testcase name="top" time="0.003787" classname="test"/>
	<testcase name="dup" time="0.002225" classname="test"/>
	<testcase name="dup" time="0.001679" classname="test" failure="1 == 2">
		<failure type="testCodeFailure" message="1 == 2">
[Error [ERR_TEST_FAILURE]: 1 == 2]
		</failure>
	</testcase>
	<testsuite name="suite &amp; &lt;x>" time="0.010574" disabled="0" errors="0" tests="3" failures="1" skipped="1" hostname="h">
		<testcase name="one" time="0.000387" classname="test"/>
		<testcase name="sk" time="0.008740" classname="test"><skipped type="skipped" message="why"/></testcase>
		<testsuite name="inner" time="0.0007" disabled="0" errors="0" tests="1" failures="1" skipped="0" hostname="h">
			<testcase name="two" time="0.0004" classname="test" failure="boom"><failure type="testCodeFailure" message="boom">Error</failure></testcase>
		</testsuite>
	</testsuite>
	<!-- tests 6 -->
</testsuites>`)
  expect(brief(report)).toEqual([
    'passed top',
    'passed dup',
    'failed dup #2',
    'passed suite & <x> > one',
    'skipped suite & <x> > sk',
    'failed suite & <x> > inner > two',
  ])
  expect(report.tests[2]).toMatchObject({ message: '1 == 2', duration_ms: 1.679 })
  expect(report.totals).toEqual({ total: 6, passed: 3, failed: 2, errored: 0, skipped: 1 })
  expect(report.problems).toEqual([])
})

test('pytest: class names, file and errors of collection', () => {
  const report =
    read(`<testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="1" tests="4" time="0.05" timestamp="2026-01-01T00:00:00" hostname="h">
<testcase classname="tests.test_a.TestC" name="test_ok[1-2]" file="tests/test_a.py" time="0.001" />
<testcase classname="tests.test_a" name="test_bad" time="0.001"><failure message="assert 1 == 2">def test_bad(): &gt; assert</failure></testcase>
<testcase classname="tests.test_a" name="test_skip" time="0.0"><skipped type="pytest.skip" message="later">x</skipped></testcase>
<testcase classname="" name="tests.test_b" time="0.0"><error message="collection failure">ImportError</error></testcase>
</testsuite></testsuites>`)
  expect(brief(report)).toEqual([
    'passed tests.test_a.TestC > test_ok[1-2]',
    'failed tests.test_a > test_bad',
    'skipped tests.test_a > test_skip',
    'errored pytest > tests.test_b',
  ])
  expect(report.tests[0]?.file).toBe('tests/test_a.py')
})

test('Surefire: times with separators, reruns that passed, output in CDATA', () => {
  const report =
    read(`<testsuite xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" name="com.example.FooTest" time="1,234.5" tests="2" errors="0" skipped="0" failures="0">
<properties><property name="java.version" value="21"/></properties>
<testcase name="works" classname="com.example.FooTest" time="1,234.001"><system-out><![CDATA[<!DOCTYPE x> </testcase>]]></system-out></testcase>
<testcase name="flaky" classname="com.example.FooTest" time="0.1"><flakyFailure message="once">trace</flakyFailure></testcase></testsuite>`)
  expect(brief(report)).toEqual(['passed com.example.FooTest > works', 'passed com.example.FooTest > flaky'])
  expect(report.tests[0]?.duration_ms).toBe(1_234_001)
})

test('jest-junit and go-junit-report', () => {
  const jest =
    read(`<testsuites name="jest tests" tests="2" failures="1" errors="0" time="1"><testsuite name="adds" errors="0" failures="1" skipped="0" tests="2" time="0.3">
<testcase classname="adds one" name="adds one" time="0.002" file="a.test.js"></testcase>
<testcase classname="adds two" name="adds two" time="0.002"><failure>Error: expect(received)
    at x</failure></testcase></testsuite></testsuites>`)
  expect(brief(jest)).toEqual(['passed adds one > adds one', 'failed adds two > adds two'])
  expect(jest.tests[1]?.message).toBe('Error: expect(received)\n    at x')
  const go =
    read(`<testsuites tests="2" failures="1"><testsuite name="example.com/m/pkg" tests="2" failures="1" errors="0" id="0" hostname="h" time="0.1">
<testcase name="TestA/sub" classname="example.com/m/pkg" time="0.000"></testcase>
<testcase name="TestB" classname="example.com/m/pkg" time="0.000"><failure message="Failed"><![CDATA[    b_test.go:7: <no>]]></failure></testcase></testsuite></testsuites>`)
  expect(brief(go)).toEqual(['passed example.com/m/pkg > TestA/sub', 'failed example.com/m/pkg > TestB'])
})

test('a suite that could not load is an errored test of its own', () => {
  const report = read('<testsuite name="s"><error message="cannot load"/></testsuite>')
  expect(report.tests).toEqual([
    { id: 's > (suite)', suite: 's', name: '(suite)', status: 'errored', message: 'cannot load' },
  ])
})

test('a failure counts more than a skip in the same case, whatever comes first', () => {
  expect(brief(read('<testsuite><testcase name="a"><skipped/><failure/></testcase></testsuite>'))).toEqual(['failed a'])
})

test('a suite that claims other numbers than it holds is a problem', () => {
  expect(read('<testsuite name="s" tests="3" failures="0"><testcase name="a"/></testsuite>').problems).toEqual([
    '<testsuite name="s"> says tests=3, but holds 1',
  ])
})

test('entities are never expanded: a document type is refused before anything is parsed', () => {
  const bomb = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>`
  expect(parseJunit(Buffer.from(bomb))).toMatchObject({ ok: false, code: 'junit-malformed' })
  expect(read('<testsuite><testcase name="&amp;lt; &#65;&#x42;"/></testsuite>').tests[0]?.name).toBe('&lt; AB')
})

test('too deep, too large, not XML, not JUnit: refused by name', () => {
  const deep = `${'<testsuite name="a">'.repeat(101)}<testcase name="t"/>${'</testsuite>'.repeat(101)}`
  expect(parseJunit(Buffer.from(deep))).toMatchObject({ ok: false, code: 'junit-malformed' })
  expect(parseJunit(Buffer.alloc(33 * 1_048_576, 32))).toMatchObject({ ok: false, code: 'junit-too-large' })
  for (const text of ['', 'no xml', '<testsuite><testcase>', '<html></html>', '\0\0']) {
    expect(parseJunit(Buffer.from(text))).toMatchObject({ ok: false, code: 'junit-malformed' })
  }
})

test.each([
  ['a CDATA section', '<testsuite><![CDATA[x]]'],
  ['a second CDATA section', '<testsuite><![CDATA[x]]><![CDATA['],
  ['a comment', '<testsuite><!-- x --'],
  ['a comment of three dashes', '<testsuite><!-->'],
])('%s that does not end is refused before anything looks for its end', (_what, text) => {
  const answer = parseJunit(Buffer.from(text))
  expect(answer).toMatchObject({ ok: false, code: 'junit-malformed' })
  expect(!answer.ok && answer.detail).toContain('does not end it')
})

test('openings inside of ended sections and of attributes are text', () => {
  const text =
    '<testsuite><testcase name="a"><system-out><![CDATA[x <!-- ]]></system-out><!-- <![CDATA[ --></testcase></testsuite>'
  expect(read(text).tests.map((t) => t.name)).toEqual(['a'])
  const deep = `<testsuite>${'<testcase name="a"><x y=">"/></testcase>'.repeat(200)}</testsuite>`
  expect(read(deep).totals.total).toBe(200)
})

test('openings repeated over megabytes are told in time proportional to their number', () => {
  // Looked at from each opening anew, any of these takes hours.
  for (const unit of [
    '<![CDATA[',
    '<!-- ',
    '<!',
    '<a "',
    `<a "'`,
    '<?x ',
    '<a "<![CDATA["> <!-- ]]>',
    '<a b="<!--"/><!-- -->',
  ]) {
    const answer = parseJunit(Buffer.from(unit.repeat(Math.floor(2_000_000 / unit.length))))
    expect(answer, unit).toMatchObject({ ok: false, code: 'junit-malformed' })
  }
})

test('no bytes make the reader throw', () => {
  const piece = fc.constantFrom(
    '<testsuite',
    '<testcase',
    ' name="a"',
    '>',
    '/>',
    '</testsuite>',
    '<![CDATA[',
    ']]>',
    '&',
    '<!--',
    '__proto__',
    '<__proto__/>',
    'x',
    '"',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      expect(typeof parseJunit(Buffer.from(pieces.join(''))).ok).toBe('boolean')
    }),
  )
})
