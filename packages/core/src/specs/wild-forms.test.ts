import { expect, test } from 'vitest'
import { applyEdits } from './edits.ts'
import type { SpecDocument, Task } from './model.ts'
import { tick, untick } from './operations.ts'
import { placeOfPath } from './project-layout.ts'
import { readProject } from './project.ts'
import { readSpec } from './read.ts'

/** Forms that projects outside of the corpora use, each in words of our own. */
const TASKS = 'specs/001-x/tasks.md'
const tasks = (body: string): SpecDocument => readSpec(TASKS, `# Tasks: X\n\n## Phase 1: Setup\n\n${body}\n`)
const spec = (text: string): SpecDocument => readSpec('specs/001-x/spec.md', text)
const delta = (text: string): SpecDocument => readSpec('openspec/changes/a/specs/b/spec.md', text)
const ids = (document: SpecDocument) => document.tasks.map((t) => t.id?.id ?? null)
const keys = (document: SpecDocument) => document.sections.map((s) => s.key)

test.each([
  ['- [ x ] T001 Create a', 'T001', 'done', ['wide-box', 'other-mark']],
  ['– [x] T001 Create a', 'T001', 'done', ['other-bullet']],
  ['▪ [ ] T001 Create a', 'T001', 'open', ['other-bullet']],
  ['- [v] T001 Create a', 'T001', 'done', ['other-mark']],
  ['- [☑] T001 Create a', 'T001', 'done', ['other-mark']],
  ['- [ ] T025A Create a', 'T025A', 'open', ['suffixed-id']],
  ['- [ ] S1-T01 Create a', 'S1-T01', 'open', ['other-prefix']],
  ['- [ ] WP01.T003 Create a', 'WP01.T003', 'open', ['other-prefix']],
  ['- [ ] FR-011-002 Create a', 'FR-011-002', 'open', ['other-prefix']],
  ['- [ ] 1) Create a', '1', 'open', ['other-prefix']],
  ['- [x] ~~T020a~~ Create a', 'T020A', 'done', ['struck', 'suffixed-id']],
  ['- [x] ✅ T086 Create a', 'T086', 'done', ['sign-before-id']],
  ['- [ ] 🔴 **T086** Create a', 'T086', 'open', ['sign-before-id', 'bold-id']],
  ['- [ ] T001 (P) (US1) Create a', 'T001', 'open', ['round-tag']],
  ['- [ ] Task 1.1: Create a', '1.1', 'open', ['other-prefix']],
  ['- [ ] **Task 1.1:** Create a', '1.1', 'open', ['bold-id', 'other-prefix']],
  ['- [ ] T001 [Story: US1] Create a', 'T001', 'open', ['other-story-label']],
])('%s is a task with its id, state and words', (line, id, state, deviations) => {
  const [task] = tasks(line).tasks
  expect([task?.id?.id, task?.state, task?.text]).toEqual([id, state, 'Create a'])
  expect([...(task?.deviations ?? [])].toSorted()).toEqual(deviations.toSorted())
})

test.each(['T001 [P] [US2] A', 'T001 (P) (US2) A', 'T001 [P] [Story: US2] A', 'T001 [Story US2] [P] A'])(
  '"- [ ] %s" may run beside others and belongs to story 2',
  (line) => {
    expect(tasks(`- [ ] ${line}`).tasks[0]).toMatchObject({ parallel: true, story: { id: 'US2' }, text: 'A' })
  },
)

test('the tags behind the words of a heading are the tags of its task', () => {
  const [task] = tasks('### T004: Write the reader [Story: US1] [P]').tasks
  expect(task).toMatchObject({ parallel: true, story: { id: 'US1' }, id: { id: 'T004' } })
})

test.each([
  ['T077-T079', ['T077', 'T078', 'T079']],
  ['T001-003', ['T001', 'T002', 'T003']],
  ['T080/T081', ['T080', 'T081']],
  ['T082, T083', ['T082', 'T083']],
  ['T084 & T085', ['T084', 'T085']],
])('"- [x] %s ..." stands for each of its tasks', (lead, all) => {
  const text = `# Tasks: X\n\n## Phase 1: A\n\n- [x] ${lead} Write both readers\n`
  expect(tasks(`- [x] ${lead} Write both readers`).tasks[0]).toMatchObject({ id: null, state: 'done' })
  const project = readProject([{ path: TASKS, text }])
  expect(project.definitions.filter((d) => d.kind === 'task').map((d) => d.id)).toEqual(all)
})

test('two ends of a range are no identifier, whatever they count', () => {
  expect(ids(tasks('- [ ] FR-001-FR-003 Write the reader'))).toEqual([null])
  expect(ids(tasks('- [ ] FR-003-FR-001 Write the reader'))).toEqual(['FR-003-FR-001'])
})

test('a compound identifier is one, and a range only where both its ends are defined', () => {
  const body = '- **FR-001**: System MUST a\n- **FR-002**: System MUST b\n- **FR-011-002**: System MUST c\n'
  const files = [
    { path: 'specs/001-x/spec.md', text: `# Feature Specification: X\n\n## Requirements\n\n${body}` },
    { path: TASKS, text: '# Tasks: X\n\n## Phase 1: A\n\n- [ ] T001 a (FR-011-002)\n- [ ] T002 b (FR-001-002)\n' },
  ]
  const project = readProject(files)
  const doc = project.documents.find((d) => d.path === TASKS)
  expect(doc?.references.map((r) => r.id)).toEqual(['FR-011-002', 'FR-001-002'])
  const reached = project.links
    .filter((link) => link.state === 'resolved')
    .map((link) => link.to.map((i) => project.definitions[i]?.id))
  expect(reached).toEqual(expect.arrayContaining([['FR-011-002'], ['FR-001', 'FR-002']]))
})

test.each(['REQ-AUDIT-001', 'REQ.1', 'US1-FR-022', 'NFR-SEC-2'])('%s leads a requirement', (id) => {
  const d = spec(`# Feature Specification: X\n\n## Requirements\n\n- **${id}**: System MUST keep a log\n`)
  expect(d.requirements.map((r) => r.id?.written)).toEqual([id])
})

test('a list that follows a table without a blank line is a list, whatever bars its items hold', () => {
  const d = tasks('| File | Why |\n|---|---|\n- [ ] T001 Read a | b\n- [x] T002 Read `c|d`\n')
  expect(ids(d)).toEqual(['T001', 'T002'])
  expect(d.checkboxes.map((c) => c.as)).toEqual(['task', 'task'])
})

test('a table of tasks with boxes in cells gives tasks whose boxes can be ticked, byte for byte', () => {
  const table = '| Estado | ID | Tarea |\r\n|---|---|---|\r\n| [ ] | T001 | Leer |\r\n| [x] | T002 | Medir |\r\n'
  const text = `\uFEFF# Tasks: X\r\n\r\n## Phase 1: A\r\n\r\n${table}`
  const d = readSpec(TASKS, text)
  expect(d.tasks.map((t) => [t.id?.id, t.state])).toEqual([
    ['T001', 'open'],
    ['T002', 'done'],
  ])
  expect(write(text, tick(d.tasks[0] as Task))).toBe(text.replace('| [ ] | T001', '| [x] | T001'))
  expect(write(text, untick(d.tasks[1] as Task))).toBe(text.replace('| [x] | T002', '| [ ] | T002'))
})

test('beside tasks with boxes a table only tells of them', () => {
  const d = tasks('- [ ] T001 Read\n\n| Task | Status |\n|---|---|\n| T001 | [x] |\n| T001 | open |')
  expect(ids(d)).toEqual(['T001'])
})

test.each([
  ['- [ x ] T001 a', '- [x] T001 a'],
  ['– [ ] T001 a', '– [x] T001 a'],
  ['- [x] ✅ T001 a', '- [x] ✅ T001 a'],
  ['  * [ ] ~~T001~~ a\t ', '  * [x] ~~T001~~ a\t '],
])('ticking %s writes nothing but the mark, with BOM, CRLF and no final line end', (line, ticked) => {
  for (const [bom, end] of [
    ['', '\n'],
    ['\uFEFF', '\r\n'],
  ] as const) {
    const file = (own: string) => `${bom}${['# Tasks: X', '', '## Phase 1: A', '', own, '> [x]'].join(end)}`
    const before = file(line)
    const task = readSpec(TASKS, before).tasks[0] as Task
    const after = write(before, tick(task))
    expect(after).toBe(task.state === 'done' ? before : file(ticked))
    expect(readSpec(TASKS, after).tasks[0]?.state).toBe('done')
  }
})

test('lines with signs and without boxes beside tasks with boxes speak of those tasks', () => {
  const d = tasks(
    '- [x] T001 Read\n- [ ] T002 Write\n\n- ✅ T001 is through\n- T002 writing goes on\n- ✅ T003 came with another list\n- T004 or T005 first',
  )
  expect(ids(d)).toEqual(['T001', 'T002'])
})

test('bare lines that begin with an id are tasks where the list has no boxes', () => {
  expect(ids(tasks('T001 Write the reader\nT002 Write the writer'))).toEqual(['T001', 'T002'])
  expect(ids(tasks('- [ ] T003 Measure\n\nT001 Write the reader'))).toEqual(['T003'])
})

test.each([
  ['Format: `[ID] [P?] [Story]`', 'legend'],
  ['形式：`[ID] [P?] [Story] 描述`', 'legend'],
  ['Formato: `[ID] [P?] [Historia] Descripción`', 'legend'],
  ['階段 1：準備', 'phase'],
  ['Фаза 2: основа', 'phase'],
  ['3단계: 구현', 'phase'],
])('the heading "%s" of a task list is a %s', (title, key) => {
  const d = readSpec(TASKS, `# Tasks: X\n\n## ${title}\n\n- [US1]: from story 1\n`)
  expect(keys(d)).toContain(key)
  expect(d.references).toEqual(key === 'legend' ? [] : expect.any(Array))
})

test.each([
  ['必填要求 *(必要)*', null],
  ['Requisitos *(obligatorio)*', 'requirements'],
  ['Requirements _(mandatory)_', 'requirements'],
  ['功能性要求（必填）', 'functional-requirements'],
  ['使用者情境與測試 *(必填)*', 'user-scenarios'],
  ['성공 기준 *(필수)*', 'success-criteria'],
  ['ユーザーシナリオと検証 *(必須)*', 'user-scenarios'],
  ['Critérios de Sucesso *(obrigatório)*', 'success-criteria'],
])('"## %s" is known without its remark', (title, key) => {
  expect(spec(`# Feature Specification: X\n\n## ${title}\n\n- a\n`).sections[1]?.key ?? null).toBe(key)
})

test.each([
  ['未开始', '已完成'],
  ['未着手', '完了'],
  ['미완료', '완료'],
  ['offen', 'erledigt'],
  ['pendiente（por hacer）', 'completada'],
  ['не начато', 'готово'],
])('"- [ ] %s" and "- [x] %s" explain the marks', (open, done) => {
  expect(tasks(`- [ ] ${open}\n- [x] ${done}`).checkboxes.map((c) => c.as)).toEqual(['legend', 'legend'])
})

test.each([
  ['新增需求', '需求：保留记录', '场景：重启之后', '**当** 服务重启', '**那么** 记录仍在'],
  ['Requisitos añadidos', 'Requisito: Guardar', 'Escenario: Reinicio', '**CUANDO** reinicia', '**ENTONCES** sigue'],
  ['추가된 요구사항', '요구사항: 기록 보존', '시나리오: 재시작', '**언제** 다시 시작하면', '**그러면** 기록이 남는다'],
])('a delta under "## %s" holds a requirement and its scenario', (section, requirement, scenario, when, then) => {
  const d = delta(
    `## ${section}\n\n### ${requirement}\n\nThe log MUST stay.\n\n#### ${scenario}\n\n- ${when}\n- ${then}\n`,
  )
  expect(d.requirements).toMatchObject([{ operation: 'added' }])
  expect(d.scenarios[0]).toMatchObject({ requirement: 0, steps: [{ keyword: 'when' }, { keyword: 'then' }] })
  expect(d.unread).toEqual([])
})

test('renamed requirements are read without bullets, and translated leads are none of their names', () => {
  const d = delta('## RENAMED Requirements\n\nFROM: `### Requirement: Old log`\nTO: `### Requirement: New log`\n')
  expect(d.requirements).toMatchObject([{ operation: 'renamed', title: 'Old log', renamedTo: 'New log' }])
  const translated = delta('## 重命名需求\n\n- FROM: `### 需求：旧日志`\n- TO: `### 需求：新日志`\n')
  expect(translated.requirements).toMatchObject([{ operation: 'renamed', title: '旧日志', renamedTo: '新日志' }])
})

test('steps written as paragraphs with a colon are steps, not fields', () => {
  const d = delta(
    '## ADDED Requirements\n\n### Requirement: Log\n\nThe log MUST stay.\n\n#### Scenario: Restart\n\n**WHEN**: it restarts\n**THEN**: the log is there\n',
  )
  expect(d.scenarios[0]?.steps.map((s) => [s.keyword, s.text])).toEqual([
    ['when', 'it restarts'],
    ['then', 'the log is there'],
  ])
  expect(d.fields).toEqual([])
})

test('full-width punctuation behind a step word is none of the step', () => {
  const d = spec(
    '# Feature Specification: X\n\n## User Scenarios\n\n### User Story 1 - A\n\n**Acceptance Scenarios**:\n\n1. **給定**：已登入，**當** 登出，**則** 回首頁\n',
  )
  expect(d.scenarios[0]?.steps.map((s) => [s.keyword, s.text])).toEqual([
    ['given', '已登入'],
    ['when', '登出'],
    ['then', '回首頁'],
  ])
})

test('a status in the heading itself is the status', () => {
  const d = readSpec('docs/stories/1.1.story.md', '# Story 1.1: Log\n\n## Status: Done\n\n## Tasks\n\n- [x] a\n')
  expect(d.status?.value).toBe('Done')
})

test("the template's own marker and the rule for markers ask nothing", () => {
  const d = spec(
    '# Feature Specification: X\n\n## Quick Guidelines\n\n- Use [NEEDS CLARIFICATION: what you ask] for each gap\n- Write all: [NEEDS CLARIFICATION: specific question]\n- Mark it with [NEEDS CLARIFICATION: what is open]\n\n## Requirements\n\n- **FR-001**: System MUST keep logs [NEEDS CLARIFICATION: for how long?]\n',
  )
  expect(d.clarifications.map((c) => c.question)).toEqual(['for how long?'])
})

test.each([
  ['openspec/archive/2026-01-01-a/tasks.md', { archived: true, template: false }],
  ['openspec/changes/archive/2026-01-01-a/tasks.md', { archived: true, template: false }],
  ['openspec/changes/a/tasks.md', { archived: false, template: false }],
  ['specs/{NNN}-{slug}/spec.md', { template: true }],
  ['specs/_template/spec.md', { template: true }],
  ['.github/ISSUE_TEMPLATE/bug.md', { template: true, format: 'issue' }],
  ['.github/PULL_REQUEST_TEMPLATE.md', { template: true }],
  ['specs/001-templates/spec.md', { template: false }],
])('%s is placed by its folder', (path, expected) => {
  expect(placeOfPath(path)).toMatchObject(expected)
})

test('ranges that chain through a file are bounded, and the file is read to its end', () => {
  const chain = Array.from({ length: 400 }, (_, i) => `- needs T1000-T1${String(400 + (i % 90))}`).join('\n')
  const d = tasks(`- [ ] T001 a\n\n${chain}\n\n- [ ] T002 b`)
  expect(ids(d)).toEqual(['T001', 'T002'])
  expect(d.references.length).toBeLessThan(21_500)
})

test('a line of a million characters, 20,000 boxes and 10,000 levels are read without loss', () => {
  const line = tasks(`- [ ] T001 ${'word FR-001 [x] '.repeat(62_500)}`)
  expect(line.lines).toHaveLength(5)
  expect(line.checkboxes).toHaveLength(1)
  const many = tasks(Array.from({ length: 20_000 }, (_, i) => `- [ ] T${i + 1000} a`).join('\n'))
  expect(many.tasks).toHaveLength(20_000)
  const deep = tasks(Array.from({ length: 10_000 }, (_, i) => `${' '.repeat(Math.min(i, 400))}- [ ] a`).join('\n'))
  expect(deep.checkboxes).toHaveLength(10_000)
  expect(deep.checkboxes.every((c) => c.as !== 'none')).toBe(true)
}, 60_000)

function write(text: string, edits: ReturnType<typeof tick>): string {
  if (!edits.ok) throw new Error(edits.code)
  const result = applyEdits(text, edits.value)
  if (!result.ok) throw new Error(result.code)
  return result.value
}
