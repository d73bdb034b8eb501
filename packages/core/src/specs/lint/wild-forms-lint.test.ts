import { expect, test } from 'vitest'
import { applyEdits } from '../edits.ts'
import type { SpecFile } from '../project-model.ts'
import { readProject } from '../project.ts'
import { DEFAULT_LINT_CONFIG } from './lint-config.ts'
import { lintProject } from './lint.ts'

/** What lint says, and does not say, about forms that projects outside of the corpora use. */
const lint = (files: readonly SpecFile[]) =>
  lintProject(readProject(files), new Map(files.map((f) => [f.path, f.text])), DEFAULT_LINT_CONFIG)
const told = (...files: SpecFile[]) => lint(files).map((f) => `${f.rule}:${f.place.line}`)
const only = (rule: string, ...files: SpecFile[]) =>
  lint(files)
    .filter((f) => f.rule === rule)
    .map((f) => f.place.line)

const spec = (requirements: string, more = ''): SpecFile => ({
  path: 'specs/001-log/spec.md',
  text: `# Feature Specification: Log

## User Scenarios & Testing

### User Story 1 - Read the log (Priority: P1)

**Acceptance Scenarios**:

1. **Given** a log, **When** it is opened, **Then** its lines are shown

## Requirements

${requirements}

## Success Criteria

- **SC-001**: 95 % of logs open within 2 seconds
${more}`,
})
const tasks = (body: string): SpecFile => ({
  path: 'specs/001-log/tasks.md',
  text: `# Tasks: Log\n\n## Phase 1: Build\n\n${body}\n`,
})
const delta = (text: string): SpecFile => ({ path: 'openspec/changes/add-log/specs/log/spec.md', text })
const ONE = '- **FR-001**: System MUST keep each line for 30 days'
const TWO = `${ONE}\n- **FR-002**: System MUST refuse a line of more than 400 characters`

function fixed(body: string): string {
  const file = tasks(body)
  const edits = lint([spec(ONE), file])
    .filter((f) => f.rule === 'task-format' && f.place.path === file.path)
    .flatMap((f) => f.edits ?? [])
  const result = applyEdits(file.text, edits)
  if (!result.ok) throw new Error(result.code)
  return result.value.split('\n').slice(4, -1).join('\n')
}

test.each([
  ['- [ ] T001 [US1][US2] Write src/a.ts (FR-001)'],
  ['- [ ] T001 - [P] Write src/a.ts (FR-001)'],
  ['- [ ] T001 [US-1] Write src/a.ts (FR-001)'],
  ['- [ ] T001 **[P]** Write src/a.ts (FR-001)'],
  ['- [ ] T001 [P][US1] Write src/a.ts (FR-001)'],
  ['- [ ] **T001** [US1][US2] Write src/a.ts (FR-001)', '- [ ] T001 [US1][US2] Write src/a.ts (FR-001)'],
  ['- [ ] **T001** - [P] Write src/a.ts (FR-001)', '- [ ] T001 - [P] Write src/a.ts (FR-001)'],
  ['- [ ] [P] **T001** Write src/a.ts (FR-001)', '- [ ] T001 [P] Write src/a.ts (FR-001)'],
  ['- [x] T001 [US1] [P] Write src/a.ts (FR-001)', '- [x] T001 [P] [US1] Write src/a.ts (FR-001)'],
])('a safe fix of the form keeps every tag of "%s"', (line, expected = line) => {
  expect(fixed(line)).toBe(expected)
  expect(fixed(expected)).toBe(expected)
})

test('a label of no story stands well in the phase that serves all', () => {
  const text = (label: string) =>
    `# Tasks: Log\n\n## Phase 1: Setup\n\n- [ ] T001 [${label}] Write src/a.ts\n\n## Phase 2: User Story 1\n\n- [ ] T002 [US1] Write src/b.ts\n`
  const at = (label: string) => only('story-label-misplaced', { path: 'specs/001-log/tasks.md', text: text(label) })
  expect([at('US0'), at('US1')]).toEqual([[], [5]])
})

test.each([
  ['User Story 1 & 2 - Logs', false],
  ['User Story 1 and 2', false],
  ['User Story 1/2', false],
  ['User Story 1-2: Logs', false],
  ['User Story 1 - 2 logs at once', true],
])('a task of story 2 in the phase "%s" is misplaced: %s', (title, isTold) => {
  const text = `# Tasks: Log\n\n## Phase 3: ${title}\n\n- [ ] T001 [US1] Write src/a.ts\n- [ ] T002 [US2] Write src/b.ts\n`
  expect(only('story-label-misplaced', { path: 'specs/001-log/tasks.md', text })).toEqual(isTold ? [6] : [])
})

test('a struck task is given no id', () => {
  const body = '- [ ] T001 Write src/a.ts (FR-001)\n- [ ] ~~Write src/b.ts~~'
  expect(only('task-without-id', spec(ONE), tasks(body))).toEqual([])
  expect(only('task-without-id', spec(ONE), tasks(body.replaceAll('~~', '')))).toEqual([6])
})

test.each(['FR-001/FR-002', 'FR-001–FR-002', 'FR-001-002', 'FR-001, FR-002', '**FR-001**/**FR-002**'])(
  'a task that names %s names both',
  (named) => {
    const all = [spec(TWO), tasks(`- [ ] T001 Write src/a.ts (${named})`)] as const
    expect(only('requirement-without-task', ...all)).toEqual([])
    expect(only('requirements-untraced', ...all)).toEqual([])
    expect(only('requirement-without-task', spec(TWO), tasks('- [ ] T001 Write src/a.ts (FR-001)'))).not.toEqual([])
    expect(only('unknown-reference', spec(TWO), tasks(`- [ ] T001 Write src/a.ts (${named})`))).toEqual([])
  },
)

test('an area within an id is part of it: the tasks that name it are traced', () => {
  const log = spec('- **REQ-AUDIT-001**: System MUST keep each line\n- **REQ-AUDIT-002**: System MUST sign each line')
  expect(only('requirements-untraced', log, tasks('- [ ] T001 Write src/a.ts (REQ-AUDIT-001, REQ-AUDIT-002)'))).toEqual(
    [],
  )
  expect(only('requirements-untraced', log, tasks('- [ ] T001 Write src/a.ts'))).toEqual([1])
})

test('what belongs to another feature, is an example or was an answer is no unknown reference', () => {
  for (const named of ['as 053 US4 (T027) did', '例如 T090', 'por ejemplo T090', 'например T090', 'たとえば T090']) {
    const body = `- [ ] T001 Write src/a.ts (FR-001), ${named}`
    expect([named, only('unknown-reference', spec(ONE), tasks(body))]).toEqual([named, []])
  }
  const listed = tasks('- [ ] T001 Write src/a.ts\n\n## Coverage\n\nFR-001, FR-098, FR-099: T001')
  expect(only('unknown-reference', spec(ONE), listed)).toEqual([9, 9])
  const answers = '\n## Clarifications\n\n### Session 2026-01-02\n\n- Q: Is SC-009 kept? → A: No, SC-009 goes\n'
  expect(only('unknown-reference', spec(ONE, answers), tasks('- [ ] T001 Write src/a.ts (FR-001)'))).toEqual([])
  expect(only('unknown-reference', spec(ONE), tasks('- [ ] T001 Write src/a.ts (FR-001), then T090'))).toEqual([5])
})

test('the example in a legend of any language names no task or story', () => {
  const text =
    '# Tasks: Log\n\n## 形式：`[ID] [P?] [Story]`\n\n- [US7]: 屬於第七個故事\n\n## 階段 1：建置\n\n- [ ] T001 寫 src/a.ts (FR-001)\n'
  expect(only('unknown-reference', spec(ONE), { path: 'specs/001-log/tasks.md', text })).toEqual([])
})

test("the older template's specification is not asked for success criteria", () => {
  const old = spec(ONE).text.replace(/\n## Success Criteria[\s\S]*/, '\n')
  const path = 'specs/001-log/spec.md'
  expect(only('missing-section', { path, text: old })).toHaveLength(1)
  expect(only('missing-section', { path, text: `${old}\n## Execution Status\n\n- [x] Parsed\n` })).toEqual([])
})

test('a scenario whose words stand in a table or a quotation is not called incomplete', () => {
  const requirement =
    '## ADDED Requirements\n\n### Requirement: Log\n\nThe log MUST stay.\n\n#### Scenario: Restart\n\n'
  const table = '| GIVEN | WHEN | THEN |\n|---|---|---|\n| a log | it restarts | the log is there |\n'
  expect(only('scenario-without-steps', delta(requirement + table))).toEqual([])
  expect(only('scenario-without-steps', delta(`${requirement}> WHEN it restarts THEN the log is there\n`))).toEqual([])
  expect(only('scenario-without-steps', delta(`${requirement}The log is there.\n`))).toEqual([7])
})

test('translated scenarios have their steps', () => {
  const text =
    '# Feature Specification: Log\n\n## 使用者情境與測試 *(必填)*\n\n### 使用者故事 1 - 讀取 (Priority: P1)\n\n**驗收場景**：\n\n1. **給定** 一份記錄，**當** 開啟，**則** 顯示各行\n\n## 需求 *(必填)*\n\n- **FR-001**: 系統必須保留 30 天\n\n## 成功指標 *(必填)*\n\n- **SC-001**: 95% 於 2 秒內開啟\n'
  expect(told({ path: 'specs/001-log/spec.md', text })).toEqual([])
})

test('a ticked task of a story with an open subtask is said, as in a task list', () => {
  const body = '# Story 1.1: Log\n\n## Status\n\nIn Progress\n\n## Tasks\n\n- [x] Write\n  - [ ] Measure\n- [ ] Read\n'
  expect(only('done-before-subtask', { path: 'docs/stories/1.1.story.md', text: body })).toEqual([9])
})

test('a folder to be copied and an archive beside the changes give no findings', () => {
  const { text } = spec('- **FR-001**: [FEATURE] fast TBD')
  expect(told({ path: 'specs/{NNN}-{slug}/spec.md', text })).toEqual([])
  expect(told({ path: 'openspec/archive/2026-01-01-a/tasks.md', text: '# T\n\n- [ ] 1.1 TBD\n' })).toEqual([])
})

test('what the next clause says is no lack of the words before it', () => {
  const handled = '- **FR-001**: System MUST handle errors gracefully'
  expect(only('untestable-requirement', spec(`${handled}; a failed read MUST return its reason`))).toEqual([])
  expect(only('untestable-requirement', spec(handled))).toEqual([13])
})

test.each([
  ['System MUST seamlessly load the whole page that was shown before without any flicker', false],
  ['System MUST seamlessly fall back to the stored log', false],
  ['System MUST seamlessly route calls to the second server', false],
  ['The page MUST be responsive, adapting to phones and screens', false],
  ['The page MUST be responsive; no scrolling to the side', false],
  ['System MUST seamlessly load the page before', true],
  ['System MUST seamlessly work with other logs', true],
  ['The page MUST be responsive; the log is shown', true],
])('"%s": a word without a measure is told unless its meaning follows (%s)', (text, isTold) => {
  expect(only('vague-requirement', spec(`- **FR-001**: ${text}`))).toEqual(isTold ? [13] : [])
})

test("Kiro's user stories are wishes, its criteria bind and are named as such", () => {
  const text =
    '# Requirements Document\n\n## Introduction\n\nLogs.\n\n## Requirements\n\n### Requirement 1\n\n**User Story:** As an operator, I want an intuitive list of all lines of the night, so that I see faults.\n\n#### Acceptance Criteria\n\n1. WHEN a line is written THEN the system SHALL store it efficiently\n'
  const found = lint([{ path: '.kiro/specs/log/requirements.md', text }]).filter((f) => f.rule === 'vague-requirement')
  expect(found.map((f) => [f.place.line, f.message.split(' says')[0]])).toEqual([[15, 'Criterion 1']])
})

test('a section of a delta that says it holds nothing is read, other words in it are told', () => {
  const held =
    '## ADDED Requirements\n\n### Requirement: A\n\nThe log MUST stay.\n\n#### Scenario: B\n\n- **WHEN** c\n- **THEN** d\n'
  for (const none of ['(none)', 'None - this is a new capability.', '- None', '_None_', 'Nenhum requisito muda.', '无'])
    expect([none, only('unread-line', delta(`${held}\n## REMOVED Requirements\n\n${none}\n`))]).toEqual([none, []])
  expect(only('unread-line', delta(`${held}\n## REMOVED Requirements\n\nThe old log goes.\n`))).toEqual([14])
})

test("a scenario's title that begins with the step is the step", () => {
  const scenario = (title: string) =>
    delta(
      `## ADDED Requirements\n\n### Requirement: A\n\nThe log MUST stay.\n\n#### Scenario: ${title}\n\n- **THEN** it is there\n`,
    )
  expect(only('scenario-without-steps', scenario('WHEN the server starts anew'))).toEqual([])
  expect(only('scenario-without-steps', scenario('当服务重启'))).toEqual([])
  expect(only('scenario-without-steps', scenario('Server starts'))).toEqual([7])
})

test.each([
  ['Write section "History of logs"', false],
  ['Write the installation steps for the log', false],
  ['Add the reading of lines to LogReader', false],
  ['Add the section of logs to the page', true],
  ['Implement the reading of lines', true],
])('"T002 [US1] %s" lacks a file: %s', (words, isTold) => {
  const text = `# Tasks: Log\n\n## Phase 3: User Story 1 - Read\n\n- [ ] T001 [US1] Write src/a.ts\n- [ ] T002 [US1] ${words}\n`
  expect(only('task-without-file', { path: 'specs/001-log/tasks.md', text })).toEqual(isTold ? [6] : [])
})
