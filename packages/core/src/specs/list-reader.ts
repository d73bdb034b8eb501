import type { Block } from './blocks.ts'
import { stepsOf } from './gherkin.ts'
import { openFile } from './heading-reader.ts'
import { prefixKind } from './identifiers.ts'
import { addCriterion, addRequirement, addTask, confidenceOf, readHead } from './item-reader.ts'
import { isLegend, isStatusOnly } from './legend.ts'
import { looseBox, modeOf, type Mode } from './modes.ts'
import type * as m from './model.ts'
import type { Walk } from './walk.ts'

/** Reads one list item, with or without a box. */
export function readItem(walk: Walk, block: Block): void {
  walk.closeItems(block.no, block.indent)
  const mode = modeOf(walk.draft.format, walk.draft.kind, walk.keys())
  if (block.box) readBox(walk, block, mode)
  else readPlain(walk, block, mode)
  walk.content(block.no)
}

function boxLine(walk: Walk, block: Block, as: m.CheckboxLine['as'], confidence: m.Confidence): void {
  walk.draft.checkboxes.push({ line: block.no, as, confidence })
}

function readBox(walk: Walk, block: Block, mode: Mode): void {
  const box = block.box
  if (!box) return
  const { draft } = walk
  const rest = block.text.slice(box.after)
  const context = { inLegend: mode.of === 'legend', besideStatus: besideStatus(walk, block) }
  if (isLegend(box, rest, context)) {
    draft.line(block.no, 'strict', 'legend')
    return boxLine(walk, block, 'legend', 'strict')
  }
  const letter = !/^[ \txXvV~/✓✔✅☑!?><*-]*$/u.test(box.mark)
  // `- [P] T004 ...`: the tag stands where the box was forgotten.
  const bare: Block = letter && /^[A-Za-z]$/.test(box.mark) ? { ...block, box: null } : block
  const at = bare.box ? box.after : box.at
  const head = readHead(walk, bare, at)
  const identified = head.id !== null && prefixKind(head.id.prefix) === 'task'
  if (mode.of === 'criterion' || (mode.of === 'plain' && isNamedCriterion(walk, block))) {
    const ref = addCriterion(walk, bare, at, [])
    return boxLine(walk, block, 'criterion', draft.criteria[ref.index]?.confidence ?? 'tolerant')
  }
  if (mode.of === 'scenario') {
    const ref = addCriterion(walk, bare, at, ['box-in-scenarios'])
    return boxLine(walk, block, 'criterion', draft.criteria[ref.index]?.confidence ?? 'tolerant')
  }
  if (mode.of === 'requirement' && !identified && (head.id !== null || !mode.needsId) && draft.kind !== 'tasks') {
    const more = ['boxed', ...(head.id || mode.kind !== 'functional' ? [] : ['no-id'])]
    const ref = addRequirement(walk, bare, mode.kind, head, more)
    return boxLine(walk, block, 'requirement', draft.requirements[ref.index]?.confidence ?? 'tolerant')
  }
  const found = kindOfBox(draft.kind, mode, head.id !== null)
  const ref = addTask(walk, bare, found.kind, at, found.expected ? [] : ['outside-of-tasks'])
  const as = found.kind === 'task' ? 'task' : 'check'
  boxLine(walk, block, as, draft.tasks[ref.index]?.confidence ?? 'tolerant')
}

function kindOfBox(kind: m.DocumentKind, mode: Mode, identified: boolean): { kind: m.TaskKind; expected: boolean } {
  // In a list of tasks an identified item is a task, whatever its section is called.
  if (kind === 'tasks' && identified) return { kind: 'task', expected: mode.of === 'task' }
  if (mode.of === 'task') return { kind: mode.kind, expected: true }
  const loose = looseBox(kind)
  return { kind: loose.kind, expected: loose.expected && mode.of === 'plain' }
}

function besideStatus(walk: Walk, block: Block): boolean {
  return [-2, 0].some((step) => {
    const beside = walk.blocks[block.no + step]
    return beside?.box && beside.box.mark !== block.box?.mark && isStatusOnly(beside.text.slice(beside.box.after))
  })
}

function readPlain(walk: Walk, block: Block, mode: Mode): void {
  const { draft } = walk
  const top = walk.open.at(-1)
  if (
    draft.kind === 'runbook' &&
    /^[*`\s]{0,4}\[(?:MODIFY|NEW|DELETE)\]/.test(block.text.slice(block.from, block.from + 20))
  ) {
    if (openFile(walk, block, block.from, walk.section)) return draft.line(block.no, 'tolerant', 'file')
  }
  if (isStep(walk, block, mode)) return
  if (mode.of === 'scenario') return addScenario(walk, block)
  if (mode.of === 'criterion' && !(top && top.level === 0)) {
    addCriterion(walk, block, block.from, draft.format === 'agent' ? ['no-box'] : [])
    return
  }
  if (mode.of === 'delta') return readDeltaItem(walk, block)
  if (mode.of === 'plain' && !(top && top.level === 0) && isNamedCriterion(walk, block)) {
    addCriterion(walk, block, block.from, ['outside-of-criteria'])
    return
  }
  if (mode.of === 'clarification' && readQuestion(walk, block)) return
  if (mode.of === 'requirement' && readRequirement(walk, block, mode)) return
  if (mode.of === 'plain' && draft.kind === 'spec' && readLooseRequirement(walk, block)) return
  if (mode.of === 'task' && draft.kind === 'tasks' && readBarelessTask(walk, block)) return
  // What a legend names (`[US1]`, `T001`) is an example.
  if (mode.of === 'legend') return draft.line(block.no, 'strict', 'legend')
  walk.scan(block, block.from)
  if (draft.kind === 'other') return draft.lost(block.no, 'unknown-kind', 'item')
  draft.line(block.no, walk.prose(), mode.of === 'about-tasks' ? 'dependency' : 'item')
}

/** `- **AC-1.2** — ...` in a section of another name. */
function isNamedCriterion(walk: Walk, block: Block): boolean {
  if (!['story', 'issue', 'spec'].includes(walk.draft.kind)) return false
  const at = block.box ? block.box.after : block.from
  return /^(?:\*\*|__)?\[?AC[-\u2010-\u2015 ]?\d{1,4}(?:\.\d{1,3})?[a-z]?\]?(?:\*\*|__)?\s{0,2}[:.)\u2010-\u2015-]/i.test(
    block.text.slice(at, at + 40),
  )
}

/** GIVEN, WHEN and THEN as bullets of a scenario, or below a criterion. */
function isStep(walk: Walk, block: Block, mode: Mode): boolean {
  const { draft } = walk
  const top = walk.open.at(-1)
  if (!top) return false
  const steps = stepsOf(walk.source, block.no, block.text, block.from)
  const first = steps[0]
  if (top.ref.kind === 'scenario' && top.level > 0) {
    draft.scenarios[top.ref.index]?.steps.push(...steps)
    walk.scan(block, block.from, top.ref)
    const strict = first !== undefined && /^\*\*[A-Z]+\*\*/.test(block.text.slice(block.from))
    draft.line(
      block.no,
      strict ? 'strict' : walk.draft.format === 'openspec' && first ? 'tolerant' : first ? 'tolerant' : walk.prose(),
      first ? 'step' : 'item',
    )
    return true
  }
  if (!first) return false
  if (top.ref.kind === 'criterion' && block.indent > top.indent) {
    draft.criteria[top.ref.index]?.steps.push(...steps)
    walk.scan(block, block.from, top.ref)
    draft.line(block.no, 'strict', 'step')
    return true
  }
  if (top.ref.kind === 'scenario' && top.level === 0 && block.indent > top.indent && mode.of === 'scenario') {
    draft.scenarios[top.ref.index]?.steps.push(...steps)
    walk.scan(block, block.from, top.ref)
    draft.line(block.no, 'tolerant', 'step')
    return true
  }
  return false
}

/** `**Given** ...` as a paragraph below a story: a scenario without a list around it. */
export function readStepParagraph(walk: Walk, block: Block): boolean {
  const { draft } = walk
  if (draft.kind !== 'spec' || draft.format !== 'spec-kit' || block.indent > 0) return false
  if (!walk.open.some((o) => o.ref.kind === 'story')) return false
  const lead = /^(\*\*|__)\p{L}[\p{L} ]{0,20}\1/u.test(block.text)
  const [first] = lead ? stepsOf(walk.source, block.no, block.text, block.from) : []
  if (!first || first.place.column !== 1) return false
  const last = draft.scenarios.at(-1)
  const goesOn = last !== undefined && last.section === walk.section && continues(last, first.keyword)
  if (first.keyword !== 'given' && !goesOn) return false
  addScenario(walk, block)
  walk.content(block.no)
  return true
}

/** A list item, or a paragraph, that is a scenario or goes on with one. */
function addScenario(walk: Walk, block: Block): void {
  const { draft } = walk
  const steps = stepsOf(walk.source, block.no, block.text, block.from)
  const last = draft.scenarios.at(-1)
  // One bullet a step: Given opens a scenario, the others go on with it.
  if (last && last.section === walk.section && steps.length === 1 && continues(last, steps[0]?.keyword ?? 'given')) {
    last.steps.push(...steps)
    last.text += `\n${block.text.slice(block.from).trim()}`
    last.place = {
      ...last.place,
      endLine: block.no,
      endColumn: block.text.trimEnd().length + 1,
      end: (walk.source.lines[block.no - 1]?.start ?? 0) + block.text.trimEnd().length,
    }
    walk.scan(block, block.from, { kind: 'scenario', index: draft.scenarios.length - 1 })
    return draft.line(block.no, 'tolerant', 'step')
  }
  const top = walk.open.at(-1)
  if (top && top.level === 0 && top.ref.kind === 'scenario') {
    walk.scan(block, block.from, top.ref)
    return draft.line(block.no, 'tolerant', 'item')
  }
  const story = walk.open.findLast((o) => o.ref.kind === 'story')?.ref.index ?? null
  const head = readHead(walk, block, block.from)
  const index = draft.scenarios.length
  const owner = story === null ? null : draft.stories[story]
  const number = owner ? owner.scenarios.length + 1 : last && last.section === walk.section ? last.number + 1 : 1
  const deviations: string[] = []
  if (!/^\d+\.$/.test(block.bullet)) deviations.push('not-numbered')
  if (!['given', 'when', 'then'].every((k) => keywordsAhead(walk, block, steps).includes(k)))
    deviations.push('no-steps')
  else if (!/\*\*Given\*\*/.test(block.text)) deviations.push('other-wording')
  draft.scenarios.push({
    place: walk.source.at(block.no, block.text.length - block.text.trimStart().length, block.text.trimEnd().length),
    confidence: confidenceOf(deviations),
    deviations,
    section: walk.section,
    id: head.writtenId,
    number,
    title: '',
    text: block.text.slice(block.from).trim(),
    steps,
    requirement: null,
    story,
  })
  owner?.scenarios.push(index)
  walk.push({
    item: draft.scenarios[index] as { place: m.Place; text: string },
    ref: { kind: 'scenario', index },
    first: block.no,
    from: head.after,
    indent: block.indent,
    level: 0,
  })
  walk.scan(block, head.after)
  draft.line(block.no, confidenceOf(deviations), 'scenario')
}

/** The keywords of an item with the lines that continue it. */
function keywordsAhead(walk: Walk, block: Block, steps: readonly m.ScenarioStep[]): string[] {
  const found = steps.map((s) => s.keyword as string)
  for (let no = block.no + 1; no < block.no + 40; no += 1) {
    const next = walk.blocks[no - 1]
    if (next?.kind !== 'text') break
    found.push(...stepsOf(walk.source, no, next.text, next.from).map((s) => s.keyword))
  }
  return found
}

function continues(last: { steps: readonly m.ScenarioStep[] }, keyword: m.StepKeyword): boolean {
  const has = (k: m.StepKeyword) => last.steps.some((s) => s.keyword === k)
  if (last.steps.length === 0 || keyword === 'given') return false
  if (keyword === 'when') return has('given') && !has('when')
  return keyword !== 'then' || !has('then')
}

/** `FROM: ...` and `TO: ...`, a bullet before them or not. */
export const RENAME =
  /^(FROM|TO)\s{0,3}:\s{0,8}`?(?:#{1,6}\s{1,4})?(?:(?:Requirement|Requisito|Requerimiento|Exigence|Anforderung|Требование|需求|要求|要件|요구 ?사항)\s{0,3}[:：]\s{0,4})?([^`\n]{1,400})`?\s*$/i

/** `(none)`, `None - this is a new capability.`, `Nenhum requisito ...`: a section that holds nothing and says so. */
export const SAYS_NONE =
  /^[(（_*-]{0,3}\s?(?:(?:none|nothing|nenhum|ningun[oa]?|aucune?|keine?|n\/a|not applicable|no (?:existing )?requirements?|нет|[无無])(?!\p{L})|なし|該当なし|없음)/iu

/** A line of a delta outside of its requirements: a renamed or removed one, or words that belong to none. */
export function readDeltaItem(walk: Walk, block: Block): void {
  const { draft } = walk
  const keys = walk.keys()
  const top = walk.open.at(-1)
  const rest = block.text.slice(block.from)
  const rename = RENAME.exec(rest.replaceAll('**', ''))
  const listed = /^`?#{1,6}\s{1,4}Requirement\s{0,3}:\s{0,4}([^`\n]{1,400}?)`?\s*$/i.exec(rest)
  const requirement = (title: string, operation: m.DeltaOperation) => {
    const name = title.trim()
    const at = block.from + rest.indexOf(name)
    draft.requirements.push({
      place: walk.source.at(block.no, block.from, block.text.trimEnd().length),
      confidence: 'strict',
      deviations: [],
      section: walk.section,
      id: null,
      kind: 'capability',
      title: name,
      titlePlace: walk.source.at(block.no, at, at + name.length),
      text: '',
      modal: null,
      box: null,
      operation,
      renamedTo: null,
      withdrawn: operation === 'removed',
      scenarios: [],
      story: null,
    })
    draft.line(block.no, 'strict', 'requirement')
  }
  if (keys[0] === 'renamed-requirements' && rename) {
    const last = draft.requirements.at(-1)
    if ((rename[1] as string).toUpperCase() === 'FROM') return requirement(rename[2] as string, 'renamed')
    if (last?.operation === 'renamed' && last.renamedTo === null) {
      last.renamedTo = (rename[2] as string).trim()
      last.place = {
        ...last.place,
        endLine: block.no,
        endColumn: block.text.trimEnd().length + 1,
        end: (walk.source.lines[block.no - 1]?.start ?? 0) + block.text.trimEnd().length,
      }
      return draft.line(block.no, 'strict', 'requirement')
    }
  }
  if (keys[0] === 'removed-requirements' && listed) return requirement(listed[1] as string, 'removed')
  walk.scan(block, block.from)
  if (!top && SAYS_NONE.test(block.text.slice(block.from))) return draft.line(block.no, 'tolerant', 'item')
  if (!top) return draft.lost(block.no, 'outside-of-requirement', 'item')
  draft.line(block.no, walk.prose(), 'item')
}

/** `- Q: ... → A: ...` */
function readQuestion(walk: Walk, block: Block): boolean {
  const { draft } = walk
  const rest = block.text.slice(block.from)
  const match =
    /^(?:\*\*)?(?:Q\d{0,3}|Question(?: \d{1,3})?|P|问|質問|질문)(?:\*\*)?\s{0,2}[:：](?:\*\*)?\s{0,4}/i.exec(rest)
  if (!match) return false
  const arrow =
    /\s*(?:→|->|=>|⇒|;)?\s*(?:\*\*)?\b(?:A|Answer|R|答|回答|답)\d{0,3}(?:\*\*)?\s{0,2}[:：](?:\*\*)?\s{0,4}/i.exec(
      rest.slice(match[0].length),
    )
  const question = arrow ? rest.slice(match[0].length, match[0].length + arrow.index) : rest.slice(match[0].length)
  const answer = arrow ? rest.slice(match[0].length + arrow.index + arrow[0].length).trim() : null
  const strict = rest.startsWith('Q: ') && / (?:→|->) A: /.test(rest)
  const session = /(\d{4}-\d{2}-\d{2})/.exec(draft.sections[walk.section]?.title ?? '')?.[1] ?? null
  draft.clarifications.push({
    place: walk.source.at(block.no, block.from, block.text.trimEnd().length),
    confidence: strict ? 'strict' : 'tolerant',
    deviations: strict ? [] : ['other-wording'],
    section: walk.section,
    question: question.trim(),
    answer: answer === '' ? null : answer,
    open: answer === null || answer === '',
    session,
  })
  const ref: m.ItemRef = { kind: 'clarification', index: draft.clarifications.length - 1 }
  walk.scan(block, block.from, ref)
  draft.line(block.no, strict ? 'strict' : 'tolerant', 'clarification')
  return true
}

function readRequirement(walk: Walk, block: Block, mode: Mode): boolean {
  if (mode.of !== 'requirement') return false
  const top = walk.open.at(-1)
  const head = readHead(walk, block, block.from)
  const kind = head.id ? prefixKind(head.id.prefix) : null
  // A bullet below a requirement adds to it, unless it is numbered itself.
  if (top && top.level === 0 && top.ref.kind === 'requirement' && kind === null) return false
  if (kind === 'task' || kind === 'adr' || kind === 'story') return false
  if (!head.id && mode.needsId && modeOf(walk.draft.format, walk.draft.kind, walk.keys().slice(0, 1)).of === 'plain')
    return false
  const more: string[] = []
  const direct = mode.kind === 'entity' || mode.kind === 'assumption' || mode.kind === 'non-functional'
  if (!head.id && !direct) more.push('no-id')
  if (head.id && walk.draft.kind === 'spec') more.push(...strictId(walk, head.id.written, block))
  addRequirement(walk, block, mode.kind, head, more)
  return true
}

function strictId(walk: Walk, written: string, block: Block): string[] {
  const found: string[] = []
  if (!/^(?:FR|SC|NFR)-\d{3,}[a-z]?$/.test(written))
    found.push(
      /[\u2010-\u2015]/.test(written)
        ? 'unicode-dash'
        : written === written.toLowerCase()
          ? 'lower-case-id'
          : 'other-id',
    )
  if (block.bullet !== '-') found.push('other-bullet')
  if (block.indent > 0) found.push('indented')
  if (walk.draft.format === 'spec-kit' && !block.text.includes('**')) found.push('plain-id')
  return found
}

/** `- **FR-001**: ...` in a section whose name the format does not know. */
function readLooseRequirement(walk: Walk, block: Block): boolean {
  if ((walk.keys()[0] ?? null) !== null && walk.keys()[0] !== 'overview') return false
  const head = readHead(walk, block, block.from)
  const kind = head.id ? prefixKind(head.id.prefix) : null
  if (kind !== 'requirement' && kind !== 'success') return false
  if (!/^\W{0,4}[:.\u2010-\u2015-]/.test(block.text.slice(head.id?.to ?? 0))) return false
  addRequirement(walk, block, kind === 'success' ? 'success' : 'functional', head, ['outside-of-requirements'])
  return true
}

/** `- T001 ...` or `1. T001 ...`: a task whose box is missing. */
function readBarelessTask(walk: Walk, block: Block): boolean {
  const head = readHead(walk, block, block.from)
  if (!head.id || prefixKind(head.id.prefix) !== 'task' || block.text.slice(head.after).trim() === '') return false
  // `- ✅ T001 ...` beside tasks with boxes is a summary of them, and a task that has a box elsewhere is spoken of.
  if (walk.hasBoxedTasks && (head.deviations.includes('sign-before-id') || walk.boxed.has(head.id.id))) return false
  // `T001 → T002`, `T004 blocks T005`, `T001-T003: first` speak about tasks.
  if (
    /^[\s*]{0,4}(?:→|->|=>|[,/&+\u2010-\u2015]|-\s|and\b|blocks?\b|depends?\b|before\b|after\b|must\b|can\b|to\b|or\b|runs?\b|through\b|is\b|are\b|was\b|has\b)/i.test(
      block.text.slice(head.id.to),
    )
  )
    return false
  addTask(walk, block, 'task', block.from)
  return true
}
