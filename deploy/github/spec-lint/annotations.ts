import { oneLine, worstFirst, type CiFinding } from '../../spec-ci/findings.ts'

const COMMANDS: Readonly<Record<CiFinding['level'], string>> = { error: 'error', warning: 'warning', note: 'notice' }
/** GitHub shows ten of each level for a step; what is above only fills the log. */
const SHOWN_PER_LEVEL = 10

/** A workflow command of GitHub's runner for a finding: everything that others wrote is escaped as the runner reads it. */
export function annotation(finding: CiFinding, title: string): string {
  const properties = [
    ['file', finding.path],
    ['line', String(finding.line)],
    ...(finding.endLine === null ? [] : [['endLine', String(finding.endLine)]]),
    // The runner takes columns only within one line.
    ...(finding.column === null || finding.endLine !== finding.line ? [] : [['col', String(finding.column)]]),
    ['title', `${title}: ${finding.rule}`],
  ].map(([name = '', value = '']) => `${name}=${property(value)}`)
  return `::${COMMANDS[finding.level]} ${properties.join(',')}::${data(finding.message)}`
}

/** Those that GitHub will show, the worst first, and how many are left. */
export function annotations(findings: readonly CiFinding[], title: string): { lines: string[]; rest: number } {
  const counts = { error: 0, warning: 0, note: 0 }
  const shown = worstFirst(findings).filter(({ level }) => (counts[level] += 1) <= SHOWN_PER_LEVEL)
  return { lines: shown.map((finding) => annotation(finding, title)), rest: findings.length - shown.length }
}

export function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/** Rows of a job's summary; GitHub takes at most 1 MiB for a step. */
const SUMMARY_ROWS = 300
const CELL_CHARACTERS = 600

/** A section of the job's summary in Markdown. Other people's words are put where Markdown and HTML have no power over them. */
export function summary(heading: string, verdict: string, findings: readonly CiFinding[]): string {
  const rows = worstFirst(findings)
    .slice(0, SUMMARY_ROWS)
    .map(
      ({ level, path, line, rule, message }) =>
        `| ${level} | ${inert(`${path}:${line}`)} | ${rule} | ${inert(message)} |`,
    )
  const rest = findings.length - rows.length
  return [
    `## ${heading}`,
    '',
    inert(verdict),
    '',
    ...(rows.length === 0 ? [] : ['| Level | Place | Rule | Finding |', '| --- | --- | --- | --- |', ...rows, '']),
    ...(rest > 0 ? [`And ${rest} more.`, ''] : []),
  ].join('\n')
}

function inert(text: string): string {
  const line = oneLine(text)
  const cut = line.length > CELL_CHARACTERS ? `${line.slice(0, CELL_CHARACTERS)} ...` : line
  return cut
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, '')
    .replaceAll(/[\\`*_{}[\]<>()#+!|~@&$:/-]/g, (c) => `&#${c.charCodeAt(0)};`)
}
