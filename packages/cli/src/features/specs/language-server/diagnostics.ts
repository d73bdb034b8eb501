import { join } from 'node:path'
import { createHash } from 'node:crypto'
import type { Severity } from '@gatehouse/core/specs/lint/rules'
import type { Diagnostic, DiagnosticSeverity } from 'vscode-languageserver/node'
import { MAX_FILE_BYTES } from '../spec-files.ts'
import { rulePage } from '../spec-sarif.ts'
import type { FileProblem, LintedFinding, LintResult } from './lint-run.ts'
import { rangeAt } from './position-encoding.ts'
import type { SpecIndex } from './spec-index.ts'
import type { Workspace } from './workspace.ts'

export const SOURCE = 'gatehouse'

/** LSP 3.17, "DiagnosticSeverity": 1 error, 2 warning, 3 information. */
const SEVERITY: Readonly<Record<Severity, DiagnosticSeverity>> = { error: 1, warning: 2, note: 3 }

/** What a file has, and the text that it has it in. */
export interface FileFindings {
  readonly text: string
  readonly findings: readonly LintedFinding[]
  readonly problems: readonly FileProblem[]
}

/** The findings of the last run, by absolute path. */
export class FindingStore {
  #files = new Map<string, FileFindings>()
  readonly #roots = new Map<string, Map<string, FileFindings>>()

  /** Takes a result over; `textOf` gives the text that was linted. */
  take(result: LintResult, textOf: (root: string, path: string) => string | null): void {
    const roots = new Set(result.roots.map(({ root }) => root))
    for (const root of this.#roots.keys()) if (!roots.has(root)) this.#roots.delete(root)
    for (const { root, findings, problems } of result.roots) {
      if (findings === null) continue
      const files = new Map<string, { text: string; findings: LintedFinding[]; problems: FileProblem[] }>()
      const of = (path: string) => {
        const known = files.get(path)
        if (known) return known
        const made = { text: textOf(root, path) ?? '', findings: [], problems: [] }
        files.set(path, made)
        return made
      }
      for (const finding of findings) of(finding.place.path).findings.push(finding)
      for (const problem of problems) if (problem.path !== null) of(problem.path).problems.push(problem)
      this.#roots.set(root, new Map([...files].map(([path, held]) => [join(root, path), held])))
    }
    this.#files = new Map([...this.#roots.values()].flatMap((files) => [...files]))
  }

  of(path: string): FileFindings | null {
    return this.#files.get(path) ?? null
  }

  paths(): string[] {
    return [...this.#files.keys()]
  }
}

export interface DiagnosticWish {
  readonly related: boolean
  readonly codeDescription: boolean
}

/** The diagnostics of a file, as the client can take them. */
export function diagnosticsOf(
  workspace: Workspace,
  store: FindingStore,
  path: string,
  wish: DiagnosticWish,
): Diagnostic[] {
  const owner = workspace.indexOf(path)
  const buffer = workspace.bufferOf(path)
  if (buffer && buffer.document.getText().length > MAX_FILE_BYTES)
    return [
      {
        range: rangeAt(buffer.document, 0, 0, workspace.encoding),
        severity: 3,
        source: SOURCE,
        message: `Not read: the file is longer than ${MAX_FILE_BYTES} characters.`,
      },
    ]
  const held = store.of(path)
  if (!held || !owner) return []
  const lines = buffer?.document ?? owner.index.lines(owner.path)
  return [
    ...held.problems.map((problem): Diagnostic => {
      const line = Math.max(0, problem.line - 1)
      return {
        range: { start: { line, character: 0 }, end: { line: line + 1, character: 0 } },
        severity: 1,
        code: problem.code,
        source: SOURCE,
        message: problem.detail,
      }
    }),
    ...(lines ? held.findings.map((finding) => diagnosticOf(workspace, owner.index, lines, finding, wish)) : []),
  ]
}

function diagnosticOf(
  workspace: Workspace,
  index: SpecIndex,
  lines: NonNullable<ReturnType<SpecIndex['lines']>>,
  finding: LintedFinding,
  wish: DiagnosticWish,
): Diagnostic {
  const { place, rule, severity, message, fix, fingerprint } = finding
  // A finding about a document without a title has no words of its own: its first line shows it.
  const end =
    place.start === place.end ? lines.offsetAt({ line: place.line - 1, character: Number.MAX_SAFE_INTEGER }) : place.end
  const related = wish.related ? finding.related : []
  return {
    range: rangeAt(lines, place.start, Math.max(place.start, end), workspace.encoding),
    severity: SEVERITY[severity],
    code: rule,
    ...(wish.codeDescription ? { codeDescription: { href: rulePage(rule) } } : {}),
    source: SOURCE,
    message: `${message}\n${fix}`,
    data: { fingerprint },
    ...(related.length > 0
      ? {
          relatedInformation: related.flatMap((other) => {
            const document = index.lines(other.path)
            if (!document) return []
            const range = rangeAt(document, other.start, other.end, workspace.encoding)
            return [{ location: { uri: workspace.uriOf(join(index.root, other.path)), range }, message: other.message }]
          }),
        }
      : {}),
  }
}

/** A name for a list of diagnostics: the same list has the same. */
export function resultId(diagnostics: readonly Diagnostic[]): string {
  return createHash('sha256').update(JSON.stringify(diagnostics)).digest('hex').slice(0, 32)
}
