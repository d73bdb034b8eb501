import { addRequirementId } from '../operations.ts'
import type { Criterion, Requirement, SpecDocument } from '../model.ts'
import { firstLine, type LintContext } from './lint-context.ts'
import { isEnglish, spoken, untestableBecause, vagueWord } from './wording.ts'

/** Kinds whose requirements are promises; in plans, notes and research they are repeated or discussed. */
const PROMISES = new Set(['spec', 'capability', 'delta', 'story'])

export function requirementRules(context: LintContext): void {
  for (const document of context.live) {
    if (!PROMISES.has(document.kind)) continue
    const plain = isWrittenPlainly(document)
    for (const requirement of document.requirements) {
      if (requirement.withdrawn || requirement.operation === 'removed' || requirement.operation === 'renamed') continue
      wording(context, document, requirement)
      modal(context, document, requirement, plain)
      if (
        requirement.kind === 'capability' &&
        requirement.scenarios.length === 0 &&
        !requirement.deviations.includes('outside-of-delta')
      )
        context.report(
          'requirement-without-scenario',
          requirement.titlePlace ?? firstLine(requirement.place, context.textOf(document)),
          `"${requirement.title}" has no scenario: nothing shows when it is met, and OpenSpec refuses it.`,
          'Add "#### Scenario: <name>" with **WHEN** and **THEN** lines below it.',
          { key: requirement.title },
        )
    }
    for (const criterion of document.criteria) criterionWording(context, document, criterion)
    missingIds(context, document)
  }
}

const PROMISED = new Set(['functional', 'non-functional', 'capability', 'success', 'other'])

function wording(context: LintContext, document: SpecDocument, requirement: Requirement): void {
  if (!PROMISED.has(requirement.kind)) return
  // A question that is asked about it already says that it is open.
  if (/\[NEEDS CLARIFICATION/i.test(requirement.text)) return
  // Kiro opens a requirement with its user story: what somebody wants and why; the criteria below it bind.
  if (document.format === 'kiro' && /^(?:user story\W{1,3})?as an? /i.test(spoken(requirement.text))) return
  const place = firstLine(requirement.titlePlace ?? requirement.place, context.textOf(document))
  const name =
    named('Requirement', requirement) ?? (requirement.title === '' ? 'The requirement' : `"${requirement.title}"`)
  const key = requirement.id?.id ?? requirement.title
  const why = untestableBecause(requirement.text)
  if (why !== null && requirement.scenarios.length === 0) {
    context.report(
      'untestable-requirement',
      place,
      `${name} cannot be tested: ${why}.`,
      'Say what is observed, under which condition, and from which value on it counts as met.',
      key === '' ? {} : { key },
    )
    return
  }
  const scenarios = requirement.scenarios.map((i) => document.scenarios[i]?.text ?? '').join('\n')
  const { vagueWords, allowedWords } = context.config.options
  const word = vagueWord(requirement.text, scenarios, vagueWords, allowedWords)
  if (word === null) return
  context.report(
    'vague-requirement',
    place,
    `${name} says "${word}" and gives no measure: two people will read it in two ways.`,
    `Replace "${word}" with a number, a limit or an observable result, such as "within 2 seconds" or a list that ends.`,
    key === '' ? {} : { key: `${key}\n${word.toLowerCase()}` },
  )
}

/** `FR-001`; `Criterion 2` where the number alone would say nothing. */
function named(what: string, { id }: Requirement | Criterion): string | null {
  if (!id) return null
  return /^[\d.]+$/.test(id.written) ? `${what} ${id.written.replace(/\.$/, '')}` : id.written
}

function criterionWording(context: LintContext, document: SpecDocument, criterion: Criterion): void {
  const place = firstLine(criterion.place, context.textOf(document))
  const name = named('Criterion', criterion) ?? 'The acceptance criterion'
  const why = untestableBecause(criterion.text)
  if (why !== null) {
    context.report(
      'untestable-requirement',
      place,
      `${name} cannot be tested: ${why}.`,
      'Say what is observed, under which condition, and from which value on it counts as met.',
    )
    return
  }
  const { vagueWords, allowedWords } = context.config.options
  const word = vagueWord(criterion.text, '', vagueWords, allowedWords)
  if (word === null) return
  context.report(
    'vague-requirement',
    place,
    `${name} says "${word}" and gives no measure: two people will read it in two ways.`,
    `Replace "${word}" with a number, a limit or an observable result, such as "within 2 seconds" or a list that ends.`,
  )
}

/** Most of its requirements say what the system does, without a word of obligation: then that is how it is written. */
function isWrittenPlainly(document: SpecDocument): boolean {
  const counted = document.requirements.filter((r) => r.kind === 'functional' && r.id !== null && !r.withdrawn)
  return counted.length > 2 && counted.filter((r) => r.modal === null).length * 2 > counted.length
}

function modal(context: LintContext, document: SpecDocument, requirement: Requirement, isPlain: boolean): void {
  const { format, kind } = document
  if (format === 'openspec' && requirement.kind === 'capability') {
    if (requirement.deviations.includes('outside-of-delta')) return
    const place = requirement.titlePlace ?? firstLine(requirement.place, context.textOf(document))
    const body = requirement.text
    if (/\b(?:SHALL|MUST)\b/.test(body) || /\b(?:SHALL|MUST)\b/.test(requirement.title)) return
    const slice = context.slice(requirement.place)
    const own = requirement.scenarios
      .map((i) => document.scenarios[i]?.place.start ?? Number.POSITIVE_INFINITY)
      .reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
    const lower = /\b(?:shall|must)\b/i.exec(slice.slice(0, Math.max(0, own - requirement.place.start)))
    if (lower) {
      const start = requirement.place.start + lower.index
      context.report(
        'modal-lower-case',
        place,
        `"${requirement.title}" says "${lower[0]}": OpenSpec counts only SHALL and MUST in capitals, and refuses it.`,
        `Write ${lower[0].toUpperCase()}.`,
        { key: requirement.title, edits: [{ start, end: start + lower[0].length, text: lower[0].toUpperCase() }] },
      )
    } else if (isEnglish(spoken(body)))
      context.report(
        'requirement-without-modal',
        place,
        `"${requirement.title}" says neither SHALL nor MUST: OpenSpec refuses it, and nobody knows whether it binds.`,
        'Write "The system SHALL ..." in its first sentence.',
        { key: requirement.title, severity: 'error' },
      )
    return
  }
  const counted =
    (format === 'spec-kit' || format === 'story') &&
    (kind === 'spec' || kind === 'story') &&
    requirement.id !== null &&
    requirement.kind === 'functional'
  if (!counted || requirement.modal !== null) return
  const said = spoken(requirement.text)
  // A requirement that is a question, a heading for sub-items or in another language says it in its own way.
  if (!isEnglish(said) || said.endsWith(':') || said.endsWith('?') || /\[NEEDS CLARIFICATION/i.test(requirement.text))
    return
  if (untestableBecause(requirement.text) !== null) return
  if (isPlain) {
    if (document.requirements.find((r) => r.kind === 'functional' && r.modal === null) === requirement)
      context.report(
        'requirement-without-modal',
        firstLine(requirement.place, context.textOf(document)),
        'Most requirements of this file say none of MUST, SHALL, SHOULD and MAY: nobody knows which of them bind.',
        'Write "System MUST ..." where it binds, SHOULD where it may be left out with a reason.',
        { key: 'plain', severity: 'note' },
      )
    return
  }
  context.report(
    'requirement-without-modal',
    firstLine(requirement.place, context.textOf(document)),
    `${requirement.id.written} says none of MUST, SHALL, SHOULD and MAY: nobody knows whether it binds.`,
    'Write "System MUST ..." where it binds, SHOULD where it may be left out with a reason.',
    { key: requirement.id.id },
  )
}

/** Where the others of a file have ids, those without are forgotten ones. */
function missingIds(context: LintContext, document: SpecDocument): void {
  if (document.format !== 'spec-kit') return
  const functional = document.requirements
    .map((requirement, index) => ({ requirement, index }))
    .filter(({ requirement: r }) => r.kind === 'functional' && !r.withdrawn)
  const numbered = functional.filter(({ requirement: r }) => /^FR-\d{3}$/.test(r.id?.id ?? ''))
  if (numbered.length * 2 < functional.length) return
  let next = Math.max(0, ...numbered.map(({ requirement: r }) => Number(r.id?.id.slice(3))))
  const text = context.textOf(document)
  for (const { requirement, index } of functional) {
    if (requirement.id !== null || requirement.modal === null) continue
    next += 1
    const id = `FR-${String(next).padStart(3, '0')}`
    const made = addRequirementId(document, text, index, id)
    context.report(
      'requirement-without-id',
      firstLine(requirement.place, text),
      'The requirement has no id: no task, test or checklist can name it.',
      `Give it the next free one, ${id}.`,
      { edits: made.ok ? made.value : null },
    )
  }
}
