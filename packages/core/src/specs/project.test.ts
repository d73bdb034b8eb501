import { expect, test } from 'vitest'
import { AGENT, KIRO, OPENSPEC, OTHERS } from './fixtures/other-formats.ts'
import { SPEC_KIT } from './fixtures/spec-kit.ts'
import { placeOfPath, projectLayout } from './project-layout.ts'
import { readProject } from './project.ts'

const FILES = [...SPEC_KIT, ...OPENSPEC, ...AGENT, ...OTHERS, ...KIRO]
const project = readProject([
  ...FILES,
  { path: 'README.md', text: '# Hello\n\nwords\n' },
  { path: 'docs/plan.md', text: '# A plan\n' },
  { path: 'src/a.ts', text: 'x' },
])
const path = (i: number | null) => (i === null ? null : project.documents[i]?.path)

test('a feature has its spec, plan, tasks, checklists, contracts and constitution', () => {
  const feature = project.features.find((f) => f.slug === '001-session-login')
  expect(
    [feature?.spec, feature?.plan, feature?.tasks, feature?.constitution].map((i) =>
      path(i ?? null)
        ?.split('/')
        .at(-1),
    ),
  ).toEqual(['spec.md', 'plan.md', 'tasks.md', 'constitution.md'])
  expect(feature?.checklists.map((i) => path(i))).toEqual(['specs/001-session-login/checklists/requirements.md'])
  expect(feature?.contracts.map((i) => path(i))).toEqual(['specs/001-session-login/contracts/api.yaml'])
  expect(feature?.current).toBe(true)
})

test('a change leads from its delta to the capability, which knows the open changes that touch it', () => {
  const change = project.changes.find((c) => c.id === 'keep-session')
  expect(change?.deltas.map((d) => [d.capability, path(d.target)])).toEqual([
    ['session', 'openspec/specs/session/spec.md'],
  ])
  expect(project.capabilities[0]?.openChanges.map((i) => project.changes[i]?.id)).toEqual([
    'keep-session',
    'other-change',
  ])
  expect(project.changes.find((c) => c.archived)?.id).toBe('2026-01-01-first')
})

test('a story leads to its runbook', () => {
  const story = project.agentStories.find((s) => s.id === 'WEB-012')
  expect([story?.scope, story?.stories.map(path), story?.runbooks.map(path)]).toEqual([
    'WEB',
    ['.agent/cache/stories/WEB/WEB-012-session-end.md'],
    ['.agent/cache/runbooks/WEB/WEB-012-runbook.md'],
  ])
})

test('references lead to definitions in their own feature; unknown ones are missing, those of elsewhere outside', () => {
  const p = readProject([
    { path: 'specs/001-a/spec.md', text: '# S\n\n## Requirements\n\n- **FR-001**: a\n- **FR-001**: again\n' },
    {
      path: 'specs/001-a/tasks.md',
      text: '# T\n\n- [ ] T001 a FR-001\n- [ ] T002 b FR-009 (depends on T001, T099) see INFRA-12\n',
    },
    { path: 'specs/002-b/spec.md', text: '# S\n\n## Requirements\n\n- **FR-009**: other\n' },
    { path: 'specs/003-c/tasks.md', text: '# T\n\n- [ ] T001 FR-001\n' },
  ])
  const told = p.links.map((l) => [p.documents[l.document]?.path.slice(6, 9), l.of, l.id, l.state])
  expect(told).toEqual([
    ['001', 'reference', 'FR-001', 'ambiguous'],
    ['001', 'reference', 'FR-009', 'missing'],
    ['001', 'reference', 'T001', 'resolved'],
    ['001', 'reference', 'T099', 'missing'],
    ['001', 'dependency', 'T001', 'resolved'],
    ['001', 'dependency', 'T099', 'missing'],
    ['003', 'reference', 'FR-001', 'outside'],
  ])
})

test('in the sample every reference is found', () => {
  const told = project.links.filter((l) => l.state !== 'resolved').map((l) => `${path(l.document)} ${l.id} ${l.state}`)
  expect(told).toEqual(['specs/task-7.yaml FR-001 outside'])
})

test('files of no format are ignored, not read, and a plain story anywhere is found', () => {
  expect(project.ignored).toEqual(['README.md', 'docs/plan.md', 'src/a.ts'])
  const p = readProject([
    { path: 'docs/wish.md', text: '# W\n\nfeature_request_id: W-1\n\n## Acceptance Criteria\n\n- a\n' },
  ])
  expect(p.documents.map((d) => d.format)).toEqual(['story'])
})

test('the order of files does not matter', () => {
  expect(readProject([...FILES].reverse())).toEqual(readProject(FILES))
})

test.each([
  ['.specify/memory/constitution.md', 'spec-kit', 'constitution', ''],
  ['memory/constitution.md', 'spec-kit', 'constitution', ''],
  ['sub/.specify/specs/001-a/spec.md', 'spec-kit', 'spec', 'sub'],
  ['sub/specs/001-a/tasks.md', 'spec-kit', 'tasks', 'sub'],
  ['specs/20260101-120000-a/plan.md', 'spec-kit', 'plan', ''],
  ['specs/001-a/contracts/deep/api.md', 'spec-kit', 'contract', ''],
  ['specs/001-a/checklists/ux.md', 'spec-kit', 'checklist', ''],
  ['templates/spec-template.md', 'spec-kit', 'spec', ''],
  ['openspec/specs/a/spec.md', 'openspec', 'capability', ''],
  ['x/openspec/changes/c/specs/a/spec.md', 'openspec', 'delta', 'x'],
  ['openspec/openspec/changes/c/tasks.md', 'openspec', 'tasks', 'openspec'],
  ['openspec/changes/archive/2026-01-01-c/tasks.md', 'openspec', 'tasks', ''],
  ['.agent/adrs/EXC-001-a.md', 'agent', 'exception', ''],
  ['.agent/rules/1.mdc', 'agent', 'rule', ''],
  ['.kiro/specs/a/requirements.md', 'kiro', 'spec', ''],
  ['.kiro/steering/a.md', 'kiro', 'rule', ''],
  ['specs/a.yaml', 'task-spec', 'task-spec', ''],
  ['tasks/7/spec.yaml', 'task-spec', 'task-spec', ''],
  ['checks.yaml', 'task-spec', 'checks', ''],
  ['a\\specs\\001-b\\spec.md', 'spec-kit', 'spec', 'a'],
])('%s belongs to %s as %s', (file, format, kind, root) => {
  expect(placeOfPath(file)).toMatchObject({ format, kind, root })
})

test('roots, also nested ones, keep their features apart; vendored copies are no part of the project', () => {
  const layout = projectLayout([
    '.specify/memory/constitution.md',
    'specs/001-a/spec.md',
    'specs/001-a/notes/more.md',
    'apps/web/.specify/feature.json',
    'apps/web/specs/001-a/spec.md',
    'node_modules/x/specs/1/spec.md',
    'specs/README.md',
    'test/specs/helper/notes.md',
  ])
  expect(layout.roots.map((r) => r.root)).toEqual(['', 'apps/web'])
  expect(layout.features.map((f) => [f.folder, f.paths])).toEqual([
    ['apps/web/specs/001-a', ['apps/web/specs/001-a/spec.md']],
    ['specs/001-a', ['specs/001-a/notes/more.md', 'specs/001-a/spec.md']],
  ])
  expect(layout.others).toEqual(['specs/README.md', 'test/specs/helper/notes.md'])
})

test("a folder with requirements.md, design.md and tasks.md is Kiro's wherever it lies", () => {
  const layout = projectLayout([
    '.claude/specs/a/requirements.md',
    '.claude/specs/a/design.md',
    '.claude/specs/a/tasks.md',
  ])
  expect(layout.places.map((p) => [p.format, p.kind])).toEqual([
    ['kiro', 'design'],
    ['kiro', 'spec'],
    ['kiro', 'tasks'],
  ])
})
