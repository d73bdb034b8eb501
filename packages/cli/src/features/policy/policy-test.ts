import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import { ignoreOptions } from '@gatehouse/rego/policy-folder'
import type { Command } from 'commander'
import { cleanLine } from '../../clean-text.ts'
import { addCommand, type Session } from '../../command.ts'
import type { Host } from '../../host.ts'
import { stateStyle } from '../../style.ts'
import { table } from '../../table.ts'
import { junitReport, type PolicyTest } from './junit-report.ts'
import { addOpaOption, askOpa, compileErrors, invalidPolicies, opaOf, policyFolder, shownPath } from './policy-files.ts'

interface OpaTest {
  readonly package?: string
  readonly name?: string
  readonly location?: { readonly file?: string; readonly row?: number }
  /** Nanoseconds. */
  readonly duration?: number
  readonly fail?: boolean
  readonly skip?: boolean
  readonly error?: { readonly message?: string; readonly code?: string }
  readonly sub_results?: Readonly<Record<string, { readonly fail?: boolean }>>
}

export function addPolicyTest(parent: Command, host: Host): void {
  addCommand(parent, host, {
    usage: 'test [path]',
    act: null,
    summary: 'Run the tests of policies',
    about: 'Ends with status 4 where a test fails or there is none. Without a path it is policy/governance.',
    configure: (command) => {
      command.option('--run <pattern>', 'only tests whose full name matches this regular expression (RE2)')
      command.option('--timeout <seconds>', 'for each test, 1 to 3600; by default 30')
      command.option('--junit <file>', 'write the results as JUnit XML as well')
      command.option('--failed', 'show only what did not pass')
      addOpaOption(command)
    },
    examples: [
      ['gatehouse policy test', 'all tests, in a table'],
      ['gatehouse policy test --run agent_limits', 'those whose name has it'],
      ['gatehouse policy test --junit report.xml', 'for CI'],
    ],
    run: async (session, args) => {
      const { options, style, columns } = session
      const folder = policyFolder(session, args[0])
      const seconds = options.whole('timeout', 1, 3600) ?? 30
      const opa = await opaOf(session)
      const pattern = options.text('run')
      const limits = ['--timeout', `${seconds}s`, ...(pattern === null ? [] : ['--run', pattern])]
      const began = session.host.now()
      const asked = ['test', '--format', 'json', ...limits, ...ignoreOptions(folder), ...folder.all]
      const said = await askOpa(session, opa, folder, asked, 3_600_000)
      const results = opaTests(said.stdout)
      if (results === null) {
        // OPA reads the pattern after the policies: its word about it comes alone.
        if (pattern !== null && /error parsing regexp/.test(said.stderr))
          throw new Problem('usage', `--run "${pattern}": ${said.stderr.trim().replace(/^error: /, '')}`)
        // Without a test OPA prints nothing and is content.
        if (said.exit !== 0) throw invalidPolicies(compileErrors(session, folder, said))
      }
      const tests = (results ?? []).map((test) => policyTest(test, (file) => shownPath(session, folder, file)))
      const count = (outcome: PolicyTest['outcome']) => tests.filter((test) => test.outcome === outcome).length
      const counts = {
        passed: count('passed'),
        failed: count('failed'),
        errored: count('errored'),
        skipped: count('skipped'),
      }
      const ok = counts.passed > 0 && counts.failed + counts.errored === 0
      writeJunit(session, tests)
      const document = { ok, ...counts, duration_ms: session.host.now() - began, opa_version: opa.version, tests }
      const shown = options.flag('failed') ? tests.filter(({ outcome }) => outcome !== 'passed') : tests
      const state = stateStyle(style)
      const rows = table(
        shown,
        [
          { header: 'Result', value: (t) => t.outcome, style: state },
          { header: 'Test', value: (t) => `${t.package}.${t.name}`, flex: true },
          { header: 'Where', value: (t) => `${t.file}:${t.line}` },
          { header: 'ms', value: (t) => t.duration_ms.toFixed(1), right: true },
        ],
        {
          columns,
          style,
          empty:
            tests.length > 0
              ? 'All passed.'
              : pattern === null
                ? 'There is no test: rules named test_... in files named ..._test.rego.'
                : `No test has a name that matches --run ${pattern}.`,
        },
      )
      return { document, text: rows + reasons(tests) + totals(counts, ok, session), exit: ok ? 0 : 4 }
    },
  })
}

function opaTests(stdout: string): readonly OpaTest[] | null {
  try {
    const value = JSON.parse(stdout) as unknown
    return Array.isArray(value) ? (value as OpaTest[]) : null
  } catch {
    return null
  }
}

function policyTest(test: OpaTest, shown: (file: string) => string): PolicyTest {
  const errored = test.error !== undefined
  const cases = Object.entries(test.sub_results ?? {}).filter(([, result]) => result.fail === true)
  return {
    package: (test.package ?? '').replace(/^data\./, ''),
    name: test.name ?? '',
    outcome: errored ? 'errored' : test.skip === true ? 'skipped' : test.fail === true ? 'failed' : 'passed',
    file: shown(test.location?.file ?? ''),
    line: test.location?.row ?? 0,
    duration_ms: (test.duration ?? 0) / 1e6,
    failed_cases: cases.map(([name]) => name),
    message: errored ? `${test.error?.code ?? 'error'}: ${test.error?.message ?? ''}` : null,
  }
}

function reasons(tests: readonly PolicyTest[]): string {
  const lines = tests.flatMap(({ file, line, name, message, failed_cases, outcome }) => {
    if (outcome !== 'failed' && outcome !== 'errored') return []
    const cases = failed_cases.length > 0 ? `cases ${failed_cases.join(', ')}` : null
    return [
      `${cleanLine(file)}:${line}: ${cleanLine(name)} ${outcome}: ${cleanLine(message ?? cases ?? 'it has no value, or false')}\n`,
    ]
  })
  return lines.length === 0 ? '' : `\n${lines.join('')}`
}

function totals(counts: Readonly<Record<string, number>>, ok: boolean, { style }: Session): string {
  const parts = Object.entries(counts).filter(([name, count]) => count > 0 || name === 'passed')
  const text = parts.map(([name, count]) => `${count} ${name}`).join(', ')
  return `\n${ok ? style.good(text) : style.bad(text)}\n`
}

function writeJunit({ host, options }: Session, tests: readonly PolicyTest[]): void {
  const file = options.text('junit')
  if (file === null) return
  try {
    writeFileSync(resolve(host.cwd, file), junitReport(tests))
  } catch (error) {
    throw new Problem(
      'usage',
      `--junit ${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}
