import { MEANS, prefixOf, unpadded } from '../project-links.ts'
import type { Definition } from '../project-model.ts'
import type { Reference, SpecDocument } from '../model.ts'
import { firstLine, listed, type LintContext } from './lint-context.ts'
import { definitionKey, type Candidate, type LintIndex, type RootDefinition } from './lint-index.ts'

/** What can be told inside of a feature or document; the rest goes into the index. */
export function identifierRules(context: LintContext, index: LintIndex): void {
  define(context, index)
  duplicates(context, index)
  unresolved(context, index)
}

/** Once everything was read. */
export function identifiersAtEnd(context: LintContext, index: LintIndex): void {
  rootDuplicates(context, index)
  unknown(context, index)
}

function define({ project, own }: LintContext, index: LintIndex): void {
  for (const { id, kind, scope, document } of project.definitions) {
    const held = project.documents[document]
    if (!held || !own.has(held)) continue
    index.defined.add(id)
    const root = project.roots[document]
    if (scope !== root) continue
    index.inRoot.add(`${root}\n${id}\n${kind}`)
    index.inRoot.add(`${root}\n~${unpadded(id)}\n${kind}`)
    index.counted.add(`${root}\n${kind}\n${prefixOf(id)}`)
  }
}

const NAMES: Readonly<Partial<Record<Definition['kind'], string>>> = {
  requirement: 'requirement',
  task: 'task',
  story: 'user story',
  criterion: 'acceptance criterion',
  principle: 'principle',
  document: 'document',
}

function duplicates(context: LintContext, index: LintIndex): void {
  const first = new Map<string, Definition>()
  for (const definition of context.project.definitions) {
    const document = context.ownAt(definition.document)
    const name = NAMES[definition.kind]
    // A scenario's number follows its story's.
    if (!document || name === undefined || isWithdrawn(document, definition)) continue
    // Each checklist counts from CHK001; each task file of a folder on its own.
    const own = definition.kind === 'task' || definition.kind === 'criterion' || definition.kind === 'principle'
    const place = firstLine(definition.place, context.textOf(document))
    const shown =
      definition.kind === 'requirement' && document.format === 'openspec'
        ? context.slice(definition.place)
        : definition.id
    if (!own && definition.scope === context.project.roots[definition.document]) {
      const held: RootDefinition = {
        id: definition.id,
        kind: definition.kind,
        root: definition.scope,
        documentKind: document.kind,
        format: document.format,
        place,
        shown,
        name,
        same: sameAs(document, definition),
      }
      if (document.kind === 'story') index.storyIds.add(`${held.root}\n${held.id}`)
      index.rootDefinitions.add(held, definitionKey(held))
      continue
    }
    const within = own ? document.path : definition.scope
    const key = `${within}\n${definition.kind}\n${definition.id}\n${definition.kind === 'requirement' ? document.kind : ''}`
    const known = first.get(key)
    if (!known) {
      first.set(key, definition)
      continue
    }
    const other = context.at(known.document)
    if (!other || isRepetition(document, definition, known)) continue
    reportDuplicate(context, { ...definition, name, shown, place, format: document.format }, known.place)
  }
}

function reportDuplicate(
  context: LintContext,
  { id, kind, name, shown, place, format }: Pick<RootDefinition, 'id' | 'kind' | 'name' | 'shown' | 'place' | 'format'>,
  known: { readonly path: string; readonly line: number },
): void {
  context.report(
    'duplicate-id',
    place,
    `The ${name} ${shown} is there already, in ${known.path === place.path ? '' : `${known.path} `}line ${known.line}: whoever names it means two things.`,
    format === 'openspec'
      ? 'Make one of the two, or give this one another name.'
      : kind === 'document'
        ? 'Give this document an id of its own, in title and file name.'
        : 'Give this one the next free id, and look who meant it.',
    { key: id },
  )
}

function rootDuplicates(context: LintContext, index: LintIndex): void {
  for (const group of index.rootDefinitions.groups(2, definitionKey)) {
    let first: RootDefinition | null = null
    for (const definition of group.toSorted((a, b) =>
      a.place.path < b.place.path ? -1 : a.place.path > b.place.path ? 1 : 0,
    )) {
      const { id, root, documentKind, place, same } = definition
      // A story's plan and the story carry one id: the story defines it.
      if (documentKind === 'agent-plan' && index.storyIds.has(`${root}\n${id}`)) continue
      if (!first) first = definition
      else if (first.place.path !== place.path || same === null || same !== first.same)
        reportDuplicate(context, definition, first.place)
    }
  }
}

/** What makes two definitions of one document one: the words of a requirement, the item itself. */
function sameAs(document: SpecDocument, { kind, index }: Definition): string | null {
  if (kind !== 'requirement') return String(index)
  const text = document.requirements[index]?.text
  return text === undefined ? null : squeezed(text)
}

/** A rename and a change of the same requirement are one act; a range and the id in it are one task. */
function isRepetition(document: SpecDocument, definition: Definition, known: Definition): boolean {
  if (definition.document !== known.document) return false
  if (definition.kind === 'requirement') {
    const [a, b] = [document.requirements[definition.index], document.requirements[known.index]]
    return (
      a?.operation === 'renamed' ||
      b?.operation === 'renamed' ||
      definition.index === known.index ||
      // `FR-001` summed up again under another heading, in the same words.
      (a !== undefined && b !== undefined && squeezed(a.text) === squeezed(b.text))
    )
  }
  return definition.index === known.index
}

function squeezed(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

function isWithdrawn(document: SpecDocument, { kind, index }: Definition): boolean {
  if (kind === 'requirement') return document.requirements[index]?.withdrawn === true
  if (kind === 'task') {
    const task = document.tasks[index]
    return task === undefined || task.state === 'dropped' || task.deviations.includes('struck')
  }
  return false
}

/** Where a mention alone is enough: in a feature's own documents an FR that nobody defined is a slip of the pen. */
const MENTIONED = new Set<Reference['kind']>(['requirement', 'success', 'task', 'story', 'adr'])
const WORKING = new Set<SpecDocument['kind']>(['spec', 'tasks', 'plan', 'checklist', 'story', 'runbook', 'proposal'])

function unresolved(context: LintContext, index: LintIndex): void {
  const { project } = context
  for (const link of project.links) {
    if (link.state !== 'missing' && link.state !== 'outside') continue
    const document = context.ownAt(link.document)
    if (!document) continue
    const root = project.roots[link.document] ?? ''
    const common = { root, id: link.id, isExpected: link.state === 'missing' }
    if (link.of === 'dependency') {
      const dependency = document.dependencies[link.index]
      if (dependency)
        index.candidates.add({
          ...common,
          place: dependency.place,
          written: link.id,
          kinds: MEANS.task,
          isMention: false,
          isWeak: false,
          waits: { from: dependency.fromId, kind: dependency.kind },
          isRanged: false,
        })
      continue
    }
    const reference = document.references[link.index]
    if (!reference) continue
    // A question may be about what was taken out by its answer.
    if (reference.from.kind === 'clarification') continue
    // The dependency itself is told of.
    if (reference.relation === 'depends' && document.dependencies.some((d) => d.to === link.id)) continue
    const isMention = reference.relation === 'mentions'
    if (isMention && (!MENTIONED.has(reference.kind) || !WORKING.has(document.kind))) continue
    // Named as of another feature: not ours to look up.
    if (isNumbered(context, document, reference) || (isMention && isForeign(context, document, reference))) continue
    index.candidates.add({
      ...common,
      place: reference.place,
      written: reference.written,
      kinds: MEANS[reference.kind],
      isMention,
      isWeak: isMention || reference.relation === 'links',
      waits: null,
      // The first of a range stands on its own, in front of the range.
      isRanged:
        RANGE.test(reference.written) || document.references[link.index + 1]?.place.start === reference.place.start,
    })
  }
}

function unknown(context: LintContext, index: LintIndex): void {
  let path = ''
  const said = new Set<string>()
  const gaps = new Map<string, { candidate: Candidate; ids: string[] }>()
  for (const candidate of index.candidates.byPath((c) => c.place.path)) {
    const { place, root, id, kinds, written, waits } = candidate
    // What was said is of one path.
    if (place.path !== path) said.clear()
    path = place.path
    if (said.has(id)) continue
    const isIn = (name: string) => kinds.some((kind) => index.inRoot.has(`${root}\n${name}\n${kind}`))
    if (isIn(id) || isIn(`~${unpadded(id)}`)) continue
    if (!candidate.isExpected && !kinds.some((kind) => index.counted.has(`${root}\n${kind}\n${prefixOf(id)}`))) continue
    // Its runbook is there: that the story is missing is told of the runbook.
    if (index.hasStory(root, id)) continue
    // Defined in another feature: it may be meant.
    if (candidate.isMention && index.defined.has(id)) continue
    said.add(id)
    if (waits)
      context.report(
        'unknown-reference',
        place,
        `${waits.from ?? 'The item'} ${waits.kind === 'blocks' ? 'blocks' : 'depends on'} ${id}, which does not exist: it would wait for ever.`,
        `Name the one that is meant, or take ${id} out.`,
        { key: id },
      )
    else if (candidate.isRanged) {
      const gap = gaps.get(`${place.path}\n${place.start}`)
      if (gap) {
        gap.ids.push(id)
        gap.candidate = candidate
      } else gaps.set(`${place.path}\n${place.start}`, { candidate, ids: [id] })
    } else
      context.report(
        'unknown-reference',
        place,
        `${written} is named here and defined nowhere: what it ${candidate.isMention ? 'says' : 'promises'} cannot be followed.`,
        `Name the one that is meant, or write ${written} down where its like are defined.`,
        { key: id, ...(candidate.isWeak ? { severity: 'warning' as const } : {}) },
      )
  }
  // `T001-T009` is a short hand, in which a gap may be meant.
  for (const { candidate, ids } of gaps.values())
    context.report(
      'unknown-reference',
      candidate.place,
      `${candidate.written} takes in ${listed(ids, 3)}, defined nowhere: what it says of ${ids.length === 1 ? 'it' : 'them'} cannot be followed.`,
      'Name only those that are there.',
      { key: candidate.written, severity: 'warning' },
    )
}

/** Digits, a dash or the like, digits: more than one identifier. */
const RANGE =
  /\d\*{0,2}\s{0,2}(?:[-\u2010-\u2015\u2212\uFF0D~～…]|\.{2,3}|to|through|thru|bis|à|至)\s{0,2}\*{0,2}[A-Za-z-]{0,12}\d/iu

/** `053 US4`: the number of the other feature stands right before. */
function isNumbered(context: LintContext, document: SpecDocument, { place }: Reference): boolean {
  return /(?<![\w\u2010-\u2015-])0\d{2}[\s/:]{1,2}$/.test(
    context.textOf(document).slice(Math.max(0, place.start - 8), place.start),
  )
}

/** `FR-012 of spec 003`, `from 002-login's FR-004`. */
function isForeign(context: LintContext, document: SpecDocument, { place }: Reference): boolean {
  const text = context.textOf(document)
  const around = text.slice(Math.max(0, place.start - 80), place.end + 40)
  return /\b(?:specs?|features?|parent|upstream|legacy|previous|earlier|other|former(?:ly)?|removed|renumbered|dropped|deferred|was|old)\b|\b\d{3}-[a-z]|(?<![\w\u2010-\u2015-])0\d{2}[\s/:]{1,2}(?:US|T|FR|SC)-?\d|\be\.g\.|\bz\.\s?B\.|\bp\.\s?ej\b|\bpor (?:ejemplo|exemplo)\b|\bex\s?[.:]|пример|例如|比如|例[：:]|たとえば|예[:：]|예를/iu.test(
    around,
  )
}
