import { expect, test } from 'vitest'
import { readSpec } from './read.ts'

const tasks = (body: string) => readSpec('specs/001-x/tasks.md', `# Tasks: X\n\n## Phase 1: Setup\n\n${body}\n`)
const one = (line: string) => {
  const d = tasks(line)
  const t = d.tasks[0]
  return t ? [t.id?.id ?? null, t.state, t.confidence, t.deviations, t.text] : null
}

test.each([
  ['- [ ] T001 Create a', 'T001', 'open', []],
  ['- [x] T001 [P] [US1] Create a', 'T001', 'done', []],
  ['- [X] T1001 Create a', 'T1001', 'done', []],
  ['- [ ] Create a', null, 'open', ['no-id']],
  ['- [x] **T001** Create a', 'T001', 'done', ['bold-id']],
  ['- [x] **T001**: Create a', 'T001', 'done', ['bold-id']],
  ['- [x] **T001:** Create a', 'T001', 'done', ['bold-id']],
  ['- [ ] `T001` Create a', 'T001', 'open', ['code-id']],
  ['- [ ] [T001] Create a', 'T001', 'open', ['bracketed-id']],
  ['- [ ] T001: Create a', 'T001', 'open', []],
  ['- [ ] T001 - Create a', 'T001', 'open', []],
  ['- [ ] T001 — Create a', 'T001', 'open', []],
  ['- [ ] T49.D01 Create a', 'T49.D01', 'open', ['dotted-id']],
  ['- [ ] T-1 Create a', 'T-1', 'open', ['short-id']],
  ['- [ ] T12 Create a', 'T12', 'open', ['short-id']],
  ['- [ ] T051a [EXECUTOR: claude] Create a', 'T051A', 'open', ['suffixed-id', 'own-tag']],
  ['- [ ] P001 Create a', 'P001', 'open', ['other-prefix']],
  ['- [ ] FR-001 Create a', 'FR-001', 'open', ['other-prefix']],
  ['- [ ] TASK-7 Create a', 'TASK-7', 'open', ['other-prefix']],
  ['- [ ] t001 Create a', 'T001', 'open', ['lower-case-id']],
  ['- [ ] FR–001 Create a', 'FR-001', 'open', ['other-prefix']],
  ['- [~] T001 Create a', 'T001', 'partial', ['other-mark']],
  ['- [-] T001 Create a', 'T001', 'dropped', ['other-mark']],
  ['- [?] T001 Create a', 'T001', 'unknown', ['other-mark']],
  ['- [✓] T001 Create a', 'T001', 'done', ['other-mark']],
  ['- [] T001 Create a', 'T001', 'open', ['empty-box', 'other-mark']],
  ['- [ x] T001 Create a', 'T001', 'done', ['wide-box', 'other-mark']],
  ['-[ ] T001 Create a', 'T001', 'open', ['no-blank-before-box']],
  ['- [ ]T001 Create a', 'T001', 'open', ['no-blank-after-box']],
  ['[ ] T001 Create a', 'T001', 'open', ['no-bullet']],
  ['* [ ] T001 Create a', 'T001', 'open', ['other-bullet']],
  ['+ [ ] T001 Create a', 'T001', 'open', ['other-bullet']],
  ['1. [ ] T001 Create a', 'T001', 'open', ['numbered']],
  ['  - [ ] T001 Create a', 'T001', 'open', ['indented']],
  ['\t- [ ] T001 Create a', 'T001', 'open', ['tab', 'indented']],
  ['-\t[ ] T001 Create a', 'T001', 'open', ['blanks']],
  ['- [ ] [P] T001 Create a', 'T001', 'open', ['tag-before-id']],
  ['- [ ] T001 [US1] [P] Create a', 'T001', 'open', ['story-before-parallel']],
  ['- [ ] T001 [P][US2] Create a', 'T001', 'open', []],
  ['- T001 Create a', 'T001', 'unknown', ['no-box']],
  ['1. T001 Create a', 'T001', 'unknown', ['no-box']],
  ['### T001: Create a', 'T001', 'unknown', ['no-box', 'heading']],
])('%s is read as a task, and how it departs is said', (line, id, state, deviations) => {
  expect(one(line)).toEqual([id, state, deviations.length === 0 ? 'strict' : 'tolerant', deviations, 'Create a'])
})

test.each([
  '- [P] = can run in parallel',
  '- [P]: Can run in parallel (different files)',
  '- [P] Can run in parallel',
  '- [ ] = not started',
  '- [x] = completed',
  '- [~] = in progress',
  '- [x] — done',
  '- [ ] [ID] [P?] [Story] Description',
])('%s explains the notation and is no task', (line) => {
  const d = tasks(line)
  expect(d.tasks).toEqual([])
  expect(d.checkboxes.map((c) => c.as)).toEqual(['legend'])
  expect(d.lines[4]).toEqual({ confidence: 'strict', role: 'legend' })
})

test('a legend of status words is none of tasks, a task that consists of such a word is one', () => {
  const legend = readSpec('specs/001-x/tasks.md', '# T\n\n## Legend\n\n- [ ] Not started\n- [x] Completed\n')
  expect(legend.checkboxes.map((c) => c.as)).toEqual(['legend', 'legend'])
  expect(tasks('- [ ] Pending\n- [x] Completed\n').tasks).toEqual([])
  expect(tasks('- [x] T001 Completed').tasks).toHaveLength(1)
  expect(tasks('- [x] Verified').tasks).toHaveLength(1)
})

test('words that look like identifiers are words', () => {
  for (const word of ['SHA256', 'UTF-8', 'ES2024', 'HTTP2', 'S3', 'H1', 'OAuth2', '3', '2024'])
    expect(tasks(`- [ ] ${word} support`).tasks[0]).toMatchObject({ id: null, text: `${word} support` })
})

test("a document's own prefix counts once two checkboxes lead with it", () => {
  expect(tasks('- [ ] BE1 a\n- [ ] BE2 b').tasks.map((t) => t.id?.id)).toEqual(['BE1', 'BE2'])
})

test('a task in a fence, a comment or a quote is none', () => {
  const d = tasks(
    '```\n- [ ] T001 a\n```\n\n<!-- - [ ] T002 b -->\n\n<!--\n- [ ] T003 c\n-->\n\n> - [ ] T004 d\n\n~~~md\n- [ ] T005 e\n```\n- [ ] T006 f\n~~~\n\n- [ ] T007 g <!-- - [ ] T008 -->',
  )
  expect(d.tasks.map((t) => t.id?.id)).toEqual(['T007'])
  expect(d.tasks[0]?.text).toBe('g')
  expect(d.checkboxes.map((c) => c.as)).toEqual(['code', 'comment', 'quote', 'code', 'code', 'task'])
})

test('what an unclosed fence or comment swallows is unread and reported', () => {
  const d = tasks('- [ ] T001 a\n\n```\n- [ ] T002 b\n\nmore')
  expect(d.tasks).toHaveLength(1)
  expect(d.unread.map((u) => [u.place.line, u.reason])).toEqual([7, 8, 9, 10].map((n) => [n, 'unclosed-fence']))
  expect(d.checkboxes.at(-1)).toEqual({ line: 8, as: 'none', confidence: 'unread' })
  expect(d.notes.map((n) => n.code)).toEqual(['unclosed-fence'])
  expect(tasks('<!-- x\n- [ ] T002 b').unread.map((u) => u.reason)).toEqual(['unclosed-comment', 'unclosed-comment'])
})

test('nested items know their parent, and text below an item belongs to it', () => {
  const d = tasks('- [ ] T001 a\n  more of a\n  - [x] T002 b\n    - note on b\n- [ ] T003 c')
  expect(d.tasks.map((t) => [t.id?.id, t.parent, t.place.line, t.place.endLine, t.text])).toEqual([
    ['T001', null, 5, 8, 'a\nmore of a'],
    ['T002', 0, 7, 8, 'b\n- note on b'],
    ['T003', null, 9, 9, 'c'],
  ])
})

test('CR, CRLF, a BOM and setext headings change nothing', () => {
  const lf = 'Tasks: X\n========\n\nPhase 1: Setup\n--------------\n\n- [ ] T001 a\n'
  for (const text of [lf, `\uFEFF${lf}`, lf.replaceAll('\n', '\r\n'), lf.replaceAll('\n', '\r')]) {
    const d = readSpec('specs/001-x/tasks.md', text)
    expect([d.title, d.sections.map((s) => s.level), d.tasks[0]?.phase, d.lines.length]).toEqual(['X', [1, 2], 1, 7])
  }
})

test('waits are read in their wordings, ranges are written out', () => {
  const waits = (line: string) => tasks(line).dependencies.map((d) => `${d.fromId} ${d.kind} ${d.to}`)
  expect(waits('- [ ] T014 a (depends on T012, T013)')).toEqual(['T014 depends T012', 'T014 depends T013'])
  expect(waits('- [ ] T014 a *(depends on T002)*')).toEqual(['T014 depends T002'])
  expect(waits('- [ ] T014 a (Depends on: T002 and T003)')).toEqual(['T014 depends T002', 'T014 depends T003'])
  expect(waits('- [ ] T014 a [deps: T002]')).toEqual(['T014 depends T002'])
  expect(waits('- [ ] T014 a, blocked by T002–T004')).toEqual([
    'T014 depends T002',
    'T014 depends T003',
    'T014 depends T004',
  ])
  expect(waits('- [ ] T014 a, blocks T015')).toEqual(['T014 blocks T015'])
  expect(waits('- [ ] T014 a that T012 mentions')).toEqual([])
  expect(waits('- [ ] T014 run after login, see T012')).toEqual([])
})

test('requirements without or with another identifier are kept', () => {
  const d = readSpec(
    'specs/001-x/spec.md',
    '# S\n\n## Requirements\n\n### Functional Requirements\n\n- FR-001: plain MUST\n- **FR–002**: dash\n- **fr-003** lower\n* **FR-004**: star\n- The system must count\n  - a note\n1. **FR-001**: again\n**FR-005**: a paragraph\n\n| ID | Text |\n|---|---|\n| FR-006 | a row |\n\n#### FR-007: a heading\n\ntext of it\n\n### Non-Functional Requirements\n\n- **NFR-001**: quick\n- ~~**NFR-002**: gone~~\n',
  )
  expect(d.requirements.map((r) => [r.id?.id ?? null, r.deviations, r.kind])).toEqual([
    ['FR-001', ['plain-id'], 'functional'],
    ['FR-002', ['unicode-dash'], 'functional'],
    ['FR-003', ['lower-case-id'], 'functional'],
    ['FR-004', ['other-bullet'], 'functional'],
    [null, ['no-id'], 'functional'],
    ['FR-001', ['other-bullet'], 'functional'],
    ['FR-005', ['no-bullet'], 'functional'],
    ['FR-006', ['table-row'], 'functional'],
    ['FR-007', ['heading'], 'functional'],
    ['NFR-001', [], 'non-functional'],
    ['NFR-002', [], 'non-functional'],
  ])
  expect(d.requirements.at(-1)?.withdrawn).toBe(true)
  expect(d.requirements[4]?.text).toBe('The system must count\n- a note')
})

test('older templates, other languages and bold labels lead to the same sections', () => {
  const d = readSpec(
    'specs/001-x/spec.md',
    '# 功能规格说明: 登录\n\n## 用户场景与测试\n\n### 用户故事 1 - 登录 (优先级: P1)\n\n**验收场景**:\n\n1. **Given** a, **When** b, **Then** c\n\n## 需求\n\n### 功能需求\n\n- **FR-001**: 系统必须\n\n## Erfolgskriterien\n\n- **SC-001**: 1 s\n\n## Review & Acceptance Checklist\n\n- [x] No details\n\n## Execution Status\n\n- [ ] Done\n',
  )
  expect(d.stories.map((s) => [s.id, s.title, s.priority, s.scenarios.length])).toEqual([['US1', '登录', 'P1', 1]])
  expect(d.requirements.map((r) => [r.id?.id, r.kind])).toEqual([
    ['FR-001', 'functional'],
    ['SC-001', 'success'],
  ])
  expect(d.tasks.map((t) => t.kind)).toEqual(['check', 'check'])
})

test('given, when and then are found in their forms, and a sentence with when is none', () => {
  const steps = (line: string) =>
    readSpec('s/stories/a.md', `# S\n\n## Acceptance Criteria\n\n- ${line}\n`).criteria[0]?.steps.map((s) => s.keyword)
  expect(steps('**Given** a, **When** b, **Then** c')).toEqual(['given', 'when', 'then'])
  expect(steps('Given a, when b, then c')).toEqual(['given', 'when', 'then'])
  expect(steps('GIVEN a WHEN b THEN c AND d')).toEqual(['given', 'when', 'then', 'and'])
  expect(steps('**Dado** a, **cuando** b, **entonces** c')).toEqual(['given', 'when', 'then'])
  expect(steps('The page shows when it ends')).toEqual([])
})

test('a marker in code marks is its name, elsewhere it is an open question', () => {
  const d = readSpec(
    'specs/001-x/spec.md',
    '# S\n\n`[NEEDS CLARIFICATION: x]` marks.\n\nIt is [NEEDS CLARIFICATION: how [much]?] here and [needs clarification].\n',
  )
  expect(d.clarifications.map((c) => [c.question, c.open, c.confidence])).toEqual([
    ['how [much]?', true, 'strict'],
    ['', true, 'tolerant'],
  ])
})

test('paths are told from words, products and routes', () => {
  const files = (text: string) => tasks(`- [ ] T001 ${text}`).files.map((f) => f.target)
  expect(files('a `src/a.ts`, src/b.py:3 and [c](docs/c.md#L4)')).toEqual(['src/a.ts', 'src/b.py', 'docs/c.md'])
  expect(files('Node.js and Next.js, e.g. `GET /api/users`, and/or https://x.org/a.html')).toEqual([])
  expect(files('`src/auth/` and `Dockerfile`')).toEqual(['src/auth/', 'Dockerfile'])
  expect(files('run `npm test -- src/a.test.ts`')).toEqual(['src/a.test.ts'])
})

test('in a section on dependencies each clause is read by itself, and only what stands beside the word', () => {
  const waits = (line: string) =>
    readSpec('specs/001-x/tasks.md', `# T\n\n## Dependencies\n\n- ${line}\n`).dependencies.map(
      (d) => `${d.fromId} ${d.to}`,
    )
  expect(waits('T001 → T002 → T003')).toEqual(['T002 T001', 'T003 T002'])
  expect(waits('Tests (T004-T005) before implementation (T008)')).toEqual(['T008 T004', 'T008 T005'])
  expect(waits('T008 blocks T009, T015')).toEqual(['T009 T008', 'T015 T008'])
  expect(waits('Phase 2 (T001) blocks everything; T003 depends on T002')).toEqual(['T003 T002'])
  expect(waits('FR-001 → T001–T003; FR-002 → T004')).toEqual([])
  expect(waits('US4: after US1. Independent of US2')).toEqual(['US4 US1'])
  expect(waits('US3: Can start after Foundational - Independent but builds on US2')).toEqual([])
})

test('a heading that begins with a verb names a file only with brackets or a path', () => {
  const d = readSpec(
    '.agent/cache/runbooks/WEB/WEB-1-runbook.md',
    '# WEB-1: A\n\n### Add Router Configuration\n\n### Modify src/a.ts\n\n#### [NEW] Makefile.inc\n',
  )
  expect(d.files.filter((f) => f.action !== 'mention').map((f) => [f.action, f.target])).toEqual([
    ['modify', 'src/a.ts'],
    ['new', 'Makefile.inc'],
  ])
})
