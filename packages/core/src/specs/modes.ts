import type { DocumentKind, RequirementKind, SpecFormat, TaskKind } from './model.ts'

/** What the items of a list are, by the section they stand in. */
export type Mode =
  | { readonly of: 'requirement'; readonly kind: RequirementKind; readonly needsId: boolean }
  | { readonly of: 'task'; readonly kind: TaskKind }
  | { readonly of: 'criterion' | 'scenario' | 'clarification' | 'legend' | 'about-tasks' | 'links' | 'plain' | 'delta' }

const plain: Mode = { of: 'plain' }
const criterion: Mode = { of: 'criterion' }

const IN_SPECS: Readonly<Record<string, Mode>> = {
  requirements: { of: 'requirement', kind: 'functional', needsId: true },
  'functional-requirements': { of: 'requirement', kind: 'functional', needsId: false },
  'other-requirements': { of: 'requirement', kind: 'other', needsId: true },
  'non-functional-requirements': { of: 'requirement', kind: 'non-functional', needsId: false },
  'success-criteria': { of: 'requirement', kind: 'success', needsId: false },
  'key-entities': { of: 'requirement', kind: 'entity', needsId: false },
  assumptions: { of: 'requirement', kind: 'assumption', needsId: false },
  'acceptance-scenarios': { of: 'scenario' },
  'acceptance-criteria': criterion,
  clarifications: { of: 'clarification' },
  'clarification-session': { of: 'clarification' },
  'review-checklist': { of: 'task', kind: 'check' },
  'progress-tracking': { of: 'task', kind: 'check' },
  'definition-of-done': { of: 'task', kind: 'done' },
  'user-story-heading': plain,
  'user-scenarios': plain,
  'edge-cases': plain,
  'out-of-scope': plain,
  'kiro-requirement': plain,
  notes: plain,
  tasks: { of: 'task', kind: 'task' },
}
const IN_PLANS: Readonly<Record<string, Mode>> = {
  'constitution-check': { of: 'task', kind: 'check' },
  'progress-tracking': { of: 'task', kind: 'check' },
  'review-checklist': { of: 'task', kind: 'check' },
  'definition-of-done': { of: 'task', kind: 'done' },
  'verification-plan': { of: 'task', kind: 'verification' },
  tasks: { of: 'task', kind: 'task' },
}
const IN_TASKS: Readonly<Record<string, Mode>> = {
  legend: { of: 'legend' },
  dependencies: { of: 'about-tasks' },
  parallel: { of: 'about-tasks' },
  strategy: { of: 'about-tasks' },
  notes: { of: 'about-tasks' },
  overview: { of: 'about-tasks' },
  risks: { of: 'about-tasks' },
  'review-checklist': { of: 'task', kind: 'check' },
  'progress-tracking': { of: 'task', kind: 'check' },
  'definition-of-done': { of: 'task', kind: 'done' },
  'acceptance-criteria': criterion,
  'success-criteria': { of: 'task', kind: 'done' },
}
const IN_STORIES: Readonly<Record<string, Mode>> = {
  'acceptance-criteria': criterion,
  'acceptance-scenarios': criterion,
  'non-functional-requirements': { of: 'requirement', kind: 'non-functional', needsId: false },
  requirements: { of: 'requirement', kind: 'functional', needsId: false },
  'functional-requirements': { of: 'requirement', kind: 'functional', needsId: false },
  'success-criteria': { of: 'requirement', kind: 'success', needsId: false },
  'linked-adrs': { of: 'links' },
  'linked-journeys': { of: 'links' },
  'linked-stories': { of: 'links' },
  'test-strategy': { of: 'task', kind: 'verification' },
  'verification-plan': { of: 'task', kind: 'verification' },
  'compliance-checklist': { of: 'task', kind: 'approval' },
  'panel-findings': { of: 'task', kind: 'check' },
  'definition-of-done': { of: 'task', kind: 'done' },
  'review-checklist': { of: 'task', kind: 'check' },
  tasks: { of: 'task', kind: 'task' },
  'implementation-steps': { of: 'task', kind: 'task' },
  refactors: { of: 'task', kind: 'task' },
  step: { of: 'task', kind: 'task' },
  legend: { of: 'legend' },
}
const DELTAS = new Set(['added-requirements', 'modified-requirements', 'removed-requirements', 'renamed-requirements'])

/** By the keys of the open sections, innermost first. */
export function modeOf(format: SpecFormat, kind: DocumentKind, keys: readonly (string | null)[]): Mode {
  if (format === 'openspec' && (kind === 'delta' || kind === 'capability'))
    return keys.some((key) => key !== null && DELTAS.has(key)) ? { of: 'delta' } : plain
  if (kind === 'checklist')
    return find(keys, { legend: { of: 'legend' }, notes: plain }) ?? { of: 'task', kind: 'check' }
  if (kind === 'tasks') return find(keys, IN_TASKS) ?? { of: 'task', kind: 'task' }
  if (kind === 'spec') return find(keys, IN_SPECS) ?? plain
  if (kind === 'plan' || kind === 'design') return find(keys, IN_PLANS) ?? plain
  if (kind === 'story' || kind === 'runbook' || kind === 'agent-plan' || kind === 'issue')
    return find(keys, IN_STORIES) ?? plain
  return find(keys, { 'acceptance-criteria': criterion, 'definition-of-done': { of: 'task', kind: 'done' } }) ?? plain
}

function find(keys: readonly (string | null)[], modes: Readonly<Record<string, Mode>>): Mode | null {
  for (const key of keys) {
    const mode = key === null ? undefined : modes[key]
    if (mode) return mode
  }
  return null
}

/** What an unexpected checkbox is in each kind of document. */
export function looseBox(kind: DocumentKind): { kind: TaskKind; expected: boolean } {
  if (kind === 'issue' || kind === 'tasks') return { kind: 'task', expected: true }
  if (kind === 'checklist') return { kind: 'check', expected: true }
  if (
    kind === 'spec' ||
    kind === 'plan' ||
    kind === 'constitution' ||
    kind === 'adr' ||
    kind === 'rule' ||
    kind === 'instruction'
  )
    return { kind: 'check', expected: false }
  if (kind === 'quickstart' || kind === 'research' || kind === 'contract')
    return { kind: 'verification', expected: false }
  return { kind: 'task', expected: false }
}
