import type { SpecProject } from '../project-model.ts'
import { artefactRules } from './artefact-rules.ts'
import { clarificationRules } from './clarification-rules.ts'
import { constitutionRules } from './constitution-rules.ts'
import { deltaRules } from './delta-rules.ts'
import { dependencyRules } from './dependency-rules.ts'
import { fingerprinted, type Finding } from './finding.ts'
import { identifierRules } from './identifier-rules.ts'
import { DEFAULT_LINT_CONFIG, type LintConfig } from './lint-config.ts'
import { LintContext } from './lint-context.ts'
import { overlapRules } from './overlap-rules.ts'
import { readingRules } from './reading-rules.ts'
import { requirementRules } from './requirement-rules.ts'
import { runbookRules } from './runbook-rules.ts'
import { scenarioRules } from './scenario-rules.ts'
import { sectionRules } from './section-rules.ts'
import { statusRules } from './status-rules.ts'
import { taskRules } from './task-rules.ts'
import { traceRules } from './trace-rules.ts'

const GROUPS: readonly ((context: LintContext) => void)[] = [
  readingRules,
  sectionRules,
  artefactRules,
  requirementRules,
  scenarioRules,
  clarificationRules,
  identifierRules,
  traceRules,
  dependencyRules,
  constitutionRules,
  statusRules,
  overlapRules,
  deltaRules,
  taskRules,
  runbookRules,
]

/**
 * All findings of a project, by path, line and column. Pure. `texts`: the very texts that were read, by normalised path. Templates, archived
 * and ignored documents are asked for what they define and give no findings. Where a rule cannot decide it says nothing.
 */
export function lintProject(
  project: SpecProject,
  texts: ReadonlyMap<string, string>,
  config: LintConfig = DEFAULT_LINT_CONFIG,
): Finding[] {
  const context = new LintContext(project, texts, config)
  for (const group of GROUPS) group(context)
  const drafts = context.found.toSorted(
    (a, b) =>
      (a.place.path < b.place.path ? -1 : a.place.path > b.place.path ? 1 : 0) ||
      a.place.line - b.place.line ||
      a.place.column - b.place.column ||
      (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0),
  )
  return fingerprinted(drafts)
}
