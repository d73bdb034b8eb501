export interface PolicyTest {
  readonly package: string
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'errored' | 'skipped'
  readonly file: string
  readonly line: number
  /** Milliseconds. */
  readonly duration_ms: number
  /** Of a test with cases, those that failed. */
  readonly failed_cases: readonly string[]
  readonly message: string | null
}

/** JUnit XML as CI systems read it: a suite for each package. Times are seconds. */
export function junitReport(tests: readonly PolicyTest[]): string {
  const packages = [...new Set(tests.map((test) => test.package))]
  const suites = packages.map((name) => {
    const own = tests.filter((test) => test.package === name)
    return `  <testsuite name="${escaped(name)}" ${totals(own)}>\n${own.map(testCase).join('')}  </testsuite>\n`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${totals(tests)}>\n${suites.join('')}</testsuites>\n`
}

function totals(tests: readonly PolicyTest[]): string {
  const count = (outcome: PolicyTest['outcome']) => tests.filter((test) => test.outcome === outcome).length
  const ms = tests.reduce((sum, test) => sum + test.duration_ms, 0)
  return `tests="${tests.length}" failures="${count('failed')}" errors="${count('errored')}" skipped="${count('skipped')}" time="${seconds(ms)}"`
}

function testCase(test: PolicyTest): string {
  const { name, file, line, duration_ms, outcome } = test
  const start = `    <testcase classname="${escaped(test.package)}" name="${escaped(name)}" file="${escaped(file)}" line="${line}" time="${seconds(duration_ms)}"`
  if (outcome === 'passed') return `${start}/>\n`
  if (outcome === 'skipped') return `${start}><skipped/></testcase>\n`
  const element = outcome === 'failed' ? 'failure' : 'error'
  const cases = test.failed_cases.length > 0 ? `cases ${test.failed_cases.join(', ')}` : 'it has no value, or false'
  return `${start}><${element} message="${escaped(`${file}:${line}: ${test.message ?? cases}`)}"/></testcase>\n`
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(6)
}

/** For attributes in double quotes. Characters that XML 1.0 cannot hold are left out. */
function escaped(text: string): string {
  let out = ''
  for (const character of text.toWellFormed()) {
    const code = character.codePointAt(0) ?? 0
    if (code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) continue
    if (code === 0xfffe || code === 0xffff) continue
    if ('&<>"'.includes(character) || code < 0x20) out += `&#${code};`
    else out += character
  }
  return out
}
