import type { Feature } from '../project-model.ts'
import { top, type LintContext } from './lint-context.ts'
import type { LintIndex } from './lint-index.ts'

/** Documents that stand without the one they build on. */
export function artefactRules(context: LintContext): void {
  for (const { feature, spec, plan, tasks } of context.features()) {
    const kiro = feature.format === 'kiro'
    const specFile = kiro ? 'requirements.md' : 'spec.md'
    const planFile = kiro ? 'design.md' : 'plan.md'
    const last = tasks ?? plan
    if (!last) continue
    if (feature.spec === null && !kiro && !isLaidOut(context, feature)) continue
    if (feature.spec === null)
      context.report(
        'missing-artefact',
        top(last),
        `${last.path.split('/').at(-1) ?? ''} stands without ${specFile}: nothing says what is to be reached.`,
        kiro ? `Write ${feature.folder}/${specFile}.` : `Run /speckit.specify, or write ${feature.folder}/${specFile}.`,
        { key: specFile, severity: 'error' },
      )
    else if (spec && tasks && feature.plan === null)
      context.report(
        'missing-artefact',
        top(tasks),
        `tasks.md stands without ${planFile}: nobody decided how before the work was split.`,
        kiro ? `Write ${feature.folder}/${planFile}.` : `Run /speckit.plan, or write ${feature.folder}/${planFile}.`,
        { key: planFile },
      )
  }
  changes(context)
}

/** A folder that is spec-kit's beyond its tasks.md, which other tools write as well. */
function isLaidOut(context: LintContext, feature: Feature): boolean {
  return (
    feature.plan !== null ||
    /^\d{3,}-|^\d{8}-/.test(feature.slug) ||
    feature.constitution !== null ||
    context.project.documents.some((d) =>
      d.path.startsWith(feature.root === '' ? '.specify/' : `${feature.root}/.specify/`),
    )
  )
}

function changes(context: LintContext): void {
  for (const change of context.project.changes) {
    if (change.archived) continue
    const held = [change.proposal, change.design, change.tasks, ...change.deltas.map((d) => d.document)]
    const document = held.map((i) => context.at(i)).find((d) => d !== null)
    if (!document) continue
    if (change.proposal === null)
      context.report(
        'missing-artefact',
        top(document),
        `The change ${change.id} has no proposal.md: nobody says why it is made.`,
        `Write ${change.folder}/proposal.md with "## Why" and "## What Changes".`,
        { key: 'proposal' },
      )
    const begun = context.at(change.tasks)
    if (change.proposal !== null && begun && change.deltas.length === 0 && begun.tasks.length > 0)
      context.report(
        'missing-artefact',
        top(context.at(change.proposal) ?? begun),
        `The change ${change.id} has tasks and no delta: it changes no requirement, and OpenSpec refuses it.`,
        `Write ${change.folder}/specs/<capability>/spec.md, or archive it with --skip-specs.`,
        { key: 'delta' },
      )
  }
}

/** Runbooks whose story nobody wrote. */
export function storiesAtEnd(context: LintContext, index: LintIndex): void {
  // Where no story is kept at all, they live elsewhere.
  const kept = new Set<string>()
  for (const story of index.stories()) if (story.stories.length > 0) kept.add(story.root)
  for (const story of index.stories()) {
    if (story.stories.length > 0 || !kept.has(story.root)) continue
    for (const { place } of story.runbooks)
      context.report(
        'missing-artefact',
        place,
        `The runbook stands without a story ${story.id}: nothing says what it is for, and it cannot be accepted.`,
        `Write .agent/cache/stories/${story.scope}/${story.id}-<title>.md, or mend the runbook's id.`,
        { key: 'story' },
      )
  }
}
