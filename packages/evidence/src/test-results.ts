import type { TestFact } from '@gatehouse/core/specs/evidence-grades'
import { parseJunit } from '@gatehouse/sandbox/junit'
import type { TestResult } from '@gatehouse/sandbox/test-report'

/** What reports of tests say, looked up by file or by a test's name. */
export interface TestResults {
  /** False where no report was given. */
  readonly given: boolean
  readonly ofFile: (path: string, names: readonly string[]) => Outcome
  readonly ofName: (name: string) => Outcome
}

export type Outcome = Pick<TestFact, 'outcome' | 'passed' | 'skipped' | 'failed' | 'by'>

export interface Report {
  /** The file's name, for errors. */
  readonly name: string
  readonly bytes: Uint8Array
  /** `run`: made in a run of ours on HEAD (see test-run.ts). By default it was given. */
  readonly by?: 'given' | 'run'
}

export type ReadReports =
  | { readonly ok: true; readonly results: TestResults }
  | { readonly ok: false; readonly detail: string }

/** Reads reports in JUnit's XML. The first that cannot be read refuses them all: half of the tests would look like all of them. */
export function readReports(reports: readonly Report[]): ReadReports {
  const tests: TestResult[] = []
  const ofRun = new Set<TestResult>()
  for (const { name, bytes, by } of reports) {
    const read = parseJunit(bytes)
    if (!read.ok) return { ok: false, detail: `${name}: ${read.detail}` }
    for (const test of read.report.tests) {
      tests.push(test)
      if (by === 'run') ofRun.add(test)
    }
  }
  return { ok: true, results: resultsOf(tests, ofRun, reports.length > 0) }
}

/** What tests that were read already say. `ofRun`: those that a run of ours made; `given`: whether there was a report at all. */
export function resultsOf(tests: readonly TestResult[], ofRun: ReadonlySet<TestResult>, given: boolean): TestResults {
  // Tests are looked up by the last part of what names their file.
  const byTail = new Map<string, TestResult[]>()
  const byName = new Map<string, TestResult[]>()
  for (const test of tests) {
    for (const tail of new Set(
      [test.file, test.suite, ...test.suite.split(' > ')].flatMap((t) => (t === undefined ? [] : tailsOf(t))),
    ))
      push(byTail, tail, test)
    push(byName, bareName(test.name), test)
  }
  const outcome = (own: readonly TestResult[]): Outcome => ({
    ...outcomeOf(given, own),
    by: own.length > 0 && own.every((test) => ofRun.has(test)) ? 'run' : 'given',
  })
  // Some runners (node:test of Node 20) name no file at all: then the file's own names have to be there, every one of them.
  const isNameless = tests.every(({ file, suite }) => file === undefined && !/[/\\.]/.test(suite))
  const byTitles = (titles: readonly string[]): TestResult[] => {
    const found = titles.map((title) => (byName.get(bareName(title)) ?? []).filter(({ name }) => name === title))
    return isNameless && found.every((named) => named.length > 0) ? found.flat() : []
  }
  return {
    given,
    ofFile: (path, names) => {
      const stem = stemOf(path)
      const own = (byTail.get(tailOf(stem)) ?? []).filter((test) => isOf(test, path, stem))
      const folder = path.split('/').slice(0, -1).join('/')
      // Go names the package, and not the file: its functions tell which file a test is of.
      const ofPackage = path.endsWith('.go')
        ? names.flatMap((name) =>
            (byName.get(name) ?? []).filter(
              ({ suite }) => suite === folder || suite.endsWith(`/${folder}`) || folder.endsWith(`/${suite}`),
            ),
          )
        : []
      if (own.length > 0) return outcome(own)
      return outcome(path.endsWith('.go') ? ofPackage : byTitles(names))
    },
    ofName: (name) => outcome(byName.get(name) ?? []),
  }
}

function push(into: Map<string, TestResult[]>, key: string, test: TestResult): void {
  const list = into.get(key)
  if (list) list.push(test)
  else into.set(key, [test])
}

/** `a/b/test_x.py`, `a.b.test_x` and `a.b.test_x.TestClass` all end in `test_x`, or have it before their end. */
function tailsOf(name: string): string[] {
  const parts = stemOf(name.replaceAll('\\', '/')).split(/[/.]/)
  return [...new Set([...parts.slice(-3), tailOf(stemOf(name))])]
}

function stemOf(path: string): string {
  return path
    .replaceAll('\\', '/')
    .replace(/\.(?:[cm]?[jt]sx?|py|go|rs|rb|java|kt|kts|cs|php|swift|scala|exs?|sh)$/, '')
}

function tailOf(stem: string): string {
  return (
    stem
      .slice(stem.lastIndexOf('/') + 1)
      .split('.')
      .at(-1) ?? stem
  )
}

function bareName(name: string): string {
  return name.replace(/[[(].*$/s, '').trim()
}

/** Whether a result is of the file, by the report's file or by what it calls the class. */
function isOf({ file, suite }: TestResult, path: string, stem: string): boolean {
  if (file !== undefined && samePath(file, path)) return true
  const dotted = stem.replaceAll('/', '.')
  // All of the file's own name: the class `test` of node:test is not that of every `x.test.js`.
  const own = stem.slice(stem.lastIndexOf('/') + 1)
  return suite.split(' > ').some((part) => {
    if (part.includes('/') && samePath(part, path)) return true
    if (part === path || part === dotted || part.startsWith(`${dotted}.`)) return true
    // A package's own root is left out: `com.x.FooTest` of src/test/java/com/x/FooTest.java, `test_x.TestClass` of tests/test_x.py.
    const segments = part.split('.')
    return [part, segments.slice(0, -1).join('.')].some(
      (name) => (name === own || name.endsWith(`.${own}`)) && (dotted === name || dotted.endsWith(`.${name}`)),
    )
  })
}

function samePath(a: string, b: string): boolean {
  const [one, other] = [a.replaceAll('\\', '/').replace(/^\.\//, ''), b]
  return one === other || one.endsWith(`/${other}`) || (one.includes('/') && other.endsWith(`/${one}`))
}

function outcomeOf(given: boolean, tests: readonly TestResult[]): Omit<Outcome, 'by'> {
  if (tests.length === 0) return { outcome: given ? 'not-in-report' : 'not-run', passed: 0, skipped: 0, failed: [] }
  const count = (status: TestResult['status']) => tests.filter((test) => test.status === status).length
  const failed = tests.filter(({ status }) => status === 'failed' || status === 'errored').map(({ name }) => name)
  const passed = count('passed')
  return {
    outcome: failed.length > 0 ? 'failed' : passed > 0 ? 'passed' : 'skipped',
    passed,
    skipped: count('skipped'),
    failed,
  }
}
