import { join } from 'node:path'
import { rank, type RuleId, type Severity } from '@gatehouse/core/specs/lint/rules'
import { BASELINE_FILE } from '../spec-baseline.ts'
import { CONFIG_FILES } from '../spec-config.ts'
import { commandDocument } from './command-json.ts'
import { modelValue, NOTICE, quoted, QUOTES } from './model-text.ts'
import { moreText, pageOf } from './page.ts'
import { innerPath, isWithin, refuseLinksOut } from './served-folder.ts'
import type { LintInput } from './tool-inputs.ts'
import { ToolRefusal } from './tool-refusal.ts'
import type { WorkAnswer } from './work-order.ts'
import { targetsOf } from './work-scope.ts'

interface Finding {
  readonly rule: RuleId
  readonly severity: Severity
  readonly path: string
  readonly line: number
  readonly column: number
  readonly message: string
  readonly fix: string
}

interface LintDocument {
  readonly ok: boolean
  readonly root: string
  readonly files: number
  readonly counts: Readonly<Record<Severity, number>>
  readonly in_baseline: number
  readonly findings: readonly Finding[]
  readonly skipped: readonly { readonly path: string; readonly reason: string }[]
  readonly ignored_by_git?: readonly string[]
}

/** Findings of `gatehouse spec lint --json`, filtered and a page of them. */
export async function lintWork(root: string, scope: readonly string[], input: LintInput): Promise<WorkAnswer> {
  const given = input.paths?.map((path, i) => innerPath(root, `paths[${i}]`, path))
  const targets = targetsOf(scope, given)
  for (const target of targets) refuseLinksOut(root, target, [...CONFIG_FILES, BASELINE_FILE])
  const document = (await commandDocument(root, [
    'lint',
    '--json',
    '--',
    ...targets.map((target) => join(root, target)),
  ])) as LintDocument
  if (!isWithin(root, document.root))
    throw new ToolRefusal(
      'path-outside',
      `these specifications belong to the project in ${document.root}, outside of the folder that is served. A person has to start the server there: gatehouse spec mcp <folder>`,
    )
  const { rules, severity } = input
  const matching = document.findings.filter(
    (f) => (rules?.includes(f.rule) ?? true) && (severity === undefined || rank(f.severity) <= rank(severity)),
  )
  const { items, ...page } = pageOf('findings', matching, ['spec_lint', targets, rules, severity], input)
  const { ok, counts, files } = document
  const text = [
    `${counts.error} errors, ${counts.warning} warnings, ${counts.note} notes in ${files} files${document.in_baseline > 0 ? `; ${document.in_baseline} more are accepted in the baseline` : ''}.`,
    ...(matching.length < document.findings.length ? [`${matching.length} of them fit rules and severity.`] : []),
    ...(items.length > 0 ? [QUOTES] : []),
    ...items.map(
      (f) =>
        `- ${f.severity} ${f.rule} ${quoted(`${f.path}:${f.line}:${f.column}`)} ${quoted(f.message)} To do: ${quoted(f.fix)}`,
    ),
    ...moreText(page, 'findings', 'paths, rules or severity'),
    ...(items.length > 0 ? ['spec_rule explains a rule with examples.'] : []),
  ].join('\n')
  const { skipped, ignored_by_git: ignored = [] } = modelValue(document, () => undefined) as LintDocument
  return {
    ok: true,
    document: {
      ok,
      root: modelValue(document.root, () => undefined),
      files,
      counts,
      in_baseline: document.in_baseline,
      findings: items,
      skipped,
      ignored_by_git: ignored,
      matched: matching.length,
      ...page,
      notice: NOTICE,
    },
    text,
  }
}
