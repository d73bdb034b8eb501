import type { Place, SpecDocument } from '@gatehouse/core/specs/model'
import type { Definition } from '@gatehouse/core/specs/project-model'
import type { DocumentSymbol, SymbolInformation, SymbolKind } from 'vscode-languageserver/node'
import type { TextDocument } from 'vscode-languageserver-textdocument'
import { locationOf } from './navigation.ts'
import { rangeAt, type PositionEncoding } from './position-encoding.ts'
import type { SpecIndex } from './spec-index.ts'
import type { Workspace } from './workspace.ts'

/** LSP 3.17, "SymbolKind". Editors have no kinds for requirements: those that look apart are taken. */
const KIND = {
  section: 15, // String
  story: 5, // Class
  requirement: 11, // Interface
  scenario: 24, // Event
  criterion: 14, // Constant
  task: 6, // Method
  principle: 22, // EnumMember
  document: 1, // File
} as const satisfies Record<string, SymbolKind>

interface Part {
  readonly kind: keyof typeof KIND
  readonly name: string
  readonly detail: string
  readonly start: number
  readonly end: number
  readonly nameStart: number
  readonly nameEnd: number
}

const MOST_SYMBOLS = 500

/** The outline of a document: sections with the stories, requirements, scenarios, criteria and tasks that stand in them. */
export function outlineOf(index: SpecIndex, path: string, encoding: PositionEncoding): DocumentSymbol[] {
  const lines = index.lines(path)
  if (!lines) return []
  const parts = partsOf(index, path, lines)
  // What begins first, and of those the longest, holds the others.
  const sorted = parts.toSorted((a, b) => a.start - b.start || b.end - a.end)
  const top: DocumentSymbol[] = []
  const open: { part: Part; symbol: DocumentSymbol }[] = []
  for (const part of sorted) {
    for (let last = open.at(-1); last && last.part.end <= part.start; last = open.at(-1)) open.pop()
    const holder = open.at(-1)
    const end = holder ? Math.min(part.end, holder.part.end) : part.end
    const own = { ...part, end, nameEnd: Math.min(part.nameEnd, end) }
    const symbol: DocumentSymbol = {
      name: own.name,
      detail: own.detail,
      kind: KIND[own.kind],
      range: rangeAt(lines, own.start, own.end, encoding),
      selectionRange: rangeAt(lines, own.nameStart, own.nameEnd, encoding),
      children: [],
    }
    if (holder) holder.symbol.children?.push(symbol)
    else top.push(symbol)
    open.push({ part: own, symbol })
  }
  return top
}

/** For clients that know no tree. */
export function flatOutline(symbols: readonly DocumentSymbol[], uri: string, container = ''): SymbolInformation[] {
  return symbols.flatMap(({ name, kind, range, children }) => [
    { name, kind, location: { uri, range }, ...(container === '' ? {} : { containerName: container }) },
    ...flatOutline(children ?? [], uri, name),
  ])
}

function partsOf(index: SpecIndex, path: string, lines: TextDocument): Part[] {
  const document = index.document(path)
  if (!document) return []
  const parts: Part[] = []
  const add = (kind: Part['kind'], name: string, detail: string, place: Place, named: Place | null) => {
    const text = lines.getText()
    const shown = named ?? place
    const cut = text.slice(shown.start, shown.end).search(/[\r\n]/)
    const end = Math.max(place.end, shown.end)
    parts.push({
      kind,
      // An empty name is not allowed.
      name: clipped(name) || clipped(text.slice(place.start, place.end)) || kind,
      detail: clipped(detail),
      start: Math.min(place.start, shown.start),
      end,
      nameStart: shown.start,
      nameEnd: cut < 0 ? shown.end : shown.start + cut,
    })
  }
  for (const section of document.sections) {
    const last = lines.offsetAt({ line: section.lastLine, character: 0 })
    add('section', section.title, '', { ...section.place, end: Math.max(section.place.end, last) }, section.place)
  }
  // Kiro and spec-kit write a story as a heading: the section is there already, with its words.
  const headings = new Map(parts.map((part, i) => [part.start, i]))
  for (const story of document.stories) {
    const i = headings.get(story.place.start)
    const known = i === undefined ? undefined : parts[i]
    if (i !== undefined && known) parts[i] = { ...known, kind: 'story' }
    else add('story', [story.id, story.title].filter(Boolean).join(' '), story.priority ?? '', story.place, null)
  }
  for (const item of document.requirements) {
    const i = headings.get(item.place.start)
    const known = i === undefined ? undefined : parts[i]
    if (i !== undefined && known) parts[i] = { ...known, kind: 'requirement' }
    else add('requirement', item.id?.written ?? item.title, item.text, item.place, item.id?.place ?? item.titlePlace)
  }
  for (const item of document.scenarios) {
    const i = headings.get(item.place.start)
    const known = i === undefined ? undefined : parts[i]
    if (i !== undefined && known) parts[i] = { ...known, kind: 'scenario' }
    else add('scenario', item.id?.written ?? (item.title || `Scenario ${item.number}`), item.text, item.place, null)
  }
  for (const item of document.criteria)
    add('criterion', item.id?.written ?? item.text, item.text, item.place, item.id?.place ?? null)
  for (const item of document.principles) add('principle', item.title, '', item.place, null)
  for (const item of document.tasks) {
    const tick = item.box ? `[${item.box.mark}] ` : ''
    add('task', `${tick}${item.id?.written ?? item.text}`, item.text, item.place, item.id?.place ?? null)
  }
  return parts
}

function clipped(text: string): string {
  const [line = ''] = text.trim().split(/[\r\n]/, 1)
  return line.length > 120 ? `${line.slice(0, 119)}…` : line
}

/** Identified things of all roots whose id or words hold what was asked, letters in order; the best first. */
export function workspaceSymbols(workspace: Workspace, query: string): SymbolInformation[] {
  const found: { symbol: SymbolInformation; score: number }[] = []
  for (const index of workspace.indexes())
    for (const definition of index.definitions()) {
      const words = summaryOf(index, definition)
      const score = scoreOf(definition.id, words, query)
      if (score === null) continue
      const location = locationOf(workspace, index, definition)
      if (!location) continue
      const kind = KIND[definition.kind in KIND ? (definition.kind as keyof typeof KIND) : 'document']
      const name = words === '' ? definition.id : `${definition.id} ${clipped(words)}`
      found.push({ symbol: { name, kind, location, containerName: definition.scope || definition.place.path }, score })
      if (query === '' && found.length >= MOST_SYMBOLS) break
    }
  return found
    .toSorted((a, b) => a.score - b.score)
    .slice(0, MOST_SYMBOLS)
    .map(({ symbol }) => symbol)
}

/** The first line of what a definition says, without its id. */
export function summaryOf(index: SpecIndex, definition: Definition): string {
  const document = index.documentOf(definition)
  const [first = ''] = (document ? wordsOf(document, definition) : '').trim().split('\n', 1)
  return first
}

function wordsOf(document: SpecDocument, { kind, index }: Definition): string {
  if (kind === 'requirement') return document.requirements[index]?.text || document.requirements[index]?.title || ''
  if (kind === 'task') return document.tasks[index]?.text ?? ''
  if (kind === 'story') return document.stories[index]?.title ?? ''
  if (kind === 'scenario') return document.scenarios[index]?.text ?? ''
  if (kind === 'criterion') return document.criteria[index]?.text ?? ''
  if (kind === 'principle') return document.principles[index]?.title ?? ''
  return kind === 'document' ? document.title : ''
}

function scoreOf(id: string, words: string, query: string): number | null {
  const asked = query.trim().toLowerCase()
  const [lower, text] = [id.toLowerCase(), words.toLowerCase()]
  if (asked === '') return 4
  if (lower === asked) return 0
  if (lower.startsWith(asked)) return 1
  if (lower.includes(asked)) return 2
  if (`${lower} ${text}`.includes(asked)) return 3
  return isInOrder(asked, `${lower} ${text}`) ? 4 : null
}

/** The protocol wants loose matching: every letter of the query, in its order. */
function isInOrder(letters: string, text: string): boolean {
  let at = 0
  for (const letter of letters) {
    at = text.indexOf(letter, at) + 1
    if (at === 0) return false
  }
  return true
}
