import type { SpecDocument } from '../model.ts'
import { firstLine, top, type LintContext } from './lint-context.ts'

export function clarificationRules(context: LintContext): void {
  const begun = new Map<SpecDocument, SpecDocument>()
  for (const { spec, tasks, plan } of context.features()) {
    const later = tasks ?? plan
    if (spec && later) begun.set(spec, later)
  }
  for (const document of context.live) {
    // Checklists ask whether markers are left; only where something is promised is a marker a question.
    if (!['spec', 'plan', 'story', 'capability', 'delta', 'proposal', 'design'].includes(document.kind)) continue
    const open = document.clarifications.filter((c) => c.open)
    const later = begun.get(document)
    for (const { question, place } of open)
      context.report(
        'unresolved-clarification',
        firstLine(place, context.textOf(document)),
        `Open question${question === '' ? '' : `: ${short(question)}`}${later ? `. ${later.path.split('/').at(-1) ?? ''} was written on a guess` : ''}.`,
        'Ask who can answer, write the answer where the marker stands, and take the marker away.',
        // What was planned or split into tasks before the answer is built on a guess.
        later && document.kind === 'spec' ? { severity: 'error' } : {},
      )
    const { maxClarifications } = context.config.options
    if (document.kind === 'spec' && open.length > maxClarifications)
      context.report(
        'too-many-clarifications',
        top(document),
        `${open.length} questions are open, at most ${maxClarifications} may be: it is too early to plan from this.`,
        'Answer those that decide scope, security or cost; settle the others with a default written under Assumptions.',
        { key: 'count' },
      )
  }
}

function short(question: string): string {
  const line = question.replaceAll(/\s+/g, ' ').replace(/[.\s]+$/, '')
  return line.length > 120 ? `${line.slice(0, 119)}…` : line
}
