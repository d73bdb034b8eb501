import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Problem } from '@gatehouse/core/kernel/problems'
import type { Finding } from '@gatehouse/core/specs/lint/finding'
import { jsonText } from '../../clean-text.ts'

/** Where a baseline is looked for, and written, when none is named. */
export const BASELINE_FILE = join('.gatehouse', 'specs-baseline.json')

interface Entry {
  readonly rule: string
  readonly path: string
  readonly fingerprint: string
}

/** The fingerprints of findings that are known and accepted. A file that was named must be there and well-formed: nothing is let pass by mistake. */
export function readBaseline(file: string, isNamed: boolean): ReadonlySet<string> {
  if (!existsSync(file)) {
    if (!isNamed) return new Set()
    throw new Problem('spec-baseline-unreadable', `${file} does not exist: make it with --write-baseline`)
  }
  let value: unknown
  try {
    value = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Problem(
      'spec-baseline-unreadable',
      `${file}: ${error instanceof Error ? error.message : String(error)}; make it again with --write-baseline`,
    )
  }
  const { version, findings } = (value ?? {}) as { version?: unknown; findings?: unknown }
  if (version !== 1 || !Array.isArray(findings))
    throw new Problem(
      'spec-baseline-unreadable',
      `${file} is no baseline of version 1: make it again with --write-baseline`,
    )
  const known = new Set<string>()
  for (const [i, entry] of findings.entries()) {
    const { fingerprint } = (entry ?? {}) as { fingerprint?: unknown }
    if (typeof fingerprint !== 'string' || !/^[0-9a-f]{32}$/.test(fingerprint))
      throw new Problem('spec-baseline-unreadable', `${file}: findings[${i}].fingerprint is not 32 hex digits`)
    known.add(fingerprint)
  }
  return known
}

/** Writes a baseline of all findings, sorted so that a diff of it reads well. */
export function writeBaseline(file: string, findings: readonly Finding[]): void {
  const entries: Entry[] = findings
    .map(({ rule, place, fingerprint }) => ({ rule, path: place.path, fingerprint }))
    .toSorted((a, b) => (`${a.path}\n${a.rule}\n${a.fingerprint}` < `${b.path}\n${b.rule}\n${b.fingerprint}` ? -1 : 1))
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `${jsonText({ version: 1, findings: entries }, 2)}\n`)
  } catch (error) {
    throw new Problem('usage', `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}
