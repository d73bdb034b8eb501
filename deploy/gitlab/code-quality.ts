import type { CiFinding } from '../spec-ci/findings.ts'

/** An entry of GitLab's code quality report (docs.gitlab.com/ci/testing/code_quality, report format). */
export interface CodeQualityEntry {
  readonly description: string
  readonly check_name: string
  readonly fingerprint: string
  readonly severity: 'info' | 'minor' | 'major' | 'critical' | 'blocker'
  readonly location: { readonly path: string; readonly lines: { readonly begin: number; readonly end?: number } }
}

const SEVERITIES = { error: 'major', warning: 'minor', note: 'info' } as const

/** GitLab compares the reports of two branches by fingerprint; of two entries with one it shows only the first. */
export function codeQuality(findings: readonly CiFinding[]): CodeQualityEntry[] {
  const seen = new Map<string, number>()
  return findings.map(({ rule, level, message, path, line, endLine, fingerprint }) => {
    const times = seen.get(fingerprint) ?? 0
    seen.set(fingerprint, times + 1)
    return {
      description: message,
      check_name: rule,
      fingerprint: times === 0 ? fingerprint : `${fingerprint}-${times}`,
      severity: SEVERITIES[level],
      location: { path, lines: { begin: line, ...(endLine === null ? {} : { end: endLine }) } },
    }
  })
}
