import type { Block, BoxShape } from './blocks.ts'
import { boxState } from './draft.ts'
import { isNegative, modalOf, stepsOf } from './gherkin.ts'
import { leadingId, normalId, prefixKind, type LeadingId } from './identifiers.ts'
import type * as m from './model.ts'
import type { Walk } from './walk.ts'

const TAG = /^\[([^\][\n]{1,120})\](?!\()[ \t]*/
const STORY_TAG = /^(?:(?:user )?story\s{0,2}:?\s{0,2})?(?:US|STORY)[ -]?(\d{1,4})$/i
/** `(P)` and `(US1)` right behind the identifier, for `[P]` and `[US1]`. */
const ROUND_TAG = /^\((P|US-?\d{1,4})\)(?=[ \t([])[ \t]*/
/** A sign of progress before the identifier: `✅ T001`, `🔴 **T002**`. */
const SIGN = /^(?:[\p{Extended_Pictographic}\u2610-\u2612]\uFE0F?[ \t]{0,2}){1,3}(?=[*_`[~]{0,4}[A-Z]{1,8}-?\d)/u
/** `Task 1.1: ...`: the word is none of the identifier. */
const TASK_WORD = /^([*_`]{0,3})Task[ #]{1,2}(?=\d)/i

/** `T029–T034`, `T001-005`, `T080/T081` or `T082, T083` at the beginning: one line for several tasks. */
export function leadsSeveral(text: string): string | null {
  const match =
    /^\W{0,4}T(\d{1,6})[A-Za-z]?(?:(\s?(?:[-\u2010-\u2015]|\.\.|to)\s?)(T?)(\d{1,6})|(?:\s?(?:[,/&+]|and\b)\s?T\d{1,6}[A-Za-z]?){1,20})(?![\w.]\w|\w)/.exec(
      text,
    )
  if (!match) return null
  const [whole, first = '', , word, last] = match
  if (last === undefined) return whole
  const isRange = word !== '' || (first.length === last.length && first.length >= 3)
  return isRange && Number(last) > Number(first) ? whole : null
}

export interface Head {
  readonly id: LeadingId | null
  readonly writtenId: m.WrittenId | null
  readonly parallel: boolean
  readonly story: m.WrittenId | null
  readonly tags: m.Task['tags'][number][]
  /** Index where the words begin. */
  readonly after: number
  readonly deviations: string[]
}

/** Reads what leads a list item: identifier, `[P]`, `[US1]` and other tags. */
export function readHead(walk: Walk, block: Block, at: number): Head {
  const deviations: string[] = []
  let after = at
  let parallel = false
  let story: m.WrittenId | null = null
  const tags: m.Task['tags'][number][] = []
  let id: LeadingId | null = null
  let bolds = 0
  const several = leadsSeveral(block.text.slice(at, at + 160)) !== null
  const sign = SIGN.exec(block.text.slice(at, at + 40))?.[0] ?? ''
  if (sign !== '') deviations.push('sign-before-id')
  after += sign.length
  const isTask = walk.draft.kind === 'tasks' && !several
  for (let turn = 0; turn < 12; turn += 1) {
    const rest = block.text.slice(after, after + 140)
    const tag = TAG.exec(rest) ?? (id && isTask ? ROUND_TAG.exec(rest) : null)
    const word: string = (isTask && !id && TASK_WORD.exec(rest)?.[0]) || ''
    const found: LeadingId | null = id || several ? null : leadAfter(block.text, after, word, walk.prefixes)
    if (found && !(tag && isTag(String(tag[1])))) {
      id = found
      deviations.push(...found.deviations)
      if (tags.length > 0 || parallel || story) deviations.push('tag-before-id')
      after = found.after
      continue
    }
    const bold = /^(?:\*\*|__)(?=\[)/.exec(rest) ?? (bolds > 0 ? /^(?:\*\*|__)[ \t]*/.exec(rest) : null)
    if (bold) {
      bolds += bolds > 0 ? -1 : 1
      after += bold[0].length
      continue
    }
    if (!tag) break
    const inner = (tag[1] as string).trim()
    const place = walk.source.at(block.no, after + 1, after + 1 + (tag[1] as string).length)
    const us = STORY_TAG.exec(inner)
    if (tag[0].startsWith('(')) deviations.push('round-tag')
    if (/^p$/i.test(inner) && !parallel) {
      parallel = true
      if (story) deviations.push('story-before-parallel')
      if (inner !== 'P') deviations.push('lower-case-tag')
    } else if (us && !story) {
      story = { id: `US${us[1]}`, written: inner, place }
      if (!/^US\d+$/.test(inner)) deviations.push('other-story-label')
    } else if (/^NEEDS?[\s_-]+CLARIF/i.test(inner)) break
    else {
      tags.push({ text: inner, place })
      if (walk.draft.kind === 'tasks') deviations.push('own-tag')
    }
    after += tag[0].length
  }
  const writtenId = id ? { id: id.id, written: id.written, place: walk.source.at(block.no, id.from, id.to) } : null
  return { id, writtenId, parallel, story, tags, after, deviations: [...new Set(deviations)] }
}

/** The identifier behind the word `Task`, decoration before the word allowed. */
function leadAfter(text: string, at: number, word: string, known: ReadonlySet<string>): LeadingId | null {
  if (word === '') return leadingId(text, at, known)
  const marks = word.search(/task/i)
  // The marks are set behind the word, so that the identifier is read as decorated as it is.
  const shifted = ' '.repeat(at + word.length - marks) + word.slice(0, marks) + text.slice(at + word.length)
  return leadingId(shifted, at + word.length - marks, known)
}

function isTag(inner: string): boolean {
  return /^(?:p|US[ -]?\d+|story[ -]?\d+)$/i.test(inner.trim())
}

function idDeviations(walk: Walk, id: LeadingId | null, ranged: boolean): string[] {
  const { format, kind } = walk.draft
  if (kind === 'tasks' && (format === 'spec-kit' || format === 'unknown')) {
    if (!id) return [ranged ? 'ranged-id' : 'no-id']
    if (/^T\d{3,}$/.test(id.written)) return []
    if (id.id !== id.written && /^T\d{3,}$/.test(id.id))
      return [id.written === id.id.toLowerCase() ? 'lower-case-id' : 'unicode-dash']
    if (/^T-?\d{1,2}$/i.test(id.id) || /^T-\d+$/i.test(id.id)) return ['short-id']
    if (/^T\d+\./i.test(id.id)) return ['dotted-id']
    if (/^T\d+[A-Z-]/i.test(id.id)) return ['suffixed-id']
    return ['other-prefix']
  }
  if (kind === 'checklist') {
    // The checklist that every spec gets has no identifiers in its template.
    if (!id) return walk.source.path.endsWith('requirements.md') ? [] : ['no-id']
    return /^CHK\d{3,}$/.test(id.written) ? [] : ['other-prefix']
  }
  if (kind === 'tasks' && (format === 'openspec' || format === 'kiro')) {
    if (!id) return ['no-id']
    return /^\d+(?:\.\d+)*$/.test(id.written) ? [] : ['other-prefix']
  }
  return []
}

export function makeBox(walk: Walk, block: Block, box: BoxShape): m.Box {
  return { mark: box.mark, state: boxState(box.mark), place: walk.source.at(block.no, box.from, box.to) }
}

/** Strict where neither bullet nor tags depart from the form; nested boxes are strict only where the format nests them. */
function boxDeviations(walk: Walk, block: Block): string[] {
  const found: string[] = []
  const { box } = block
  if (box) {
    found.push(...box.deviations)
    if (!/^[ xX]$/.test(box.mark)) found.push('other-mark')
  }
  const nests = walk.draft.format === 'kiro' || walk.draft.format === 'issue' || walk.draft.format === 'agent'
  if (block.indent > 0 && !nests) found.push('indented')
  return found
}

export function confidenceOf(deviations: readonly string[]): m.Confidence {
  return deviations.length === 0 ? 'strict' : 'tolerant'
}

/** Adds a task or check from a list item, heading or table row that begins at index `at`. */
export function addTask(
  walk: Walk,
  block: Block,
  kind: m.TaskKind,
  at: number,
  more: readonly string[] = [],
): m.ItemRef {
  const head = withTrailing(walk, block, readHead(walk, block, at))
  const { draft } = walk
  const index = draft.tasks.length
  const box = block.box ? makeBox(walk, block, block.box) : null
  const deviations = [
    ...new Set([
      ...boxDeviations(walk, block),
      ...(kind === 'task' || draft.kind === 'checklist'
        ? idDeviations(walk, head.id, leadsSeveral(block.text.slice(head.after, head.after + 160)) !== null)
        : []),
      ...head.deviations,
      ...(box ? [] : ['no-box']),
      ...more,
    ]),
  ].filter((d) => !(draft.format === 'kiro' && (d === 'optional-mark' || (d === 'other-mark' && box?.mark === '-'))))
  const rest = block.text.slice(head.after, block.kind === 'heading' ? block.to : undefined)
  const star = draft.format === 'kiro' && block.text[block.box ? block.box.to + 1 : 0] === '*'
  const parent = walk.open.findLast((o) => o.ref.kind === 'task' && o.level === 0)?.ref.index ?? null
  draft.tasks.push({
    place: walk.source.at(block.no, block.text.length - block.text.trimStart().length, block.text.trimEnd().length),
    confidence: confidenceOf(deviations),
    deviations,
    section: walk.section,
    id: head.writtenId,
    kind,
    box,
    state: box ? box.state : 'unknown',
    text: rest.trim(),
    parallel: head.parallel,
    story: head.story,
    tags: head.tags,
    indent: block.indent,
    parent,
    phase: phaseOf(walk),
    optional: star || /\(optional\)/i.test(rest.slice(0, 300)),
  })
  const ref: m.ItemRef = { kind: 'task', index }
  if (head.story)
    draft.references.push({
      kind: 'story',
      id: head.story.id,
      written: head.story.written,
      place: head.story.place,
      from: ref,
      relation: 'covers',
    })
  walk.push({
    item: draft.tasks[index] as { place: m.Place; text: string },
    ref,
    first: block.no,
    from: head.after,
    indent: block.kind === 'heading' ? -1 : block.indent,
    level: block.kind === 'heading' ? block.level : 0,
  })
  // A checklist's tags name what they check: `Spec §FR-001`.
  scanTags(walk, block, head, ref)
  walk.scan(block, head.after, ref)
  draft.line(block.no, confidenceOf(deviations), kind === 'task' ? 'task' : 'check')
  return ref
}

function scanTags(walk: Walk, block: Block, head: Head, ref: m.ItemRef): void {
  for (const tag of head.tags) {
    const from = tag.place.start - (walk.source.lines[block.no - 1]?.start ?? 0)
    walk.scan({ ...block, text: ' '.repeat(from) + tag.text }, 0, ref)
  }
}

/** The section that groups tasks: one called a phase, or numbered, else the one below the title. */
function phaseOf(walk: Walk): number {
  const chain: number[] = []
  for (let i = walk.section; i >= 0; i = walk.draft.sections[i]?.parent ?? -1) chain.push(i)
  const named = chain.find((i) => {
    const section = walk.draft.sections[i]
    return section?.key === 'phase' || /^\d{1,3}(?: \d{1,3})? /.test(section?.name ?? '')
  })
  return named ?? chain.findLast((i) => (walk.draft.sections[i]?.level ?? 1) > 1) ?? walk.section
}

/** `### T004: Title [Story: US1] [P]`: a heading's tags stand behind its words. */
function withTrailing(walk: Walk, block: Block, head: Head): Head {
  if (block.kind !== 'heading') return head
  let { parallel, story } = head
  const tail = /(?:[ \t]*\[[^\][\n]{1,40}\]){1,4}(?=[^\w[\]]{0,4}$)/.exec(block.text.slice(head.after, block.to))
  for (const tag of tail?.[0].matchAll(/\[([^\]]{1,40})\]/g) ?? []) {
    const inner = (tag[1] as string).trim()
    const us = STORY_TAG.exec(inner)
    const from = head.after + (tail?.index ?? 0) + tag.index + 1
    if (/^p$/i.test(inner)) parallel = true
    else if (us && !story)
      story = {
        id: `US${us[1]}`,
        written: inner,
        place: walk.source.at(block.no, from, from + (tag[1] as string).length),
      }
  }
  return { ...head, parallel, story }
}

export function addRequirement(
  walk: Walk,
  block: Block,
  kind: m.RequirementKind,
  head: Head,
  more: readonly string[],
): m.ItemRef {
  const { draft } = walk
  const deviations = [
    ...new Set([...(block.box ? boxDeviations(walk, block) : []), ...head.deviations, ...more]),
  ].filter((d) => d !== 'bold-id' && d !== 'struck')
  const rest = block.text.slice(head.after, block.kind === 'heading' ? block.to : undefined)
  const bold = head.id ? null : /^\*\*([^*]{1,160}?):?\*\*/.exec(rest)
  const index = draft.requirements.length
  draft.requirements.push({
    place: walk.source.at(block.no, block.text.length - block.text.trimStart().length, block.text.trimEnd().length),
    confidence: confidenceOf(deviations),
    deviations,
    section: walk.section,
    id: head.writtenId,
    kind: kindOf(head, kind),
    title: bold?.[1]?.replace(/:$/, '') ?? (block.kind === 'heading' ? rest.trim() : ''),
    titlePlace: bold ? walk.source.at(block.no, head.after + 2, head.after + 2 + (bold[1] as string).length) : null,
    text: rest.trim(),
    modal: modalOf(rest.slice(0, 4000)),
    box: block.box ? makeBox(walk, block, block.box) : null,
    operation: null,
    renamedTo: null,
    withdrawn:
      head.deviations.includes('struck') ||
      /^\s*~~|^\W{0,4}(?:removed|deprecated|superseded|withdrawn|obsolete|dropped)\b/i.test(rest.slice(0, 200)),
    scenarios: [],
    story: walk.open.findLast((o) => o.ref.kind === 'story')?.ref.index ?? null,
  })
  const ref: m.ItemRef = { kind: 'requirement', index }
  walk.push({
    item: draft.requirements[index] as { place: m.Place; text: string },
    ref,
    first: block.no,
    from: head.after,
    indent: block.kind === 'heading' ? -1 : block.indent,
    level: block.kind === 'heading' ? block.level : 0,
  })
  scanTags(walk, block, head, ref)
  walk.scan(block, head.after, ref)
  draft.line(block.no, confidenceOf(deviations), 'requirement')
  return ref
}

function kindOf(head: Head, kind: m.RequirementKind): m.RequirementKind {
  const prefix = head.id?.prefix ?? ''
  if (/^(?:NFR|RNF|NF)/.test(prefix) || /(?:^|-)(?:PERF|SEC|OBS)$/.test(prefix)) return 'non-functional'
  if (prefix === 'SC') return 'success'
  if (prefix === 'FR' || prefix === 'RF') return 'functional'
  return kind
}

/** Adds a criterion; its identifier is a written one (`**AC-1**`), else none. */
export function addCriterion(walk: Walk, block: Block, at: number, more: readonly string[]): m.ItemRef {
  const { draft } = walk
  const lead = criterionLead(block.text, at)
  const head = lead ? null : readHead(walk, block, at)
  const after = lead?.after ?? head?.after ?? at
  const deviations = [...new Set([...boxDeviations(walk, block), ...more])]
  const rest = block.text.slice(after)
  const steps = stepsOf(walk.source, block.no, block.text, after)
  const index = draft.criteria.length
  const id = lead?.id
    ? {
        id: normalId(lead.id),
        written: lead.id,
        place: walk.source.at(block.no, lead.from, lead.from + lead.id.length),
      }
    : (head?.writtenId ?? numberedId(walk, block))
  draft.criteria.push({
    place: walk.source.at(block.no, block.text.length - block.text.trimStart().length, block.text.trimEnd().length),
    confidence: confidenceOf(deviations),
    deviations,
    section: walk.section,
    id,
    title: lead?.title ?? '',
    text: rest.trim(),
    box: block.box ? makeBox(walk, block, block.box) : null,
    steps,
    negative: isNegative(`${lead?.title ?? ''} ${rest.slice(0, 4000)}`),
    story: walk.open.findLast((o) => o.ref.kind === 'story')?.ref.index ?? null,
  })
  const ref: m.ItemRef = { kind: 'criterion', index }
  walk.push({
    item: draft.criteria[index] as { place: m.Place; text: string },
    ref,
    first: block.no,
    from: after,
    indent: block.indent,
    level: 0,
  })
  walk.scan(block, after, ref)
  draft.line(block.no, confidenceOf(deviations), 'criterion')
  return ref
}

/** Kiro counts the criteria of requirement 2 as 2.1, 2.2 ... */
function numberedId(walk: Walk, block: Block): m.WrittenId | null {
  const requirement = walk.open.findLast((o) => o.ref.kind === 'requirement')
  const number = /^\d+/.exec(block.bullet)?.[0]
  const above = requirement ? walk.draft.requirements[requirement.ref.index]?.id?.id : undefined
  if (walk.draft.format !== 'kiro' || number === undefined || above === undefined) return null
  const at = block.text.indexOf(number)
  return { id: `${above}.${number}`, written: number, place: walk.source.at(block.no, at, at + number.length) }
}

/** `**AC-1 — Projected syntax**:`, `**Scenario 1**:`, `**Negative Test**:`. */
function criterionLead(
  text: string,
  at: number,
): { id: string | null; title: string; from: number; after: number } | null {
  const head = text.slice(at, at + 300)
  const match = /^(\*\*|__)([^*\n]{1,200}?)(:?)\1(:?)[ \t]*/.exec(head)
  if (!match) return null
  const inner = match[2] as string
  const id =
    /^\[?((?:AC|SC|CR|REQ|FR|NFR|US\d+-AC|T|TC)[-\u2010-\u2015 ]?\d{1,4}(?:\.\d{1,3})?[a-z]?|Scenario \d{1,3})\]?/i.exec(
      inner,
    )
  if (!id && match[3] === '' && match[4] === '') return null
  const written = id?.[1] ?? null
  const title =
    written === null ? inner : inner.slice((id as RegExpExecArray)[0].length).replace(/^[\s:.\u2010-\u2015-]+/, '')
  if (
    written !== null &&
    prefixKind(written.replace(/[\d.\s\u2010-\u2015-]+[a-z]?$/i, '')) === null &&
    !/^(?:scenario|tc|cr)/i.test(written)
  )
    return null
  const from = at + 2 + (written === null ? 0 : inner.indexOf(written))
  return { id: written, title: title.trim(), from, after: at + match[0].length }
}
