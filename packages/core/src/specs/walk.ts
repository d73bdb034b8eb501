import type { Block } from './blocks.ts'
import { codeSpans } from './code-spans.ts'
import { dependencyPhrases, numberedReferences } from './dependency-phrases.ts'
import type { Draft, DocumentDraft } from './draft.ts'
import { findIds, normalId, type FoundId } from './identifiers.ts'
import { findMarkers, readInline } from './inline.ts'
import type * as m from './model.ts'
import { comparedTitle, isKnownSection, plainTitle, sectionKey } from './section-keys.ts'
import type { Source } from './source.ts'

/** An item whose end is not reached yet. */
export interface Open {
  readonly item: { place: m.Place; text?: string }
  readonly ref: m.ItemRef
  readonly first: number
  /** Index in the first line where its text begins. */
  readonly from: number
  /** Columns of a list item; -1 for one that a heading opened. */
  readonly indent: number
  /** Of the heading, 0 for a list item. */
  readonly level: number
  /** The last line of its own text, once a part with a text of its own began. */
  textUntil: number
}

interface OpenSection {
  readonly index: number
  readonly level: number
  /** A bold line such as `**Acceptance Scenarios**:` opened it. */
  readonly label: boolean
}

const TO_REFERENCE = new Set<m.ItemKind>(['requirement', 'scenario', 'criterion', 'story', 'task', 'clarification'])
const COVERED = new Set<m.ReferenceKind>(['requirement', 'success', 'story', 'scenario'])
/** Identifiers of one document that are written out from ranges. */
const RANGED_MAX = 20_000
const LINKS = new Set(['linked-adrs', 'linked-journeys', 'linked-stories'])

function boxedIds(blocks: readonly Block[]): Set<string> {
  const found = new Set<string>()
  for (const { kind, box, text } of blocks) {
    if (kind !== 'item' || !box) continue
    const id = /^[^A-Za-z\d]{0,8}([A-Za-z]{1,8}-?\d{1,6}[\w.-]{0,8})(?<![.-])/.exec(
      text.slice(box.after, box.after + 60),
    )?.[1]
    if (id !== undefined) found.add(normalId(id))
  }
  return found
}

/** The state of reading one Markdown document: which section and which items are open. */
export class Walk {
  readonly draft: DocumentDraft
  readonly source: Source
  readonly blocks: readonly Block[]
  /** Prefixes of identifiers that lead at least two checkbox lines of this document. */
  readonly prefixes: ReadonlySet<string>
  /** Some line is a task with a checkbox: tables and bare lines then only tell of tasks. */
  readonly hasBoxedTasks: boolean
  /** The identifiers that lead lines with a checkbox. */
  readonly boxed: ReadonlySet<string>
  readonly open: Open[] = []
  readonly scopes: 'none' | 'any'
  readonly #sections: OpenSection[] = []
  /** The last line that was not blank. */
  lastContent = 0
  /** True when the line before was blank. */
  afterBlank = false
  #ranged = 0
  fence: { edits: m.SearchReplace[]; first: number; file: Draft<m.FileReference> | null } | null = null

  constructor(draft: DocumentDraft, blocks: readonly Block[], prefixes: ReadonlySet<string>) {
    this.draft = draft
    this.source = draft.source
    this.blocks = blocks
    this.prefixes = prefixes
    this.boxed = boxedIds(blocks)
    this.hasBoxedTasks = blocks.some(
      ({ kind, box, text }) =>
        kind === 'item' && box !== null && /\bT[-\u2010-\u2015]?\d/.test(text.slice(box.after, box.after + 40)),
    )
    this.scopes = draft.format === 'agent' || draft.format === 'story' || draft.format === 'issue' ? 'any' : 'none'
  }

  get section(): number {
    return this.#sections.at(-1)?.index ?? -1
  }

  /** Keys of the open sections, innermost first. */
  keys(): (string | null)[] {
    return this.#sections.map((s) => this.draft.sections[s.index]?.key ?? null).reverse()
  }

  /** Keys of the open sections that a heading of this level stands in. */
  keysAbove(level: number): (string | null)[] {
    return this.#sections.filter((s) => s.level < level).map((s) => this.draft.sections[s.index]?.key ?? null)
  }

  /** How sure we are of free text here. */
  prose(): m.Confidence {
    const section = this.draft.sections[this.section]
    return section?.confidence ?? 'strict'
  }

  /** Opens a section; closes what it ends. Returns its index. */
  openSection(block: Block, level: number, key: string | null, confidence: m.Confidence, label: boolean): number {
    this.closeItems(block.no)
    this.closeHolders(level)
    this.closeSections(level, block.no)
    const written = block.text.slice(block.from, block.to)
    const title = plainTitle(written)
      .replace(/[:：]$/, '')
      .trim()
    const parent = this.section
    const above = this.draft.sections[parent]
    if (above) above.empty = false
    const index = this.draft.sections.length
    const place = this.source.at(block.no, 0, block.text.trimEnd().length)
    const last = this.source.lines.length
    this.draft.sections.push({
      level,
      title,
      name: comparedTitle(title),
      key,
      parent,
      place,
      lastLine: last,
      empty: true,
      confidence,
    })
    this.#sections.push({ index, level, label })
    return index
  }

  /** Ends a label's section where another label begins. */
  closeLabel(no: number): void {
    const top = this.#sections.at(-1)
    if (top?.label) this.closeSections(top.level, no)
  }

  get level(): number {
    return this.#sections.findLast((s) => !s.label)?.level ?? 0
  }

  closeSections(level: number, no: number): void {
    for (let top = this.#sections.at(-1); top && top.level >= level; top = this.#sections.at(-1)) {
      const section = this.draft.sections[top.index]
      if (section) section.lastLine = Math.max(section.place.line, no - 1)
      this.#sections.pop()
    }
  }

  /** Every line that is not blank passes here. */
  content(no: number): void {
    const section = this.draft.sections[this.section]
    if (section && section.place.line !== no) section.empty = false
    this.lastContent = no
  }

  push(open: Omit<Open, 'textUntil'>): void {
    const parent = this.open.at(-1)
    if (parent && parent.textUntil === 0) parent.textUntil = Math.max(parent.first, this.lastContent)
    this.open.push({ ...open, textUntil: 0 })
  }

  /** Closes list items that are as far to the right as a new one, or all of them. */
  closeItems(_no: number, indent = 0): void {
    for (let top = this.open.at(-1); top && top.level === 0 && top.indent >= indent; top = this.open.at(-1)) this.pop()
  }

  /** Closes what headings of this level or deeper ones opened. */
  closeHolders(level: number): void {
    for (let top = this.open.at(-1); top && (top.level === 0 || top.level >= level); top = this.open.at(-1)) this.pop()
  }

  pop(): void {
    const top = this.open.pop()
    if (!top) return
    const last = Math.max(top.first, this.lastContent)
    const { item } = top
    item.place = this.source.span(
      top.first,
      item.place.column - 1 - this.#shift(top.first),
      last,
      this.source.raw(last).trimEnd().length,
    )
    if (item.text !== undefined) item.text = this.textOf(top, top.textUntil === 0 ? last : top.textUntil)
  }

  #shift(no: number): number {
    return no === 1 && this.source.text.charCodeAt(0) === 0xfeff ? 1 : 0
  }

  textOf(open: { first: number; from: number }, last: number): string {
    const parts: string[] = []
    for (let no = open.first; no <= last; no += 1) {
      const block = this.blocks[no - 1]
      const text = block && block.kind !== 'lost' && block.kind !== 'comment' ? block.text : ''
      parts.push(
        no === open.first ? text.slice(open.from).trim() : block?.kind === 'code' ? text.trimEnd() : text.trim(),
      )
    }
    return parts.join('\n').trim()
  }

  /** The innermost open item, else the section, else the document. */
  owner(): m.ItemRef {
    const top = this.open.at(-1)
    if (top) return top.ref
    return this.section >= 0 ? { kind: 'section', index: this.section } : { kind: 'document', index: 0 }
  }

  /** Opens the section that a heading or a label names. */
  headingKey(block: Block): { key: string | null; title: string; name: string } {
    const title = plainTitle(block.text.slice(block.from, block.to))
    const name = comparedTitle(title)
    return { key: sectionKey(name), title, name }
  }

  isKnown(key: string | null): boolean {
    return isKnownSection(this.draft.format, this.draft.kind, key)
  }

  /** Reads what a line mentions from an index on: identifiers, files, symbols, open questions, waits. */
  scan(block: Block, from: number, owner: m.ItemRef = this.owner()): void {
    const text = from === 0 ? block.text : ' '.repeat(from) + block.text.slice(from)
    if (text.trim() === '') return
    const ids = this.#bounded(findIds(text, this.scopes))
    const key = this.keys()[0] ?? null
    const waits = this.#waits(block.no, text, ids, owner, key)
    this.#references(block.no, ids, owner, key, waits)
    const inline = readInline(text)
    for (const file of inline.files)
      this.draft.files.push({
        target: file.target,
        targetLine: file.line,
        action: 'mention',
        place: this.source.at(block.no, file.from, file.to),
        from: owner,
        confidence: file.sure ? 'strict' : 'tolerant',
        edits: [],
        content: null,
      })
    for (const symbol of inline.symbols)
      this.draft.symbols.push({
        name: symbol.name,
        call: symbol.call,
        place: this.source.at(block.no, symbol.from, symbol.to),
        from: owner,
      })
    this.#markers(block, text)
    if (this.draft.kind === 'tasks' && owner.kind === 'task') {
      for (const { id, from: at, to } of numberedReferences(text))
        this.draft.references.push({
          kind: 'requirement',
          id,
          written: id,
          place: this.source.at(block.no, at, to),
          from: owner,
          relation: 'covers',
        })
    }
  }

  /** Ranges stand for many identifiers each: beyond a number that no file needs only their ends are kept. */
  #bounded(ids: readonly FoundId[]): readonly FoundId[] {
    if (!ids.some((id) => id.ranged)) return ids
    return ids.filter((id) => !id.ranged || (this.#ranged += 1) <= RANGED_MAX)
  }

  #references(
    no: number,
    ids: readonly FoundId[],
    owner: m.ItemRef,
    key: string | null,
    waits: ReadonlySet<string>,
  ): void {
    for (const id of ids) {
      const covers = TO_REFERENCE.has(owner.kind) && COVERED.has(id.kind) && owner.kind !== id.kind
      this.draft.references.push({
        kind: id.kind,
        id: id.id,
        written: id.written,
        place: this.source.at(no, id.from, id.to),
        from: owner,
        relation: waits.has(id.id)
          ? 'depends'
          : covers
            ? 'covers'
            : key !== null && LINKS.has(key)
              ? 'links'
              : 'mentions',
      })
    }
  }

  /** Returns the identifiers that something waits for. */
  #waits(no: number, text: string, ids: readonly FoundId[], owner: m.ItemRef, key: string | null): Set<string> {
    const targets = new Set<string>()
    const listed =
      owner.kind !== 'task' && this.draft.kind === 'tasks' && (key === 'dependencies' || key === 'parallel')
    if (owner.kind !== 'task' && !listed) return targets
    for (const phrase of dependencyPhrases(text, ids, listed)) {
      const place = this.source.at(no, phrase.at, phrase.end)
      const own = owner.kind === 'task' ? (this.draft.tasks[owner.index]?.id?.id ?? null) : null
      const from: m.ItemRef = phrase.from === null ? owner : { kind: 'document', index: 0 }
      this.draft.dependencies.push({
        from,
        fromId: phrase.from ?? own,
        to: phrase.to,
        kind: phrase.kind,
        place,
        confidence: phrase.sure && !listed ? 'strict' : 'tolerant',
      })
      targets.add(phrase.to)
    }
    return targets
  }

  #markers(block: Block, text: string): void {
    const markers = findMarkers(text)
    if (markers.length === 0) return
    const code = codeSpans(block.text)
    for (const marker of markers) {
      // In code marks it is the marker's name, not a question.
      if (code.some((span) => span.from < marker.from && span.to > marker.from)) continue
      // "Use [NEEDS CLARIFICATION: specific question] for ..." of the older template tells how to ask.
      if (
        /^specific question$/i.test(marker.question) ||
        /\b(?:use|write|add|mark(?:ed)?(?: it)?(?: with| as)?)\W{1,4}$/i.test(text.slice(0, marker.from))
      )
        continue
      // "- [ ] No [NEEDS CLARIFICATION] markers remain" asks for none.
      if (
        marker.question === '' &&
        (block.box || /\b(?:no|zero|any|all|without)\W{1,4}$/i.test(text.slice(0, marker.from)))
      )
        continue
      this.draft.clarifications.push({
        place: this.source.at(block.no, marker.from, marker.to),
        confidence: marker.strict ? 'strict' : 'tolerant',
        deviations: marker.strict ? [] : ['other-wording'],
        section: this.section,
        question: marker.question,
        answer: null,
        open: true,
        session: null,
      })
    }
  }
}
