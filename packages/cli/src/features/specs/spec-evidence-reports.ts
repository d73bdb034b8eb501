import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import { readReports, type Report, type TestResults } from '@gatehouse/evidence/test-results'
import type { Session } from '../../command.ts'

/** For an option that may be given several times. */
export function gathered(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

/** Reads the reports that `--junit` names, beside those of a run. What cannot be read is a problem that names it. */
export function reportsOf({ host, options }: Session, more: readonly Report[]): TestResults {
  const given = options.texts('junit').map((name) => {
    try {
      return { name, bytes: readFileSync(resolve(host.cwd, name)) }
    } catch (error) {
      throw new Problem(
        'usage',
        `--junit ${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      )
    }
  })
  const read = readReports([...given, ...more])
  if (!read.ok) throw new Problem('usage', `--junit ${read.detail}`)
  return read.results
}
