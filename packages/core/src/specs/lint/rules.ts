/** Every rule once: its id is stable, its page is docs/reference/spec-rules/<id>.md, and the examples there are its tests. */
export type Severity = 'error' | 'warning' | 'note'
export const SEVERITIES = ['error', 'warning', 'note'] as const satisfies readonly Severity[]

export interface RuleRow {
  /** What it finds unless the configuration says otherwise; a rule may report a weaker case as weaker. */
  readonly severity: Severity
  /** One line, without a full stop. */
  readonly title: string
}

const row = (severity: Severity, title: string): RuleRow => ({ severity, title })

export const RULES = {
  // what the file holds
  'unclosed-block': row('error', 'A fence, comment or front matter is opened and never closed'),
  'unread-line': row('note', 'A line that no reader understands'),
  'invalid-data': row('error', 'A data file cannot be parsed'),
  'missing-field': row('error', 'A task spec lacks a required field'),
  'missing-section': row('warning', 'A document lacks a section of its format'),
  'empty-section': row('warning', 'A section of the format is there and says nothing'),
  'template-text': row('warning', "The template's own text was left in"),
  'missing-artefact': row('warning', 'A document stands without the one it builds on'),
  // requirements
  'vague-requirement': row('warning', 'A requirement uses a word without a measure'),
  'untestable-requirement': row('warning', 'No test could decide whether a requirement is met'),
  'requirement-without-modal': row('warning', 'A requirement does not say MUST, SHALL, SHOULD or MAY'),
  'modal-lower-case': row('error', 'OpenSpec counts SHALL and MUST only in capitals'),
  'requirement-without-id': row('note', 'A requirement has no id, in a file whose others have'),
  'requirement-without-scenario': row('error', 'An OpenSpec requirement has no scenario'),
  'story-without-acceptance': row('warning', 'A user story says nothing that would show it done'),
  'scenario-without-steps': row('warning', 'A scenario lacks Given, When or Then'),
  // clarifications
  'unresolved-clarification': row('warning', 'A question to clarify is still open'),
  'too-many-clarifications': row('warning', 'A specification has more open questions than it may carry'),
  // identifiers and references
  'duplicate-id': row('error', 'An identifier is given twice'),
  'unknown-reference': row('error', 'A reference names what does not exist'),
  'requirement-without-task': row('warning', 'No task names a requirement'),
  'requirements-untraced': row('note', 'The tasks name hardly any requirement'),
  'story-without-task': row('warning', 'No task carries the label of a user story'),
  'task-without-requirement': row('warning', 'A task names no requirement, where the others do'),
  // dependencies
  'circular-dependency': row('error', 'Tasks wait for one another in a circle'),
  'impossible-dependency': row('warning', 'A task or phase waits for what comes later, or was dropped'),
  'done-before-dependency': row('warning', 'A task is ticked and what it depends on is open'),
  'done-before-subtask': row('warning', 'A task is ticked and a part of it is open'),
  // constitution
  'constitution-check-missing': row('warning', 'A plan passes by the constitution'),
  'constitution-gate-open': row('warning', 'A gate of the constitution is open and work went on'),
  'constitution-principle-unaddressed': row('note', 'The constitution check leaves a binding principle out'),
  'constitution-tests-missing': row('warning', 'The constitution demands tests first and no task writes one'),
  // status
  'status-behind': row('warning', 'The status says open and all tasks are done'),
  'status-ahead': row('error', 'The status says done and tasks are open'),
  'unknown-status': row('warning', 'A status is none of its format'),
  'runbook-before-story': row('error', 'A runbook is accepted before its story is committed'),
  'change-not-archived': row('note', 'All tasks of a change are done and it is not archived'),
  // what is open at the same time
  'overlapping-changes': row('warning', 'Two open changes change one requirement'),
  'overlapping-files': row('note', 'Two open changes or features work on one file or symbol'),
  // OpenSpec deltas
  'delta-unknown-requirement': row('error', 'A delta changes a requirement that the capability does not have'),
  'delta-requirement-exists': row('error', 'A delta adds a requirement that the capability has already'),
  // tasks of spec-kit
  'task-without-id': row('note', 'A task has no id, in a file whose others have'),
  'task-format': row('note', "A task is written another way than spec-kit's own"),
  'task-without-file': row('note', 'A task that writes code names no file'),
  'story-label-missing': row('warning', 'A task in the phase of a story lacks its label'),
  'story-label-misplaced': row('warning', 'A task carries the label of a story where it does not belong'),
  // runbooks
  'search-block-incomplete': row('error', 'A SEARCH block of a runbook lacks a part'),
  'runbook-test-missing': row('warning', 'A runbook adds source and no test'),
  'runbook-changelog-missing': row('note', 'A runbook changes source and leaves the changelog alone'),
  'runbook-impact-incomplete': row('warning', "A runbook touches files that its story's impact does not name"),
} as const satisfies Readonly<Record<string, RuleRow>>

export type RuleId = keyof typeof RULES

export function isRuleId(text: string): text is RuleId {
  return Object.hasOwn(RULES, text)
}

/** All ids, in the order of the table. */
export const RULE_IDS = Object.keys(RULES) as RuleId[]

/** How grave, 0 the gravest: for sorting and for comparing with a threshold. */
export function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity)
}
