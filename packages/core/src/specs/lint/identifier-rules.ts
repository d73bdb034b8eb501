import type { Definition } from '../project-model.ts'
import type { Reference, SpecDocument } from '../model.ts'
import { firstLine, type LintContext } from './lint-context.ts'

export function identifierRules(context: LintContext): void {
  duplicates(context)
  unknown(context)
}

const NAMES: Readonly<Partial<Record<Definition['kind'], string>>> = {
  requirement: 'requirement',
  task: 'task',
  story: 'user story',
  criterion: 'acceptance criterion',
  principle: 'principle',
  document: 'document',
}

function duplicates(context: LintContext): void {
  const first = new Map<string, Definition>()
  for (const definition of context.project.definitions) {
    const document = context.at(definition.document)
    const name = NAMES[definition.kind]
    // A scenario's number follows its story's.
    if (!document || name === undefined || isWithdrawn(document, definition)) continue
    // Each checklist counts from CHK001; each task file of a folder on its own.
    const own = definition.kind === 'task' || definition.kind === 'criterion' || definition.kind === 'principle'
    const within = own ? document.path : definition.scope
    const key = `${within}\n${definition.kind}\n${definition.id}\n${definition.kind === 'requirement' ? document.kind : ''}`
    const known = first.get(key)
    if (!known) {
      first.set(key, definition)
      continue
    }
    const other = context.at(known.document)
    if (!other || isRepetition(document, definition, known)) continue
    const written = context.slice(definition.place)
    const shown = definition.kind === 'requirement' && document.format === 'openspec' ? written : definition.id
    context.report(
      'duplicate-id',
      firstLine(definition.place, context.textOf(document)),
      `The ${name} ${shown} is there already, in ${other === document ? '' : `${other.path} `}line ${known.place.line}: whoever names it means two things.`,
      document.format === 'openspec'
        ? 'Make one of the two, or give this one another name.'
        : definition.kind === 'document'
          ? 'Give this document an id of its own, in title and file name.'
          : 'Give this one the next free id, and look who meant it.',
      { key: definition.id },
    )
  }
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

function unknown(context: LintContext): void {
  const { project } = context
  const defined = new Set(project.definitions.map((d) => d.id))
  const said = new Set<string>()
  for (const link of project.links) {
    if (link.state !== 'missing') continue
    const document = context.at(link.document)
    if (!document) continue
    const key = `${link.document}\n${link.id}`
    if (said.has(key)) continue
    if (link.of === 'dependency') {
      const dependency = document.dependencies[link.index]
      if (!dependency) continue
      said.add(key)
      context.report(
        'unknown-reference',
        dependency.place,
        `${dependency.fromId ?? 'The item'} ${dependency.kind === 'blocks' ? 'blocks' : 'depends on'} ${link.id}, which does not exist: it would wait for ever.`,
        `Name the one that is meant, or take ${link.id} out.`,
        { key: link.id },
      )
      continue
    }
    const reference = document.references[link.index]
    if (!reference) continue
    // The dependency itself is told of, below.
    if (reference.relation === 'depends' && document.dependencies.some((d) => d.to === link.id)) continue
    const mention = reference.relation === 'mentions'
    if (mention && (!MENTIONED.has(reference.kind) || !WORKING.has(document.kind))) continue
    // Defined in another feature, and named as of there: not ours to look up.
    if (mention && (defined.has(link.id) || isForeign(context, document, reference))) continue
    said.add(key)
    context.report(
      'unknown-reference',
      reference.place,
      `${reference.written} is named here and defined nowhere: what it ${mention ? 'says' : 'promises'} cannot be followed.`,
      `Name the one that is meant, or write ${reference.written} down where its like are defined.`,
      { key: link.id, ...(mention || reference.relation === 'links' ? { severity: 'warning' as const } : {}) },
    )
  }
}

/** `FR-012 of spec 003`, `from 002-login's FR-004`. */
function isForeign(context: LintContext, document: SpecDocument, { place }: Reference): boolean {
  const text = context.textOf(document)
  const around = text.slice(Math.max(0, place.start - 80), place.end + 40)
  return /\b(?:specs?|features?|parent|upstream|legacy|previous|earlier|other|former(?:ly)?|removed|renumbered|dropped|deferred|was|old)\b|\b\d{3}-[a-z]|\be\.g\./i.test(
    around,
  )
}
