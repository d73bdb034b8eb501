import { readBlocks, type Block } from './blocks.ts'
import { DocumentDraft } from './draft.ts'
import { addFields, fieldsOf, isStatusKey, fieldKey, readFrontMatter } from './field-reader.ts'
import { addSteps, modalOf, stepsOf } from './gherkin.ts'
import { openFile, openScenario, readHeading } from './heading-reader.ts'
import { leadingId, normalId, prefixKind, type LeadingId } from './identifiers.ts'
import { addRequirement, addTask, readHead } from './item-reader.ts'
import { readDeltaItem, readItem, readStepParagraph, RENAME, SAYS_NONE } from './list-reader.ts'
import { modeOf } from './modes.ts'
import type * as m from './model.ts'
import { readFileBody } from './runbook-body.ts'
import { comparedTitle, plainTitle, sectionKey } from './section-keys.ts'
import type { Source } from './source.ts'
import { readTable } from './table-reader.ts'
import { Walk } from './walk.ts'

/** Reads Markdown of any kind into a draft. Total; linear in the text. */
export function readMarkdown(source: Source, format: m.SpecFormat, kind: m.DocumentKind): DocumentDraft {
  const draft = new DocumentDraft(source, format, kind)
  const blocks = readBlocks(source)
  const walk = new Walk(draft, blocks, commonPrefixes(blocks))
  for (const block of blocks) {
    readBlock(walk, block)
    walk.afterBlank = block.kind === 'blank'
  }
  walk.closeItems(blocks.length + 1)
  walk.closeHolders(0)
  walk.closeSections(0, source.lines.length + 1)
  settle(draft)
  noteLosses(draft, blocks)
  return draft
}

/** Prefixes that lead two checkbox lines or more with different numbers: this document's own way of counting. */
function commonPrefixes(blocks: readonly Block[]): Set<string> {
  const seen = new Map<string, string>()
  const found = new Set<string>()
  for (const { box, text } of blocks) {
    if (!box) continue
    const match = /^[*_`[(]{0,4}([A-Z]{1,8}(?:-[A-Z]{1,8})?)(-?\d{1,6})\b/.exec(text.slice(box.after, box.after + 40))
    if (!match) continue
    const prefix = normalId(match[1] as string)
    const digits = match[2] as string
    if (seen.has(prefix) && seen.get(prefix) !== digits && (digits.length > 1 || prefix.length < 3)) found.add(prefix)
    seen.set(prefix, digits)
  }
  return found
}

function readBlock(walk: Walk, block: Block): void {
  const { draft } = walk
  if (block.kind !== 'code' && block.kind !== 'fence') walk.fence = null
  switch (block.kind) {
    case 'blank':
      return draft.line(block.no, 'strict', 'blank')
    case 'comment':
      if (looksLikeBox(block.text)) draft.checkboxes.push({ line: block.no, as: 'comment', confidence: 'strict' })
      return draft.line(block.no, 'strict', 'comment')
    case 'front':
      return readFrontMatter(walk, block, block.no === 1)
    case 'heading':
      return readHeading(walk, block)
    case 'underline':
      return draft.line(block.no, 'strict', 'heading')
    case 'fence':
    case 'code':
      return readCode(walk, block)
    case 'rule':
      walk.closeItems(block.no)
      walk.closeLabel(block.no)
      return draft.line(block.no, 'strict', 'separator')
    case 'quote':
      return readQuote(walk, block)
    case 'table':
      return readTable(walk, block)
    case 'item':
      return readItemOrField(walk, block)
    case 'lost':
      return readLost(walk, block)
    case 'text':
      return readText(walk, block)
  }
}

function looksLikeBox(text: string): boolean {
  return /^\s*(?:[-*+]|\d{1,9}[.)])\s+\[[^\]\n]?\]/u.test(text.slice(0, 200))
}

function readLost(walk: Walk, block: Block): void {
  const { draft } = walk
  draft.lost(block.no, block.lost ?? 'not-text')
  if (looksLikeBox(walk.source.raw(block.no).slice(0, 200)))
    draft.checkboxes.push({ line: block.no, as: 'none', confidence: 'unread' })
}

function readCode(walk: Walk, block: Block): void {
  const { draft } = walk
  if (looksLikeBox(block.text)) draft.checkboxes.push({ line: block.no, as: 'code', confidence: 'strict' })
  draft.line(block.no, 'strict', 'code')
  if (block.kind === 'fence') {
    if (walk.fence) {
      readFileBody(walk, walk.fence.first, block.no)
      walk.fence = null
    } else {
      // An unindented fence ends the list above it.
      if (block.indent < 2) walk.closeItems(block.no)
      walk.fence = { first: block.no, edits: [], file: null }
    }
  }
  walk.content(block.no)
}

function readQuote(walk: Walk, block: Block): void {
  const { draft } = walk
  if (block.box) draft.checkboxes.push({ line: block.no, as: 'quote', confidence: 'tolerant' })
  // `> Status: Draft` below the title.
  if (walk.level <= 1 && draft.kind !== 'other') {
    const from = /^[\s>]*/.exec(block.text)?.[0].length ?? 0
    const fields = fieldsOf(block.text, from)
    if (fields[0]?.bold || isStatusKey(fieldKey(fields[0]?.name ?? ''))) addFields(walk, block, fields, 'tolerant')
  }
  walk.scan(block, 0)
  walk.content(block.no)
  if (draft.kind === 'other') return draft.lost(block.no, 'unknown-kind', 'quote')
  draft.line(block.no, block.box ? 'tolerant' : walk.prose(), 'quote')
}

/** `- **Status**: Draft` above the first section is a field, not an item. */
function readItemOrField(walk: Walk, block: Block): void {
  if (!block.box && walk.level <= 1) {
    const fields = fieldsOf(block.text, block.from)
    if (fields[0]?.bold || isStatusKey(fieldKey(fields[0]?.name ?? ''))) addFields(walk, block, fields, 'tolerant')
  }
  readItem(walk, block)
}

function readText(walk: Walk, block: Block): void {
  const { draft } = walk
  const top = walk.open.at(-1)
  // A bold name or an identifier at the margin begins something new, a blank line before it or not.
  const begins = block.indent === 0 && beginsAnew(walk, block)
  const isContinuation = top?.level === 0 && !begins && (!walk.afterBlank || block.indent >= 2)
  if (isContinuation) return readContinuation(walk, block, top.ref)
  walk.closeItems(block.no)
  if (readScenarioLine(walk, block)) return
  if (readLabel(walk, block)) return
  if (readStatusSection(walk, block)) return
  if (readLooseItem(walk, block)) return
  const fields = fieldsOf(block.text, block.from)
  const first = fields[0]
  if (first && (first.bold || isPlainField(walk, first.name))) {
    const known = first.bold || isStatusKey(fieldKey(first.name)) || fieldKey(first.name) === 'user_story'
    if (first.bold) walk.closeLabel(block.no)
    const confidence: m.Confidence = known && walk.prose() === 'strict' ? 'strict' : 'tolerant'
    addFields(walk, block, fields, confidence)
    walk.scan(block, 0)
    walk.content(block.no)
    return draft.line(block.no, confidence, isStatusKey(fieldKey(first.name)) ? 'status' : 'field')
  }
  if (readStepParagraph(walk, block)) return
  readSteps(walk, block)
  walk.scan(block, 0)
  walk.content(block.no)
  if (draft.kind === 'other') return draft.lost(block.no, 'unknown-kind', 'prose')
  const key = walk.keys()[0] ?? ''
  if (key === 'renamed-requirements' && RENAME.test(block.text.trim().replaceAll('**', '')))
    return readDeltaItem(walk, block)
  if (
    draft.kind === 'delta' &&
    !walk.open.some((o) => o.level > 0) &&
    /^(?:added|modified|removed|renamed)-/.test(key) &&
    !SAYS_NONE.test(block.text.trim())
  )
    return draft.lost(block.no, 'outside-of-requirement', 'prose')
  draft.line(block.no, walk.prose(), 'prose')
}

/** `**WHEN**: ...` as a paragraph below a scenario's heading is its step, not a field. */
function readScenarioLine(walk: Walk, block: Block): boolean {
  const top = walk.open.at(-1)
  if (top?.ref.kind !== 'scenario' || top.level === 0) return false
  const [first] = stepsOf(walk.source, block.no, block.text, block.from)
  if (!first || first.place.start !== (walk.source.lines[block.no - 1]?.start ?? 0) + block.from) return false
  readSteps(walk, block)
  walk.scan(block, 0, top.ref)
  walk.content(block.no)
  walk.draft.line(block.no, 'tolerant', 'step')
  return true
}

function beginsAnew(walk: Walk, block: Block): boolean {
  if (block.text.startsWith('**'))
    return fieldsOf(block.text, 0).length > 0 || /^\*\*[^*\n]{1,100}\*\*\s*$/.test(block.text)
  const id = leadingId(block.text, 0, walk.prefixes)
  if (id === null || prefixKind(id.prefix) === null) return false
  return /^\s?:/.test(block.text.slice(id.to)) || isBareTask(walk, block, id)
}

/** `T001 Write the reader`: a line of its own in a list of tasks that has no checkboxes. */
function isBareTask(walk: Walk, block: Block, id: LeadingId): boolean {
  if (walk.draft.kind !== 'tasks' || walk.hasBoxedTasks || prefixKind(id.prefix) !== 'task' || id.from !== 0)
    return false
  return /^[ \t]{1,4}(?:[\p{Lu}\p{Lo}`*[])/u.test(block.text.slice(id.to))
}

function isPlainField(walk: Walk, name: string): boolean {
  return (
    isStatusKey(fieldKey(name)) || (walk.level <= 1 && name.split(' ').length <= 3) || fieldKey(name) === 'user_story'
  )
}

function readContinuation(walk: Walk, block: Block, owner: m.ItemRef): void {
  readSteps(walk, block)
  // A criterion's parts may stand on lines of their own.
  walk.scan(block, 0, owner)
  walk.content(block.no)
  if (walk.draft.kind === 'other') return walk.draft.lost(block.no, 'unknown-kind', 'prose')
  walk.draft.line(block.no, walk.prose(), 'prose')
}

function readSteps(walk: Walk, block: Block): void {
  const top = walk.open.at(-1)
  if (top?.ref.kind !== 'scenario' && top?.ref.kind !== 'criterion') return
  const item = top.ref.kind === 'scenario' ? walk.draft.scenarios[top.ref.index] : walk.draft.criteria[top.ref.index]
  if (item) addSteps(walk, block, item.steps)
}

/** A line that is only a bold or plain name with a colon: a heading in all but form. */
function readLabel(walk: Walk, block: Block): boolean {
  const { draft } = walk
  const text = block.text.trim()
  if (text.length > 120) return false
  const bold = /^(\*\*|__)[^*_\n]{1,100}\1\s?[:：]?$|^(\*\*|__)[^*_\n]{1,100}[:：]\2$/.test(text)
  const plain = /^[\p{L}\p{N}][\p{L}\p{N} /&()-]{1,60}[:：]$/u.test(text)
  if (!bold && !plain) return false
  const name = comparedTitle(plainTitle(text))
  if (
    /^scenario \d{0,3}/.test(name) &&
    draft.format !== 'spec-kit' &&
    bold &&
    walk.keys().includes('openspec-requirement')
  )
    return openLabelScenario(walk, block)
  const key = sectionKey(name)
  const usable = key !== null && !(plain && !bold && walk.level > 1 && !/^acceptance|scenarios$/.test(key))
  if (!usable || key === 'user-story-heading' || key === 'phase') {
    if (bold) walk.closeLabel(block.no)
    return false
  }
  walk.closeLabel(block.no)
  const strict = draft.format === 'spec-kit' && key === 'acceptance-scenarios' && bold
  const open = walk.open.filter((o) => o.level > 0)
  const level = Math.min(6, Math.max(walk.level, open.at(-1)?.level ?? 0) + 1)
  const from = block.text.length - block.text.trimStart().length
  const shaped: Block = { ...block, from, to: block.text.trimEnd().length }
  walk.openSection(shaped, level, key, strict ? 'strict' : 'tolerant', true)
  walk.content(block.no)
  draft.line(block.no, strict ? 'strict' : 'tolerant', 'heading')
  return true
}

function openLabelScenario(walk: Walk, block: Block): boolean {
  const text = block.text
  const from = text.search(/\p{L}/u)
  const to = text.replace(/[\s*_:]+$/, '').length
  walk.closeHolders(5)
  openScenario(walk, { ...block, from, to, level: 5 }, walk.section)
  walk.content(block.no)
  walk.draft.line(block.no, 'tolerant', 'scenario')
  return true
}

/** `## State` and the word below it. */
function readStatusSection(walk: Walk, block: Block): boolean {
  const { draft } = walk
  const section = draft.sections[walk.section]
  if (section?.key !== 'status' || draft.status || block.text.trim().length > 200) return false
  const value = block.text.trim().replace(/^[*_`]+|[*_`]+$/g, '')
  const at = block.text.indexOf(value)
  const plain = fieldsOf(block.text, block.from)[0]
  if (plain) addFields(walk, block, [plain], 'tolerant')
  else draft.setStatus(value, walk.source.at(block.no, at, at + value.length), 'strict')
  walk.scan(block, 0)
  walk.content(block.no)
  draft.line(block.no, 'strict', 'status')
  return true
}

/** `**FR-001**: ...`, `T001 ...` or `[MODIFY] path` as a paragraph. */
function readLooseItem(walk: Walk, block: Block): boolean {
  const { draft } = walk
  if (
    draft.kind === 'runbook' &&
    /^[*`\s]{0,4}\[(?:MODIFY|NEW|DELETE)\]/.test(block.text.slice(0, 20)) &&
    openFile(walk, block, block.from, walk.section)
  ) {
    walk.content(block.no)
    draft.line(block.no, 'tolerant', 'file')
    return true
  }
  if (draft.kind !== 'spec' && draft.kind !== 'tasks') return false
  const id = leadingId(block.text, block.from, walk.prefixes)
  const kind = id ? prefixKind(id.prefix) : null
  const mode = modeOf(draft.format, draft.kind, walk.keys())
  const separated = id !== null && /^[\s*_`]{0,4}[:.\u2010-\u2015-]|^\*\*/.test(block.text.slice(id.to))
  if (
    draft.kind === 'spec' &&
    mode.of === 'requirement' &&
    separated &&
    (kind === 'requirement' || kind === 'success')
  ) {
    addRequirement(walk, block, mode.kind, readHead(walk, block, block.from), ['no-bullet'])
    walk.content(block.no)
    return true
  }
  if (
    draft.kind === 'tasks' &&
    mode.of === 'task' &&
    kind === 'task' &&
    id !== null &&
    (separated || /^\s*\[/.test(block.text.slice(id.to)) || isBareTask(walk, block, id))
  ) {
    addTask(walk, { ...block, indent: 0 }, 'task', block.from, ['no-bullet'])
    walk.content(block.no)
    return true
  }
  return false
}

/** What is known only at the end: obligations of whole texts, items that dependencies start from, references to oneself. */
function settle(draft: DocumentDraft): void {
  for (const requirement of draft.requirements) requirement.modal ??= modalOf(requirement.text.slice(0, 8000))
  const tasks = new Map<string, number>()
  for (const [index, task] of draft.tasks.entries()) if (task.id && !tasks.has(task.id.id)) tasks.set(task.id.id, index)
  for (const [i, dependency] of draft.dependencies.entries()) {
    const index = dependency.fromId === null ? undefined : tasks.get(dependency.fromId)
    if (dependency.from.kind === 'document' && index !== undefined)
      draft.dependencies[i] = { ...dependency, from: { kind: 'task', index } }
  }
  if (draft.title === '' && needsTitle(draft))
    draft.note(
      'no-title',
      'the document has no title: begin it with a heading of the first level',
      draft.source.whole(1),
    )
}

/** Issues have theirs elsewhere, and the files of a change need none. */
function needsTitle({ format, kind }: DocumentDraft): boolean {
  if (format === 'issue' || kind === 'other' || kind === 'template') return false
  return format !== 'openspec' || kind === 'capability'
}

function noteLosses(draft: DocumentDraft, blocks: readonly Block[]): void {
  const told = new Set<string>()
  for (const { lost, no } of blocks) {
    if (!lost || told.has(lost)) continue
    told.add(lost)
    draft.note(lost, `line ${no}: ${DETAILS[lost]}`, draft.source.whole(no))
  }
  const second = draft.source.raw(2)
  if (blocks[0]?.kind !== 'front' && draft.source.raw(1).trimEnd() === '---' && /^[A-Za-z_][\w-]{0,60}:/.test(second))
    draft.note(
      'unclosed-front-matter',
      'line 1: the front matter opened with --- is never closed',
      draft.source.whole(1),
    )
}

const DETAILS = {
  'unclosed-fence': 'the code fence opened here is never closed; all below it is code to Markdown, and was not read',
  'unclosed-comment': 'the comment opened here is never closed; all below it is hidden, and was not read',
  'not-text': 'the line holds a NUL or half of a surrogate pair and was not read',
  'line-too-long': 'the line is longer than 100,000 characters and was not read',
} as const
