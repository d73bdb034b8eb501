import { spawnSync } from 'node:child_process'
import { globSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { EvidenceDocument, SarifLog } from './findings.ts'
import { PROGRAM } from './gatehouse-spec.mjs'

/** What a check is asked, from a CI's inputs; an empty text is not given. */
export interface CheckInputs {
  /** Where to stand: absolute, or from the folder that the CI starts in. */
  readonly folder: string
  /** Paths a line. */
  readonly paths: string
  readonly failOn: string
  readonly baseline: string
  readonly config: string
  readonly evidencePath: string
  readonly evidenceFailOn: string
  /** Files or patterns a line. */
  readonly junit: string
}

export interface Checked<Document> {
  /** Null where the command could not do its work. */
  readonly document: Document | null
  /** 0, or 4 where findings are as grave as asked, else what went wrong. */
  readonly exit: number
  /** What it said of what went wrong. */
  readonly said: string
}

const MAX_OUTPUT_BYTES = 512 * 1024 * 1024

/** `gatehouse spec lint`, as a SARIF log. */
export function lint(inputs: CheckInputs): Checked<SarifLog> {
  const words = ['spec', 'lint', '--format', 'sarif', ...option('--fail-on', inputs.failOn)]
  words.push(...option('--baseline', inputs.baseline), ...option('--config', inputs.config))
  return run<SarifLog>(inputs.folder, [...words, '--', ...lines(inputs.paths)])
}

/** `gatehouse spec evidence`, as JSON. A pattern of `junit` that fits no file is refused: results that are not there show nothing. */
export function evidence(inputs: CheckInputs): Checked<EvidenceDocument> {
  const words = ['spec', 'evidence', '--format', 'json', ...option('--fail-on', inputs.evidenceFailOn)]
  for (const pattern of lines(inputs.junit)) {
    const files = globSync(pattern, { cwd: inputs.folder }).toSorted()
    if (files.length === 0) return { document: null, exit: 2, said: `junit: no file fits ${pattern}` }
    for (const file of files) words.push(`--junit=${file}`)
  }
  return run<EvidenceDocument>(inputs.folder, [...words, '--', ...lines(inputs.evidencePath)])
}

/** Writes a report. What is there is replaced, so that a link of the checkout is not followed. */
export function writeReport(folder: string, file: string, text: string): string {
  const full = resolve(folder, file)
  const fresh = `${full}.${process.pid}.new`
  rmSync(fresh, { force: true })
  writeFileSync(fresh, text, { flag: 'wx' })
  renameSync(fresh, full)
  return full
}

export function lines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

function option(name: string, value: string): string[] {
  return value === '' ? [] : [`${name}=${value}`]
}

function run<Document>(folder: string, words: readonly string[]): Checked<Document> {
  const ran = spawnSync(process.execPath, [PROGRAM, ...words], {
    cwd: resolve(folder),
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES,
  })
  if (ran.error) return { document: null, exit: 1, said: ran.error.message }
  const exit = ran.status ?? 1
  if (exit !== 0 && exit !== 4) return { document: null, exit, said: ran.stderr.trim() }
  try {
    return { document: JSON.parse(ran.stdout) as Document, exit, said: ran.stderr.trim() }
  } catch {
    return { document: null, exit: 1, said: `${words.slice(0, 2).join(' ')} printed no JSON. ${ran.stderr.trim()}` }
  }
}
