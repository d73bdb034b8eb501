import type { Json } from '@gatehouse/core/kernel/canonical'
import { ok, refuse, type Result } from '@gatehouse/core/kernel/result'
import type { EvaluateOptions, Policy, Trace } from './rego.ts'

/** Lines from `start.row` to `end.row`, both included. */
export interface LineRange {
  readonly start: { readonly row: number }
  readonly end: { readonly row: number }
}

export interface FileCoverage {
  readonly covered?: readonly LineRange[]
  readonly not_covered?: readonly LineRange[]
  readonly covered_lines?: number
  readonly not_covered_lines?: number
  /** Percent of the lines that have code, two digits. */
  readonly coverage: number
}

/** The document that `opa test --coverage --format json` writes. */
export interface CoverageReport {
  readonly files: { readonly [name: string]: FileCoverage }
  readonly covered_lines: number
  readonly not_covered_lines: number
  readonly coverage: number
}

type Lines = Map<string, Map<number, boolean>>

/** Lines that evaluations have run, of as many runs as are added. */
export class Coverage {
  private readonly files: Lines = new Map()

  add(trace: Pick<Trace, 'lines'>): void {
    for (const [file, rows] of trace.lines()) for (const [row, hit] of rows) this.put(file, row, hit)
  }

  /** Adds what another run wrote: a line that either has covered is covered. */
  merge(report: CoverageReport): void {
    for (const [file, { covered = [], not_covered: missed = [] }] of Object.entries(report.files)) {
      for (const [ranges, hit] of [
        [covered, true],
        [missed, false],
      ] as const) {
        for (const { start, end } of ranges) for (let row = start.row; row <= end.row; row++) this.put(file, row, hit)
      }
    }
  }

  /** In OPA's form. `wanted` picks the files: those of the tests themselves are rarely wanted. */
  report(wanted: (file: string) => boolean = () => true): CoverageReport {
    const files: Record<string, FileCoverage> = Object.create(null) as Record<string, FileCoverage>
    let [all, missing] = [0, 0]
    for (const file of [...this.files.keys()].filter(wanted).toSorted()) {
      const rows = [...(this.files.get(file) ?? [])].toSorted(([a], [b]) => a - b)
      const hit = rows.filter(([, is]) => is).map(([row]) => row)
      const missed = rows.filter(([, is]) => !is).map(([row]) => row)
      all += hit.length
      missing += missed.length
      files[file] = {
        ...(hit.length > 0 ? { covered: ranges(hit), covered_lines: hit.length } : {}),
        ...(missed.length > 0 ? { not_covered: ranges(missed), not_covered_lines: missed.length } : {}),
        coverage: percent(hit.length, missed.length),
      }
    }
    return { files, covered_lines: all, not_covered_lines: missing, coverage: percent(all, missing) }
  }

  private put(file: string, row: number, hit: boolean): void {
    const rows = this.files.get(file) ?? new Map<number, boolean>()
    this.files.set(file, rows)
    rows.set(row, hit || rows.get(row) === true)
  }
}

function ranges(rows: readonly number[]): LineRange[] {
  const out: { start: { row: number }; end: { row: number } }[] = []
  for (const row of rows) {
    const last = out.at(-1)
    if (last?.end.row === row - 1) last.end.row = row
    else out.push({ start: { row }, end: { row } })
  }
  return out
}

function percent(hit: number, missed: number): number {
  return hit + missed === 0 ? 0 : Math.round((hit * 10_000) / (hit + missed)) / 100
}

/** One test rule's evaluation. Whether a test with cases passed is for `opa test` to say: a case that fails is undefined. */
export interface TestRun {
  readonly entrypoint: string
  readonly outcome: 'defined' | 'undefined' | 'errored'
  readonly detail: string
}

/**
 * Runs each entrypoint of the policy whose last part begins with `test_`, and adds what it ran. The policy is compiled
 * with its tests, each test rule an entrypoint (see `testEntrypoints`); tests set their own input by `with`.
 */
export function runTests(policy: Policy, coverage: Coverage, options: EvaluateOptions = {}): readonly TestRun[] {
  return policy.entrypoints
    .filter((name) => /(?:^|\/)test_[^/]*$/.test(name))
    .map((entrypoint): TestRun => {
      const trace = policy.trace(entrypoint, {}, { ...options, explained: true })
      coverage.add(trace)
      const { evaluation } = trace
      if (evaluation.ok) return { entrypoint, outcome: 'defined', detail: '' }
      const outcome = evaluation.code === 'policy-undefined' ? 'undefined' : 'errored'
      return { entrypoint, outcome, detail: evaluation.detail }
    })
}

/**
 * The entrypoints to compile a bundle's tests with, of what `opa test --format json` (or `--format json --coverage`
 * without the coverage) printed: `opa build -t plan -e <each> policies data tests`. The code is `opa-test-report-unreadable`.
 */
export function testEntrypoints(report: Json): Result<readonly string[], 'opa-test-report-unreadable'> {
  const unreadable = (why: string): ReturnType<typeof testEntrypoints> =>
    refuse('opa-test-report-unreadable', `This is not what "opa test --format json" prints: ${why}.`)
  if (!Array.isArray(report)) return unreadable('it is no list')
  const names = new Set<string>()
  for (const one of report as readonly Json[]) {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) return unreadable('a test is no object')
    const { package: home, name } = one as { readonly [key: string]: Json | undefined }
    if (typeof home !== 'string' || typeof name !== 'string') return unreadable('a test has no package or name')
    const parts = partsOf(home)
    if (parts === null) return unreadable(`the package ${JSON.stringify(home.slice(0, 100))} has no form that is known`)
    if (name.startsWith('test_')) names.add([...parts, name].join('/'))
  }
  return ok([...names].toSorted())
}

/** `data.a["b-c"].d` as parts, without `data`. */
function partsOf(path: string): string[] | null {
  const parts: string[] = []
  let at = 0
  const part = /\.?([A-Za-z_][A-Za-z0-9_]*)|\[("(?:[^"\\]|\\.)*")\]/y
  while (at < path.length) {
    part.lastIndex = at
    const found = part.exec(path)
    if (found === null) return null
    const [whole, plain, quoted] = found
    parts.push(plain ?? (JSON.parse(quoted ?? '""') as string))
    at += whole.length
  }
  return parts[0] === 'data' ? parts.slice(1) : null
}
