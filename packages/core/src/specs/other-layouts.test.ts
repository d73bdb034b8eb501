import { expect, test } from 'vitest'
import { DocumentDraft } from './draft.ts'
import { readProject } from './project.ts'
import { readSpec } from './read.ts'
import { Source } from './source.ts'

const spec = (body: string) => readSpec('specs/001-x/spec.md', `# Feature Spec 001: X\n\n${body}\n`)
const runbook = (body: string) =>
  readSpec('.agent/cache/runbooks/WEB/WEB-001-runbook.md', `# WEB-001: X\n\nStatus: PROPOSED\n\n${body}\n`)

test('a story whose scenarios are paragraphs has its scenarios', () => {
  const d = spec(
    '## User Scenarios & Testing\n\n### US-1: Creator (P0)\n\n**As** a teacher,\n**I want** to be granted it.\n\n' +
      '**Given** I am a creator in Bristol,\n**When** I create an event,\n**Then** it is there.\n\n' +
      '**Given** I am in London,\n\n**When** I create one,\n\n**Then** I am refused.\n',
  )
  expect(d.stories.map((s) => [s.id, s.scenarios])).toEqual([['US1', [0, 1]]])
  expect(d.scenarios.map((s) => s.steps.map((step) => step.keyword))).toEqual([
    ['given', 'when', 'then'],
    ['given', 'when', 'then'],
  ])
  expect(d.scenarios[0]?.steps[2]?.text).toBe('it is there.')
  expect(d.scenarios[0]?.confidence).toBe('tolerant')
})

test('status and priority in a quotation below the title are fields', () => {
  const d = spec('> Priority: P0\n> Status: In Progress\n\n## Requirements\n\n> Status: Done\n')
  expect(d.status?.normal).toBe('IN_PROGRESS')
  expect(d.lines[3]?.role).toBe('quote')
})

test('criteria with an identifier are criteria wherever they stand', () => {
  const d = readSpec(
    'docs/stories/catalog.md',
    '# User stories\n\n#### US-02 — Navigation\n\n* **AC-02.1** — *Given* a student, *when* they open it,\n  *then* the response is 403.\n- [ ] AC-02.2: nothing is written\n- a note\n',
  )
  expect(d.criteria.map((c) => [c.id?.id, c.steps.map((s) => s.keyword), c.box?.state ?? null])).toEqual([
    ['AC-02.1', ['given', 'when', 'then'], null],
    ['AC-02.2', [], 'open'],
  ])
  expect(d.tasks).toEqual([])
})

test('a scenario with a title before its first step has its steps, a sentence with the words has none', () => {
  const d = readSpec(
    '.agent/cache/stories/WEB/WEB-001-x.md',
    '# WEB-001: X\n\n## Acceptance Criteria\n\n- [ ] **Scenario 1**: Moving tests. Given the 49 files, when it runs, then all are moved\n- [ ] **Scenario 2**: The file says what was given when it began\n',
  )
  expect(d.criteria.map((c) => c.steps.map((s) => s.keyword))).toEqual([['given', 'when', 'then'], []])
})

test('a section beside the proposed changes is no component of them', () => {
  const d = runbook(
    '## Proposed Changes\n\n### The page\n\n#### [MODIFY] src/a.ts\n\n## Verification Plan\n\n- [ ] Look\n',
  )
  expect(d.sections.map((s) => s.key)).toEqual([
    null,
    'proposed-changes',
    'runbook-component',
    'runbook-file',
    'verification-plan',
  ])
  expect(d.tasks.map((t) => t.kind)).toEqual(['verification'])
})

const nested = `#### [MODIFY] tests/parser.test.py

\`\`\`
<<<SEARCH
old = 1
===
text = """
\`\`\`python
<<<SEARCH
a
===
b
>>>
\`\`\`
"""
>>>
\`\`\`

#### [MODIFY] src/b.py
`

test('a fence inside of a SEARCH block does not end the fence around it', () => {
  const d = runbook(`## Proposed Changes\n\n${nested}`)
  expect(d.files.filter((f) => f.action !== 'mention').map((f) => f.target)).toEqual([
    'tests/parser.test.py',
    'src/b.py',
  ])
  expect(d.files[0]?.edits).toHaveLength(1)
  expect(d.files[0]?.edits[0]).toMatchObject({ search: 'old = 1', complete: true })
  expect(d.notes).toEqual([])
})

test('a SEARCH block without its end does not swallow what follows its fence', () => {
  const d = runbook(
    '## Proposed Changes\n\n#### [MODIFY] src/a.py\n\n```\n<<<SEARCH\nold\n===\nnew\n```\n\n#### [MODIFY] src/b.py\n\n```\n<<<SEARCH\nx\n===\ny\n>>>\n```\n',
  )
  const files = d.files.filter((f) => f.action !== 'mention')
  expect(files.map((f) => [f.target, f.edits.map((e) => e.complete)])).toEqual([
    ['src/a.py', [false]],
    ['src/b.py', [true]],
  ])
})

test('a new file that speaks of SEARCH blocks is a text, one that begins with a block is made of them', () => {
  const d = runbook(
    '## Proposed Changes\n\n#### [NEW] tests/a.py\n\n```python\nx = """\n<<<SEARCH\n\n===\ny\n>>>\n"""\n```\n\n#### [NEW] \\_\\_init\\_\\_.py\n\n```\n<<<SEARCH\na\n===\nb\n>>>\n```\n',
  )
  expect(d.files.map((f) => [f.target, f.edits.length, f.content?.text.slice(0, 7) ?? null])).toEqual([
    ['tests/a.py', 0, 'x = """'],
    ['__init__.py', 1, null],
  ])
})

test("a folder laid out like Kiro's stays so, whatever else lies in it", () => {
  const project = readProject([
    { path: '.claude/specs/login/analysis.md', text: '# Analysis\n' },
    { path: '.claude/specs/login/requirements.md', text: '# Requirements\n\n### Requirement 1\n' },
    { path: '.claude/specs/login/design.md', text: '# Design\n' },
    { path: '.claude/specs/login/tasks.md', text: '# Tasks\n\n- [ ] 1. Do it\n  - _Requirements: 1_\n' },
  ])
  expect(project.features.map((f) => [f.format, f.folder])).toEqual([['kiro', '.claude/specs/login']])
  const [feature] = project.features
  expect([feature?.spec, feature?.plan, feature?.tasks].map((i) => project.documents[i ?? -1]?.path)).toEqual([
    '.claude/specs/login/requirements.md',
    '.claude/specs/login/design.md',
    '.claude/specs/login/tasks.md',
  ])
})

test('a line that no reader took is unread and reported', () => {
  const draft = new DocumentDraft(new Source('a.md', 'one\ntwo\nthree\n'), 'story', 'story')
  draft.line(1, 'strict', 'prose')
  draft.line(3, 'strict', 'prose')
  const read = draft.finish()
  expect(read.lines.map((line) => line.confidence)).toEqual(['strict', 'unread', 'strict'])
  expect(read.unread.map((u) => [u.place.line, u.reason, u.text])).toEqual([[2, 'unknown-kind', 'two']])
})

test('data that is nested beyond what a parser can follow is unread, and said so', () => {
  for (const path of ['specs/deep.yaml', 'specs/deep.json', 'agents.yaml']) {
    const d = readSpec(path, `id: x\nowner: ${'['.repeat(60_000)}\n`)
    expect(d.notes[0]?.code).toBe(path.endsWith('json') ? 'invalid-json' : 'invalid-yaml')
    expect(d.notes[0]?.detail).toBe('the file is nested too deeply and was not read')
    expect(d.lines.every((line) => line.confidence === 'unread')).toBe(true)
  }
})

test('a check that no marker is left is no open question, a marker beside it is', () => {
  const d = spec(
    '## Requirements\n\n- **FR-001**: System MUST x [NEEDS CLARIFICATION]\n- **FR-002**: System MUST y [NEEDS CLARIFICATION: which?]\n\n## Review & Acceptance Checklist\n\n- [ ] No [NEEDS CLARIFICATION] markers remain\n\nWithout any [NEEDS CLARIFICATION] it is ready.\n',
  )
  expect(d.clarifications.map((c) => c.question)).toEqual(['', 'which?'])
})

test('a numbered scenario with a bold title has its steps', () => {
  const d = spec(
    '## Acceptance Scenarios\n\n1. **Six-tool parity.** Given the fixtures, when each runs, then all are equal\n',
  )
  expect(d.scenarios.map((s) => s.steps.map((step) => step.keyword))).toEqual([['given', 'when', 'then']])
})
