import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isRuleId, RULES } from '@gatehouse/core/specs/lint/rules'
import type { TextEdit as SpecEdit } from '@gatehouse/core/specs/edits'
import type { CodeAction, CodeActionParams, Diagnostic, TextEdit, WorkspaceEdit } from 'vscode-languageserver/node'
import type { TextDocument } from 'vscode-languageserver-textdocument'
import { fixTexts } from '../spec-fix.ts'
import { rulePage } from '../spec-sarif.ts'
import type { FindingStore } from './diagnostics.ts'
import { rangeAt } from './position-encoding.ts'
import type { Workspace } from './workspace.ts'

export const EXPLAIN_COMMAND = 'gatehouse.explainRule'
const FIX_ALL = 'source.fixAll'

export interface ActionWish {
  /** The client takes versioned edits. */
  readonly versioned: boolean
}

/** The safe fixes of findings in a range, all safe fixes of the file, and a page for each rule. `shown` are the file's diagnostics of now. */
export function actionsFor(
  workspace: Workspace,
  store: FindingStore,
  path: string,
  params: CodeActionParams,
  shown: readonly Diagnostic[],
  wish: ActionWish,
): CodeAction[] {
  const wanted = (kind: string) => {
    const only = params.context.only
    return only === undefined || only.some((asked) => kind === asked || kind.startsWith(`${asked}.`))
  }
  const uri = params.textDocument.uri
  const document =
    workspace.openAt(uri)?.document ?? workspace.indexOf(path)?.index.lines(workspace.indexOf(path)?.path ?? '')
  const held = store.of(path)
  // Edits count in the text that was linted; any other they would spoil.
  if (!document || !held || held.text !== document.getText()) return []
  const editOf = (edits: readonly SpecEdit[]): WorkspaceEdit => {
    const changes: TextEdit[] = edits.map((edit) => ({
      range: rangeAt(document, edit.start, edit.end, workspace.encoding),
      newText: edit.text,
    }))
    if (!wish.versioned) return { changes: { [uri]: changes } }
    const version = workspace.openAt(uri) ? document.version : null
    return { documentChanges: [{ textDocument: { uri, version }, edits: changes }] }
  }
  const actions: CodeAction[] = []
  const explained = new Set<string>()
  for (const diagnostic of shown) {
    if (!meets(diagnostic, params)) continue
    const rule = String(diagnostic.code ?? '')
    const { fingerprint } = (diagnostic.data ?? {}) as { fingerprint?: string }
    const finding = held.findings.find((f) => f.fingerprint === fingerprint)
    if (finding?.edits && wanted('quickfix'))
      actions.push({
        title: finding.fix,
        kind: 'quickfix',
        diagnostics: [diagnostic],
        isPreferred: true,
        edit: editOf(finding.edits),
      })
    if (isRuleId(rule) && !explained.has(rule) && wanted('quickfix')) {
      explained.add(rule)
      const title = `Explain the rule ${rule}`
      actions.push({
        title,
        kind: 'quickfix',
        diagnostics: [diagnostic],
        command: { title, command: EXPLAIN_COMMAND, arguments: [rule] },
      })
    }
  }
  if (wanted(FIX_ALL) && held.findings.some((f) => f.edits)) {
    const edit = allFixed(held.findings, document)
    if (edit) actions.push({ title: 'Apply all safe fixes in this file', kind: FIX_ALL, edit: editOf([edit]) })
  }
  // What mends comes before what explains.
  return actions.toSorted((a, b) => Number(a.command !== undefined) - Number(b.command !== undefined))
}

function meets({ range }: Diagnostic, { range: asked }: CodeActionParams): boolean {
  const before = (a: { line: number; character: number }, b: { line: number; character: number }) =>
    a.line < b.line || (a.line === b.line && a.character < b.character)
  return !before(range.end, asked.start) && !before(asked.end, range.start)
}

/** One edit that does what `spec lint --fix` does in its first round; null where nothing is left to do. */
function allFixed(findings: Parameters<typeof fixTexts>[0], document: TextDocument): SpecEdit | null {
  const before = document.getText()
  const path = findings[0]?.place.path ?? ''
  const after = fixTexts(findings, new Map([[path, before]])).texts.get(path)
  if (after === undefined) return null
  const least = Math.min(before.length, after.length)
  let start = 0
  while (start < least && before[start] === after[start]) start += 1
  let end = 0
  while (end < least - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1
  // Half of a pair, or a carriage return without its newline, is no place for an edit.
  if (start > 0 && /[\uD800-\uDBFF\r]/.test(before[start - 1] ?? '')) start -= 1
  if (end > 0 && /[\uDC00-\uDFFF\n]/.test(before[before.length - end] ?? '')) end -= 1
  return { start, end: before.length - end, text: after.slice(start, after.length - end) }
}

export interface RuleExplanation {
  readonly rule: string
  readonly title: string
  /** The page on the web. */
  readonly page: string
  /** The page as this installation has it; null where it came without documentation. */
  readonly file: string | null
}

/** What a rule is about; null for what is no rule. */
export function explanationOf(rule: unknown): RuleExplanation | null {
  if (typeof rule !== 'string' || !isRuleId(rule)) return null
  const file = join(
    fileURLToPath(new URL('../../../../../../docs/reference/spec-rules/', import.meta.url)),
    `${rule}.md`,
  )
  return { rule, title: RULES[rule].title, page: rulePage(rule), file: existsSync(file) ? file : null }
}
