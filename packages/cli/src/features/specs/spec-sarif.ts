import type { Finding } from '@gatehouse/core/specs/lint/finding'
import type { Place } from '@gatehouse/core/specs/model'
import { RULE_IDS, RULES, SEVERITIES, type Severity } from '@gatehouse/core/specs/lint/rules'
import { StreamedList } from './streamed-json.ts'

/** Where the page of a rule is read. */
export function rulePage(rule: string): string {
  return `https://gatehouse.dev/spec-rules/${rule}`
}

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  warning: 'warning',
  note: 'note',
}

/** The words of code scanning for the same. */
const PROBLEMS: Readonly<Record<Severity, 'error' | 'warning' | 'recommendation'>> = {
  error: 'error',
  warning: 'warning',
  note: 'recommendation',
}

/** `TaskFormat` of `task-format`: what viewers show in a list. */
function friendlyName(id: string): string {
  return id
    .split('-')
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('')
}

/** Code scanning refuses a run with more results; those left out are the least grave, and are counted in the log. */
export const MAX_RESULTS = 25_000

/** The name that code scanning knows for the root of the repository. */
const ROOT = '%SRCROOT%'

/**
 * A log of SARIF 2.1.0 (OASIS) with one run. Columns count UTF-16 code units, as ours do. `shown` gives a path as the repository has it, relative and with
 * forward slashes; `textOf` gives the text that was linted, for the regions of fixes. Results are a `StreamedList`, for `writeJson`.
 */
export function sarifLog(
  findings: Iterable<Finding>,
  count: number,
  textOf: (path: string) => string | null,
  shown: (path: string) => string,
): unknown {
  const told = Math.min(count, MAX_RESULTS)
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'gatehouse spec lint',
            version: '0.1.0',
            informationUri: 'https://gatehouse.dev/spec-rules',
            rules: RULE_IDS.map((id) => ({
              id,
              name: friendlyName(id),
              shortDescription: { text: RULES[id].title },
              fullDescription: { text: `${RULES[id].title}.` },
              help: { text: `Why it is found, examples and how to mend it: ${rulePage(id)}` },
              helpUri: rulePage(id),
              defaultConfiguration: { level: LEVELS[RULES[id].severity] },
              properties: {
                tags: ['specification'],
                precision: 'high',
                'problem.severity': PROBLEMS[RULES[id].severity],
              },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { [ROOT]: { description: { text: 'The root of the repository' } } },
        invocations: [
          {
            executionSuccessful: true,
            ...(told < count
              ? {
                  toolExecutionNotifications: [
                    {
                      level: 'warning',
                      message: {
                        text: `${count - told} of ${count} findings are left out.`,
                      },
                    },
                  ],
                }
              : {}),
          },
        ],
        results: new StreamedList({
          [Symbol.iterator]: () => results(count > MAX_RESULTS ? gravest(findings) : findings, textOf, shown),
        }),
      },
    ],
  }
}

/** Those that a run may hold, the gravest first. */
function* gravest(findings: Iterable<Finding>): Generator<Finding> {
  let left = MAX_RESULTS
  for (const severity of SEVERITIES)
    for (const finding of findings) {
      if (finding.severity !== severity) continue
      if (left === 0) return
      left -= 1
      yield finding
    }
}

function* results(
  findings: Iterable<Finding>,
  textOf: (path: string) => string | null,
  shown: (path: string) => string,
): Generator {
  // One file's findings come one after the other.
  let [last, text] = ['', '']
  for (const finding of findings) {
    const { path } = finding.place
    if (finding.edits && path !== last) [last, text] = [path, textOf(path) ?? '']
    yield resultOf(finding, text, shown)
  }
}

function resultOf(finding: Finding, text: string, shown: (path: string) => string): unknown {
  const { rule, severity, message, fix, place, edits, fingerprint } = finding
  const artifact = artifactOf(shown(place.path))
  return {
    ruleId: rule,
    ruleIndex: RULE_IDS.indexOf(rule),
    level: LEVELS[severity],
    message: { text: `${message} ${fix}` },
    locations: [{ physicalLocation: { artifactLocation: artifact, region: regionOf(place) } }],
    // The second is the one that GitHub compares; both stay while the words stay.
    partialFingerprints: { 'gatehouseSpec/v1': fingerprint, primaryLocationLineHash: `${fingerprint}:1` },
    ...(edits
      ? {
          fixes: [
            {
              description: { text: fix },
              artifactChanges: [
                {
                  artifactLocation: artifact,
                  replacements: edits.map((edit) => ({
                    deletedRegion: spanOf(text, edit.start, edit.end),
                    ...(edit.text === '' ? {} : { insertedContent: { text: edit.text } }),
                  })),
                },
              ],
            },
          ],
        }
      : {}),
  }
}

function artifactOf(path: string): unknown {
  return { uri: path.split('/').map(encodeURIComponent).join('/'), uriBaseId: ROOT }
}

function regionOf(place: Place): unknown {
  return { startLine: place.line, startColumn: place.column, endLine: place.endLine, endColumn: place.endColumn }
}

/** Lines and columns of offsets, from 1, as the reader counts lines: CRLF, LF and CR end one. */
function spanOf(text: string, start: number, end: number): unknown {
  const [from, to] = [at(text, start), at(text, end)]
  return { startLine: from.line, startColumn: from.column, endLine: to.line, endColumn: to.column }
}

function at(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split(/\r\n|\r|\n/)
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 }
}
