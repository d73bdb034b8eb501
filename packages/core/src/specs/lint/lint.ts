import type { SpecProject } from '../project-model.ts'
import { artefactRules, storiesAtEnd } from './artefact-rules.ts'
import { clarificationRules } from './clarification-rules.ts'
import { constitutionRules } from './constitution-rules.ts'
import { deltaRules, deltasAtEnd } from './delta-rules.ts'
import { dependencyRules } from './dependency-rules.ts'
import { fingerprinted, type Finding, type FindingDraft } from './finding.ts'
import { identifierRules, identifiersAtEnd } from './identifier-rules.ts'
import { DEFAULT_LINT_CONFIG, type LintConfig } from './lint-config.ts'
import { LintContext } from './lint-context.ts'
import { LintIndex } from './lint-index.ts'
import { overlapRules, overlapsAtEnd } from './overlap-rules.ts'
import { phaseRules } from './phase-rules.ts'
import { readingRules } from './reading-rules.ts'
import { requirementRules } from './requirement-rules.ts'
import { runbookRules, runbooksAtEnd } from './runbook-rules.ts'
import { scenarioRules } from './scenario-rules.ts'
import { sectionRules } from './section-rules.ts'
import { statusAtEnd, statusRules } from './status-rules.ts'
import { taskRules } from './task-rules.ts'
import { traceRules } from './trace-rules.ts'

type Group = (context: LintContext, index: LintIndex) => void

/** Rules that look at one feature, change or document, and note in the index what others need of it. */
const LOCAL: readonly Group[] = [
  readingRules,
  sectionRules,
  artefactRules,
  requirementRules,
  scenarioRules,
  clarificationRules,
  identifierRules,
  traceRules,
  dependencyRules,
  phaseRules,
  constitutionRules,
  statusRules,
  overlapRules,
  deltaRules,
  taskRules,
  runbookRules,
]
/** Rules about several of them, asked of the index once everything was read. */
const AT_END: readonly Group[] = [
  identifiersAtEnd,
  storiesAtEnd,
  statusAtEnd,
  overlapsAtEnd,
  deltasAtEnd,
  runbooksAtEnd,
]

export function lintLocally(context: LintContext, index: LintIndex): void {
  for (const group of LOCAL) group(context, index)
}

export function lintAtEnd(context: LintContext, index: LintIndex): void {
  for (const group of AT_END) group(context, index)
}

/**
 * All findings of a project, by path, line and column. Pure. `texts`: the very texts that were read, by normalised path. Templates, archived
 * and ignored documents are asked for what they define and give no findings. Where a rule cannot decide it says nothing.
 */
export function lintProject(
  project: SpecProject,
  texts: ReadonlyMap<string, string>,
  config: LintConfig = DEFAULT_LINT_CONFIG,
): Finding[] {
  const found: FindingDraft[] = []
  const context = new LintContext(project, texts, config, (draft) => found.push(draft))
  const index = new LintIndex()
  lintLocally(context, index)
  lintAtEnd(context, index)
  return ordered(found)
}

function ordered(found: readonly FindingDraft[]): Finding[] {
  return fingerprinted(
    found.toSorted(
      (a, b) =>
        (a.place.path < b.place.path ? -1 : a.place.path > b.place.path ? 1 : 0) ||
        a.place.line - b.place.line ||
        a.place.column - b.place.column ||
        (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0),
    ),
  )
}
