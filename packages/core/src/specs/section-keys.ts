import type { DocumentKind, SpecFormat } from './model.ts'
import { SECTION_NAMES, SECTION_PATTERNS } from './section-names.ts'

/** A heading's title without decoration: asterisks, code marks, emoji, numbering marks, *(mandatory)* and the like. */
export function plainTitle(written: string): string {
  return (
    written
      .slice(0, 2000)
      .replaceAll(/\*\(?(?:mandatory|optional|required|include if [^*)]{1,80})\)?\*/gi, '')
      // `*(必要)*`, `_(obligatorio)_`: the same in any language, at the end.
      .replace(/\s*([*_])[(（][^*_()（）]{1,80}[)）]\1\s*$/, '')
      .replace(/\s*[（(](?:必填|必須|必要|必需|可选|可選|選填|必填项|任意|필수|선택)[）)]\s*$/, '')
      .replaceAll(/[*`]|__/g, '')
      .replaceAll(/[\p{Extended_Pictographic}\uFE0F\u200D]/gu, '')
      .trim()
  )
}

/** Lower case, letters and digits of any script and single blanks: the form in which titles are compared. */
export function comparedTitle(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim()
}

const BY_NAME = new Map(
  Object.entries(SECTION_NAMES).flatMap(([key, names]) => names.split(', ').map((name) => [name, key] as const)),
)

/** The same titles come back in every file of a project. */
const KNOWN_TITLES = new Map<string, string | null>()
const KNOWN_TITLES_MAX = 4000

/** The section of the formats that a title names, whatever its wording or language; null when none does. */
export function sectionKey(name: string): string | null {
  if (name.length > 100) return keyOf(name)
  const known = KNOWN_TITLES.get(name)
  if (known !== undefined) return known
  const key = keyOf(name)
  if (KNOWN_TITLES.size >= KNOWN_TITLES_MAX) KNOWN_TITLES.clear()
  KNOWN_TITLES.set(name, key)
  return key
}

function keyOf(name: string): string | null {
  const exact = BY_NAME.get(name)
  if (exact) return exact
  // `3. Requirements`, `2 1 Overview`
  const bare = name.replace(/^(?:\d{1,3} ){1,3}/, '')
  if (bare !== name && BY_NAME.has(bare)) return BY_NAME.get(bare) ?? null
  if (name.length > 200) return null
  return SECTION_PATTERNS.find(([pattern]) => pattern.test(name))?.[1] ?? null
}

const SPEC = [
  'user-scenarios',
  'user-story-heading',
  'edge-cases',
  'requirements',
  'functional-requirements',
  'key-entities',
  'success-criteria',
  'assumptions',
  'clarifications',
  'clarification-session',
  'acceptance-scenarios',
  'user-story',
  'review-checklist',
  'progress-tracking',
  'out-of-scope',
  'dependencies',
  'non-functional-requirements',
  'overview',
]
const STORY = [
  'status',
  'problem-statement',
  'user-story',
  'acceptance-criteria',
  'non-functional-requirements',
  'linked-adrs',
  'linked-journeys',
  'linked-stories',
  'impact',
  'test-strategy',
  'rollback-plan',
  'copyright',
]

/** The headings each kind's template has. A kind without a line has free headings: all of them are strict. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  'spec-kit/spec': SPEC,
  'spec-kit/plan': [
    'overview',
    'technical-context',
    'constitution-check',
    'project-structure',
    'complexity-tracking',
    'progress-tracking',
    'phases',
    'phase',
    'review-checklist',
  ],
  'spec-kit/tasks': [
    'legend',
    'phase',
    'dependencies',
    'parallel',
    'strategy',
    'notes',
    'review-checklist',
    'user-story-heading',
    'tasks',
  ],
  'openspec/capability': ['overview', 'requirements', 'openspec-requirement', 'openspec-scenario'],
  'openspec/delta': [
    'added-requirements',
    'modified-requirements',
    'removed-requirements',
    'renamed-requirements',
    'openspec-requirement',
    'openspec-scenario',
    'overview',
  ],
  'openspec/proposal': ['problem-statement', 'proposal', 'impact', 'capabilities', 'out-of-scope', 'overview'],
  'agent/story': STORY,
  'agent/runbook': [
    ...STORY,
    'overview',
    'compliance-checklist',
    'proposed-changes',
    'verification-plan',
    'panel-findings',
    'introspection',
    'refactors',
    'implementation-steps',
    'step',
    'definition-of-done',
    'runbook-file',
    'runbook-component',
  ],
  'kiro/spec': ['overview', 'requirements', 'kiro-requirement', 'acceptance-criteria', 'user-story', 'legend'],
}

/** Whether a heading is one of the kind's own. */
export function isKnownSection(format: SpecFormat, kind: DocumentKind, key: string | null): boolean {
  const known = KNOWN[`${format}/${kind}`]
  return known === undefined || (key !== null && known.includes(key))
}
