import type { TextEdit } from '../edits.ts'
import type { Place, SpecDocument } from '../model.ts'
import type { Feature, SpecProject } from '../project-model.ts'
import type { FindingDraft } from './finding.ts'
import type { LintConfig } from './lint-config.ts'
import { fitsPattern } from './path-pattern.ts'
import { RULES, type RuleId, type Severity } from './rules.ts'

export interface ReportMore {
  readonly edits?: readonly TextEdit[] | null
  /** What it is about, where the line's own words do not say it. */
  readonly key?: string
  /** A case that is weaker, or graver, than the rule's usual one. */
  readonly severity?: Severity
}

/** What every rule works with: the project, its texts, and where findings go. */
export class LintContext {
  readonly project: SpecProject
  readonly config: LintConfig
  /** Documents in which something is promised: no templates, nothing archived, nothing ignored. */
  readonly live: readonly SpecDocument[]
  /** The documents that this part of the project is linted for; the others stand beside, to be asked. */
  readonly own: ReadonlySet<SpecDocument>
  readonly #texts: ReadonlyMap<string, string>
  readonly #live: ReadonlySet<SpecDocument>
  readonly #take: (draft: FindingDraft) => void

  /** `take` is given each finding. `own`: paths of the documents to lint; by default all of them. */
  constructor(
    project: SpecProject,
    texts: ReadonlyMap<string, string>,
    config: LintConfig,
    take: (draft: FindingDraft) => void,
    own: ReadonlySet<string> | null = null,
  ) {
    this.project = project
    this.config = config
    this.#texts = texts
    this.#take = take
    const live = project.documents.filter(
      (d) => !d.template && !d.archived && !config.ignore.some((pattern) => fitsPattern(d.path, pattern)),
    )
    this.#live = new Set(live)
    this.own = own === null ? new Set(project.documents) : new Set(project.documents.filter((d) => own.has(d.path)))
    this.live = own === null ? live : live.filter((d) => own.has(d.path))
  }

  isLive(document: SpecDocument | null): document is SpecDocument {
    return document !== null && this.#live.has(document)
  }

  /** A document by its index; null for null and for what gives no findings. */
  at(index: number | null): SpecDocument | null {
    const document = index === null ? undefined : this.project.documents[index]
    return document && this.#live.has(document) ? document : null
  }

  /** A live document of this part. */
  ownAt(index: number | null): SpecDocument | null {
    const document = this.at(index)
    return document && this.own.has(document) ? document : null
  }

  /** Features with at least one live document, the three of them looked up. */
  features(): { feature: Feature; spec: SpecDocument | null; plan: SpecDocument | null; tasks: SpecDocument | null }[] {
    return this.project.features.map((found) => {
      const spec = this.at(found.spec)
      // A folder laid out like Kiro's keeps its plan in design.md.
      const design = found.others.find((i) => this.project.documents[i]?.kind === 'design') ?? null
      const format = spec?.format === 'kiro' ? 'kiro' : found.format
      const feature: Feature = { ...found, format, plan: found.plan ?? (format === 'kiro' ? design : null) }
      return { feature, spec, plan: this.at(feature.plan), tasks: this.at(feature.tasks) }
    })
  }

  /** Whether the project has its own template for a kind of document, and that does without the section. */
  isWaived(document: SpecDocument, keys: readonly string[]): boolean {
    const templates = this.project.documents.filter(
      (d) =>
        d.template &&
        d.format === document.format &&
        d.kind === document.kind &&
        d.sections.length > 1 &&
        document.path.startsWith(d.path.slice(0, Math.max(0, d.path.search(/\.specify\/|\.agent\//)))),
    )
    return (
      templates.length > 0 && !templates.some((d) => d.sections.some((s) => s.key !== null && keys.includes(s.key)))
    )
  }

  textOf(document: SpecDocument): string {
    return this.#texts.get(document.path) ?? ''
  }

  /** The words of a place. */
  slice(place: Place): string {
    return (this.#texts.get(place.path) ?? '').slice(place.start, place.end)
  }

  report(rule: RuleId, place: Place, message: string, fix: string, more: ReportMore = {}): void {
    const config = this.config.rules[rule]
    if (config?.severity === 'off' || config?.ignore.some((pattern) => fitsPattern(place.path, pattern))) return
    this.#take({
      rule,
      severity: config?.severity ?? more.severity ?? RULES[rule].severity,
      place,
      message,
      fix,
      edits: more.edits && more.edits.length > 0 ? more.edits : null,
      key: more.key ?? stableWords(this.slice(place)),
    })
  }
}

/** Words that stay when a line moves, is indented otherwise or is ticked. */
function stableWords(text: string): string {
  return text
    .slice(0, 400)
    .replaceAll(/\[[ xX~/-]?\]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** Where a finding about a whole document stands: its title, else its first line. */
export function top(document: SpecDocument): Place {
  return (
    document.titlePlace ?? {
      path: document.path,
      line: 1,
      column: 1,
      endLine: 1,
      endColumn: 1,
      start: 0,
      end: 0,
    }
  )
}

/** The first line of a place: a finding underlines a line, not a page. */
export function firstLine(place: Place, text: string): Place {
  if (place.line === place.endLine) return place
  const cut = text.slice(place.start, place.end).search(/[\r\n]/)
  if (cut < 0) return place
  return { ...place, endLine: place.line, endColumn: place.column + cut, end: place.start + cut }
}

/** `a, b and c`, at most `max` of them. */
export function listed(names: readonly string[], max = 5): string {
  const shown = names.slice(0, max)
  if (names.length > max) return `${shown.join(', ')} and ${names.length - max} more`
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`
}
