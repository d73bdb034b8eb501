import type { Section, SpecDocument } from '../model.ts'
import { sectionKey } from '../section-keys.ts'
import { listed, top, type LintContext } from './lint-context.ts'

/** A section of a format: any of the keys will do. */
interface Wanted {
  readonly keys: readonly string[]
  readonly title: string
}

const want = (title: string, ...keys: readonly string[]): Wanted => ({ keys, title })

/** What each kind's template makes mandatory; what it makes optional is not asked for. */
const MANDATORY: Readonly<Record<string, readonly Wanted[]>> = {
  'spec-kit/spec': [
    want('User Scenarios & Testing', 'user-scenarios', 'user-story-heading', 'acceptance-scenarios', 'user-story'),
    want('Requirements', 'requirements', 'functional-requirements'),
    want('Success Criteria', 'success-criteria'),
  ],
  'spec-kit/plan': [want('Technical Context', 'technical-context')],
  'spec-kit/constitution': [want('Core Principles', 'core-principles'), want('Governance', 'governance')],
  'openspec/capability': [want('Purpose', 'overview'), want('Requirements', 'requirements')],
  'openspec/proposal': [want('Why', 'problem-statement'), want('What Changes', 'proposal')],
  'agent/story': [
    want('Problem Statement', 'problem-statement'),
    want('User Story', 'user-story'),
    want('Acceptance Criteria', 'acceptance-criteria'),
    want('Impact Analysis Summary', 'impact'),
    want('Test Strategy', 'test-strategy'),
    want('Rollback Plan', 'rollback-plan'),
  ],
  'agent/runbook': [
    want('Goal Description', 'overview'),
    want(
      'Proposed Changes or Implementation Steps',
      'proposed-changes',
      'implementation-steps',
      'runbook-file',
      'step',
    ),
    want('Verification Plan', 'verification-plan', 'test-strategy', 'definition-of-done'),
  ],
  'kiro/spec': [want('Requirements', 'requirements', 'kiro-requirement')],
}

export function sectionRules(context: LintContext): void {
  for (const document of context.live) {
    // What was told by the text alone may be a page about specs, not a spec.
    if (document.confidence !== 'strict') continue
    const wanted = MANDATORY[`${document.format}/${document.kind}`]
    if (wanted && !document.path.endsWith('bugfix.md')) sections(context, document, wanted)
    if (document.format === 'spec-kit') templateText(context, document)
  }
}

function sections(context: LintContext, document: SpecDocument, wanted: readonly Wanted[]): void {
  // A constitution without one heading that we know is written in its own way.
  const held = wanted.map((w) => document.sections.filter((s) => w.keys.includes(keyOf(s))))
  if (document.kind === 'constitution' && held.every((found) => found.length === 0) && document.principles.length > 0)
    return
  const missing = wanted.filter(
    (w, i) =>
      held[i]?.length === 0 && !isThere(document, w) && !isOlder(document, w) && !context.isWaived(document, w.keys),
  )
  // A section written another way than we know is not missing: a document with none of them is of another layout.
  if (missing.length > 0 && (missing.length < wanted.length || isBare(document)))
    context.report(
      'missing-section',
      top(document),
      `${missing.length === 1 ? 'The section' : 'The sections'} ${listed(
        missing.map((w) => `"${w.title}"`),
        8,
      )} ${missing.length === 1 ? 'is' : 'are'} missing: the next step builds on ${missing.length === 1 ? 'it' : 'them'}.`,
      `Add ${listed(
        missing.map((w) => `"## ${w.title}"`),
        8,
      )}.`,
      { key: missing.map((w) => w.title).join(', ') },
    )
  for (const [i, found] of held.entries()) {
    const [section] = found
    if (!section || !found.every((s) => isEmpty(document, s)) || wanted[i]?.title === 'User Scenarios & Testing')
      continue
    if (section.key === 'acceptance-criteria') continue
    context.report(
      'empty-section',
      section.place,
      `"${section.title}" is empty: the heading promises what nobody wrote.`,
      'Write it, or say in one line why there is nothing to say.',
    )
  }
}

/** A component of a runbook may be headed like a section: then it is that. */
function keyOf(section: Section): string {
  return (section.key === 'runbook-component' ? sectionKey(section.name) : null) ?? section.key ?? ''
}

/** spec-kit's template had no Success Criteria before its version 0.0.60; its other headings tell it apart. */
function isOlder(document: SpecDocument, wanted: Wanted): boolean {
  return (
    wanted.keys.includes('success-criteria') &&
    document.sections.some((s) => /^(?:execution (?:flow|status)|quick guidelines|primary user story)\b/.test(s.name))
  )
}

/** Some sections are told by what stands in them. */
function isThere(document: SpecDocument, wanted: Wanted): boolean {
  const { keys } = wanted
  if (keys.includes('functional-requirements'))
    return document.requirements.some((r) => r.kind === 'functional' || r.kind === 'non-functional')
  if (keys.includes('success-criteria')) return document.requirements.some((r) => r.kind === 'success')
  if (keys.includes('user-scenarios')) return document.stories.length > 0 || document.scenarios.length > 0
  if (keys.includes('core-principles')) return document.principles.length > 0
  if (keys.includes('acceptance-criteria')) return document.criteria.length > 0
  if (keys.includes('user-story')) return document.stories.length > 0
  // `### Step 6: Verification & Test Suite`
  if (keys.includes('verification-plan'))
    return document.sections.some((s) => s.key === 'step' && /\b(?:verif\w*|tests?|testing)\b/.test(s.name))
  if (keys.includes('proposed-changes')) return document.files.some((f) => f.action !== 'mention')
  if (keys.includes('kiro-requirement')) return document.requirements.length > 0 || document.stories.length > 0
  return false
}

/** A file with hardly a heading: a stub, not another layout. */
function isBare(document: SpecDocument): boolean {
  return document.sections.filter((s) => s.level > 1).length === 0
}

function isEmpty(document: SpecDocument, section: Section): boolean {
  if (!section.empty) return false
  // Sub-headings alone say something where each has its text.
  return !document.sections.some((s) => s.parent >= 0 && document.sections[s.parent] === section && !s.empty)
}

const TEMPLATE_WORDS =
  /\[(?:FEATURE(?: NAME)?|###-feature-name|DATE|Brief Title|PROJECT_NAME|PRINCIPLE_\d_(?:NAME|DESCRIPTION)|SECTION_\d_(?:NAME|CONTENT)|GOVERNANCE_RULES|CONSTITUTION_VERSION|RATIFICATION_DATE|LAST_AMENDED_DATE|Entity \d|Describe this user journey in plain language|Explain the value and why it has this priority level|initial state|expected outcome|specific capability, e\.g\.,? [^\]]{0,80}|Measurable metric, e\.g\.,? [^\]]{0,120}|Add more user stories as needed[^\]]{0,60}|CHECKLIST TYPE|Link or relative path)\]|\$ARGUMENTS\b|\bACTION REQUIRED:/

function templateText(context: LintContext, document: SpecDocument): void {
  const text = context.textOf(document)
  if (!/\[[A-Zdeis#]|\$ARGUMENTS|ACTION REQUIRED/.test(text)) return
  let first: { line: number; found: string; start: number; column: number } | null = null
  let count = 0
  let at = 0
  for (const [i, line] of text.split(/(?<=\n)/).entries()) {
    const role = document.lines[i]?.role
    if (role !== 'code' && role !== 'comment' && role !== 'quote') {
      const match = TEMPLATE_WORDS.exec(
        line.replaceAll(/`[^`\n]*`|"[^"\n]*"|“[^”\n]*”/g, (said) => ' '.repeat(said.length)),
      )
      if (match) {
        count += 1
        first ??= { line: i + 1, found: match[0], start: at + match.index, column: match.index + 1 }
      }
    }
    at += line.length
  }
  if (!first) return
  const end = first.start + first.found.length
  context.report(
    'template-text',
    {
      path: document.path,
      line: first.line,
      column: first.column,
      endLine: first.line,
      endColumn: first.column + first.found.length,
      start: first.start,
      end,
    },
    `${count === 1 ? 'A line still holds' : `${count} lines still hold`} the template's own text, first "${first.found}": ${document.kind === 'constitution' ? 'nobody has decided yet what binds' : 'it says nothing of this feature'}.`,
    document.kind === 'constitution'
      ? 'Run /speckit.constitution, or write the principles yourself.'
      : 'Replace it with what is meant, or take the line out.',
    { key: first.found },
  )
}
