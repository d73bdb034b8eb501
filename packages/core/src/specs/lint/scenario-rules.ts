import type { ScenarioStep, SpecDocument } from '../model.ts'
import { firstLine, top, type LintContext } from './lint-context.ts'
import { isEnglish, spoken } from './wording.ts'

export function scenarioRules(context: LintContext): void {
  for (const document of context.live) {
    scenarios(context, document)
    criteria(context, document)
    stories(context, document)
  }
}

type Wanted = 'given' | 'when' | 'then'

/** Which of the wanted keywords are not there. `And` continues the one before it. */
function missing(steps: readonly ScenarioStep[], wanted: readonly Wanted[]): Wanted[] {
  const held = new Set(steps.map((step) => step.keyword))
  return wanted.filter((keyword) => !held.has(keyword))
}

/** What each step marks. A scenario may say it without the word: then it is left to the reader which of its words they are. */
const STEPS = [
  ['given', 'Given', 'from which state it starts'],
  ['when', 'When', 'what is done'],
  ['then', 'Then', 'what is seen then'],
] as const

/** `no When, no Then: it does not mark what is done, what is seen then` */
function lacking(lacks: readonly Wanted[]): string {
  const rows = STEPS.filter(([keyword]) => lacks.includes(keyword))
  return `no ${rows.map(([, name]) => name).join(', no ')}: it does not mark ${rows.map(([, , why]) => why).join(', ')}`
}

const WHEN_TITLE = /^(?:when|if|after|as soon as|cuando|quando|quand|lorsque|wenn|когда|[当當]|如果)(?![a-z])/iu

function scenarios(context: LintContext, document: SpecDocument): void {
  const openspec = document.format === 'openspec'
  if (!openspec && !(document.format === 'spec-kit' && document.kind === 'spec')) return
  for (const scenario of document.scenarios) {
    const owner = scenario.requirement === null ? null : document.requirements[scenario.requirement]
    if (owner?.operation === 'removed' || owner?.withdrawn || owner?.deviations.includes('outside-of-delta')) continue
    // Without any step the reader may not know the language's words.
    if (scenario.steps.length === 0 && !isEnglish(spoken(`${scenario.title} ${scenario.text}`))) continue
    const wanted =
      openspec || scenario.title !== '' ? (['when', 'then'] as const) : (['given', 'when', 'then'] as const)
    // `#### Scenario: WHEN the list is empty`: the title is the step.
    const lacks = missing(scenario.steps, wanted).filter((word) => word !== 'when' || !WHEN_TITLE.test(scenario.title))
    // A table or quotation may hold the words in a form that no reader takes apart.
    if (scenario.steps.length === 0 && lacks.every((word) => new RegExp(`\\b${word}\\b`, 'i').test(scenario.text)))
      continue
    if (lacks.length === 0) continue
    const name = scenario.id?.written ?? (scenario.title === '' ? `Scenario ${scenario.number}` : `"${scenario.title}"`)
    context.report(
      'scenario-without-steps',
      firstLine(scenario.place, context.textOf(document)),
      `${name} has ${lacking(lacks)}.`,
      openspec
        ? 'Write "- **WHEN** ..." and "- **THEN** ..." lines, "- **GIVEN** ..." where a state must hold before.'
        : 'Write **Given** <state>, **When** <action>, **Then** <result>.',
      // "Given no data, then nothing is shown" holds at all times; OpenSpec refuses it.
      lacks.length === 1 && (lacks[0] === 'given' || (lacks[0] === 'when' && !openspec)) ? { severity: 'note' } : {},
    )
  }
}

/** A criterion that calls itself a scenario, or begins as one, is held to it. */
function criteria(context: LintContext, document: SpecDocument): void {
  if (document.kind !== 'story' && !(document.format === 'kiro' && document.kind === 'spec')) return
  if (document.format === 'kiro') return
  for (const criterion of document.criteria) {
    const named = /^scenario\b/i.test(criterion.title) || /^scenario\b/i.test(criterion.id?.written ?? '')
    // "When x fails, y is shown" is a sentence; Given and When together are a scenario.
    const begun = missing(criterion.steps, ['given', 'when']).length === 0
    if (!named && !begun) continue
    if (criterion.steps.length === 0 && !isEnglish(spoken(criterion.text))) continue
    const lacks = missing(criterion.steps, ['given', 'when', 'then'])
    if (lacks.length === 0 || (!named && !lacks.includes('then'))) continue
    // "Given x, when y, the system does z" tells its result without the word.
    if (!named && /,\s+(?:an?|the|it|they|its|all|no|each|every|only)\b/i.test(criterion.steps.at(-1)?.text ?? ''))
      continue
    context.report(
      'scenario-without-steps',
      firstLine(criterion.place, context.textOf(document)),
      `The scenario has ${lacking(lacks)}.`,
      'Write Given <state>, When <action>, Then <result>.',
      // "When x fails, y is shown" tells its result without the word.
      criterion.steps.length > 0 ? { severity: 'note' } : {},
    )
  }
}

function stories(context: LintContext, document: SpecDocument): void {
  const { format, kind } = document
  if ((format === 'agent' || format === 'story') && kind === 'story') {
    const section = document.sections.find((s) => s.key === 'acceptance-criteria')
    // Criteria may stand as prose or a table: only an empty section is sure.
    if (document.criteria.length === 0 && section?.empty === true)
      context.report(
        'story-without-acceptance',
        section.place,
        'The story has no acceptance criterion: nobody can say when it is done.',
        'Add "- [ ] **Scenario 1**: Given ..., When ..., Then ..." below this heading.',
      )
    return
  }
  if (kind !== 'spec' || (format !== 'spec-kit' && format !== 'kiro')) return
  for (const [index, story] of document.stories.entries()) {
    const criteriaOf = document.criteria.some((c) => c.story === index)
    if (story.scenarios.length > 0 || criteriaOf || story.hasIndependentTest) continue
    const requirements = document.requirements.some((r) => r.story === index)
    // Kiro's requirement holds the story; a list in another form under the heading is not ours to judge.
    const section = document.sections[story.section]
    const own = section && section.place.line >= story.place.line ? section : null
    const listed = document.lines
      .slice(story.place.line, own?.lastLine ?? story.place.endLine)
      .some(
        (line) =>
          line.role === 'item' ||
          line.role === 'table' ||
          line.role === 'code' ||
          line.role === 'scenario' ||
          line.role === 'criterion',
      )
    if (listed || (requirements && format === 'spec-kit')) continue
    context.report(
      'story-without-acceptance',
      story.place.line === story.place.endLine ? story.place : firstLine(story.place, context.textOf(document)),
      `${story.id ?? `"${story.title}"`} has no acceptance ${format === 'kiro' ? 'criterion' : 'scenario'}: nobody can say when it is done.`,
      format === 'kiro'
        ? 'Add "#### Acceptance Criteria" with numbered "WHEN ... THE SYSTEM SHALL ..." lines.'
        : 'Add "**Acceptance Scenarios**:" with "1. **Given** ..., **When** ..., **Then** ...".',
      { key: story.id ?? story.title },
    )
  }
  if (document.stories.length > 0 || format !== 'spec-kit') return
  const section = document.sections.find((s) => s.key === 'user-scenarios')
  if (
    section?.empty === true &&
    document.sections.some((s) => s.key === 'requirements' || s.key === 'functional-requirements')
  )
    context.report(
      'empty-section',
      section.place ?? top(document),
      `"${section.title}" is empty: no user of the feature is described.`,
      'Write "### User Story 1 - <title> (Priority: P1)" with its acceptance scenarios.',
    )
}
