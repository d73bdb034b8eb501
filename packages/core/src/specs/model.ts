/**
 * The one model for every format of specification that Gatehouse reads. Readers fill it, rules and evidence ask it, edits write back by its
 * places. It holds what the file says and how sure we are, never what ought to be there: that is the linter's.
 *
 * Positions: lines and columns count from 1, columns in UTF-16 code units; `start` and `end` are UTF-16 offsets from 0 into the text exactly as
 * it was given (a BOM counts as one), end exclusive. `byteOffset` in `source.ts` turns them into UTF-8 bytes.
 * Lists are in the order of the file and keep duplicates. An index that points at another item of the same document is its place in that list.
 */

/** `strict`: written as the format's own grammar says. `tolerant`: understood, but written in another way. */
export type Confidence = 'strict' | 'tolerant'

/** The words of a text as a union of literals. */
type Words<T extends string> = T extends `${infer Head} ${infer Rest}` ? Head | Words<Rest> : T

export interface Place {
  readonly path: string
  readonly line: number
  readonly column: number
  readonly endLine: number
  /** Exclusive: the column after the last unit. */
  readonly endColumn: number
  readonly start: number
  readonly end: number
}

/** `kiro` is requirements.md, design.md and tasks.md in a folder of `.kiro/specs`. `story` is plain Markdown, `issue` the body of a forge's issue. */
export const SPEC_FORMATS = ['spec-kit', 'openspec', 'kiro', 'agent', 'task-spec', 'story', 'issue', 'unknown'] as const
export type SpecFormat = (typeof SPEC_FORMATS)[number]

/**
 * spec-kit and Kiro: spec to contract (Kiro's requirements.md is `spec`, its design.md `design`). OpenSpec: capability to project-notes, and tasks.
 * `.agent`: story to instruction. `settings` are a tool's own: feature.json, .openspec.yaml. `contract`, `research` and the like have free headings.
 */
export type DocumentKind =
  Words<'spec plan tasks constitution checklist research data-model quickstart contract capability delta proposal design project-notes story runbook agent-plan journey adr exception rule agents instruction task-spec checks issue settings template other'>

/** What a line was taken for. `legend` explains a notation and is no task; `code` is inside a fence; `separator` is `---` and the like. */
export type LineRole =
  Words<'blank front-matter heading field status requirement scenario step criterion task check legend principle clarification file dependency item prose quote table code comment separator data unknown'>

/** Every line of a file has exactly one. `unread` lines are kept as text and reported: no reader understood them. */
export interface LineReading {
  readonly confidence: Confidence | 'unread'
  readonly role: LineRole
}

export interface UnreadLine {
  readonly place: Place
  /** Kebab-case: why it was not read. */
  readonly reason: Words<'unclosed-fence unclosed-comment unclosed-front-matter not-text line-too-long outside-of-requirement unknown-kind invalid-data unknown-key'>
  readonly text: string
}

export type BoxState = 'open' | 'done' | 'partial' | 'dropped' | 'unknown'

/** A checkbox as written; `place` is the one character (or none) between the brackets, so that a tick replaces exactly it. */
export interface Box {
  readonly mark: string
  /** ` ` open, `x` done, `~` and `/` partial, `-` dropped; any other mark is unknown. */
  readonly state: BoxState
  readonly place: Place
}

/** Every line that looks like a checkbox (`- [x] ...`, any bullet, any mark), wherever it stands, and what it was taken for. */
export interface CheckboxLine {
  readonly line: number
  readonly confidence: Confidence | 'unread'
  readonly as: Words<'task criterion check clarification requirement legend code comment quote data none'>
}

/** An identifier as a document writes it. */
export interface WrittenId {
  /** Compared form: upper case, ASCII dashes, no decoration (`fr–001` is `FR-001`). Digits stay as they are. */
  readonly id: string
  readonly written: string
  /** Of the identifier alone, without brackets, asterisks or colon. */
  readonly place: Place
}

/** What all items share. `section` is the index of the innermost section, -1 before the first heading. */
export interface Item {
  /** From the first to the last line that belongs to it, continuation lines included. */
  readonly place: Place
  readonly confidence: Confidence
  /** Kebab-case names of the ways in which it departs from the grammar; empty when strict. */
  readonly deviations: readonly string[]
  readonly section: number
}

export interface Section {
  /** 1 to 6. */
  readonly level: number
  /** Without hashes, decoration, trailing *(mandatory)* and emoji: for comparing, see `name`. */
  readonly title: string
  /** Lower case, letters, digits and single blanks only. */
  readonly name: string
  /**
   * Which section of the format this is, whatever its wording or language: `requirements`, `functional-requirements`, `success-criteria`,
   * `acceptance-criteria`, `user-story` ... null when the format does not know it. See SECTION_KEYS in `section-keys.ts`.
   */
  readonly key: string | null
  readonly parent: number
  /** The heading line. */
  readonly place: Place
  /** The last line that belongs to it, sub-sections included. */
  readonly lastLine: number
  /** True when nothing but blanks and comments stands between this heading and its end. */
  readonly empty: boolean
  readonly confidence: Confidence
}

/** `**Status**: Draft`, `Key: value` lines, front matter keys and the form fields of an issue. */
export interface Field {
  /** Lower case with `_` for blanks. */
  readonly key: string
  readonly value: string
  readonly place: Place
  readonly valuePlace: Place
  readonly confidence: Confidence
  readonly source: 'bold' | 'plain' | 'front-matter' | 'section' | 'table' | 'data'
}

export interface Status {
  readonly value: string
  /** Upper case with `_`: DRAFT, IN_PROGRESS, COMMITTED, ACCEPTED ... */
  readonly normal: string
  readonly place: Place
  readonly confidence: Confidence
}

export type RequirementKind =
  | 'functional'
  | 'non-functional'
  | 'success'
  | 'capability'
  | 'entity'
  | 'assumption'
  | 'other'
export type DeltaOperation = 'added' | 'modified' | 'removed' | 'renamed'

export interface Requirement extends Item {
  /** null where the document gives none. In OpenSpec the name is the identity: `id` is null, `title` is the name. */
  readonly id: WrittenId | null
  readonly kind: RequirementKind
  /** OpenSpec's name, or a bold lead; '' where there is none. */
  readonly title: string
  readonly titlePlace: Place | null
  /** Everything it says, lines joined with a newline, decoration kept. */
  readonly text: string
  /** SHALL, MUST, SHOULD ... as found in the text, upper case; null without one. */
  readonly modal: string | null
  /** Where it is written as a checkbox. */
  readonly box: Box | null
  readonly operation: DeltaOperation | null
  /** The other name of a renamed requirement: `title` is the old name, this the new one. */
  readonly renamedTo: string | null
  /** Struck out, or marked as removed, deprecated or superseded. */
  readonly withdrawn: boolean
  /** Indices in `scenarios`. */
  readonly scenarios: readonly number[]
  /** Index in `stories` it is written under, or null. */
  readonly story: number | null
}

export type StepKeyword = 'given' | 'when' | 'then' | 'and' | 'but'
export interface ScenarioStep {
  readonly keyword: StepKeyword
  readonly text: string
  readonly place: Place
}

export interface Scenario extends Item {
  /** `US1/AC2` in spec-kit: story and running number; a written id where one is given. */
  readonly id: WrittenId | null
  /** Running number inside its owner, from 1. */
  readonly number: number
  readonly title: string
  readonly text: string
  readonly steps: readonly ScenarioStep[]
  /** Indices of its owner; at most one is not null. */
  readonly requirement: number | null
  readonly story: number | null
}

export interface Criterion extends Item {
  readonly id: WrittenId | null
  readonly title: string
  readonly text: string
  readonly box: Box | null
  readonly steps: readonly ScenarioStep[]
  /** It tells what must not happen. */
  readonly negative: boolean
  /** Of a document with several stories (Kiro), else null. */
  readonly story: number | null
}

/** `### User Story 1 - Title (Priority: P1)` of spec-kit, `### Requirement 1` with a user story of Kiro, the User Story section of an agent story. */
export interface UserStory extends Item {
  /** `US1`, made from the number where that is how the format counts; null without a number. */
  readonly id: string | null
  readonly number: number | null
  readonly title: string
  /** `P1` ...; null without. */
  readonly priority: string | null
  readonly text: string
  readonly scenarios: readonly number[]
  readonly hasIndependentTest: boolean
  readonly hasWhy: boolean
}

/** `task`: work to do. `check`: a question of a checklist. `approval`: a role's consent. `verification`: a step that proves. `done`: definition of done. */
export type TaskKind = 'task' | 'check' | 'approval' | 'verification' | 'done'

export interface Task extends Item {
  readonly id: WrittenId | null
  readonly kind: TaskKind
  /** null: written without a checkbox. */
  readonly box: Box | null
  /** The box's state; `unknown` without a box. */
  readonly state: BoxState
  /** What is to be done, without id and tags, continuation lines joined with a newline. */
  readonly text: string
  readonly parallel: boolean
  /** `US1`, from the task's label; null without. */
  readonly story: WrittenId | null
  /** Bracketed tags other than [P] and [USn]: `EXECUTOR: x`, a checklist's `Completeness`, `Spec §FR-001`. */
  readonly tags: readonly { readonly text: string; readonly place: Place }[]
  /** Blanks before the bullet, a tab counting to the next multiple of 4. */
  readonly indent: number
  /** Index in `tasks` of the item it is nested under. */
  readonly parent: number | null
  /** Index in `sections` of the phase it stands in (the section that groups tasks), -1 without. */
  readonly phase: number
  /** True for `*` optional tasks of Kiro and those that say "(optional)". */
  readonly optional: boolean
}

/** An item that a reference or dependency starts from. `document`: none in particular. */
export type ItemKind = Words<'requirement scenario criterion story task principle clarification section file document'>
export interface ItemRef {
  readonly kind: ItemKind
  /** In the document's list of that kind; 0 for `document`. */
  readonly index: number
}

/** `T014 (depends on T012, T013)`: from T014 to each of the two. A range is given once for each id in it. */
export interface Dependency {
  readonly from: ItemRef
  /** The id of the item that waits; null when it has none. */
  readonly fromId: string | null
  /** The id of what it waits for. */
  readonly to: string
  readonly kind: 'depends' | 'blocks'
  readonly place: Place
  readonly confidence: Confidence
}

export type ReferenceKind =
  Words<'requirement success task story scenario check section adr exception journey agent-story principle capability document issue'>

/** A mention of something by its identifier. `covers` where the form says so (a task naming FR-001, a checklist's `Spec §FR-001`). */
export interface Reference {
  readonly kind: ReferenceKind
  readonly id: string
  readonly written: string
  readonly place: Place
  readonly from: ItemRef
  /** `covers`: fulfils or checks it. `depends`: waits for it. `links`: a list of links. `mentions`: any other mention. */
  readonly relation: 'covers' | 'depends' | 'links' | 'mentions'
}

/** `[NEEDS CLARIFICATION: q]`, and answered questions `- Q: ... → A: ...`. */
export interface Clarification extends Item {
  readonly question: string
  readonly answer: string | null
  readonly open: boolean
  /** `2025-01-31` of `### Session 2025-01-31`. */
  readonly session: string | null
}

export interface Principle extends Item {
  /** As written: `I`, `1`, or null. */
  readonly number: string | null
  readonly title: string
  readonly text: string
}

export type FileAction = 'new' | 'modify' | 'delete' | 'rename' | 'mention'

/** A path named in a document: in code marks, a link, a runbook's `#### [MODIFY] path`, or a bare word with a known extension. */
export interface FileReference {
  readonly target: string
  /** `:12` or `#L12` behind the path. */
  readonly targetLine: number | null
  readonly action: FileAction
  readonly place: Place
  readonly from: ItemRef
  readonly confidence: Confidence
  /** In a runbook: the fence below it. */
  readonly edits: readonly SearchReplace[]
  readonly content: { readonly text: string; readonly place: Place } | null
}

/** One `<<<SEARCH ... === ... >>>` block; texts without the final newline. `complete` false: a part of the block is missing. */
export interface SearchReplace {
  readonly search: string
  readonly replace: string
  readonly place: Place
  readonly complete: boolean
}

/** A symbol of code named in code marks: `functionName()`, `Class.method`. */
export interface SymbolReference {
  readonly name: string
  readonly call: boolean
  readonly place: Place
  readonly from: ItemRef
}

/** A member of `agents.yaml`. */
export interface TeamMember {
  readonly role: string
  readonly name: string
  readonly description: string
  readonly responsibilities: readonly string[]
  readonly governanceChecks: readonly string[]
  readonly instruction: string
  readonly place: Place
}

export interface TableRow {
  /** Trimmed cells. */
  readonly cells: readonly string[]
  readonly place: Place
}
export interface Table {
  readonly header: readonly string[]
  readonly rows: readonly TableRow[]
  readonly section: number
  readonly place: Place
}

/** A defect of the file itself met while reading; not a lint finding. */
export interface ReadNote {
  readonly code: Words<'unclosed-fence unclosed-comment unclosed-front-matter not-text line-too-long invalid-yaml invalid-json unknown-kind no-title'>
  readonly detail: string
  readonly place: Place
}

export interface SpecDocument {
  readonly path: string
  readonly format: SpecFormat
  readonly kind: DocumentKind
  readonly confidence: Confidence
  /** A template with placeholders, or an archived change: read, but nothing of it is promised. */
  readonly template: boolean
  readonly archived: boolean
  /** The document's own id: `INFRA-180`, `ADR-022`, a task spec's id; null without one. */
  readonly id: WrittenId | null
  readonly title: string
  readonly titlePlace: Place | null
  readonly status: Status | null
  readonly fields: readonly Field[]
  readonly sections: readonly Section[]
  readonly stories: readonly UserStory[]
  readonly requirements: readonly Requirement[]
  readonly scenarios: readonly Scenario[]
  readonly criteria: readonly Criterion[]
  readonly tasks: readonly Task[]
  readonly dependencies: readonly Dependency[]
  readonly references: readonly Reference[]
  readonly clarifications: readonly Clarification[]
  readonly principles: readonly Principle[]
  readonly files: readonly FileReference[]
  readonly symbols: readonly SymbolReference[]
  readonly tables: readonly Table[]
  readonly team: readonly TeamMember[]
  readonly checkboxes: readonly CheckboxLine[]
  /** One for each line of the file, in order: index 0 is line 1. A final newline begins no further line; an empty file has no lines. */
  readonly lines: readonly LineReading[]
  readonly unread: readonly UnreadLine[]
  readonly notes: readonly ReadNote[]
}

/** Total: any text gives a document, every line is classified once, in time linear in the text. See `read.ts`. */
export type ReadSpec = (path: string, text: string) => SpecDocument
