import type * as m from './model.ts'
import type { Source } from './source.ts'

export type Draft<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] }

const READINGS = new Map<string, m.LineReading>()

/** One object for each pair: a file of 100,000 lines holds no 100,000 of them. */
function readingOf(confidence: m.LineReading['confidence'], role: m.LineRole): m.LineReading {
  const key = `${confidence} ${role}`
  const known = READINGS.get(key)
  if (known) return known
  const made = Object.freeze({ confidence, role })
  READINGS.set(key, made)
  return made
}

/** A document while it is read. */
export class DocumentDraft {
  readonly source: Source
  readonly format: m.SpecFormat
  readonly kind: m.DocumentKind
  confidence: m.Confidence = 'strict'
  template = false
  archived = false
  id: m.WrittenId | null = null
  title = ''
  titlePlace: m.Place | null = null
  status: m.Status | null = null
  readonly fields: m.Field[] = []
  readonly sections: Draft<m.Section>[] = []
  readonly stories: Draft<m.UserStory>[] = []
  readonly requirements: Draft<m.Requirement>[] = []
  readonly scenarios: Draft<m.Scenario>[] = []
  readonly criteria: Draft<m.Criterion>[] = []
  readonly tasks: Draft<m.Task>[] = []
  readonly dependencies: m.Dependency[] = []
  readonly references: m.Reference[] = []
  readonly clarifications: Draft<m.Clarification>[] = []
  readonly principles: Draft<m.Principle>[] = []
  readonly files: Draft<m.FileReference>[] = []
  readonly symbols: m.SymbolReference[] = []
  readonly tables: Draft<m.Table>[] = []
  readonly team: m.TeamMember[] = []
  readonly checkboxes: m.CheckboxLine[] = []
  readonly notes: m.ReadNote[] = []
  readonly unread: m.UnreadLine[] = []
  readonly #lines: (m.LineReading | undefined)[]

  constructor(source: Source, format: m.SpecFormat, kind: m.DocumentKind) {
    this.source = source
    this.format = format
    this.kind = kind
    this.#lines = Array.from({ length: source.lines.length })
  }

  /** Classifies a line. The first word counts; a line is never classified twice. */
  line(no: number, confidence: m.Confidence, role: m.LineRole): void {
    this.#lines[no - 1] ??= readingOf(confidence, role)
  }

  /** Classifies a line as unread and reports it. */
  lost(no: number, reason: m.UnreadLine['reason'], role: m.LineRole = 'unknown'): void {
    if (this.#lines[no - 1]) return
    this.#lines[no - 1] = readingOf('unread', role)
    const text = this.source.raw(no)
    this.unread.push({ place: this.source.whole(no), reason, text: text.length > 400 ? text.slice(0, 400) : text })
  }

  isRead(no: number): boolean {
    return this.#lines[no - 1] !== undefined
  }

  note(code: m.ReadNote['code'], detail: string, place: m.Place): void {
    this.notes.push({ code, detail, place })
  }

  setStatus(value: string, place: m.Place, confidence: m.Confidence): void {
    if (value === '') return
    this.status ??= { value, normal: normalStatus(value), place, confidence }
  }

  finish(): m.SpecDocument {
    // A line that no reader took is unread: nothing is dropped in silence.
    for (let no = 1; no <= this.#lines.length; no += 1) if (!this.isRead(no)) this.lost(no, 'unknown-kind')
    this.unread.sort((a, b) => a.place.line - b.place.line)
    this.checkboxes.sort((a, b) => a.line - b.line)
    return {
      path: this.source.path,
      format: this.format,
      kind: this.kind,
      confidence: this.confidence,
      template: this.template,
      archived: this.archived,
      id: this.id,
      title: this.title,
      titlePlace: this.titlePlace,
      status: this.status,
      fields: this.fields,
      sections: this.sections,
      stories: this.stories,
      requirements: this.requirements,
      scenarios: this.scenarios,
      criteria: this.criteria,
      tasks: this.tasks,
      dependencies: this.dependencies,
      references: this.references,
      clarifications: this.clarifications,
      principles: this.principles,
      files: this.files,
      symbols: this.symbols,
      tables: this.tables,
      team: this.team,
      checkboxes: this.checkboxes,
      lines: this.#lines as m.LineReading[],
      unread: this.unread,
      notes: this.notes,
    }
  }
}

/** `In Progress (since May)` is IN_PROGRESS. */
export function normalStatus(value: string): string {
  return value
    .slice(0, 200)
    .replaceAll(/[*_`[\]]|\p{Extended_Pictographic}|\uFE0F/gu, (c) => (c === '_' ? '_' : ''))
    .replace(/\s*(?:[(|,;:.]|[\u2010-\u2015]| - ).*$/s, '')
    .trim()
    .toUpperCase()
    .replaceAll(/[\s-]+/g, '_')
}

const STATES: Readonly<Record<string, m.BoxState>> = {
  '': 'open',
  ' ': 'open',
  x: 'done',
  X: 'done',
  '✓': 'done',
  '✔': 'done',
  '✅': 'done',
  '☑': 'done',
  v: 'done',
  V: 'done',
  '~': 'partial',
  '/': 'partial',
  '-': 'dropped',
}

export function boxState(mark: string): m.BoxState {
  const bare = mark.trim()
  return STATES[bare === '' ? ' ' : bare] ?? 'unknown'
}
