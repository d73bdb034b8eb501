import { expect, test } from 'vitest'
import { readProject } from '../project.ts'
import type { SpecFile } from '../project-model.ts'
import { DEFAULT_LINT_CONFIG, readLintConfig, type LintConfig } from './lint-config.ts'
import { lintProject } from './lint.ts'
import { fitsPattern } from './path-pattern.ts'
import { untestableBecause, vagueWord } from './wording.ts'

const SPEC = (requirements: string) => `# Feature Specification: Login

## User Scenarios & Testing

### User Story 1 - Sign in (Priority: P1)

**Acceptance Scenarios**:

1. **Given** a member, **When** the password is sent, **Then** the start page is shown

## Requirements

${requirements}

## Success Criteria

- **SC-001**: 95 % of sign-ins end within 2 seconds
`
const VAGUE = '- **FR-001**: System MUST answer quickly'

function lint(files: readonly SpecFile[], config: LintConfig = DEFAULT_LINT_CONFIG) {
  return lintProject(readProject(files), new Map(files.map((f) => [f.path, f.text])), config)
}

const spec = (text: string, path = 'specs/001-login/spec.md'): SpecFile => ({ path, text })

test('a fingerprint stays when lines move and changes with the words and the file', () => {
  const [first] = lint([spec(SPEC(VAGUE))])
  const [moved] = lint([spec(SPEC(`Some words before.\n\n\n${VAGUE}`))])
  const [other] = lint([spec(SPEC(VAGUE), 'specs/002-login/spec.md')])
  const [changed] = lint([spec(SPEC(VAGUE.replace('FR-001', 'FR-002')))])
  expect(first?.rule).toBe('vague-requirement')
  expect(moved?.place.line).toBe((first?.place.line ?? 0) + 3)
  expect(moved?.fingerprint).toBe(first?.fingerprint)
  expect(new Set([first?.fingerprint, other?.fingerprint, changed?.fingerprint]).size).toBe(3)
})

test('equal findings of one file have fingerprints of their own', () => {
  const found = lint([spec(SPEC('- **FR-001**: TBD\n- **FR-001**: TBD\n- **FR-001**: TBD'))])
  expect(new Set(found.map((f) => f.fingerprint)).size).toBe(found.length)
})

test('templates, archived changes and ignored paths give no findings', () => {
  expect(lint([spec(SPEC(VAGUE), '.specify/templates/spec-template.md')])).toEqual([])
  const delta = '## MODIFIED Requirements\n\n### Requirement: None\n\nIt is quick.\n'
  expect(lint([spec(delta, 'openspec/changes/archive/2026-01-01-x/specs/session/spec.md')])).toEqual([])
  expect(lint([spec(SPEC(VAGUE))], { ...DEFAULT_LINT_CONFIG, ignore: ['specs/001-*'] })).toEqual([])
})

test("what the project's own template leaves out is not asked for", () => {
  const bare = SPEC('- **FR-001**: System MUST refuse with 401').replace(/\n## Success Criteria[\s\S]*/, '\n')
  expect(lint([spec(bare)]).map((f) => f.rule)).toEqual(['missing-section'])
  const template = spec(
    SPEC(VAGUE).replace(/\n## Success Criteria[\s\S]*/, '\n'),
    '.specify/templates/spec-template.md',
  )
  expect(lint([template, spec(bare)])).toEqual([])
})

test('a rule can be off, of another severity, or off for some paths', () => {
  const read = readLintConfig('rules:\n  vague-requirement: { severity: note, ignore: ["specs/002-*"] }\n', 'x.yaml')
  if (!read.ok) throw new Error(read.detail)
  const files = [spec(SPEC(VAGUE)), spec(SPEC(VAGUE), 'specs/002-login/spec.md')]
  expect(lint(files, read.value).map((f) => [f.place.path, f.severity])).toEqual([['specs/001-login/spec.md', 'note']])
  const off = readLintConfig('rules: { vague-requirement: off }', 'x.yaml')
  expect(off.ok && lint(files, off.value)).toEqual([])
})

test('the configuration refuses what it does not know, with line and key', () => {
  const refused = (text: string) => {
    const read = readLintConfig(text, 'specs.yaml')
    return read.ok ? 'accepted' : read.detail
  }
  expect(refused('')).toBe('accepted')
  expect(refused('rules:\n  nothing: off\n')).toMatch(/^specs\.yaml:2: rules\.nothing/)
  expect(refused('rules:\n  task-format:\n    level: off\n')).toMatch(/^specs\.yaml:3: rules\.task-format\.level/)
  expect(refused('options:\n  vague_words: fast\n')).toMatch(/^specs\.yaml:2: options\.vague_words: a list/)
  expect(refused('ignore: [a]\nignore: [b]\n')).toMatch(/^specs\.yaml:2/)
})

test('a vague word counts where it claims a quality and no measure stands beside it', () => {
  const word = (text: string) => vagueWord(text, '', [], [])
  expect(word('System MUST show results quickly')).toBe('quickly')
  expect(word('The page MUST be fast and the form MUST be user-friendly')).not.toBeNull()
  expect(word('System MUST retry if possible')).toBe('if possible')
  expect(word('System MUST support PDF, PNG, etc.')).toBe('etc.')
  expect(word('The system MUST respond fast')).toBe('respond fast')
  expect(word('**FR-001**: Fast search')).toBe('Fast')
  expect(word('**FR-001**: Fast path')).toBeNull()
  expect(word('System MUST notify the user as soon as possible')).toBe('as soon as possible')
  expect(word('System MUST have a simple and modern UI')).not.toBeNull()
  expect(word('System MUST handle large amounts of data')).toBe('large amounts of')
  expect(word('System MUST work on most browsers')).toBe('most browsers')
  expect(word('Response times MUST be acceptable')).toBe('be acceptable')
  expect(word('System MUST send a mail when possible matches are found')).toBeNull()
  expect(word('System MUST fail fast on an invalid token')).toBeNull()
  expect(word('System MUST use secure cookies')).toBeNull()
  expect(word('System MUST show results quickly, within 2 seconds')).toBeNull()
  expect(word('System MUST show the fast path in the list')).toBeNull()
  expect(word('System MUST offer the action "load quickly" to a member')).toBeNull()
  expect(word('System MUST NOT claim to be fast')).toBeNull()
  expect(word('The parser MUST be robust: bad lines are kept and reported')).toBeNull()
  expect(word('El sistema DEBE responder quickly')).toBeNull()
  expect(vagueWord('System MUST be handy for the user', '', ['handy'], [])).toBe('handy')
  expect(vagueWord('System MUST show results quickly', '', [], ['quickly'])).toBeNull()
})

test('a requirement is untestable where nothing can be observed', () => {
  expect(untestableBecause('**FR-001**: TBD')).not.toBeNull()
  expect(untestableBecause('System MUST work as expected')).not.toBeNull()
  expect(untestableBecause('Users MUST be satisfied with the page')).not.toBeNull()
  expect(untestableBecause('System MUST work correctly when the clock goes back')).toBeNull()
  expect(untestableBecause('System MUST improve performance by 20 % on the list')).toBeNull()
})

test('patterns fit as those of .gitignore do', () => {
  expect(fitsPattern('specs/001-login/spec.md', 'specs')).toBe(true)
  expect(fitsPattern('a/specs/x.md', 'specs')).toBe(true)
  expect(fitsPattern('a/specs/x.md', '/specs')).toBe(false)
  expect(fitsPattern('a/b/c/draft-1.md', 'a/**/draft-*.md')).toBe(true)
  expect(fitsPattern('a/draft-1.md', 'a/**/draft-*.md')).toBe(true)
  expect(fitsPattern('a/final.md', 'a/**/draft-*.md')).toBe(false)
  expect(fitsPattern('specs/0001/x', 'specs/00?/**')).toBe(false)
  expect(fitsPattern(`${'a'.repeat(5000)}b`, `${'*a'.repeat(50)}c`)).toBe(false)
})

test('any order of files gives the same findings, and other formats never throw', () => {
  const files = [
    spec(SPEC(VAGUE)),
    spec('# Tasks\n\n- [ ] T001 Add src/a.ts (depends on T001)\n', 'specs/001-login/tasks.md'),
    spec('<<<SEARCH\n', '.agent/cache/runbooks/WEB/WEB-1-runbook.md'),
    spec('id: x\nkind: [', 'specs/x.yaml'),
    spec('', 'openspec/changes/a/tasks.md'),
  ]
  const found = lint(files)
  expect(found.length).toBeGreaterThan(3)
  expect(lint(files.toReversed())).toEqual(found)
})

test('an id whose runbook is there is no unknown one: that its story is missing is told of the runbook', () => {
  const story = (id: string, words: string) =>
    spec(`# ${id}: X\n\n## State\n\nDRAFT\n\n## Parent Plan\n\n${words}\n`, `.agent/cache/stories/INFRA/${id}-x.md`)
  const runbook = spec(
    '# INFRA-002: Y\n\nStatus: PROPOSED\n\n## Goal Description\n\nBuild it.\n',
    '.agent/cache/runbooks/INFRA/INFRA-002-runbook.md',
  )
  const unknown = (files: readonly SpecFile[]) =>
    lint(files).flatMap((f) => (f.rule === 'unknown-reference' ? [f.message.slice(0, 9)] : []))
  const named = story('INFRA-001', 'INFRA-002\nINFRA-003')
  expect(unknown([named])).toEqual(['INFRA-002', 'INFRA-003'])
  expect(unknown([named, runbook])).toEqual(['INFRA-003'])
  expect(lint([named, runbook]).some((f) => f.rule === 'missing-artefact' && f.place.path === runbook.path)).toBe(true)
})
