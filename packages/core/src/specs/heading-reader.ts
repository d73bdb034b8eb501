import type { Block } from './blocks.ts'
import { addRequirement, addTask, readHead } from './item-reader.ts'
import { leadingId, prefixKind } from './identifiers.ts'
import { pathOf } from './inline.ts'
import { modalOf } from './gherkin.ts'
import { modeOf } from './modes.ts'
import type * as m from './model.ts'
import { comparedTitle, sectionKey } from './section-keys.ts'
import type { Walk } from './walk.ts'

const OPERATIONS: Readonly<Record<string, m.DeltaOperation>> = {
  'added-requirements': 'added',
  'modified-requirements': 'modified',
  'removed-requirements': 'removed',
  'renamed-requirements': 'renamed',
}
const FILE_ACTION = /^\s*\[?(MODIFY|NEW|DELETE|CREATE|ADD|REMOVE|UPDATE|RENAME|MODIFIED|DELETED)\]?[ \t:]+(.*)$/i
const ACTIONS: Readonly<Record<string, m.FileAction>> = {
  MODIFY: 'modify',
  MODIFIED: 'modify',
  UPDATE: 'modify',
  NEW: 'new',
  CREATE: 'new',
  ADD: 'new',
  DELETE: 'delete',
  DELETED: 'delete',
  REMOVE: 'delete',
  RENAME: 'rename',
}

/** `Requirement: ` and `Scenario: ` of OpenSpec, as its translations write them. */
const REQUIREMENT_LEAD =
  /^(?:requirement|requisito|requerimiento|exigence|anforderung|требование|需求|要求|要件|요구 ?사항)\s{0,3}[:：]\s{0,8}/i
const SCENARIO_LEAD =
  /^(?:scenario|escenario|cenário|scénario|szenario|сценарий|场景|場景|情境|シナリオ|시나리오)\s{0,3}(?:\d{1,3}\s{0,2})?[:：]\s{0,8}/i

/** Reads a heading: its section, and the item that it opens in this kind of document. */
export function readHeading(walk: Walk, block: Block): void {
  const { draft } = walk
  const { key: found, title } = walk.headingKey(block)
  const key = specialKey(walk, block, title) ?? found
  // A first heading of a lower level is a title only where it is no section of the form.
  if (
    draft.title === '' &&
    draft.titlePlace === null &&
    (block.level === 1 || (draft.sections.length === 0 && key === null && mayTitle(draft.format, draft.kind)))
  )
    return readTitle(walk, block, title)
  const known = walk.isKnown(key) || isFree(walk, block)
  const confidence: m.Confidence = known && !block.tolerant ? 'strict' : 'tolerant'
  const index = walk.openSection(block, block.level, key, confidence, false)
  statusHeading(walk, block)
  openItem(walk, block, key, title, index)
  draft.line(block.no, confidence, 'heading')
  walk.content(block.no)
  if (walk.open.at(-1)?.first !== block.no) walk.scan(block, block.from, { kind: 'section', index })
}

/** `## Status: Done`: the value stands in the heading itself. */
function statusHeading(walk: Walk, block: Block): void {
  const match =
    /^(?:\*\*)?(?:status|state|estado|statut|状态|狀態|ステータス|상태|статус)\s{0,2}[:：]\s{0,4}(?=\S)/i.exec(
      block.text.slice(block.from, block.to),
    )
  if (!match) return
  const at = block.from + match[0].length
  const value = block.text.slice(at, block.to).replace(/[*_`\s]+$/, '')
  walk.draft.setStatus(value, walk.source.at(block.no, at, at + value.length), 'tolerant')
}

/** Kinds whose files begin with a title; the others often begin with a section. */
function mayTitle(format: m.SpecFormat, kind: m.DocumentKind): boolean {
  return format !== 'openspec' && format !== 'issue' && kind !== 'tasks'
}

function readTitle(walk: Walk, block: Block, title: string): void {
  const { draft } = walk
  const id = leadingId(block.text, block.from, walk.prefixes)
  const scoped = /^([A-Z][A-Z0-9]{1,15}-\d{1,6})\b[ \t]*[:\u2010-\u2015-]?[ \t]*/.exec(block.text.slice(block.from))
  const bare = title
    .replace(
      /^(?:feature specification|feature spec|implementation plan|tasks|specification|story|feature|runbook|plan|checklist|requirements)\s*[:\u2010-\u2015-]\s*/i,
      '',
    )
    .trim()
  if (scoped) {
    const written = scoped[1] as string
    draft.id = { id: written, written, place: walk.source.at(block.no, block.from, block.from + written.length) }
    draft.title = title.slice(title.indexOf(written) + written.length).replace(/^[\s:\u2010-\u2015-]+/, '')
  } else {
    draft.title = bare === '' ? title : bare
    if (id && prefixKind(id.prefix))
      draft.id = { id: id.id, written: id.written, place: walk.source.at(block.no, id.from, id.to) }
  }
  draft.titlePlace = walk.source.at(block.no, block.from, block.to)
  const confidence: m.Confidence = block.level === 1 && !block.tolerant ? 'strict' : 'tolerant'
  walk.openSection(block, block.level, null, confidence, false)
  draft.line(block.no, confidence, 'heading')
  walk.content(block.no)
  if (!draft.id) walk.scan(block, block.from, { kind: 'document', index: 0 })
}

/** Sub-headings below a known section, and the free headings of phases, belong to the form. */
function isFree(walk: Walk, block: Block): boolean {
  const { format, kind } = walk.draft
  if (kind === 'tasks') return format !== 'spec-kit' || block.level >= 3
  if (kind === 'spec' || format === 'openspec') return false
  return block.level >= 3
}

function specialKey(walk: Walk, block: Block, title: string): string | null {
  const { format, kind } = walk.draft
  if (REQUIREMENT_LEAD.test(title) && format === 'openspec') return 'openspec-requirement'
  if (SCENARIO_LEAD.test(title)) return 'openspec-scenario'
  if (
    format === 'kiro' &&
    kind === 'spec' &&
    /^(?:requirement|requisito|requerimiento|anforderung|exigence|требование|需求|要件|要求|요구 ?사항)\s{0,4}\d/i.test(
      title,
    )
  )
    return 'kiro-requirement'
  if (kind === 'runbook' && namesFile(title)) return 'runbook-file'
  if (kind === 'runbook' && walk.keysAbove(block.level).includes('proposed-changes')) return 'runbook-component'
  if (kind === 'spec' && /\(priority:? ?P?\d\)/i.test(title) && block.level > 2) return 'user-story-heading'
  return null
}

function openItem(walk: Walk, block: Block, key: string | null, title: string, section: number): void {
  const { draft } = walk
  if (key === 'openspec-requirement') openOpenspecRequirement(walk, block, section)
  else if (key === 'openspec-scenario') openScenario(walk, block, section)
  else if (key === 'kiro-requirement') {
    const number = /(\d{1,5})/.exec(block.text.slice(block.from))
    const at = block.from + (number?.index ?? 0)
    const head = readHead(walk, { ...block, text: block.text }, block.to)
    const written = number?.[1] ?? ''
    addRequirement(
      walk,
      block,
      'functional',
      {
        ...head,
        writtenId: { id: written, written, place: walk.source.at(block.no, at, at + written.length) },
        after: Math.min(
          block.to,
          at + written.length + (/^[:.\s]*/.exec(block.text.slice(at + written.length))?.[0].length ?? 0),
        ),
      },
      [],
    )
  } else if (
    key === 'user-story-heading' &&
    (draft.kind === 'spec' || draft.kind === 'story' || draft.kind === 'issue')
  )
    openStory(walk, block, title, section)
  else if (key === 'runbook-file') openFile(walk, block, block.from, section)
  else if (draft.kind === 'constitution') openPrinciple(walk, block, title, section)
  else if (draft.kind === 'spec' || draft.kind === 'tasks') openIdentified(walk, block)
}

/** `### FR-001: title` in a spec, `### T001: title` in a list of tasks. */
function openIdentified(walk: Walk, block: Block): void {
  const id = leadingId(block.text, block.from, walk.prefixes)
  const task = /^Task[ #]{1,3}(?=\d)/i.exec(block.text.slice(block.from))
  if (walk.draft.kind === 'tasks') {
    const kind = id ? prefixKind(id.prefix) : null
    const mode = modeOf(walk.draft.format, walk.draft.kind, walk.keys())
    if (mode.of !== 'task') return
    if (kind === 'task') addTask(walk, block, 'task', block.from, ['heading'])
    else if (task) addTask(walk, block, 'task', block.from + task[0].length, ['heading'])
  } else if (id) {
    const kind = prefixKind(id.prefix)
    if (kind === 'requirement' || kind === 'success')
      addRequirement(walk, block, kind === 'success' ? 'success' : 'functional', readHead(walk, block, block.from), [
        'heading',
      ])
  }
}

function openOpenspecRequirement(walk: Walk, block: Block, section: number): void {
  const { draft } = walk
  const name = REQUIREMENT_LEAD.exec(block.text.slice(block.from, block.to))
  const from = block.from + (name?.[0].length ?? 0)
  const title = block.text.slice(from, block.to)
  const operation =
    walk
      .keys()
      .map((key) => (key === null ? undefined : OPERATIONS[key]))
      .find((o) => o !== undefined) ?? null
  const deviations = block.level === 3 ? [] : ['other-level']
  if (draft.kind === 'delta' && operation === null) deviations.push('outside-of-delta')
  const index = draft.requirements.length
  draft.requirements.push({
    place: walk.source.at(block.no, 0, block.to),
    confidence: deviations.length === 0 ? 'strict' : 'tolerant',
    deviations,
    section,
    id: null,
    kind: 'capability',
    title: title.trim(),
    titlePlace: walk.source.at(block.no, from, block.to),
    text: '',
    modal: null,
    box: null,
    operation,
    renamedTo: null,
    withdrawn: operation === 'removed',
    scenarios: [],
    story: null,
  })
  const item = draft.requirements[index] as { place: m.Place; text: string }
  walk.push({
    item,
    ref: { kind: 'requirement', index },
    first: block.no,
    from: block.to,
    indent: -1,
    level: block.level,
  })
}

export function openScenario(walk: Walk, block: Block, section: number): void {
  const { draft } = walk
  const lead = SCENARIO_LEAD.exec(block.text.slice(block.from, block.to))
  const requirement = walk.open.findLast((o) => o.ref.kind === 'requirement')?.ref.index ?? null
  const story = requirement === null ? (walk.open.findLast((o) => o.ref.kind === 'story')?.ref.index ?? null) : null
  const index = draft.scenarios.length
  const owner = requirement === null ? (story === null ? null : draft.stories[story]) : draft.requirements[requirement]
  const deviations = draft.format === 'openspec' && block.level === 4 ? [] : ['other-level']
  draft.scenarios.push({
    place: walk.source.at(block.no, 0, block.to),
    confidence: deviations.length === 0 ? 'strict' : 'tolerant',
    deviations,
    section,
    id: null,
    number: (owner?.scenarios.length ?? 0) + 1,
    title: block.text.slice(block.from + (lead?.[0].length ?? 0), block.to).trim(),
    text: '',
    steps: [],
    requirement,
    story,
  })
  owner?.scenarios.push(index)
  const item = draft.scenarios[index] as { place: m.Place; text: string }
  walk.push({ item, ref: { kind: 'scenario', index }, first: block.no, from: block.to, indent: -1, level: block.level })
}

function openStory(walk: Walk, block: Block, title: string, section: number): void {
  const { draft } = walk
  const number = /^[^\d]{0,30}?(\d{1,4})(?!\d)/.exec(title)?.[1] ?? null
  // `OAuth 2 login (Priority: P1)` is a story without a number.
  const counted = number !== null && sectionKey(comparedTitle(title)) === 'user-story-heading'
  const priority =
    /\(?(?:priority|prioridad|prioridade|priorité|priorität|приоритет|优先级|優先級|優先度|우선순위)\s{0,2}[:：]?\s{0,2}(P?\d{1,2}|high|medium|low|critical)\)?/i.exec(
      title,
    )?.[1] ?? null
  const bare = title
    .replace(
      /\s*[([（](?:priority|prioridad|prioridade|priorité|priorität|приоритет|优先级|優先級|優先度|우선순위)[^)\]）]{0,40}[)\]）]/i,
      '',
    )
    .replace(counted ? /^[^\d]{0,30}\d{1,4}\s{0,3}[:.\u2010-\u2015-]?\s{0,3}/ : /^$/, '')
    .trim()
  const deviations: string[] = []
  if (!counted) deviations.push('no-number')
  if (block.level !== 3) deviations.push('other-level')
  if (priority === null) deviations.push('no-priority')
  const index = draft.stories.length
  draft.stories.push({
    place: walk.source.at(block.no, 0, block.to),
    confidence: deviations.length === 0 ? 'strict' : 'tolerant',
    deviations,
    section,
    id: counted ? `US${Number(number)}` : null,
    number: counted ? Number(number) : null,
    title: bare,
    priority: priority === null ? null : /^\d/.test(priority) ? `P${priority}` : priority.toUpperCase(),
    text: '',
    scenarios: [],
    hasIndependentTest: false,
    hasWhy: false,
  })
  const item = draft.stories[index] as { place: m.Place; text: string }
  walk.push({ item, ref: { kind: 'story', index }, first: block.no, from: block.to, indent: -1, level: block.level })
}

function openPrinciple(walk: Walk, block: Block, title: string, section: number): void {
  const { draft } = walk
  const match =
    /^(?:principle|article|artículo|artigo|principio|princípio|原则|原則)?\s{0,3}([IVXLC]{1,6}|\d{1,3})\s{0,2}[.:)、\u2010-\u2015-]\s{0,3}(.{1,300})$/i.exec(
      title,
    )
  const below = draft.sections[draft.sections[section]?.parent ?? -1]?.key === 'core-principles'
  if (!match && !(below && block.level === 3)) return
  const number = match?.[1]?.toUpperCase() ?? null
  const roman = number !== null && /^[IVXLC]+$/.test(number) && block.level === 3
  const deviations = roman && below ? [] : [number === null ? 'no-number' : 'other-heading']
  const index = draft.principles.length
  draft.principles.push({
    place: walk.source.at(block.no, 0, block.to),
    confidence: deviations.length === 0 ? 'strict' : 'tolerant',
    deviations,
    section,
    number,
    title: (match?.[2] ?? title).trim(),
    text: '',
  })
  const item = draft.principles[index] as { place: m.Place; text: string }
  walk.push({
    item,
    ref: { kind: 'principle', index },
    first: block.no,
    from: block.to,
    indent: -1,
    level: block.level,
  })
}

function namesFile(title: string): boolean {
  const match = FILE_ACTION.exec(title)
  return match !== null && (title.startsWith('[') || pathOf(/^[^\s(]{0,400}/.exec(match[2] ?? '')?.[0] ?? '') !== null)
}

/** `[MODIFY] path`, also with the path in code marks or as a link. False when no path follows. */
export function openFile(walk: Walk, block: Block, from: number, _section: number): boolean {
  const { draft } = walk
  const text = block.text.slice(from).replaceAll(/\*\*/g, '  ')
  const match = FILE_ACTION.exec(text)
  if (!match) return false
  const rest = match[2] as string
  const link = /^\[[^\]\n]{0,300}\]\(([^)\n]{1,500})\)/.exec(rest)
  const code = /^`([^`\n]{1,400})`/.exec(rest)
  const written = (link?.[1] ?? code?.[1] ?? /^[^\s(]{1,400}/.exec(rest)?.[0] ?? '').trim()
  const target = written
    .replace(/^file:\/\/\/?/, '')
    .replace(/[`*]/g, '')
    .replaceAll(/\\([_~#[\]()-])/g, '$1')
  // Without brackets only a path makes it a file: `### Add Router Configuration` is a heading.
  if (target === '' || (!/^\s*\[/.test(text) && pathOf(target) === null)) return false
  const at = block.text.indexOf(written, from + (match[0].length - rest.length))
  const action = ACTIONS[(match[1] as string).toUpperCase()] ?? 'mention'
  const strict =
    /^\[(?:MODIFY|NEW|DELETE)\] /.test(text.trimStart()) && (block.kind === 'heading' ? block.level === 4 : false)
  const path = pathOf(target)
  const index = draft.files.length
  draft.files.push({
    target: path?.target ?? target,
    targetLine: path?.line ?? null,
    action,
    place: walk.source.at(block.no, at, at + written.length),
    from: walk.owner(),
    confidence: strict ? 'strict' : 'tolerant',
    edits: [],
    content: null,
  })
  walk.push({
    item: { place: walk.source.at(block.no, 0, block.to) },
    ref: { kind: 'file', index },
    first: block.no,
    from: block.to,
    indent: block.kind === 'heading' ? -1 : block.indent,
    level: block.kind === 'heading' ? block.level : 0,
  })
  return true
}

/** Obligations are known once the text is. */
export function settleModals(requirements: { text: string; modal: string | null }[]): void {
  for (const requirement of requirements) requirement.modal ??= modalOf(requirement.text.slice(0, 8000))
}
