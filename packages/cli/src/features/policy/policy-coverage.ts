import { Problem } from '@gatehouse/core/kernel/problems'
import { Coverage, runTests, type CoverageReport, type LineRange } from '@gatehouse/rego/coverage'
import { testEntrypoints, withoutEntrypoints } from '@gatehouse/rego/mutation/in-process-judge'
import { Workspace } from '@gatehouse/rego/mutation/workspace'
import type { Opa } from '@gatehouse/rego/opa-command'
import { readPolicyFile, type PolicyFolder } from '@gatehouse/rego/policy-folder'
import { loadBundle, type LoadCode } from '@gatehouse/rego/rego'
import type { Command } from 'commander'
import { cleanLine, cleanLines } from '../../clean-text.ts'
import { addCommand, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { table } from '../../table.ts'
import { missingBuiltins, withCapabilities } from './policy-capabilities.ts'
import { mustLoadData } from './policy-data.ts'
import {
  addOpaOption,
  errorLine,
  folderPath,
  mustHavePolicies,
  opaOf,
  policyFolder,
  shownPath,
  valueOf,
} from './policy-files.ts'

export function addPolicyCoverage(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'coverage [path]',
    act: null,
    summary: 'Which lines of the policies their tests run',
    about:
      'Runs the tests compiled and in process, and counts lines that have code. A line that runs is not yet tested: see gatehouse policy mutate. With --json the ' +
      'document has the form that opa test --coverage writes. Without a path it is policy/governance.',
    configure: (command) => {
      command.option('--min <percent>', 'end with status 4 where fewer percent of the lines are run, 0 to 100')
      command.option('--lines', 'show every line of the policies with whether it was run')
      command.option('--file <file...>', 'only these policies')
      addOpaOption(command)
    },
    examples: [
      ['gatehouse policy coverage', 'percent by file, and the lines that no test runs'],
      ['gatehouse policy coverage --min 100', 'for CI'],
      ['gatehouse policy coverage --lines --file policies/risk.rego', 'one policy, line by line'],
    ],
    run: async (session, args) => {
      const { options, style, columns } = session
      const min = options.whole('min', 0, 100)
      const folder = policyFolder(session, args[0])
      mustHavePolicies(folder)
      const wanted = filesOf(session, folder)
      const report = await coverageOf(session, await opaOf(session), folder, wanted)
      // Cut, never rounded up: 100 means every line.
      const all = report.covered_lines + report.not_covered_lines
      const percent = all === 0 ? 100 : Math.floor((report.covered_lines * 10_000) / all) / 100
      const ok = min === null || percent >= min
      const files = Object.fromEntries(
        Object.entries(report.files).map(([file, told]) => [shownPath(session, folder, file), told]),
      )
      const document = { ok, min, ...report, files }
      const rows = table(
        Object.entries(report.files),
        [
          { header: 'Policy', value: ([file]) => shownPath(session, folder, file) },
          { header: '%', value: ([, told]) => told.coverage, right: true },
          {
            header: 'Lines',
            value: ([, told]) => (told.covered_lines ?? 0) + (told.not_covered_lines ?? 0),
            right: true,
          },
          { header: 'Not run', value: ([, told]) => rangesText(told.not_covered), flex: true },
        ],
        { columns, style, empty: 'No line of code.' },
      )
      const lines = options.flag('lines')
        ? [...wanted].map((file) => linesText(session, folder, file, report)).join('')
        : ''
      const total = `${percent} % of ${all} lines${min === null ? '' : ` (at least ${min} % needed)`}`
      return { document, text: `${lines}${rows}\n${ok ? style.good(total) : style.bad(total)}\n`, exit: ok ? 0 : 4 }
    },
  })
}

function filesOf(session: Session, folder: PolicyFolder): ReadonlySet<string> {
  const named = session.options.texts('file')
  if (named.length === 0) return new Set(folder.policies)
  return new Set(
    named.map((file) => {
      const inside = folderPath(session, folder, file)
      if (inside === null || !folder.policies.includes(inside))
        throw new Problem('policy-not-found', `--file ${file} is no policy below ${folder.root}`)
      return inside
    }),
  )
}

async function coverageOf(
  session: Session,
  opa: Opa,
  folder: PolicyFolder,
  wanted: ReadonlySet<string>,
): Promise<CoverageReport> {
  const workspace = new Workspace(folder, opa, session.host.signal, withoutEntrypoints)
  try {
    const [error] = valueOf(await workspace.check())
    if (error !== undefined)
      throw new Problem('policy-invalid', `${shownPath(session, folder, error.file)}:${error.line}: ${error.message}`)
    await mustLoadData(session, opa, folder)
    const tests = testEntrypoints(folder)
    if (tests.length === 0)
      throw new Problem(
        'policy-tests-failed',
        `There is no test in ${folder.root}: rules named test_... in files named ..._test.rego.`,
      )
    // Rules that no test reaches have lines as well.
    const built =
      valueOf(await workspace.plan(tests, ['--plan-addons', 'unplanned_rules'])) ?? valueOf(await workspace.plan(tests))
    if (built === null)
      throw new Problem(
        'policy-invalid',
        'OPA cannot compile the tests to a plan: run gatehouse policy test to see what it says',
      )
    const policy = loadBundle(built)
    if (!policy.ok) throw await refusedTests(session, opa, folder, policy)
    const coverage = new Coverage()
    runTests(policy.value, coverage)
    return coverage.report((file) => wanted.has(file))
  } finally {
    workspace.close()
  }
}

/** The evaluator names no file: OPA knows where what it lacks is called. */
async function refusedTests(
  session: Session,
  opa: Opa,
  folder: PolicyFolder,
  { code, detail }: { readonly code: LoadCode; readonly detail: string },
): Promise<Problem> {
  if (code !== 'unknown-builtin' && code !== 'nondeterministic-builtin')
    return new Problem('policy-bundle-unreadable', detail)
  const errors = await withCapabilities(session, opa, (own) => missingBuiltins(session, opa, folder, own))
  const [first] = errors
  if (first === undefined) return new Problem('policy-bundle-unreadable', detail)
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  return new Problem(
    'policy-bundle-unreadable',
    `${errorLine(first)}${more}. Coverage runs the tests in process, as who accepts a bundle does, and the evaluator has not every builtin of OPA; ` +
      'give the test what it would find as input or data.',
    { errors },
  )
}

function rangesText(ranges: readonly LineRange[] | undefined): string {
  return (ranges ?? [])
    .map(({ start, end }) => (start.row === end.row ? `${start.row}` : `${start.row}-${end.row}`))
    .join(', ')
}

/** The policy with a mark before each line: run, not run, or no code. */
function linesText(session: Session, folder: PolicyFolder, file: string, report: CoverageReport): string {
  const { style } = session
  const told = report.files[file]
  const has = (ranges: readonly LineRange[] | undefined, row: number) =>
    ranges?.some(({ start, end }) => row >= start.row && row <= end.row) === true
  const rows = cleanLines(readPolicyFile(folder, file))
    .split('\n')
    .map((text, index) => {
      const row = index + 1
      const number = String(row).padStart(4)
      if (has(told?.not_covered, row)) return style.bad(`${number} - ${text}`)
      return has(told?.covered, row) ? style.good(`${number} + ${text}`) : style.dim(`${number}   ${text}`)
    })
  return `${style.bold(cleanLine(shownPath(session, folder, file)))}\n${rows.join('\n')}\n`
}
