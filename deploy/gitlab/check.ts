// The job's work: lint and evidence, one code quality report of both, and the words of both in the log. Inputs come in variables.
import { mkdirSync } from 'node:fs'
import { evidenceFindings, lintFindings, oneLine, worstFirst, type CiFinding } from '../spec-ci/findings.ts'
import { evidence, lint, writeReport, type CheckInputs } from '../spec-ci/spec-command.ts'
import { codeQuality } from './code-quality.ts'

const env = (name: string) => process.env[name] ?? ''
const inputs: CheckInputs = {
  // Where GitLab starts a script: the checkout.
  folder: '.',
  paths: env('GATEHOUSE_PATHS'),
  failOn: env('GATEHOUSE_FAIL_ON'),
  baseline: env('GATEHOUSE_BASELINE'),
  config: env('GATEHOUSE_CONFIG'),
  evidencePath: env('GATEHOUSE_EVIDENCE_PATH'),
  evidenceFailOn: env('GATEHOUSE_EVIDENCE_FAIL_ON'),
  junit: env('GATEHOUSE_JUNIT'),
}
const REPORTS = 'gatehouse-spec'
const LOG_LINES = 500

/** A job's log shows colours and sections by control characters: other people's words come without. */
function say(text: string): void {
  process.stdout.write(`${oneLine(text).replaceAll(/[\p{Cc}\p{Cf}]/gu, '')}\n`)
}

function tell(findings: readonly CiFinding[]): void {
  for (const { level, path, line, rule, message } of worstFirst(findings).slice(0, LOG_LINES))
    say(`${level.padEnd(7)} ${path}:${line}  ${rule}  ${message}`)
  if (findings.length > LOG_LINES) say(`and ${findings.length - LOG_LINES} more`)
}

function check(): number {
  mkdirSync(`${inputs.folder}/${REPORTS}`, { recursive: true })
  const linted = lint(inputs)
  if (linted.document === null) say(`gatehouse spec lint: ${linted.said}`)
  else writeReport(inputs.folder, `${REPORTS}/lint.sarif`, `${JSON.stringify(linted.document, null, 2)}\n`)
  const found = linted.document === null ? [] : lintFindings(linted.document)
  tell(found)

  let exit = linted.exit
  if (env('GATEHOUSE_EVIDENCE') !== 'false') {
    const shown = evidence(inputs)
    if (shown.document === null) say(`gatehouse spec evidence: ${shown.said}`)
    else {
      const phantoms = evidenceFindings(shown.document)
      found.push(...phantoms)
      tell(phantoms)
      for (const note of shown.document.notes) say(note)
      if (shown.document.repository?.cut === true)
        say('The history is cut: older work is not seen. Set GIT_DEPTH to 0.')
      writeReport(inputs.folder, `${REPORTS}/evidence.json`, `${JSON.stringify(shown.document, null, 2)}\n`)
    }
    // What broke is graver than what was found.
    exit = [linted.exit, shown.exit].find((code) => code !== 0 && code !== 4) ?? Math.max(linted.exit, shown.exit)
  }
  writeReport(inputs.folder, `${REPORTS}/code-quality.json`, `${JSON.stringify(codeQuality(found), null, 2)}\n`)
  say(`${found.length} findings.`)
  return exit
}

process.exitCode = check()
