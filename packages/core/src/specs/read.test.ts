import { expect, test } from 'vitest'
import { ISSUE, KIRO, OTHERS, AGENT, OPENSPEC } from './fixtures/other-formats.ts'
import { SPEC_KIT } from './fixtures/spec-kit.ts'
import type { SpecFile } from './project-model.ts'
import { readIssue, readSpec } from './read.ts'

const read = (files: readonly SpecFile[], end: string) => {
  const file = files.find((f) => f.path.endsWith(end))
  if (!file) throw new Error(end)
  return readSpec(file.path, file.text)
}
const words = (lines: readonly { confidence: string }[]) => new Set(lines.map((l) => l.confidence))

test('every file written as its format says is read strictly, line by line', () => {
  const exceptions = new Set(['tasks-template.md', 'task-7.yaml', 'keep-session/specs/session/spec.md'])
  for (const { path, text } of [...SPEC_KIT, ...OPENSPEC, ...AGENT, ...OTHERS, ...KIRO]) {
    if ([...exceptions].some((e) => path.endsWith(e))) continue
    const document = readSpec(path, text)
    const lines = text.split('\n')
    expect(
      document.lines.flatMap((l, i) =>
        l.confidence === 'strict' ? [] : [`${path}:${i + 1} ${l.confidence} ${lines[i]}`],
      ),
    ).toEqual([])
    expect(document.confidence).toBe('strict')
    expect(document.notes).toEqual([])
  }
})

test('a spec of spec-kit gives its stories, scenarios, requirements, clarifications and status', () => {
  const d = read(SPEC_KIT, 'login/spec.md')
  expect([d.format, d.kind, d.title, d.status?.normal]).toEqual(['spec-kit', 'spec', 'Session Login', 'DRAFT'])
  expect(d.stories.map((s) => [s.id, s.title, s.priority, s.scenarios.length, s.hasWhy, s.hasIndependentTest])).toEqual(
    [
      ['US1', 'Sign in with a password', 'P1', 2, true, true],
      ['US2', 'Stay signed in', 'P2', 1, true, true],
    ],
  )
  expect(d.scenarios.map((s) => [s.story, s.number, s.steps.map((x) => x.keyword)])).toEqual([
    [0, 1, ['given', 'when', 'then']],
    [0, 2, ['given', 'when', 'then']],
    [1, 1, ['given', 'when', 'then']],
  ])
  expect(d.scenarios[1]?.steps[2]?.text).toBe('the answer is 401 and no session begins')
  expect(d.requirements.map((r) => [r.id?.id ?? null, r.kind, r.modal])).toEqual([
    ['FR-001', 'functional', 'MUST'],
    ['FR-002', 'functional', 'MUST'],
    ['FR-003', 'functional', 'MUST'],
    [null, 'entity', null],
    ['SC-001', 'success', null],
    [null, 'assumption', null],
  ])
  expect(d.clarifications.map((c) => [c.open, c.question, c.answer, c.session])).toEqual([
    [true, 'how many days?', null, null],
    [false, 'Are names case-sensitive?', 'No', '2026-03-03'],
  ])
  expect(d.fields.map((f) => f.key).slice(0, 4)).toEqual(['feature_branch', 'created', 'status', 'input'])
})

test('places name line, column and offsets of exactly the words they speak of', () => {
  for (const bom of ['', '\uFEFF']) {
    for (const end of ['\n', '\r\n']) {
      const text = bom + (SPEC_KIT.find((f) => f.path.endsWith('login/tasks.md'))?.text ?? '').replaceAll('\n', end)
      const d = readSpec('specs/001-x/tasks.md', text)
      const at = (p: { start: number; end: number }) => text.slice(p.start, p.end)
      expect(d.tasks.map((t) => t.id && at(t.id.place))).toEqual(['T001', 'T002', 'T003', 'T004', 'T005'])
      expect(d.tasks.map((t) => t.box && at(t.box.place))).toEqual(['x', 'X', ' ', ' ', ' '])
      expect(d.files.filter((f) => f.from.kind === 'task').map((f) => at(f.place))).toEqual([
        'src/session.ts',
        'package.json',
        'tests/session.test.ts',
        'src/session.ts',
        'src/refuse.ts',
      ])
      const fourth = d.tasks[3]
      expect(fourth?.place).toMatchObject({ line: 38, column: 1, endLine: 39 })
      expect(at(fourth?.place ?? { start: 0, end: 0 })).toBe(
        `- [ ] T004 [US1] \`signIn()\` in src/session.ts:12 (depends on T001, T002)${end}  and its cookie`,
      )
      expect(fourth?.text.split('\n')[1]).toBe('and its cookie')
    }
  }
})

test('tasks give phase, story, tags, waits and what they cover; fences, comments and legends give none', () => {
  const d = read(SPEC_KIT, 'login/tasks.md')
  expect(d.tasks.map((t) => [t.id?.id, t.state, t.parallel, t.story?.id ?? null, d.sections[t.phase]?.title])).toEqual([
    ['T001', 'done', false, null, 'Phase 1: Setup (Shared Infrastructure)'],
    ['T002', 'done', true, null, 'Phase 1: Setup (Shared Infrastructure)'],
    ['T003', 'open', true, 'US1', 'Phase 2: User Story 1 - Sign in (Priority: P1)'],
    ['T004', 'open', false, 'US1', 'Phase 2: User Story 1 - Sign in (Priority: P1)'],
    ['T005', 'open', false, 'US1', 'Phase 2: User Story 1 - Sign in (Priority: P1)'],
  ])
  expect(d.checkboxes.map((c) => c.as)).toEqual([
    'legend',
    'legend',
    'comment',
    'task',
    'task',
    'task',
    'task',
    'task',
    'code',
  ])
  const waits = d.dependencies.map((x) => `${x.fromId} ${x.to}`)
  expect(waits.slice(0, 4)).toEqual(['T004 T001', 'T004 T002', 'T005 T003', 'T005 T004'])
  expect(waits).toContain('T004 T003')
  expect(waits.filter((w) => w === 'T005 T002')).toHaveLength(1)
  expect(waits.at(-1)).toBe('T003 T001')
  expect(
    d.references
      .filter((r) => r.from.kind === 'task' && r.from.index === 2 && r.relation === 'covers')
      .map((r) => r.id),
  ).toEqual(['US1', 'FR-001', 'US1/AC2'])
  expect(d.symbols.map((s) => [s.name, s.call])).toEqual([['signIn', true]])
  expect(d.files.find((f) => f.targetLine === 12)?.target).toBe('src/session.ts')
})

test('plan, checklist and constitution give checks, tables and principles', () => {
  const plan = read(SPEC_KIT, 'plan.md')
  expect(plan.tasks.map((t) => [t.kind, t.state])).toEqual([
    ['check', 'done'],
    ['check', 'open'],
  ])
  expect(plan.tables[0]?.rows).toHaveLength(1)
  expect(plan.checkboxes.map((c) => c.as)).toEqual(['check', 'check', 'code'])
  const list = read(SPEC_KIT, 'checklists/requirements.md')
  expect(list.tasks.map((t) => [t.id?.id, t.kind, t.state])).toEqual([
    ['CHK001', 'check', 'open'],
    ['CHK002', 'check', 'done'],
  ])
  expect(list.references.filter((r) => r.relation === 'covers').map((r) => r.id)).toEqual(['FR-002'])
  const constitution = read(SPEC_KIT, 'constitution.md')
  expect(constitution.principles.map((p) => [p.number, p.title, p.confidence])).toEqual([
    ['I', 'Library First', 'strict'],
    ['II', 'Test First (NON-NEGOTIABLE)', 'strict'],
  ])
  expect(constitution.fields.map((f) => [f.key, f.value])).toEqual([
    ['version', '1.2.0'],
    ['ratified', '2026-01-01'],
    ['last_amended', '2026-02-01'],
  ])
})

test('a capability of OpenSpec gives requirements with their scenarios and steps', () => {
  const d = read(OPENSPEC, 'openspec/specs/session/spec.md')
  expect(d.requirements.map((r) => [r.title, r.modal, r.scenarios.length, r.operation])).toEqual([
    ['Sign in', 'SHALL', 2, null],
    ['Sign out', 'SHALL', 1, null],
  ])
  expect(d.requirements[0]?.text).toBe('The system SHALL let a member sign in.')
  expect(d.scenarios[0]?.steps.map((s) => [s.keyword, s.text])).toEqual([
    ['given', 'a member'],
    ['when', 'the right password is sent'],
    ['then', 'a session begins'],
    ['and', 'the start page is shown'],
  ])
})

test('a delta tells what it adds, modifies, removes and renames, and reports the words that archive would drop', () => {
  const d = read(OPENSPEC, 'keep-session/specs/session/spec.md')
  expect(d.requirements.map((r) => [r.operation, r.title, r.renamedTo])).toEqual([
    ['added', 'Stay signed in', null],
    ['modified', 'Sign in', null],
    ['removed', 'Remember name', null],
    ['renamed', 'Sign out', 'End a session'],
  ])
  expect(d.unread.map((u) => [u.place.line, u.reason])).toEqual([[3, 'outside-of-requirement']])
})

test('the tasks of a change are numbered, and archived changes are marked', () => {
  const d = read(OPENSPEC, 'keep-session/tasks.md')
  expect(d.tasks.map((t) => [t.id?.id, t.state, d.sections[t.phase]?.title])).toEqual([
    ['1.1', 'done', '1. Store'],
    ['1.2', 'open', '1. Store'],
    ['2.1', 'open', '2. Tests'],
  ])
  expect(read(OPENSPEC, '2026-01-01-first/tasks.md').archived).toBe(true)
})

test('an agent story gives state, criteria, links and the components it touches', () => {
  const d = read(AGENT, 'WEB-012-session-end.md')
  expect([d.id?.id, d.title, d.status?.normal]).toEqual(['WEB-012', "Show the session's end", 'COMMITTED'])
  expect(d.criteria.map((c) => [c.id?.id ?? null, c.title, c.negative, c.box?.state, c.steps.length])).toEqual([
    ['SCENARIO1', '', false, 'open', 3],
    ['AC-2', 'Format', false, 'done', 0],
    [null, 'Negative Test', true, 'open', 0],
  ])
  expect(d.references.filter((r) => r.relation === 'links').map((r) => [r.kind, r.id])).toEqual([
    ['adr', 'ADR-003'],
    ['journey', 'JRN-004'],
  ])
  expect(d.files.map((f) => f.target)).toEqual(['web/session.ts'])
  expect(d.requirements.map((r) => r.kind)).toEqual(['non-functional'])
})

test('a runbook gives approvals, files with their edits, and verification', () => {
  const d = read(AGENT, 'WEB-012-runbook.md')
  expect([d.id?.id, d.status?.normal]).toEqual(['WEB-012', 'ACCEPTED'])
  expect(d.tasks.map((t) => [t.kind, t.state])).toEqual([
    ['approval', 'done'],
    ['approval', 'open'],
    ['verification', 'open'],
    ['done', 'done'],
  ])
  expect(
    d.files
      .filter((f) => f.action !== 'mention')
      .map((f) => [f.action, f.target, f.edits.length, f.content?.text ?? null]),
  ).toEqual([
    ['modify', 'web/session.ts', 1, null],
    ['new', 'web/banner.ts', 0, 'export const banner = 1'],
    ['delete', 'web/old.ts', 0, null],
  ])
  expect(d.files[0]?.edits[0]).toMatchObject({
    search: 'const a = 1',
    replace: 'const a = 2',
    complete: true,
    place: { line: 21, endLine: 25 },
  })
})

test('plan, ADR, exception, rule, journey and agents.yaml are read', () => {
  expect(read(AGENT, 'WEB-010-plan.md').status?.normal).toBe('APPROVED')
  expect(read(AGENT, 'ADR-003-utc.md')).toMatchObject({
    kind: 'adr',
    id: { id: 'ADR-003' },
    status: { normal: 'ACCEPTED' },
  })
  expect(read(AGENT, 'EXC-001-local.md')).toMatchObject({ kind: 'exception', id: { id: 'EXC-001' } })
  expect(read(AGENT, '100-style.mdc').fields.map((f) => f.key)).toEqual(['description', 'globs', 'alwaysapply'])
  const journey = read(AGENT, 'JRN-004-session.yaml')
  expect([journey.id?.id, journey.status?.normal, journey.scenarios.length, journey.criteria.length]).toEqual([
    'JRN-004',
    'COMMITTED',
    1,
    1,
  ])
  expect(journey.references.filter((r) => r.relation === 'links').map((r) => r.id)).toEqual(['WEB-012'])
  expect(read(AGENT, 'agents.yaml').team).toMatchObject([
    { role: 'qa', name: 'Quality', responsibilities: ['Tests exist'], governanceChecks: ['Do tests pass?'] },
  ])
})

test('a task spec gives criteria, tests and outputs, and reports keys that it does not know', () => {
  const d = read(OTHERS, 'task-7.yaml')
  expect([d.format, d.id?.id, d.title, d.status?.normal]).toEqual([
    'task-spec',
    'TASK-7',
    'Show the end',
    'IN_PROGRESS',
  ])
  expect(d.criteria.map((c) => c.text)).toEqual(['http://localhost/end should respond 200'])
  expect(d.tasks.map((t) => [t.kind, t.text, t.place.line])).toEqual([['verification', 'npx vitest run web', 13]])
  expect(d.files.map((f) => [f.action, f.target])).toContainEqual(['new', 'web/banner.ts'])
  expect(d.unread.map((u) => [u.reason, u.text])).toEqual([['unknown-key', 'colour: green']])
  expect(read(OTHERS, 'checks.yaml').tasks.map((t) => t.id?.id)).toEqual(['HOME'])
})

test('YAML and JSON that do not parse are unread, with a note that names the line', () => {
  const d = readSpec('specs/a.yaml', 'id: a\ntitle: [\n')
  expect(words(d.lines)).toEqual(new Set(['unread']))
  expect(d.notes[0]?.code).toBe('invalid-yaml')
  expect(readSpec('.specify/feature.json', '{"a": ').notes[0]?.code).toBe('invalid-json')
})

test('a plain story and the body of an issue give criteria and tasks', () => {
  const story = read(OTHERS, 'leave.md')
  expect([story.format, story.id?.id, story.title]).toEqual(['story', 'WEB-77', 'Let people leave'])
  expect(story.criteria.map((c) => [c.box?.state ?? null, c.negative, c.steps.length])).toEqual([
    [null, false, 3],
    ['open', true, 0],
  ])
  const issue = readIssue('issue 12', 'Leaving', ISSUE)
  expect([issue.format, issue.title]).toEqual(['issue', 'Leaving'])
  expect(issue.sections[0]).toMatchObject({ key: 'problem-statement', empty: false })
  expect(issue.criteria.map((c) => c.box?.state)).toEqual(['open', 'done'])
  expect(issue.tasks.map((t) => [t.state, t.parent, t.confidence])).toEqual([
    ['open', null, 'strict'],
    ['done', 0, 'strict'],
  ])
})

test("Kiro's requirements count their criteria, and its tasks name them", () => {
  const spec = read(KIRO, 'requirements.md')
  expect(spec.requirements.map((r) => [r.id?.id, r.title])).toEqual([['1', 'Sign in']])
  expect(spec.criteria.map((c) => [c.id?.id, c.steps.map((s) => s.keyword)])).toEqual([
    ['1.1', ['when', 'then']],
    ['1.2', ['when', 'then']],
  ])
  const tasks = read(KIRO, 'login/tasks.md')
  expect(tasks.tasks.map((t) => [t.id?.id, t.state, t.optional])).toEqual([
    ['1', 'done', false],
    ['2', 'open', false],
    ['2.1', 'open', true],
    ['3', 'dropped', false],
  ])
  expect(tasks.references.filter((r) => r.relation === 'covers').map((r) => [r.from.index, r.id])).toEqual([
    [0, '1.1'],
    [0, '1.2'],
    [2, '1.1'],
  ])
})

test('a file whose path says nothing is told by its text, and then read tolerantly', () => {
  expect(readSpec('notes/x.md', '# Feature Specification: A\n')).toMatchObject({
    format: 'spec-kit',
    kind: 'spec',
    confidence: 'tolerant',
  })
  expect(readSpec('x.md', '## ADDED Requirements\n')).toMatchObject({ format: 'openspec', kind: 'delta' })
  expect(readSpec('x.md', '# A\n\n- [ ] T001 b\n')).toMatchObject({ format: 'spec-kit', kind: 'tasks' })
  const unknown = readSpec('x.md', '# A\n\nwords\n\n- [ ] a box\n')
  expect([unknown.format, unknown.unread.length, unknown.tasks.length]).toEqual(['unknown', 1, 1])
})

test('a BOM is no part of the first line, but counts in its columns and offsets', () => {
  const d = readSpec('specs/001-a/spec.md', '\uFEFF# A\n')
  expect([d.title, d.titlePlace]).toMatchObject(['A', { line: 1, column: 4, endColumn: 5, start: 3, end: 4 }])
  expect(d.lines).toEqual([{ confidence: 'strict', role: 'heading' }])
})
