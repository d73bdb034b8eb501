// The action's two checks: `check.ts lint` and `check.ts evidence`. Inputs come in INPUT_ variables, as text that no shell reads.
import { randomBytes } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { evidenceFindings, lintFindings, type CiFinding } from '../../spec-ci/findings.ts'
import { evidence, lint, writeReport, type CheckInputs } from '../../spec-ci/spec-command.ts'
import { annotations, data, summary } from './annotations.ts'

const env = (name: string) => process.env[name] ?? ''
const inputs: CheckInputs = {
  folder: join(env('GITHUB_WORKSPACE') || '.', env('INPUT_WORKING_DIRECTORY') || '.'),
  paths: env('INPUT_PATH'),
  failOn: env('INPUT_FAIL_ON'),
  baseline: env('INPUT_BASELINE'),
  config: env('INPUT_CONFIG'),
  evidencePath: env('INPUT_EVIDENCE_PATH'),
  evidenceFailOn: env('INPUT_EVIDENCE_FAIL_ON'),
  junit: env('INPUT_JUNIT'),
}

/** What we print that is no command of ours is shown to the runner as text only: a file's name may look like a command. */
function sayPlainly(text: string): void {
  if (text === '') return
  const token = randomBytes(16).toString('hex')
  process.stdout.write(`::stop-commands::${token}\n${text}\n::${token}::\n`)
}

function output(name: string, value: string | number): void {
  const mark = randomBytes(16).toString('hex')
  append('GITHUB_OUTPUT', `${name}<<${mark}\n${value}\n${mark}\n`)
}

function append(variable: string, text: string): void {
  if (env(variable) !== '') appendFileSync(env(variable), text)
}

function tell(findings: readonly CiFinding[], title: string, heading: string, verdict: string): void {
  if (env('INPUT_ANNOTATIONS') !== 'false') {
    const { lines, rest } = annotations(findings, title)
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`)
    if (rest > 0) process.stdout.write(`${rest} more are in the summary of the job.\n`)
  }
  sayPlainly(verdict)
  append('GITHUB_STEP_SUMMARY', summary(heading, verdict, findings))
}

function broken(what: string, said: string): void {
  process.stdout.write(`::error title=${what}::${data(said.slice(0, 4000))}\n`)
  append('GITHUB_STEP_SUMMARY', summary(what, `It could not be checked: ${said.slice(0, 400)}`, []))
}

function lintStep(): number {
  const { document, exit, said } = lint(inputs)
  if (document === null) {
    broken('gatehouse spec lint', said)
    return exit
  }
  const findings = lintFindings(document)
  const count = (level: CiFinding['level']) => findings.filter((f) => f.level === level).length
  const file = env('INPUT_SARIF_FILE') || join(env('RUNNER_TEMP') || '.', 'gatehouse-spec-lint.sarif')
  output('sarif-file', writeReport(inputs.folder, file, `${JSON.stringify(document, null, 2)}\n`))
  output('findings', findings.length)
  output('errors', count('error'))
  output('warnings', count('warning'))
  output('notes', count('note'))
  const verdict = `${count('error')} errors, ${count('warning')} warnings, ${count('note')} notes.`
  tell(findings, 'spec lint', 'Specifications', verdict)
  return exit
}

function evidenceStep(): number {
  const { document, exit, said } = evidence(inputs)
  if (document === null) {
    broken('gatehouse spec evidence', said)
    return exit
  }
  const { counts, notes, repository } = document
  output('contradicted', counts.contradicted)
  output('unshown', counts.unshown)
  if (repository?.cut === true)
    process.stdout.write(
      '::warning title=gatehouse spec evidence::The history is cut: older work is not seen. Check out with fetch-depth: 0.\n',
    )
  sayPlainly(notes.join('\n'))
  const verdict = `${counts.ticked} ticked tasks: ${counts.contradicted} contradicted, ${counts.unshown} unshown, ${counts.partly} partly, ${counts.shown} shown, ${counts.nothing_named} name nothing to look for.`
  tell(evidenceFindings(document), 'spec evidence', 'Evidence for ticked tasks', verdict)
  return exit
}

process.exitCode = process.argv[2] === 'evidence' ? evidenceStep() : lintStep()
